//! Reading the small files of a store.

use serde::de::DeserializeOwned;

use crate::fact::Unknown;
use crate::host::{Dir, Host, HostError, HostErrorKind, Metadata};

/// The most that is read of a file of metadata, in bytes.
const SMALL: usize = 4 << 10;

/// The most that is read of a JSON file, in bytes; the configuration of an image has hundreds at most.
pub(super) const LARGE: usize = 16 << 20;

/// What a file holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Read<T> {
    /// The file is not there.
    Absent,
    /// It holds this.
    Is(T),
    /// It is not of its format: why, as in "is empty".
    Wrong(String),
    /// Nobody can tell.
    Unknown(Unknown),
}

impl<T> Read<T> {
    /// What the file holds, if it is of its format.
    pub(super) fn known(&self) -> Option<&T> {
        match self {
            Self::Is(value) => Some(value),
            _ => None,
        }
    }

    /// What is wrong with the file, one that has to be there.
    pub(super) fn flaw(&self) -> Option<&str> {
        match self {
            Self::Absent => Some("is missing"),
            Self::Wrong(why) => Some(why),
            Self::Is(_) | Self::Unknown(_) => None,
        }
    }

    /// Why nobody can tell, if so.
    pub(super) fn unknown(&self) -> Option<&Unknown> {
        match self {
            Self::Unknown(unknown) => Some(unknown),
            _ => None,
        }
    }

    fn and_then<U>(self, parse: impl FnOnce(T) -> Result<U, String>) -> Read<U> {
        match self {
            Self::Is(value) => parse(value).map_or_else(Read::Wrong, Read::Is),
            Self::Absent => Read::Absent,
            Self::Wrong(why) => Read::Wrong(why),
            Self::Unknown(unknown) => Read::Unknown(unknown),
        }
    }
}

/// The bytes of the file `name` in `directory`, of at most `cap`; an empty file is wrong.
pub(super) fn bytes(directory: &Dir, name: &str, cap: usize) -> Read<Vec<u8>> {
    match directory.read_capped(name, cap) {
        Ok(bytes) if bytes.is_empty() => Read::Wrong("is empty".to_owned()),
        Ok(bytes) => Read::Is(bytes),
        Err(error) => match error.kind {
            HostErrorKind::NotFound => Read::Absent,
            HostErrorKind::NotRegular(_) | HostErrorKind::TooLarge { .. } => {
                Read::Wrong(error.kind.to_string())
            }
            _ => Read::Unknown(error.into()),
        },
    }
}

/// What `parse` makes of the small text in `name`, without white space around it, as docker reads it.
pub(super) fn text<T>(directory: &Dir, name: &str, parse: impl FnOnce(&str) -> Option<T>) -> Read<T> {
    bytes(directory, name, SMALL).and_then(|bytes| {
        let text = String::from_utf8(bytes).map_err(|_| "is no text".to_owned())?;
        parse(text.trim()).ok_or_else(|| "holds something else".to_owned())
    })
}

/// The JSON in `name`.
pub(super) fn json<T: DeserializeOwned>(directory: &Dir, name: &str) -> Read<T> {
    bytes(directory, name, LARGE).and_then(|bytes| {
        serde_json::from_slice(&bytes)
            .map_err(|error| format!("is no such JSON: {}", error.to_string().to_lowercase()))
    })
}

/// The digits of a digest, `sha256:…`.
pub(super) fn digest(text: &str) -> Option<String> {
    text.strip_prefix("sha256:").filter(|digits| is_id(digits)).map(str::to_owned)
}

/// Whether `text` is a digest's digits or an id.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The directory at `path`, if it is there.
///
/// # Errors
///
/// If it may not be searched, or something else is there.
pub(super) fn directory(host: &Host, path: &str) -> Result<Option<Dir>, Unknown> {
    found(host.open_dir(path))
}

/// What was found, if it was there.
///
/// # Errors
///
/// If that cannot be told.
pub(super) fn found<T>(result: Result<T, HostError>) -> Result<Option<T>, Unknown> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind == HostErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The inode of `name` in `directory`, if it is there.
///
/// # Errors
///
/// As [`found`].
pub(super) fn inode(directory: &Dir, name: &str) -> Result<Option<Metadata>, Unknown> {
    found(directory.metadata(name))
}
