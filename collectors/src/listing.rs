//! The names in a directory.

use crate::host::{Host, HostError, HostErrorKind};

/// The names in `directory`, sorted; none if it is not there. What is not UTF-8 in a name is U+FFFD.
///
/// # Errors
///
/// If the directory is there and cannot be listed.
pub(crate) fn names(host: &Host, directory: &str) -> Result<Vec<String>, HostError> {
    match host.read_dir(directory) {
        Ok(entries) => {
            Ok(entries.into_iter().map(|entry| entry.name.to_string_lossy().into_owned()).collect())
        }
        Err(error) if error.kind == HostErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
