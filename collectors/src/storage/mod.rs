//! Container storage: every store on the node, checked without a lock, a mount or a write: `$.storage`.
//!
//! Stores are found by what lies in their directories ([`discovery`]), several side by side. Each kind of
//! store has a folder of its own that knows its format and its [checks](check::Check); a check ends in
//! [problems](problem::Problem), in a gap, or, at a lesser [depth](crate::depth::Depth), in nothing.

#![allow(dead_code, reason = "until the first kind of store is checked")]

pub mod check;
mod containerd;
mod containers_storage;
mod discovery;
mod docker;
mod oci_layout;
pub mod problem;
pub mod store;
mod survey;

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::depth::Depth;
use crate::fact::Fact;
use store::{RwLayer, Store};
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
    /// The writable layers of the containers of all stores, sorted by path.
    ///
    /// Source: the stores' metadata
    pub rw_layers: Fact<Vec<RwLayer>>,
}

/// Finds the stores and checks each.
pub fn collect(ctx: &Context<'_>) -> Fact<Storage> {
    let depth = ctx.options.depth;
    let survey = Survey::new(ctx);
    let (mut stores, mut rw_layers) = (Vec::new(), Vec::new());
    for place in discovery::places(&survey) {
        match place.examine(&survey) {
            Fact::Known(examined) => {
                stores.push(Fact::Known(examined.store));
                rw_layers.extend(examined.rw_layers);
            }
            Fact::Absent => {}
            Fact::Gap(unknown) => stores.push(Fact::Gap(unknown)),
        }
    }
    rw_layers.sort_by(|a, b| a.path.cmp(&b.path));
    Fact::Known(Storage { depth, stores: Fact::Known(stores), rw_layers: Fact::Known(rw_layers) })
}
