//! Whether the databases are there and sound.

use super::super::check::Record;
use super::checks::{DATABASE_CORRUPT, NEED_METADATA, NEED_SNAPSHOTS};
use super::contents::{Contents, metadata_path, snapshots_path};
use super::database::Database;
use crate::host::HostErrorKind;

/// Tells of damaged databases, and that what needs them cannot be checked.
pub(super) fn check(contents: &Contents<'_>, record: &mut Record) {
    let metadata = metadata_path(contents.path);
    damaged(contents, record, &contents.metadata, &metadata);
    for check in NEED_METADATA {
        if let Some(unknown) = contents.metadata.unknown(&metadata) {
            record.impossible(check, &unknown);
        }
    }
    let snapshots = snapshots_path(contents.path);
    let is_unused = !contents.has_snapshots() && !has_entries(contents, &contents.snapshots_directory());
    if matches!(contents.snapshots, Database::Missing) && is_unused {
        return;
    }
    damaged(contents, record, &contents.snapshots, &snapshots);
    for check in NEED_SNAPSHOTS {
        if let Some(unknown) = contents.snapshots.unknown(&snapshots) {
            record.impossible(check, &unknown);
        }
    }
}

fn damaged<T>(contents: &Contents<'_>, record: &mut Record, database: &Database<T>, path: &str) {
    let detail = match database {
        Database::Read(_) => return,
        Database::Missing => "it is not there, although what it tells of is",
        Database::Damaged(what) => what.as_str(),
        Database::Unknown(unknown) => return record.impossible(&DATABASE_CORRUPT, unknown),
    };
    let name = path.rsplit('/').next().unwrap_or(path);
    record.found(&DATABASE_CORRUPT, contents.problem(name, path, detail));
}

/// Whether there is anything in a directory.
fn has_entries(contents: &Contents<'_>, path: &str) -> bool {
    match contents.survey.ctx.host.read_dir(path) {
        Ok(entries) => !entries.is_empty(),
        Err(error) => error.kind != HostErrorKind::NotFound,
    }
}
