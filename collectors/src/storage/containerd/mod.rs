//! containerd's metadata, its snapshotter overlayfs and its content store.
//!
//! Two bolt databases tell what there is: `meta.db`, of the images, containers and blobs of each namespace
//! ([`metadata`]), and the snapshotter's `metadata.db`, of its directories ([`snapshotter`]). Read together
//! they are the [contents](contents) that the checks compare with each other and with the files. docker's
//! image store is one of these, too, where docker uses containerd's.

mod checks;
mod configured;
mod container_checks;
mod content_checks;
mod contents;
#[cfg(test)]
mod crafted;
mod database;
mod database_checks;
mod deep_checks;
mod facts;
mod keeper;
mod metadata;
mod snapshot_checks;
mod snapshotter;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::check::Record;
use super::looks::Looks;
use super::survey::{Examined, Survey};
use crate::fact::Fact;
pub(super) use checks::CHECKS;
pub(super) use configured::configured;
use contents::{Contents, Image, Owners};
pub(super) use keeper::OF_DOCKERD;

/// Any of these in a directory makes it such a store.
pub(super) const MARKS: &[&str] = &["io.containerd.metadata.v1.bolt", "io.containerd.content.v1.content"];

/// The programs that write such a store.
const PROGRAMS: &[&str] = &["containerd"];

/// Looks at the store at `path`.
pub(super) fn examine(survey: &Survey<'_>, path: &str) -> Fact<Examined> {
    let path = path.trim_end_matches('/');
    let in_use = survey.runs(PROGRAMS);
    let mut looks = Looks::new(survey, &in_use);
    loop {
        let contents = match Contents::read(survey, path, in_use.clone()) {
            Ok(contents) => contents,
            Err(error) => return Fact::Gap(error.into()),
        };
        let images = match contents.images() {
            Ok(images) => images,
            Err(unknown) => return Fact::Gap(unknown),
        };
        let owners = match contents.owners_of_snapshots(&images) {
            Ok(owners) => owners,
            Err(unknown) => return Fact::Gap(unknown),
        };
        if let Some(record) = looks.settle(look(&contents, &images, &owners)) {
            return Fact::Known(examined(&contents, &images, &owners, record));
        }
    }
}

/// Makes the checks that take no more than the databases and what they name.
fn look(contents: &Contents<'_>, images: &[Image<'_>], owners: &BTreeMap<String, Owners>) -> Record {
    let mut record = Record::new(CHECKS, contents.survey.ctx.options.depth);
    database_checks::check(contents, &mut record);
    snapshot_checks::check(contents, &mut record, owners);
    content_checks::check(contents, &mut record, images);
    container_checks::check(contents, &mut record);
    record
}

/// The store, once the deep checks are made, too.
fn examined(
    contents: &Contents<'_>,
    images: &[Image<'_>],
    owners: &BTreeMap<String, Owners>,
    mut record: Record,
) -> Examined {
    let survey = contents.survey;
    deep_checks::check(contents, &mut record, owners, images);
    Examined {
        layers: if survey.wants_layers() { facts::layers(contents, images, owners) } else { Vec::new() },
        blobs: if survey.wants_blobs() { facts::blobs(contents, images) } else { Vec::new() },
        rw_layers: facts::rw_layers(contents),
        kept: facts::kept(contents),
        store: facts::store(contents, images, record),
    }
}
