//! Whether images have their documents, and blobs their files.

use std::collections::{BTreeMap, HashSet};

use super::super::blobs::DocumentError;
use super::super::check::Record;
use super::super::problem::Problem;
use super::checks::{BLOB_MISSING, BLOB_ORPHANED, INGEST_STALE, MANIFEST_CORRUPT, MANIFEST_MISSING};
use super::contents::{Contents, Image, Owners};
use crate::host::HostErrorKind;

/// How old a broken download is before it counts, in seconds: containerd itself forgets one after a day.
const STALE: u64 = 24 * 3600;

/// Makes these checks.
pub(super) fn check(contents: &Contents<'_>, record: &mut Record, images: &[Image<'_>]) {
    documents(contents, record, images);
    files(contents, record, &owners(images));
    orphans(contents, record);
    ingests(contents, record);
}

/// Whom each blob belongs to, by its digest.
pub(super) fn owners(images: &[Image<'_>]) -> BTreeMap<String, Owners> {
    let mut owners: BTreeMap<String, Owners> = BTreeMap::new();
    for image in images {
        let of = Owners::of(image);
        for blob in image.tree.blobs() {
            let owners = owners.entry(blob.digest.clone()).or_default();
            owners.images.extend(of.images.iter().cloned());
            owners.namespace.get_or_insert_with(|| image.namespace.to_owned());
        }
    }
    owners
}

fn documents(contents: &Contents<'_>, record: &mut Record, images: &[Image<'_>]) {
    for image in images {
        for (descriptor, error) in &image.tree.faults {
            let path = contents.blobs.path(&descriptor.digest);
            let problem = |detail: String| {
                let mut problem = contents.problem(&descriptor.digest, path.clone(), detail);
                problem.expected = Some(descriptor.digest.clone());
                Owners::of(image).of_problem(problem)
            };
            match error {
                DocumentError::Missing => {
                    let is_file = matches!(contents.blobs.metadata(&descriptor.digest), Ok(Some(_)));
                    let what = if is_file { "meta.db does not have it" } else { "its file is not there" };
                    record.found(&MANIFEST_MISSING, problem(format!("{}: {what}", descriptor.media_type)));
                }
                DocumentError::Invalid(what) => {
                    record.found(&MANIFEST_CORRUPT, problem(format!("{}: {what}", descriptor.media_type)));
                }
                DocumentError::Unknown(unknown) => {
                    record.missed(&MANIFEST_MISSING, unknown.clone());
                    record.missed(&MANIFEST_CORRUPT, unknown.clone());
                }
            }
        }
    }
}

/// Every blob that a namespace has is a file.
fn files(contents: &Contents<'_>, record: &mut Record, owners: &BTreeMap<String, Owners>) {
    for (name, namespace) in contents.namespaces() {
        for digest in namespace.blobs.keys() {
            if let Some(unknown) = contents.survey.out_of_time(contents.path) {
                return record.impossible(&BLOB_MISSING, &unknown);
            }
            match contents.blobs.metadata(digest) {
                Ok(Some(_)) => {}
                Ok(None) => {
                    let path = contents.blobs.path(digest);
                    let mut problem = contents.problem(digest, path, "its file is not there");
                    if let Some(owners) = owners.get(digest) {
                        problem = owners.of_problem(problem);
                    }
                    record.found(&BLOB_MISSING, Problem { namespace: Some(name.to_owned()), ..problem });
                }
                Err(error) => record.missed(&BLOB_MISSING, error.into()),
            }
        }
    }
}

/// Every file among the blobs is in a namespace.
fn orphans(contents: &Contents<'_>, record: &mut Record) {
    let Some(metadata) = contents.metadata.read() else { return };
    let digests = match contents.blobs.list() {
        Ok(digests) => digests,
        Err(error) => return record.impossible(&BLOB_ORPHANED, &error.into()),
    };
    let known: HashSet<&String> = metadata.namespaces.values().flat_map(|of| of.blobs.keys()).collect();
    for digest in digests.iter().filter(|digest| !known.contains(digest)) {
        if let Some(unknown) = contents.survey.out_of_time(contents.path) {
            return record.impossible(&BLOB_ORPHANED, &unknown);
        }
        // One that is gone by now was being removed.
        let Ok(Some(inode)) = contents.blobs.metadata(digest) else { continue };
        if contents.is_fresh(&inode) {
            continue;
        }
        let mut problem = contents.problem(digest, contents.blobs.path(digest), "no namespace has this blob");
        problem.bytes = Some(inode.allocated);
        problem.age = Some(contents.survey.age(&inode));
        record.found(&BLOB_ORPHANED, problem);
    }
}

/// No download was broken off long ago.
fn ingests(contents: &Contents<'_>, record: &mut Record) {
    let path = format!("{}/io.containerd.content.v1.content/ingest", contents.path);
    let entries = match contents.survey.ctx.host.read_dir(&path) {
        Ok(entries) => entries,
        Err(error) if error.kind == HostErrorKind::NotFound => return,
        Err(error) => return record.impossible(&INGEST_STALE, &error.into()),
    };
    for name in entries.iter().map(|entry| entry.name.to_string_lossy()) {
        if let Some(unknown) = contents.survey.out_of_time(&path) {
            return record.impossible(&INGEST_STALE, &unknown);
        }
        let path = format!("{path}/{name}");
        let directory = match contents.survey.ctx.host.open_dir(&path) {
            Ok(directory) => directory,
            Err(error) if error.kind == HostErrorKind::NotFound => continue,
            Err(error) => {
                record.missed(&INGEST_STALE, error.into());
                continue;
            }
        };
        let inode = |name: &str| directory.metadata(name).ok();
        let changed = [inode("data"), inode("updatedat"), contents.survey.ctx.host.metadata(&path).ok()];
        let Some(age) = changed.iter().flatten().map(|inode| contents.survey.age(inode)).min() else {
            continue;
        };
        if age < STALE {
            continue;
        }
        let reference = directory.read("ref").ok();
        let reference = reference.map_or(name.into_owned(), |bytes| super::metadata::text(&bytes));
        let mut problem = contents.problem(reference, path, "its download was broken off");
        problem.bytes = inode("data").map(|data| data.allocated);
        problem.age = Some(age);
        record.found(&INGEST_STALE, problem);
    }
}
