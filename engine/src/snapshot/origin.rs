//! Where a fact was read.

use serde::{Deserialize, Serialize};

/// The place that a fact came from: for a value out of a configuration file the very token, so that a
/// finding can underline it as a compiler would.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// Which layer of a merged configuration won.
    pub layer: Layer,
    /// The file, as an absolute path below the target's root; for a flag, the unit file or
    /// `/proc/PID/cmdline` that carries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The column of the first character, from 1, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// The length of the token, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
    /// The line itself, with secrets masked, cut at 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The lower layers that said something else, the nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Overridden>,
}

/// A layer of a merged configuration, from the weakest to the strongest.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// What the program does when nothing is said.
    Default,
    /// The main configuration file.
    File,
    /// A drop-in that comes after it.
    DropIn,
    /// An environment variable of the process or its unit.
    Environment,
    /// A command-line flag.
    Flag,
}

/// A setting that lost against a stronger layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Overridden {
    /// Its layer.
    pub layer: Layer,
    /// Its file, as in [`Origin::file`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Its line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// What it said.
    pub value: serde_json::Value,
}
