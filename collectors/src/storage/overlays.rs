//! The overlays that are mounted of the layers of stores: whether what they are made of is still there, and
//! nothing else writes to it.
//!
//! Only the mounts of the node's own namespace are looked at: the paths of others are not the node's.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::store::{RwLayer, Store};
use super::survey::Survey;
use crate::fact::{Fact, Unknown};
use crate::host::HostError;
use crate::mounts::mountinfo::{self, MountInfo};
use crate::mounts::overlay;

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
    /// Those of the directories below that are gone; in the overlay, so are their files.
    ///
    /// Source: /proc/self/mountinfo, `lowerdir`, `lowerdir+` and `datadir+` in field 11; stat(2)
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

/// Reads the overlays of layers of `stores`, which have the writable layers `rw_layers`.
pub(super) fn read(
    survey: &Survey<'_>,
    stores: &[Fact<Store>],
    rw_layers: &[RwLayer],
) -> Fact<Vec<Fact<Overlay>>> {
    let host = survey.ctx.host;
    let file = mountinfo::file(host);
    survey.ctx.running(file, || match mountinfo::read_now(host) {
        Ok(text) => Look::new(survey, stores, rw_layers).at(&text, || mountinfo::read_now(host)).into(),
        Err(error) => Fact::Gap(error.into()),
    })
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
    /// The directories of the stores.
    stores: Vec<&'a str>,
    /// The containers by the directories of their writable layers.
    containers: HashMap<&'a str, &'a str>,
    /// Which directories are there: many overlays lie on the same layers.
    present: HashMap<String, Result<bool, Unknown>>,
}

impl<'a> Look<'a> {
    fn new(survey: &'a Survey<'a>, stores: &'a [Fact<Store>], rw_layers: &'a [RwLayer]) -> Self {
        Self {
            survey,
            stores: stores.iter().filter_map(Fact::known).map(|store| store.path.as_str()).collect(),
            containers: rw_layers.iter().map(|rw| (rw.path.as_str(), rw.container.as_str())).collect(),
            present: HashMap::new(),
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
            self.stores.iter().filter(holds).max_by_key(|store| store.len()).copied()
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
            container: of
                .upper
                .as_deref()
                .and_then(|upper| self.containers.get(upper))
                .map(|id| (*id).to_owned()),
            upper: of.upper.clone(),
            upper_missing: match &of.upper {
                Some(upper) => self.is_present(upper).map(|present| !present).into(),
                None => Fact::Absent,
            },
            lower_missing: self.missing(&of.lower).into(),
            shared_with: shared_with.map(|other| other.mount.target.clone().into_owned()).collect(),
            volatile: of.volatile,
        }
    }

    fn missing(&mut self, directories: &[String]) -> Result<Vec<String>, Unknown> {
        let mut missing = Vec::new();
        for directory in directories {
            if !self.is_present(directory)? {
                missing.push(directory.clone());
            }
        }
        Ok(missing)
    }

    fn is_present(&mut self, directory: &str) -> Result<bool, Unknown> {
        let host = self.survey.ctx.host;
        let look = || Ok(host.exists(directory)?);
        self.present.entry(directory.to_owned()).or_insert_with(look).clone()
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
