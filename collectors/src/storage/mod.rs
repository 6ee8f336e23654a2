//! Container storage: every store on the node, checked without a lock, a mount or a write: `$.storage`.
//!
//! Stores are found by what lies in their directories ([`discovery`]), several side by side. Each kind of
//! store has a folder of its own that knows its format and its [checks](check::Check); a check ends in
//! [problems](problem::Problem), in a gap, or, at a lesser [depth](crate::depth::Depth), in nothing.

pub mod blob;
mod blobs;
pub mod check;
mod containerd;
mod containers_storage;
mod discovery;
mod docker;
mod elsewhere;
pub mod engine;
mod hex;
pub mod layer;
mod looks;
mod oci_layout;
mod overlay_links;
pub mod overlays;
pub mod problem;
pub mod store;
mod survey;
pub mod usage;

use std::collections::HashMap;

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::depth::Depth;
use crate::fact::{Fact, Unknown};
use blob::Blob;
pub(crate) use containers_storage::configured_stores;
use discovery::Place;
use overlays::{Known, Overlay, OverlayElsewhere};
use store::{Layer, RwLayer, Store};
use survey::Survey;

/// The container storage of the node.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Storage {
    /// How deep the stores were checked: `metadata`, `stat` or `digest`.
    ///
    /// Source: the option --deep
    pub depth: Depth,
    /// The stores, sorted by path. One that cannot be looked at is a gap in its place.
    ///
    /// Source: the directories of docker, containers/storage, containerd and OCI layouts
    pub stores: Fact<Vec<Fact<Store>>>,
    /// The layers of all stores and what they belong to, sorted by path. Read only where they are asked for.
    ///
    /// Source: the stores' metadata
    pub layers: Fact<Vec<Layer>>,
    /// The blobs of all stores and what they belong to, sorted by path. Read only where they are asked for.
    ///
    /// Source: the stores' metadata, their images' indexes and manifests
    pub blobs: Fact<Vec<Blob>>,
    /// The writable layers of the containers of all stores, sorted by path.
    ///
    /// Source: the stores' metadata
    pub rw_layers: Fact<Vec<RwLayer>>,
    /// The overlays that are mounted on the node of layers of these stores, in the kernel's order. A line of
    /// the kernel that cannot be read is a gap in its place.
    ///
    /// Source: /proc/self/mountinfo
    pub overlays: Fact<Vec<Fact<Overlay>>>,
    /// The overlays of layers of these stores that are mounted in other mount namespaces only, where no process
    /// has its files on them, and that are of no container that runs.
    ///
    /// Source: /proc/PID/mountinfo of a process in each
    pub overlays_elsewhere: Fact<Vec<Fact<OverlayElsewhere>>>,
}

/// Finds the stores and checks each.
pub fn collect(ctx: &Context<'_>) -> Fact<Storage> {
    let depth = ctx.options.depth;
    let survey = Survey::new(ctx);
    let places = discovery::places(&survey);
    let survey = survey.of_stores(places.iter().filter_map(Place::path));
    let (mut stores, mut layers, mut blobs, mut rw_layers) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut kept = HashMap::new();
    for place in places {
        match place.examine(&survey) {
            Fact::Known(examined) => {
                kept.insert(examined.store.path.clone(), examined.kept);
                stores.push(Fact::Known(examined.store));
                layers.extend(examined.layers);
                blobs.extend(examined.blobs);
                rw_layers.extend(examined.rw_layers);
            }
            Fact::Absent => {}
            Fact::Gap(unknown) => stores.push(Fact::Gap(unknown)),
        }
    }
    layers.sort();
    blobs.sort_by(|a, b| a.path.cmp(&b.path));
    rw_layers.sort_by(|a, b| a.path.cmp(&b.path));
    let known = Known { stores: &stores, rw_layers: &rw_layers, kept: &kept };
    let (overlays, overlays_elsewhere) = overlays::read(&survey, known);
    let layers = if survey.wants_layers() { Fact::Known(layers) } else { unasked("the layers") };
    let blobs = if survey.wants_blobs() { Fact::Known(blobs) } else { unasked("the blobs") };
    Fact::Known(Storage {
        depth,
        stores: Fact::Known(stores),
        layers,
        blobs,
        rw_layers: Fact::Known(rw_layers),
        overlays,
        overlays_elsewhere,
    })
}

/// The gap of what nobody asked for by name.
fn unasked<T>(what: &str) -> Fact<T> {
    let detail = format!("nobody asked for {what}");
    Fact::Gap(Unknown { reason: GapReason::NotCollected, source: None, detail })
}
