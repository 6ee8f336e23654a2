//! Checks of a store, and the record of what they found.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::engine::Keeper;
use super::problem::Problem;
use super::store::StoreKind;
use super::{containerd, containers_storage, docker, oci_layout};
use crate::depth::Depth;
use crate::fact::{Fact, Unknown};

/// How many problems of one check are told of one store; the others are counted.
const MAX_PROBLEMS: usize = 200;

/// A check of a store. Its id is that of the rule that reads what it found.
#[derive(Debug, PartialEq, Eq)]
pub struct Check {
    /// `docker-layer-directory-missing`.
    pub id: &'static str,
    /// What is wrong with what it finds, in a sentence; the meaning in the catalogue of facts.
    pub about: &'static str,
    /// How deep a scan has to be for it.
    pub depth: Depth,
}

/// The checks of every kind of store.
fn all() -> impl Iterator<Item = &'static Check> {
    [docker::CHECKS, containers_storage::CHECKS, containerd::CHECKS, oci_layout::CHECKS].into_iter().flatten()
}

/// What the checks of one store found: a list for each check that this kind of store has and the depth
/// reaches; a gap where a check could not be made. A check without a list was not made.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Problems(BTreeMap<&'static str, Fact<Vec<Fact<Problem>>>>);

/// A check's id, and the object and file of a problem that it found.
type Place<'p> = (&'static str, &'p str, &'p str);

fn place<'p>(check: &'static str, problem: &'p Problem) -> Place<'p> {
    (check, &problem.id, &problem.path)
}

/// The checks of one store, while they are made.
#[derive(Debug)]
pub(super) struct Record {
    found: BTreeMap<&'static str, Fact<Vec<Fact<Problem>>>>,
    omitted: u64,
}

impl Record {
    /// A record in which each of `checks` that `depth` reaches has found nothing yet.
    pub(super) fn new(checks: &[Check], depth: Depth) -> Self {
        let reached = checks.iter().filter(|check| check.depth <= depth);
        Self { found: reached.map(|check| (check.id, Fact::Known(Vec::new()))).collect(), omitted: 0 }
    }

    /// Whether the scan is deep enough for `check`, and nothing makes it impossible yet.
    pub(super) fn makes(&self, check: &Check) -> bool {
        self.found.get(check.id).is_some_and(|found| found.known().is_some())
    }

    /// `check` found `problem`.
    pub(super) fn found(&mut self, check: &Check, problem: Problem) {
        self.push(check, Fact::Known(problem));
    }

    /// `check` could not be made on one of its objects.
    pub(super) fn missed(&mut self, check: &Check, unknown: Unknown) {
        self.push(check, Fact::Gap(unknown));
    }

    /// `check` could not be made at all.
    pub(super) fn impossible(&mut self, check: &Check, unknown: &Unknown) {
        if let Some(found) = self.found.get_mut(check.id) {
            *found = Fact::Gap(unknown.clone());
        }
    }

    /// Whether a problem was found.
    pub(super) fn has_problem(&self) -> bool {
        self.problems().next().is_some()
    }

    /// Without the problems that `earlier` does not have, too: those came and went. What could not be told
    /// stays.
    pub(super) fn lasting(mut self, earlier: &Self) -> Self {
        let before: HashSet<_> = earlier.problems().collect();
        for (check, found) in &mut self.found {
            let Fact::Known(found) = found else { continue };
            found.retain(|fact| match fact {
                Fact::Known(problem) => before.contains(&place(check, problem)),
                _ => true,
            });
        }
        self
    }

    /// Where there is a problem, and of which check.
    fn problems(&self) -> impl Iterator<Item = Place<'_>> {
        self.found.iter().flat_map(|(check, found)| {
            let problems = found.known().into_iter().flatten().filter_map(Fact::known);
            problems.map(move |problem| place(check, problem))
        })
    }

    fn push(&mut self, check: &Check, fact: Fact<Problem>) {
        if let Some(Fact::Known(found)) = self.found.get_mut(check.id) {
            if found.len() < MAX_PROBLEMS {
                found.push(fact);
            } else {
                self.omitted += 1;
            }
        }
    }

    /// What was found in a store of this kind that is `keeper`'s, sorted; and how many problems are too many to
    /// be told.
    pub(super) fn close(mut self, kind: StoreKind, keeper: &Keeper) -> (Problems, u64) {
        for found in self.found.values_mut() {
            if let Fact::Known(problems) = found {
                for problem in &mut *problems {
                    if let Fact::Known(problem) = problem {
                        *problem = std::mem::take(problem).kept_by(kind, keeper);
                    }
                }
                problems.sort_by(|a, b| a.known().cmp(&b.known()));
            }
        }
        (Problems(self.found), self.omitted)
    }
}

impl JsonSchema for Problems {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Problems".into()
    }

    /// A closed object with a member for every check, so that no rule can read one that there is not.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let members = all().map(|check| {
            let mut found = Fact::<Vec<Fact<Problem>>>::json_schema(generator);
            found.insert("description".to_owned(), format!("{}\n\nSource: the store", check.about).into());
            (check.id.to_owned(), found.to_value())
        });
        let members: serde_json::Map<_, _> = members.collect();
        schemars::json_schema!({ "type": "object", "properties": members, "additionalProperties": false })
    }
}
