//! containers/storage: podman's, buildah's and CRI-O's.
//!
//! The records of a store ([`records`]) are [read](read) without its locks, between two looks at what the
//! lock files say of their last writer. The checks are made on one such reading: what is written meanwhile
//! makes all of it be read again, as does what is wrong while somebody writes. A store that never comes to
//! rest is busy, not corrupt.

mod area;
mod big_data;
mod catalog;
mod checks;
mod config;
mod containers;
mod contents;
mod crio;
mod facts;
mod images;
mod keeper;
mod layers;
mod leftovers;
mod libpod;
mod links;
mod look;
mod metadata;
mod mountpoints;
mod overlay;
mod read;
mod records;
#[cfg(test)]
mod tests;
mod volatile;

use std::time::Duration;

use plimsoll_engine::snapshot::GapReason;

use super::check::Record;
use super::discovery::Configured;
use super::engine::Keeper;
use super::survey::{Examined, Survey};
use crate::fact::{Fact, Unknown};
use crate::host::Host;
use area::{Area, areas};
use catalog::Catalog;
pub(super) use checks::CHECKS;
use config::{Families, Family};
use crio::Shutdown;
use look::Look;
use read::{Stamps, Tables};

/// Any of these in a directory makes it such a store.
pub(super) const MARKS: &[&str] = &[
    "overlay-layers",
    "overlay-images",
    "overlay-containers",
    "vfs-layers",
    "btrfs-layers",
    "zfs-layers",
    "aufs-layers",
];

/// The stores that the configurations of podman and CRI-O name or leave to the defaults, of the node and of each user
/// that it knows; and why there may be others.
pub(crate) fn configured_stores(host: &Host) -> (Vec<String>, Vec<Unknown>) {
    let Families { list, unknown } = Families::read(host);
    (list.into_iter().map(|family| family.store).collect(), unknown)
}

/// The programs that write such stores.
const PROGRAMS: &[&str] = &["podman", "buildah", "skopeo", "crio", "conmon", "conmonrs"];

/// How often a store is read that is written meanwhile, and how long each time is waited for the writer.
const ATTEMPTS: usize = 5;
const PAUSE: Duration = Duration::from_millis(100);

/// The stores that configurations name.
pub(super) fn configured(survey: &Survey<'_>) -> Configured {
    let families = families(survey);
    let paths = families.list.iter().flat_map(|family| [&family.store].into_iter().chain(&family.others));
    Configured { paths: paths.cloned().collect(), unknown: families.unknown.clone() }
}

/// Looks at the store at `path`.
pub(super) fn examine(survey: &Survey<'_>, path: &str) -> Fact<Examined> {
    let families = families(survey);
    let family = families.of(path);
    let areas = match areas(survey.ctx.host, path, family.map(|family| family.run.as_str())) {
        Ok(areas) if areas.is_empty() => {
            return Fact::Gap(Unknown::malformed(path, "what should be directories of a store are none"));
        }
        Ok(areas) => areas,
        Err(error) => return Fact::Gap(error.into()),
    };
    let keeper = keeper::keeper(survey, &families, path);
    let store = Store { path, areas, family, keeper, neighbours: families.neighbours(path) };
    for _ in 0..ATTEMPTS {
        if let Some(unknown) = survey.out_of_time(path) {
            return Fact::Gap(unknown);
        }
        if let Some(examined) = store.examine(survey) {
            return Fact::Known(examined);
        }
        std::thread::sleep(PAUSE.min(survey.ctx.remaining() / 20));
    }
    let detail = format!("the store is busy: it was written each of the {ATTEMPTS} times that it was read");
    Fact::Gap(Unknown::new(GapReason::Failed, path, detail))
}

/// A store, and what is configured around it.
#[derive(Debug)]
struct Store<'a> {
    path: &'a str,
    areas: Vec<Area>,
    /// Whose own store it is, if a configuration says so.
    family: Option<&'a Family>,
    keeper: Keeper,
    /// The stores that are used together with it.
    neighbours: Vec<String>,
}

impl Store<'_> {
    /// Reads the records and makes the checks; `None` if somebody wrote meanwhile, or may have so that
    /// something looks wrong. One who unpacks an image holds a lock for minutes, and nothing is wrong.
    fn examine(&self, survey: &Survey<'_>) -> Option<Examined> {
        let host = survey.ctx.host;
        let mut record = Record::new(CHECKS, survey.ctx.options.depth);
        let before = Stamps::read(host, &self.areas);
        let shutdown = Shutdown::read(survey, self.family);
        let parts: Vec<Part<'_>> = self.areas.iter().map(|area| self.read(survey, area)).collect();
        for part in &parts {
            let mut look = self.look(survey, part, &shutdown, &mut record);
            look.check_metadata();
            look.check_layers();
            look.check_overlay();
            look.check_images();
            look.check_containers();
            look.check_leftovers();
            look.check_mountpoints();
        }
        crio::check(self.path, self.family, &shutdown, &mut record);
        libpod::check(survey, self.path, &parts, &mut record);
        let after = Stamps::read(host, &self.areas);
        if before != after || (after.is_locked && record.has_problem()) {
            return None;
        }
        // What takes long is done once, whoever writes meanwhile.
        for part in &parts {
            self.look(survey, part, &shutdown, &mut record).check_contents();
        }
        Some(facts::examined(survey, self, &parts, record))
    }

    fn look<'l>(
        &'l self,
        survey: &'l Survey<'_>,
        part: &'l Part<'_>,
        shutdown: &'l Shutdown,
        record: &'l mut Record,
    ) -> Look<'l> {
        let is_rootless = self.family.is_some_and(|family| family.user.is_some());
        let (area, tables, catalog) = (part.area, &part.tables, part.catalog(self.path));
        Look { survey, area, tables, catalog, is_rootless, shutdown, record }
    }

    fn read<'s>(&'s self, survey: &Survey<'_>, area: &'s Area) -> Part<'s> {
        let host = survey.ctx.host;
        let neighbour = |store: &String| {
            Tables::read(host, &Area { store: store.clone(), driver: area.driver, run: None })
        };
        let tables = Tables::read(host, area);
        Part { area, tables, neighbours: self.neighbours.iter().map(neighbour).collect() }
    }
}

/// What was read of one area of a store.
#[derive(Debug)]
struct Part<'s> {
    area: &'s Area,
    tables: Tables,
    /// The records of the stores that are used together with it.
    neighbours: Vec<Tables>,
}

impl Part<'_> {
    fn catalog<'t>(&'t self, store: &'t str) -> Catalog<'t> {
        Catalog::new(store, &self.tables, &self.neighbours)
    }
}

/// The configurations, read once per scan.
fn families(survey: &Survey<'_>) -> std::sync::Arc<Families> {
    survey.ctx.host.once(|| Families::read(survey.ctx.host))
}
