//! Whether CRI-O, which does not sync what it writes, ended orderly.

use super::checks::UNCLEAN_SHUTDOWN;
use super::config::Family;
use crate::fact::{Fact, Unknown};
use crate::host::HostError;
use crate::storage::check::Record;
use crate::storage::problem::Problem;
use crate::storage::survey::Survey;

/// How CRI-O last ended.
#[derive(Debug)]
pub(super) enum Shutdown {
    /// It synced the store.
    Orderly,
    /// It did not.
    Unclean,
    /// Nobody can tell.
    Unknown(Unknown),
}

impl Shutdown {
    /// Looks at the marks of CRI-O: it writes one when it starts, to say that it will write the other when
    /// it ends; and takes the other away when it starts.
    pub(super) fn read(survey: &Survey<'_>, family: Option<&Family>) -> Self {
        let Some(file) = family.and_then(|family| family.clean_shutdown.as_ref()) else {
            return Self::Unknown(Unknown::offline("the mark of an orderly shutdown"));
        };
        let unknown = |detail| {
            Self::Unknown(Unknown::new(plimsoll_engine::snapshot::GapReason::Unsupported, file, detail))
        };
        let exists = |path: &str| -> Result<bool, HostError> { survey.ctx.host.exists(path) };
        match (exists(file), exists(&format!("{file}.supported")), survey.runs(&["crio"])) {
            (Err(error), ..) | (_, Err(error), _) => Self::Unknown(error.into()),
            (.., Fact::Gap(unknown)) => Self::Unknown(unknown),
            (.., Fact::Known(true)) => unknown("while CRI-O runs, nothing tells how it last ended"),
            (Ok(true), ..) => Self::Orderly,
            (Ok(false), Ok(true), _) => Self::Unclean,
            (Ok(false), Ok(false), _) => unknown("nothing tells whether the node went down orderly"),
        }
    }
}

/// Checks whether CRI-O ended orderly. Of a store that is not CRI-O's there is nothing to tell.
pub(super) fn check(store: &str, family: Option<&Family>, shutdown: &Shutdown, record: &mut Record) {
    if let (Some(file), Shutdown::Unclean) =
        (family.and_then(|family| family.clean_shutdown.as_ref()), shutdown)
    {
        let problem = Problem {
            id: store.to_owned(),
            path: file.clone(),
            detail: "CRI-O did not end orderly: the last layers and containers may be incomplete".to_owned(),
            store: store.to_owned(),
            ..Problem::default()
        };
        record.found(&UNCLEAN_SHUTDOWN, problem);
    }
}
