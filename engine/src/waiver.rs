//! Waivers: failures that somebody accepts, for a reason and for a time.

use serde::{Deserialize, Serialize};

/// One accepted failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The rule's id.
    pub rule: String,
    /// The element, for a rule that looks at several; all, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The node's name; all nodes, if left out. `*` stands for any characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Why the failure is accepted.
    pub justification: String,
    /// Who accepts it.
    pub owner: String,
    /// The last day on which it is accepted, `YYYY-MM-DD`, UTC.
    #[schemars(with = "String")]
    pub expires: jiff::civil::Date,
}
