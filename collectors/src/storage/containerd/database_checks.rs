//! Whether the databases are there and sound.

use plimsoll_engine::snapshot::GapReason;

use super::super::check::Record;
use super::checks::{DATABASE_CORRUPT, NEED_METADATA, NEED_SNAPSHOTS, OF_OVERLAYFS};
use super::contents::{Contents, OVERLAYFS, metadata_path, snapshots_path};
use super::database::Database;
use crate::fact::Unknown;
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
    others(contents, record);
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

/// Of the snapshots of a snapshotter whose layout is not known nothing is said.
fn others(contents: &Contents<'_>, record: &mut Record) {
    let mut others = contents.snapshotters();
    others.remove(OVERLAYFS);
    if others.is_empty() {
        return;
    }
    let names = others.into_iter().collect::<Vec<_>>().join(", ");
    let detail = format!("snapshots of the snapshotter {names} are not checked");
    let unknown = Unknown::new(GapReason::Unsupported, metadata_path(contents.path), detail);
    OF_OVERLAYFS.iter().for_each(|check| record.missed(check, unknown.clone()));
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
