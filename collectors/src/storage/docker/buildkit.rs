//! The layers of builds, which are in overlay2 and known to BuildKit alone: `buildkit/snapshots.db`.

use std::collections::HashSet;

use super::super::survey::Survey;
use crate::bolt::{self, BoltError};
use crate::fact::Unknown;
use crate::host::HostErrorKind;
use plimsoll_engine::snapshot::GapReason;

/// The directories in overlay2 that are BuildKit's: each snapshot is a bucket, called as its directory
/// while it is written, and with the directory's name in `committed` from then on.
///
/// # Errors
///
/// If its database is there and cannot be read.
pub(super) fn directories(survey: &Survey<'_>, path: &str) -> Result<HashSet<String>, Unknown> {
    let path = format!("{path}/snapshots.db");
    let file = match survey.ctx.host.open_file(&path) {
        Err(error) if error.kind == HostErrorKind::NotFound => return Ok(HashSet::new()),
        file => file?,
    };
    let is_over = || survey.out_of_time(&path).is_some();
    let read = bolt::read(&file, &is_over, |root| {
        let mut directories = HashSet::new();
        root.for_each_bucket(|key, snapshot| {
            directories.insert(String::from_utf8_lossy(key).into_owned());
            if let Some(committed) = snapshot.value("committed")? {
                directories.insert(String::from_utf8_lossy(&committed).into_owned());
            }
            Ok(())
        })?;
        Ok(directories)
    });
    read.map_err(|error| unknown(&path, error))
}

fn unknown(path: &str, error: BoltError) -> Unknown {
    match error {
        BoltError::File(error) => error.into(),
        error if error.is_damage() => Unknown::malformed(path, error.to_string()),
        error => Unknown::new(GapReason::Timeout, path, error.to_string()),
    }
}
