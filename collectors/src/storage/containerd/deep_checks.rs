//! What only a deeper look tells: the sizes of files, how much snapshots take, and the contents of blobs.

use std::collections::{BTreeMap, BTreeSet};

use super::super::blobs::digests::{Mismatch, mismatches};
use super::super::check::Record;
use super::super::layer::parallel;
use super::super::layer::references;
use super::super::layer::walk::{Usage, measure};
use super::super::problem::Problem;
use super::checks::{
    BLOB_DIGEST_MISMATCH, BLOB_SIZE_MISMATCH, EXECUTABLES_EMPTY, SNAPSHOT_REFERENCES, SNAPSHOT_USAGE_MISMATCH,
};
use super::content_checks;
use super::contents::{Contents, Image, Owners};
use super::snapshot_checks::key;
use super::snapshotter::{Kind, Snapshot};
use crate::fact::Unknown;
use crate::host::HostErrorKind;

/// The file systems that compress files or share their blocks, so that what one takes says nothing
/// (linux/magic.h).
const COMPRESSING: [i64; 5] = [0x9123_683e, 0x2fc1_2fc1, 0x5846_5342, 0xca45_1a4e, 0xf2f5_2010];

/// How many percent of the recorded space a snapshot has to take.
const ENOUGH: u64 = 98;

/// How many empty programs are too many to be meant so.
const EMPTY_PROGRAMS: u64 = 3;

/// Makes these checks, as far as the scan is deep enough.
pub(super) fn check(
    contents: &Contents<'_>,
    record: &mut Record,
    owners: &BTreeMap<String, Owners>,
    images: &[Image<'_>],
) {
    let of_blobs = content_checks::owners(images);
    if record.makes(&BLOB_SIZE_MISMATCH) {
        sizes(contents, record, &of_blobs);
    }
    if record.makes(&SNAPSHOT_USAGE_MISMATCH) {
        usages(contents, record, owners);
    }
    if record.makes(&BLOB_DIGEST_MISMATCH) {
        digests(contents, record, &of_blobs);
    }
}

/// Every blob has the size that a namespace has for it.
fn sizes(contents: &Contents<'_>, record: &mut Record, owners: &BTreeMap<String, Owners>) {
    for (name, namespace) in contents.namespaces() {
        for (digest, expected) in &namespace.blobs {
            if let Some(unknown) = contents.survey.out_of_time(contents.path) {
                return record.impossible(&BLOB_SIZE_MISMATCH, &unknown);
            }
            match contents.blobs.metadata(digest) {
                Ok(Some(inode)) if inode.size != *expected => {
                    let detail = format!("it has {} bytes, not {expected}", inode.size);
                    let mut problem = of_blob(contents, owners, digest, detail);
                    problem.namespace = Some(name.to_owned());
                    problem.expected = Some(expected.to_string());
                    problem.actual = Some(inode.size.to_string());
                    record.found(&BLOB_SIZE_MISMATCH, problem);
                }
                Ok(_) => {}
                Err(error) => record.missed(&BLOB_SIZE_MISMATCH, error.into()),
            }
        }
    }
}

/// Every committed snapshot is what it was when it was committed.
fn usages(contents: &Contents<'_>, record: &mut Record, owners: &BTreeMap<String, Owners>) {
    let Some(snapshots) = contents.snapshots.read() else { return };
    if let Some(unknown) = references::hidden(contents.survey.ctx.host) {
        record.impossible(&SNAPSHOT_REFERENCES, &unknown);
    }
    let space_counts = space_counts(contents);
    let committed: Vec<(&String, &Snapshot)> =
        snapshots.iter().filter(|(_, snapshot)| snapshot.kind == Kind::Committed).collect();
    let usages = parallel::each(&committed, |(_, snapshot)| usage(contents, snapshot));
    for ((name, snapshot), usage) in committed.into_iter().zip(usages) {
        let usage = match usage {
            Ok(Some(usage)) => usage,
            Ok(None) => continue,
            Err(unknown) => {
                record.missed(&SNAPSHOT_USAGE_MISMATCH, unknown.clone());
                record.missed(&SNAPSHOT_REFERENCES, unknown.clone());
                record.missed(&EXECUTABLES_EMPTY, unknown);
                continue;
            }
        };
        let path = format!("{}/fs", contents.directory(snapshot));
        let owners = owners.get(name).cloned().unwrap_or_default();
        // A young one may be going away just now, its files one after the other.
        let difference = difference(snapshot, &usage, space_counts);
        if let Some((expected, actual)) = difference.filter(|_| !contents.is_young(snapshot.created)) {
            let detail = format!("it has {actual}; when it was committed it had {expected}");
            let problem = contents.problem(key(name), path.clone(), detail);
            let problem = Problem { expected: Some(expected), actual: Some(actual), ..problem };
            record.found(&SNAPSHOT_USAGE_MISMATCH, owners.of_problem(problem));
        }
        if let Some(problem) = references::problem(&usage, contents.problem(key(name), path.clone(), "")) {
            record.found(&SNAPSHOT_REFERENCES, owners.of_problem(problem));
        }
        if usage.empty_programs >= EMPTY_PROGRAMS {
            let one = usage.empty_program.unwrap_or_default();
            let detail =
                format!("{} programs in it are empty, {} among them", usage.empty_programs, one.display());
            record.found(&EXECUTABLES_EMPTY, owners.of_problem(contents.problem(key(name), path, detail)));
        }
    }
}

/// What a snapshot takes; `None` if its directory is not there, which is told elsewhere.
fn usage(contents: &Contents<'_>, snapshot: &Snapshot) -> Result<Option<Usage>, Unknown> {
    let path = format!("{}/fs", contents.directory(snapshot));
    match contents.survey.ctx.host.open_dir(path) {
        Ok(directory) => measure(contents.survey, &directory).map(Some),
        Err(error) if error.kind == HostErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What a snapshot had and what it has instead, in words.
fn difference(snapshot: &Snapshot, usage: &Usage, space_counts: bool) -> Option<(String, String)> {
    if let Some(inodes) = snapshot.inodes.filter(|inodes| *inodes != usage.inodes) {
        return Some((format!("{inodes} inodes"), format!("{} inodes", usage.inodes)));
    }
    let size = snapshot.size.filter(|_| space_counts)?;
    let is_less = usage.allocated.saturating_mul(100) < size.saturating_mul(ENOUGH);
    is_less.then(|| (format!("{size} bytes on disk"), format!("{} bytes on disk", usage.allocated)))
}

/// Whether the space that files take on this file system is that which their contents need.
fn space_counts(contents: &Contents<'_>) -> bool {
    let file_system = contents.survey.ctx.host.stat_fs(contents.snapshots_directory());
    file_system.is_ok_and(|file_system| !COMPRESSING.contains(&file_system.fs_type))
}

/// Every blob that a namespace has contains what its digest says.
fn digests(contents: &Contents<'_>, record: &mut Record, owners: &BTreeMap<String, Owners>) {
    let digests: BTreeSet<String> =
        contents.namespaces().flat_map(|(_, namespace)| namespace.blobs.keys().cloned()).collect();
    for (digest, found) in mismatches(contents.survey, &contents.blobs, digests.into_iter().collect()) {
        match found {
            Mismatch::Actual(actual) => {
                let detail = format!("its contents have the digest {actual}");
                let problem = of_blob(contents, owners, &digest, detail);
                let problem = Problem { expected: Some(digest), actual: Some(actual), ..problem };
                record.found(&BLOB_DIGEST_MISMATCH, problem);
            }
            Mismatch::Unknown(unknown) => record.missed(&BLOB_DIGEST_MISMATCH, unknown),
        }
    }
}

fn of_blob(
    contents: &Contents<'_>,
    owners: &BTreeMap<String, Owners>,
    digest: &str,
    detail: String,
) -> Problem {
    let problem = contents.problem(digest, contents.blobs.path(digest), detail);
    match owners.get(digest) {
        Some(owners) => owners.of_problem(problem),
        None => {
            let namespace = contents.namespaces().find(|(_, of)| of.blobs.contains_key(digest));
            Problem { namespace: namespace.map(|(name, _)| name.to_owned()), ..problem }
        }
    }
}
