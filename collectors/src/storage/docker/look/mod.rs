//! One look at a store's records: what is wrong in them.

mod containers;
mod directories;
mod images;
mod layers;
mod links;

pub(super) use directories::Owner;

use super::super::check::{Check, Record};
use super::super::problem::Problem;
use super::super::survey::Survey;
use super::checks::*;
use super::facts::named;
use super::owners::Owners;
use super::records::Records;
use crate::fact::{Fact, Unknown};

/// What can be said only where the layers' records could be read.
const OF_LAYERS: &[Check] = &[
    METADATA_INCOMPLETE,
    CHAIN_MISMATCH,
    PARENT_MISSING,
    PARENT_CYCLE,
    TOO_DEEP,
    DIRECTORY_SHARED,
    DIRECTORY_ORPHANED,
    DIRECTORY_MISSING,
    CONTENTS_MISSING,
    IMAGE_LAYER_MISSING,
    LINK_EMPTY,
    LINK_LOST,
    LINK_DUPLICATE,
    LOWER_BROKEN,
    SIZE_MISMATCH,
    FILES_DIFFER,
    DIGEST_MISMATCH,
];

/// What can be said only where the writable layers' records could be read.
const OF_MOUNTS: &[Check] = &[
    CONTAINER_MOUNT_MISSING,
    MOUNT_WITHOUT_CONTAINER,
    DIRECTORY_ORPHANED,
    INIT_ORPHANED,
    DIRECTORY_MISSING,
    CONTENTS_MISSING,
    LINK_EMPTY,
    LINK_LOST,
    LOWER_BROKEN,
];

/// What can be said only where the images' records could be read.
const OF_IMAGES: &[Check] =
    &[IMAGE_DIGEST_MISMATCH, IMAGE_LAYER_MISSING, REPOSITORY_IMAGE_MISSING, CONTAINER_IMAGE_MISSING];

/// What can be said only where the containers' records could be read.
const OF_CONTAINERS: &[Check] = &[
    CONTAINER_CONFIG_BROKEN,
    CONTAINER_REMOVAL_STALE,
    CONTAINER_MOUNT_MISSING,
    CONTAINER_IMAGE_MISSING,
    MOUNT_WITHOUT_CONTAINER,
    STATE_DRIFTED,
];

/// What can be said only where the driver's directory could be read.
const OF_DIRECTORIES: &[Check] = &[
    DIRECTORY_ORPHANED,
    INIT_ORPHANED,
    DIRECTORY_MISSING,
    CONTENTS_MISSING,
    LINK_EMPTY,
    LINK_LOST,
    LINK_DUPLICATE,
    LINK_DANGLING,
    LOWER_BROKEN,
];

/// A look at the records of a store.
#[derive(Debug)]
pub(super) struct Look<'a> {
    survey: &'a Survey<'a>,
    /// The store's directory.
    store: &'a str,
    /// Whether the dockerd runs whose store it is.
    in_use: &'a Fact<bool>,
    records: &'a Records,
    owners: &'a Owners<'a>,
    record: Record,
}

impl<'a> Look<'a> {
    /// A look at `records`, in which nothing was found yet.
    pub(super) fn new(
        survey: &'a Survey<'a>,
        store: &'a str,
        in_use: &'a Fact<bool>,
        records: &'a Records,
        owners: &'a Owners<'a>,
    ) -> Self {
        Self { survey, store, in_use, records, owners, record: Record::new(ALL, survey.ctx.options.depth) }
    }

    /// Makes all checks that need no more than the records.
    pub(super) fn look(mut self) -> Record {
        self.tell_what_is_unknown();
        self.look_at_layers();
        self.look_at_directories();
        self.look_at_links();
        self.look_at_images();
        self.look_at_containers();
        self.record
    }

    fn tell_what_is_unknown(&mut self) {
        let records = self.records;
        let tables = [
            (records.layers.as_ref().err(), OF_LAYERS),
            (records.mounts.as_ref().err(), OF_MOUNTS),
            (records.images.as_ref().err(), OF_IMAGES),
            (records.containers.as_ref().err(), OF_CONTAINERS),
            (records.directories.all.as_ref().err(), OF_DIRECTORIES),
            (records.directories.names.as_ref().err(), &[LINK_LOST, LINK_DUPLICATE, LINK_DANGLING]),
            (records.removals.as_ref().err(), &[REMOVAL_STALE, DIRECTORY_ORPHANED]),
            (records.registrations.as_ref().err(), &[REGISTRATION_STALE, DIRECTORY_ORPHANED]),
            // Without them no directory can be told to be nobody's.
            (records.builds.as_ref().err(), &[DIRECTORY_ORPHANED]),
        ];
        for (unknown, checks) in tables {
            let Some(unknown) = unknown else { continue };
            for check in checks {
                self.record.impossible(check, unknown);
            }
        }
    }

    fn problem(&self, id: impl Into<String>, path: String, detail: impl Into<String>) -> Problem {
        Problem { id: id.into(), path, detail: detail.into(), store: named(self.store), ..Problem::default() }
    }

    fn found(&mut self, check: &'static Check, problem: Problem) {
        self.record.found(check, problem);
    }

    fn missed(&mut self, check: &'static Check, unknown: &Unknown) {
        self.record.missed(check, unknown.clone());
    }

    /// Whether what was changed `age` seconds ago may be in the making or going away.
    fn is_moving(&self, age: u64) -> bool {
        self.survey.may_be_in_the_making(age, self.in_use)
    }

    /// As [`Look::is_moving`], for what builds use as long as they take: a day.
    fn may_be_a_build(&self, age: u64) -> bool {
        age < 24 * 3600 && !matches!(self.in_use, Fact::Known(false))
    }
}
