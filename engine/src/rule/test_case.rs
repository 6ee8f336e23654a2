//! The tests that a rule carries in its own file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::outcome::Outcome;
use crate::snapshot::Gap;

/// Facts, and the outcome that a rule has to give on them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TestCase {
    /// What the case is about.
    pub name: String,
    /// The facts, by collector.
    pub facts: Map<String, Value>,
    /// What could not be told.
    pub gaps: Vec<Gap>,
    /// Parameters that differ from the pack's defaults.
    pub parameters: BTreeMap<String, Value>,
    /// The outcome. Of a rule with `each`: the worst over all elements.
    pub expect: Outcome,
    /// Of a rule with `each`: the names of exactly the elements that have this outcome.
    pub subjects: Option<Vec<String>>,
    /// What the finding has to say, word for word.
    pub message: Option<String>,
}
