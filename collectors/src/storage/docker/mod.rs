//! docker's data root: its containers, its own image store and the graph driver overlay2.
//!
//! docker keeps its records in small files, each written at once: [`records`] reads them all, and a
//! [look](look) compares them. While a dockerd runs, files come and go between two of them; so what is
//! young is left alone, and what else is wrong has to be wrong in two readings.
//!
//! * [`layers`], [`images`], [`containers`], [`buildkit`], [`directories`]: the records
//! * [`owners`]: what belongs to what
//! * [`look`]: the checks of the records; [`deep`]: those of the layers' files
//! * [`facts`]: what the store holds

mod buildkit;
mod checks;
mod containers;
mod deep;
mod directories;
mod facts;
mod images;
pub(super) mod keeper;
mod layers;
mod look;
mod owners;
mod places;
mod read;
mod records;
#[cfg(test)]
mod tests;

use plimsoll_engine::snapshot::GapReason;

use super::check::{Check, Record};
use super::looks::Looks;
use super::store::{Store, StoreKind};
use super::survey::{Examined, Survey};
use crate::fact::{Fact, Unknown};
use crate::listing;
use look::Look;
use owners::Owners;
use places::OVERLAY2;
use records::Records;

pub(super) use places::configured;

/// Any of these in a directory makes it such a store.
pub(super) const MARKS: &[&str] = &[
    "image/overlay2/layerdb",
    "overlay2/l",
    "image/overlay/layerdb",
    "image/fuse-overlayfs/layerdb",
    "image/vfs/layerdb",
    "image/btrfs/layerdb",
    "image/zfs/layerdb",
    "image/devicemapper/layerdb",
    "image/aufs/layerdb",
    // With containerd's image store, which has the layers and images, there is none of those.
    "rootfs/overlayfs",
    "engine-id",
];

/// The checks of such a store.
pub(super) const CHECKS: &[Check] = checks::ALL;

/// Looks at the store at `path`.
pub(super) fn examine(survey: &Survey<'_>, path: &str) -> Fact<Examined> {
    let store = path.trim_end_matches('/');
    let drivers = match places::drivers(survey.ctx.host, store) {
        Ok(drivers) => drivers,
        Err(unknown) => return Fact::Gap(unknown),
    };
    let in_use = keeper::in_use(survey, store);
    let keeper = keeper::keeper(survey, store);
    let mut looks = Looks::new(survey, &in_use);
    let (records, mut record) = loop {
        let records = Records::read(survey, store);
        let found = Look::new(survey, store, &in_use, &records, &Owners::of(&records)).look();
        if let Some(record) = looks.settle(found) {
            break (records, record);
        }
    };
    let owners = Owners::of(&records);
    let look = Look::new(survey, store, &in_use, &records, &owners);
    deep::look(survey, &look, store, &records, &mut record);
    let checked = drivers.iter().all(|driver| driver == OVERLAY2);
    if !checked {
        tell_of_unknown_drivers(store, &drivers, &mut record);
    }
    let (problems, problems_omitted) = record.close(StoreKind::Docker, &keeper);
    let layers = if survey.wants_layers() { facts::layers(store, &records, &owners) } else { Vec::new() };
    Fact::Known(Examined {
        blobs: Vec::new(),
        rw_layers: facts::rw_layers(survey, store, &records),
        kept: facts::kept(store, &records),
        layers,
        store: Store {
            path: path.to_owned(),
            kind: StoreKind::Docker,
            driver: driver(survey, store, &drivers),
            checked,
            user: keeper.user,
            engine: keeper.engine,
            filesystem: survey.filesystem(path),
            counts: facts::counts(&records, !drivers.is_empty()),
            images: facts::images(&records, &owners),
            in_use,
            problems,
            problems_omitted,
        },
    })
}

/// The graph drivers, and the snapshotters of containerd that docker's containers have their layers in.
fn driver(survey: &Survey<'_>, store: &str, drivers: &[String]) -> Option<String> {
    let snapshotters = listing::names(survey.ctx.host, &format!("{store}/rootfs")).unwrap_or_default();
    let all: Vec<&str> = drivers.iter().chain(&snapshotters).map(String::as_str).collect();
    (!all.is_empty()).then(|| all.join("+"))
}

/// Of a driver whose layout is not known nothing is said.
fn tell_of_unknown_drivers(store: &str, drivers: &[String], record: &mut Record) {
    let unknown = drivers.iter().filter(|driver| *driver != OVERLAY2).cloned().collect::<Vec<_>>().join(", ");
    let detail = format!("layers of the graph driver {unknown} are not checked");
    let unknown = Unknown::new(GapReason::Unsupported, format!("{store}/image"), detail);
    if drivers.iter().any(|driver| driver == OVERLAY2) {
        // What was found in overlay2 stays.
        CHECKS.iter().for_each(|check| record.missed(check, unknown.clone()));
    } else {
        CHECKS.iter().for_each(|check| record.impossible(check, &unknown));
    }
}
