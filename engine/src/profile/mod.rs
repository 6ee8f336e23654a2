//! Profiles: which rules concern a kind of node, and how much.

mod select;

pub use select::{Excluded, SelectError, Selected, Selection, select};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::severity::Severity;

/// A profile, as its file says. Its id is its file's name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Its id.
    pub id: String,
    /// What kind of node it is for, in one line.
    pub title: String,
    /// More about it.
    pub description: Option<String>,
    /// Profiles whose rules, parameters and gradings it takes over, the later over the earlier.
    pub extends: Vec<String>,
    /// What it adds to them.
    pub select: Selector,
    /// What it leaves out, and why.
    pub exclude: Vec<Exclusion>,
    /// The parameters that it sets.
    #[serde(with = "crate::json_text")]
    pub set: BTreeMap<String, Value>,
    /// The rules that it grades anew.
    pub severity: BTreeMap<String, Severity>,
}

/// Rules named in three ways; a rule that any of them names is selected.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Selector {
    /// By id.
    pub rules: Vec<String>,
    /// By pack.
    pub packs: Vec<String>,
    /// By tag.
    pub tags: Vec<String>,
}

/// A rule or tag that a profile leaves out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    /// The rule's id; or
    pub rule: Option<String>,
    /// the tag of the rules.
    pub tag: Option<String>,
    /// Why.
    pub reason: String,
}
