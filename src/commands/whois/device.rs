//! The devices of the device mapper, in which docker's containers once had their files.

use plimsoll_engine::demand::Demand;
use plimsoll_engine::snapshot::{Gap, Snapshot};
use serde_json::Value;

use super::lines::Lines;
use super::search::is_below;

/// Where the facts have them.
const DEVICES: [&str; 2] = ["devicemapper", "devices"];

/// The devices of a node.
#[derive(Debug, Default)]
pub(super) struct Devices {
    list: Vec<Value>,
    /// Why there may be others, or one be of a container.
    pub(super) gaps: Vec<Gap>,
}

/// Adds what is needed to `demand`.
pub(super) fn demand(demand: &mut Demand) {
    demand.add_path(&DEVICES);
}

impl Devices {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let list = snapshot.facts.pointer("/devicemapper/devices").and_then(Value::as_array);
        let is_of_devices =
            |gap: &&Gap| gap.path == "/devicemapper" || is_below(&gap.path, "/devicemapper/devices");
        Self {
            list: list.cloned().unwrap_or_default(),
            gaps: snapshot.gaps.iter().filter(is_of_devices).cloned().collect(),
        }
    }

    /// The one that the kernel or the device mapper calls so.
    pub(super) fn named(&self, name: &str) -> Option<&Value> {
        let is_called = |device: &&Value| ["device", "name"].iter().any(|field| device[*field] == name);
        self.list.iter().find(is_called)
    }
}

/// What is known of `device` itself.
pub(super) fn text(device: &Value) -> String {
    let mut lines = Lines::default();
    for name in ["device", "name", "number", "owner", "layer"] {
        if let Some(known) = device[name].as_str() {
            lines.add(name, known);
        }
    }
    if let Some(size) = device["size_bytes"].as_u64() {
        lines.add("bytes", size.to_string());
    }
    lines.text()
}
