//! What could not be told, and why.

use serde::{Deserialize, Serialize};

/// A part of the facts that could not be told. An error never becomes a default value: it becomes one
/// of these.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// The JSON pointer (RFC 6901) into the facts. Everything at and below it is unknown; a list that
    /// stands there all the same is incomplete.
    pub path: String,
    /// Why.
    pub reason: GapReason,
    /// The file, socket or interface that would have told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What went wrong, in words.
    pub detail: String,
}

/// Why a fact could not be told.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum GapReason {
    /// Permission was refused; root, or a mount, would unlock it.
    Denied,
    /// The source did not answer before the deadline.
    Timeout,
    /// The source answered with something that is not of its format.
    Malformed,
    /// The source is of a kind that Plimsoll does not read.
    Unsupported,
    /// Reading failed for another reason, an I/O error for example.
    Failed,
    /// The fact exists on a running node only, and this target is not running.
    Offline,
    /// Nobody asked for the fact when the snapshot was taken.
    NotCollected,
}

impl GapReason {
    /// The word that snapshots and reports use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Timeout => "timeout",
            Self::Malformed => "malformed",
            Self::Unsupported => "unsupported",
            Self::Failed => "failed",
            Self::Offline => "offline",
            Self::NotCollected => "not-collected",
        }
    }
}

impl std::fmt::Display for GapReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
