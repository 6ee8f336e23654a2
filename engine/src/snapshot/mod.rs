//! A node's facts at one moment: one versioned JSON document that can be saved, shipped, queried and
//! checked later with the same findings as the live scan.

mod coverage;
mod gap;
mod load;
mod location;
mod origin;

pub use gap::{Gap, GapReason};
pub use load::{MAX_BYTES, SnapshotError};
pub use location::{Location, Step};
pub use origin::{Layer, Origin, Overridden};

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// The version of the snapshot's shape that this build writes, and the only one that it reads.
pub const SCHEMA: u32 = 1;

/// Facts, where they came from, and what could not be told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The version of this shape: [`SCHEMA`].
    pub schema: u32,
    /// What took the snapshot.
    pub tool: Tool,
    /// When it was taken: RFC 3339, UTC, whole seconds.
    pub taken_at: String,
    /// What was looked at.
    pub target: Target,
    /// The facts, by collector: an object. A member that is `null` or missing is known to be absent,
    /// unless a gap covers it.
    #[serde(deserialize_with = "object")]
    #[schemars(with = "Map<String, Value>")]
    pub facts: Value,
    /// Where facts were read, by JSON pointer (RFC 6901) into `facts`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub origins: BTreeMap<String, Origin>,
    /// What could not be told, sorted by path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
}

/// The program that took a snapshot or wrote a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Always `plimsoll`.
    pub name: String,
    /// Its version, semver.
    pub version: String,
}

impl Tool {
    /// This build.
    pub fn this() -> Self {
        Self { name: "plimsoll".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

/// What a snapshot is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// How it was looked at.
    pub kind: TargetKind,
    /// The node's host name, or the name of the directory or image.
    pub name: String,
}

/// How a target was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TargetKind {
    /// A running node: this one, or a live host seen through a mount.
    Live,
    /// A directory that holds the root of a node that is not running.
    Root,
    /// A node image.
    Image,
}

fn object<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    Map::deserialize(deserializer).map(Value::Object)
}
