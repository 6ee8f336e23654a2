//! Every fact that a tool of the node can tell, compared with what the tool says.

mod audit;
mod containers;
mod docker;
mod files;
mod kernel;
mod network;
mod podman;
mod resources;
mod security;
mod storage;
mod systemd;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use plimsoll_engine::glob;
use serde_json::Value;

use super::results::Results;

/// What came of comparing.
#[derive(Debug)]
pub(crate) struct Comparison {
    /// How many facts were compared.
    pub(crate) compared: usize,
    disagreements: Vec<Disagreement>,
    explanations: BTreeMap<String, String>,
}

/// A fact of which plimsoll and a tool say different things.
#[derive(Debug)]
pub(crate) struct Disagreement {
    pointer: String,
    tool: &'static str,
    ours: String,
    theirs: String,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pointer, tool, ours, theirs } = self;
        write!(f, "{pointer} ({tool}): plimsoll says {ours}, {tool} says {theirs}")
    }
}

/// Compares everything that `results` has two answers to.
pub(crate) fn all(results: &Results, explanations: &BTreeMap<String, String>) -> Comparison {
    let explanations = explanations.clone();
    let mut comparison = Comparison { compared: 0, disagreements: Vec::new(), explanations };
    for compare in [
        kernel::compare,
        resources::compare,
        storage::compare,
        security::compare,
        audit::compare,
        systemd::compare,
        files::compare,
        docker::compare,
        podman::compare,
        containers::compare,
        network::compare,
    ] {
        compare(results, &mut comparison);
    }
    comparison
}

impl Comparison {
    /// The fact at `pointer` has to be what `tool` says; `null` is its absence.
    pub(crate) fn same(&mut self, results: &Results, pointer: &str, tool: &'static str, theirs: &Value) {
        let ours = results.fact(pointer);
        self.compared += 1;
        if results.gap(pointer) {
            self.disagree(pointer, tool, "that it cannot be told".to_owned(), theirs.to_string());
        } else if ours.unwrap_or(&Value::Null) != theirs {
            self.disagree(pointer, tool, ours.unwrap_or(&Value::Null).to_string(), theirs.to_string());
        }
    }

    /// The same names have to be at `pointer`, in whatever order.
    pub(crate) fn same_set(
        &mut self,
        pointer: &str,
        tool: &'static str,
        ours: BTreeSet<String>,
        theirs: BTreeSet<String>,
    ) {
        self.compared += ours.union(&theirs).count();
        if ours != theirs {
            let only = |one: &BTreeSet<String>, other| {
                format!("{:?} alone", one.difference(other).collect::<Vec<_>>())
            };
            self.disagree(pointer, tool, only(&ours, &theirs), only(&theirs, &ours));
        }
    }

    /// Counts a fact that was found to be what a tool says.
    pub(crate) fn agreed(&mut self) {
        self.compared += 1;
    }

    /// Counts the fact at `pointer`, which is `same` as what `tool` says or is not.
    pub(crate) fn check(&mut self, pointer: &str, tool: &'static str, same: bool, theirs: &Value) {
        self.compared += 1;
        if !same {
            self.disagree(pointer, tool, "otherwise".to_owned(), theirs.to_string());
        }
    }

    fn disagree(&mut self, pointer: &str, tool: &'static str, ours: String, theirs: String) {
        let pointer = pointer.to_owned();
        self.disagreements.push(Disagreement { pointer, tool, ours, theirs });
    }

    /// The disagreements that the scenario does not explain as the tool's fault.
    pub(crate) fn unexplained(&self) -> Vec<&Disagreement> {
        self.disagreements
            .iter()
            .filter(|one| !self.explanations.keys().any(|key| one.is_explained_by(key)))
            .collect()
    }

    /// Explanations of disagreements that are none any more.
    pub(crate) fn unused(&self) -> Vec<&String> {
        let used = |key: &str| self.disagreements.iter().any(|one| one.is_explained_by(key));
        self.explanations.keys().filter(|key| !used(key)).collect()
    }
}

impl Disagreement {
    /// Whether `key`, which is `POINTER (TOOL)` with `*` for any characters, means this one.
    fn is_explained_by(&self, key: &str) -> bool {
        glob::matches(key, &format!("{} ({})", self.pointer, self.tool))
    }
}

/// One step of a JSON pointer.
pub(crate) fn step(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
