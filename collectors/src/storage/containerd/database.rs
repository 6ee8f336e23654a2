//! A database of the store, read or not.

use plimsoll_engine::snapshot::GapReason;

use super::super::survey::Survey;
use crate::bolt::{self, BoltError, Bucket};
use crate::fact::Unknown;
use crate::host::HostErrorKind;

/// What became of reading a database.
#[derive(Debug)]
pub(super) enum Database<T> {
    /// It was read.
    Read(T),
    /// It is not there.
    Missing,
    /// It is damaged, in words.
    Damaged(String),
    /// It could not be read.
    Unknown(Unknown),
}

impl<T> Database<T> {
    /// Reads the database at `path` with `look`.
    pub(super) fn open(
        survey: &Survey<'_>,
        path: &str,
        look: impl Fn(&Bucket<'_>) -> Result<T, BoltError>,
    ) -> Self {
        let file = match survey.ctx.host.open_file(path) {
            Ok(file) => file,
            Err(error) => {
                return match error.kind {
                    HostErrorKind::NotFound => Self::Missing,
                    HostErrorKind::NotRegular(kind) => Self::Damaged(format!("it is {kind}")),
                    _ => Self::Unknown(error.into()),
                };
            }
        };
        let is_over = || survey.out_of_time(path).is_some();
        match bolt::read(&file, &is_over, look) {
            Ok(read) => Self::Read(read),
            Err(error) if error.is_damage() => Self::Damaged(error.to_string()),
            Err(error) => Self::Unknown(unknown(survey, path, error)),
        }
    }

    /// What was read.
    pub(super) fn read(&self) -> Option<&T> {
        match self {
            Self::Read(read) => Some(read),
            Self::Missing | Self::Damaged(_) | Self::Unknown(_) => None,
        }
    }

    /// Why what the database at `path` would tell is not known; `None` if it is.
    pub(super) fn unknown(&self, path: &str) -> Option<Unknown> {
        match self {
            Self::Read(_) => None,
            Self::Missing => Some(Unknown::malformed(path, "the database is not there")),
            Self::Damaged(what) => Some(Unknown::malformed(path, what.clone())),
            Self::Unknown(unknown) => Some(unknown.clone()),
        }
    }
}

fn unknown(survey: &Survey<'_>, path: &str, error: BoltError) -> Unknown {
    let reason = match error {
        BoltError::File(error) => return error.into(),
        BoltError::OutOfTime => match survey.out_of_time(path) {
            Some(unknown) => return unknown,
            None => GapReason::Timeout,
        },
        BoltError::TooLarge => GapReason::Unsupported,
        _ => GapReason::Failed,
    };
    Unknown::new(reason, path, error.to_string())
}
