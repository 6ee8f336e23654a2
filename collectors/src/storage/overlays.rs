//! The overlays that are mounted of the layers of stores: whether what they are made of is still there, and
//! nothing else writes to it; and whether anybody needs them.
//!
//! The mounts are those of the node's own namespace. Other [`namespaces`] tell who has an overlay for its root,
//! and what is mounted [`elsewhere`] although the node has unmounted it.

mod elsewhere;
mod namespaces;
mod presence;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::store::{RwLayer, Store};
use super::survey::Survey;
use crate::fact::{Fact, Unknown};
use crate::host::HostError;
use crate::mounts::mountinfo::{self, MountInfo};
use crate::mounts::overlay;
use crate::mounts::table::MountTable;
pub use elsewhere::OverlayElsewhere;
use namespaces::{Namespaces, Seen};
use presence::Presence;

/// How long after the first look the second one is made: an engine unmounts soon after the last process ended.
const PAUSE: Duration = Duration::from_millis(700);

/// What a mounted overlay is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// A process has its files on it, or it is mounted at a second place.
    InUse,
    /// Its engine keeps it without a process: for a build, or counted as `podman mount` does.
    Kept,
    /// It was mounted lately, and may be about to be used or unmounted.
    Young,
    /// Its container does not run.
    Stopped,
    /// It is of no container that a store knows.
    Unowned,
}

/// A mounted overlay of the layers of a store.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Overlay {
    /// Where it is mounted, from the target's root.
    ///
    /// Source: /proc/self/mountinfo, field 5
    pub target: String,
    /// The store whose layers it is made of.
    ///
    /// Source: /proc/self/mountinfo, `upperdir` or `lowerdir` in field 11
    pub store: String,
    /// The id of the container whose writable layer it writes to, if a store knows it.
    ///
    /// Source: the store's metadata
    pub container: Option<String>,
    /// The directory that it writes to, from the target's root; absent for one that is only read.
    ///
    /// Source: /proc/self/mountinfo, `upperdir` in field 11
    pub upper: Option<String>,
    /// Whether that directory is gone: the layer was removed, and the mount stayed.
    ///
    /// Source: stat(2)
    pub upper_missing: Fact<bool>,
    /// What it is there for; absent for one that is only read.
    ///
    /// Source: /proc/PID/mountinfo, /proc/PID/root, /proc/PID/cwd, the stores' metadata
    pub state: Fact<State>,
    /// Those of the directories below that are gone; in the overlay, so are their files. A layer that lost no more
    /// than its short name is none of them.
    ///
    /// Source: /proc/self/mountinfo, `lowerdir`, `lowerdir+` and `datadir+` in field 11; stat(2); the layers' `link`
    pub lower_missing: Fact<Vec<String>>,
    /// Where other overlays are mounted that write to the same directory or use the same `workdir`. A mount
    /// of the same overlay at another place is none of them.
    ///
    /// Source: /proc/self/mountinfo, `upperdir` and `workdir` in field 11
    pub shared_with: Vec<String>,
    /// Whether what is written is never synced, so that a power cut loses it.
    ///
    /// Source: /proc/self/mountinfo, `volatile` or `fsync=volatile` in field 11
    pub volatile: bool,
}

/// What is known of the stores.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) stores: &'a [Fact<Store>],
    pub(super) rw_layers: &'a [RwLayer],
    /// By store, the directories of layers that may be mounted though no container has them.
    pub(super) kept: &'a HashMap<String, Kept>,
}

/// Directories of layers that may be mounted though no container has them.
pub(super) type Kept = Result<HashSet<String>, Unknown>;

/// The overlays of the node, and those that are mounted elsewhere only.
type Found = (Fact<Vec<Fact<Overlay>>>, Fact<Vec<Fact<OverlayElsewhere>>>);

/// Reads the overlays of layers of the stores.
pub(super) fn read(survey: &Survey<'_>, known: Known<'_>) -> Found {
    let host = survey.ctx.host;
    let file = mountinfo::file(host);
    let gaps = |unknown: Unknown| (Fact::Gap(unknown.clone()), Fact::Gap(unknown));
    if !host.is_running() {
        return gaps(Unknown::offline(file));
    }
    let text = match mountinfo::read_now(host) {
        Ok(text) => text,
        Err(error) => return gaps(error.into()),
    };
    if known.stores.iter().all(|store| store.known().is_none()) {
        return (Fact::Known(Vec::new()), Fact::Known(Vec::new()));
    }
    let namespaces = Namespaces::read(survey);
    let mut look = Look::new(survey, known, &namespaces, &text);
    let again = || {
        std::thread::sleep(PAUSE.min(survey.ctx.remaining() / 4));
        mountinfo::read_now(host)
    };
    let overlays = look.at(&text, again);
    let elsewhere = look.elsewhere(&text);
    (overlays.into(), elsewhere.into())
}

/// An overlay in a line of mountinfo, its directories from the target's root.
struct Mounted<'t> {
    mount: &'t MountInfo<'t>,
    upper: Option<String>,
    work: Option<String>,
    lower: Vec<String>,
    volatile: bool,
}

struct Look<'a> {
    survey: &'a Survey<'a>,
    /// The stores by their directories.
    stores: HashMap<&'a str, &'a Store>,
    /// The containers by the directories of their writable layers.
    containers: HashMap<&'a str, &'a str>,
    kept: &'a HashMap<String, Kept>,
    namespaces: &'a Namespaces,
    /// The stores' directories as the node sees them.
    seen: Vec<Seen>,
    /// The devices that processes in other namespaces have their files on.
    in_use: HashSet<String>,
    present: Presence<'a>,
}

impl<'a> Look<'a> {
    fn new(survey: &'a Survey<'a>, known: Known<'a>, namespaces: &'a Namespaces, text: &str) -> Self {
        let stores = known.stores.iter().filter_map(Fact::known).map(|store| (store.path.as_str(), store));
        let stores: HashMap<&str, &Store> = stores.collect();
        let table = MountTable::of(mountinfo::parse(text).flatten().collect());
        let seen: Vec<Seen> = stores.keys().filter_map(|store| Seen::at(store, &table)).collect();
        Self {
            survey,
            containers: known.rw_layers.iter().map(|rw| (rw.path.as_str(), rw.container.as_str())).collect(),
            kept: known.kept,
            namespaces,
            in_use: namespaces.devices_in_use(&seen),
            seen,
            stores,
            present: Presence::on(survey.ctx.host),
        }
    }

    /// The overlays in the mountinfo `text`. An engine unmounts before it removes what was mounted: what is
    /// not mounted any more in the one that `again` reads was on its way, and is left out.
    fn at(
        &mut self,
        text: &str,
        again: impl FnOnce() -> Result<Arc<str>, HostError>,
    ) -> Result<Vec<Fact<Overlay>>, Unknown> {
        let file = mountinfo::file(self.survey.ctx.host);
        let lines: Vec<_> = mountinfo::parse(text).collect();
        let mounted: Vec<Mounted<'_>> = lines.iter().flatten().filter_map(Mounted::of).collect();
        let mut overlays: Vec<Fact<Overlay>> = Vec::new();
        for overlay in &mounted {
            if let Some(unknown) = self.survey.out_of_time(file) {
                return Err(unknown);
            }
            if let Some(store) = self.store_of(overlay) {
                overlays.push(Fact::Known(self.overlay(overlay, store, &mounted)));
            }
        }
        let is_odd = |overlay: &Overlay| {
            overlay.upper_missing == Fact::Known(true)
                || matches!(overlay.state, Fact::Known(State::Stopped | State::Unowned))
                || !overlay.shared_with.is_empty()
                || overlay.lower_missing.known().is_some_and(|missing| !missing.is_empty())
        };
        if overlays.iter().filter_map(Fact::known).any(is_odd) {
            let text = again()?;
            let targets: HashSet<_> = mountinfo::parse(&text).flatten().map(|mount| mount.target).collect();
            overlays.retain(|overlay| {
                overlay.known().is_none_or(|overlay| targets.contains(overlay.target.as_str()))
            });
        }
        // Only a line that may be about an overlay leaves open whether one is sound.
        let malformed = lines.iter().filter_map(|line| line.as_ref().err());
        overlays
            .extend(malformed.filter(|line| line.mentions("overlay")).map(|line| Fact::Gap(line.gap(file))));
        Ok(overlays)
    }

    /// The store that the overlay's layers are in; its mount may name it by a symbolic link.
    fn store_of(&self, overlay: &Mounted<'_>) -> Option<&'a str> {
        let layer = overlay.upper.as_deref().or(overlay.lower.first().map(String::as_str))?;
        let within = |path: &str| {
            let holds = |store: &&&str| path.starts_with(&format!("{}/", store.trim_end_matches('/')));
            self.stores.keys().filter(holds).max_by_key(|store| store.len()).copied()
        };
        within(layer).or_else(|| {
            let (layers, name) = grandparent(layer)?;
            let layers = self.survey.ctx.host.canonicalize(layers).ok()?;
            within(&format!("{}/{name}", layers.to_string_lossy()))
        })
    }

    fn overlay(&mut self, of: &Mounted<'_>, store: &str, all: &[Mounted<'_>]) -> Overlay {
        let shares = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
        let shared_with = all.iter().filter(|other| {
            other.mount.device != of.mount.device
                && (shares(&other.upper, &of.upper) || shares(&other.work, &of.work))
        });
        Overlay {
            target: of.mount.target.clone().into_owned(),
            store: store.to_owned(),
            container: self.container(of),
            upper: of.upper.clone(),
            upper_missing: self.is_upper_missing(of),
            state: self.state(of, store, all),
            lower_missing: self.missing(&of.lower).into(),
            shared_with: shared_with.map(|other| other.mount.target.clone().into_owned()).collect(),
            volatile: of.volatile,
        }
    }

    /// The container whose writable layer the overlay writes to.
    fn container(&self, of: &Mounted<'_>) -> Option<String> {
        of.upper.as_deref().and_then(|upper| self.containers.get(upper)).map(|id| (*id).to_owned())
    }

    fn is_upper_missing(&mut self, of: &Mounted<'_>) -> Fact<bool> {
        match &of.upper {
            Some(upper) => self.present.of(upper).map(|present| !present).into(),
            None => Fact::Absent,
        }
    }

    /// What the overlay is there for, of all that are mounted in the same namespace.
    fn state(&self, of: &Mounted<'_>, store: &str, all: &[Mounted<'_>]) -> Fact<State> {
        let Some(upper) = &of.upper else { return Fact::Absent };
        let target = of.mount.target.as_ref();
        let is_within = |place: &String| {
            place.strip_prefix(target).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let is_same = |other: &&Mounted<'_>| other.mount.device == of.mount.device;
        if self.in_use.contains(of.mount.device)
            || self.namespaces.places.iter().any(is_within)
            || all.iter().filter(is_same).count() > 1
        {
            return Fact::Known(State::InUse);
        }
        match self.kept.get(store) {
            Some(Ok(kept)) if kept.contains(upper) => return Fact::Known(State::Kept),
            Some(Ok(_)) | None => {}
            Some(Err(unknown)) => return Fact::Gap(unknown.clone()),
        }
        if let Some(unknown) = &self.namespaces.incomplete {
            return Fact::Gap(unknown.clone());
        }
        if self.is_young(target, store) {
            return Fact::Known(State::Young);
        }
        let is_owned = self.containers.contains_key(upper.as_str());
        Fact::Known(if is_owned { State::Stopped } else { State::Unowned })
    }

    /// Whether the overlay at `target` may have been mounted just now: engines make the mount point, or what
    /// is beside it, before they mount.
    fn is_young(&self, target: &str, store: &str) -> bool {
        let Some((beside, _)) = target.rsplit_once('/') else { return false };
        let Ok(beside) = self.survey.ctx.host.metadata(beside) else { return false };
        let in_use = self.stores.get(store).map_or(Fact::Absent, |store| store.in_use.clone());
        self.survey.may_be_in_the_making(self.survey.age(&beside), &in_use)
    }

    fn missing(&mut self, directories: &[String]) -> Result<Vec<String>, Unknown> {
        let mut missing = Vec::new();
        for directory in directories {
            if !self.present.of(directory)? {
                missing.push(directory.clone());
            }
        }
        Ok(missing)
    }
}

impl<'t> Mounted<'t> {
    fn of(mount: &'t MountInfo<'t>) -> Option<Self> {
        let overlay = overlay::Overlay::of(mount)?;
        // docker and containers/storage mount from the directory of the layers where the options would be too
        // long for a page otherwise, at a place beside the layer; containerd writes an absolute upperdir then.
        let beside = overlay.upper.as_deref().filter(|upper| upper.starts_with('/')).unwrap_or(&mount.target);
        let layers = grandparent(beside).map_or("", |(layers, _)| layers);
        let absolute = |path: String| if path.starts_with('/') { path } else { format!("{layers}/{path}") };
        Some(Self {
            mount,
            upper: overlay.upper.clone().map(absolute),
            work: overlay.work.map(absolute),
            lower: overlay.lower.into_iter().map(absolute).collect(),
            volatile: overlay.is_volatile,
        })
    }
}

/// The directory that the layers are in, and the rest, of `/var/lib/docker/overlay2/ID/diff`.
fn grandparent(path: &str) -> Option<(&str, &str)> {
    let (layer, last) = path.rsplit_once('/')?;
    let (layers, _) = layer.rsplit_once('/')?;
    Some((layers, &path[layers.len() + 1..])).filter(|_| !last.is_empty())
}

#[cfg(test)]
mod tests;
