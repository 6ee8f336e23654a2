//! The values that decided a finding.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::snapshot::Origin;

/// One value, or its absence, with what the rule demanded of it and where it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Evidence {
    /// The normalized path (RFC 9535) of the value; of an absent one the path as the rule writes it.
    pub path: String,
    /// The value; `null` for an absent one.
    pub actual: Value,
    /// What the rule demanded, in words: `equals true`.
    pub expected: String,
    /// Where the value was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}
