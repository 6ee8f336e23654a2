//! What rules are evaluated on.

use std::collections::BTreeMap;

use serde_json::Value;

use super::gaps::{Entry, Gaps};
use crate::matcher::pattern::Patterns;
use crate::parameter::Parameters;
use crate::snapshot::{Gap, Location, Origin, Snapshot};

/// The place of the facts themselves.
static ROOT: Location = Location(Vec::new());

/// A snapshot and the parameters in force, made ready for many rules.
#[derive(Debug)]
pub struct Scene<'a> {
    pub(super) facts: &'a Value,
    pub(super) origins: &'a BTreeMap<String, Origin>,
    pub(super) gaps: Gaps<'a>,
    pub(super) parameters: &'a Parameters,
    pub(super) patterns: Patterns,
}

impl<'a> Scene<'a> {
    /// The scene that the snapshot shows.
    pub fn new(snapshot: &'a Snapshot, parameters: &'a Parameters) -> Self {
        Self::of(&snapshot.facts, &snapshot.origins, &snapshot.gaps, parameters)
    }

    /// The scene that consists of these facts, origins and gaps.
    pub(super) fn of(
        facts: &'a Value,
        origins: &'a BTreeMap<String, Origin>,
        gaps: &'a [Gap],
        parameters: &'a Parameters,
    ) -> Self {
        Self { facts, origins, gaps: Gaps::new(gaps, facts), parameters, patterns: Patterns::default() }
    }

    /// About how many elements rules may have to walk through: those of the collectors' own lists and maps.
    pub(super) fn elements(&self) -> usize {
        let members = |value: &Value| match value {
            Value::Object(members) => members.values().map(collection_length).sum(),
            other => collection_length(other),
        };
        self.facts.as_object().map_or(0, |collectors| collectors.values().map(members).sum())
    }

    /// Where conditions outside `each` stand.
    pub(super) fn root<'s>(&'s self) -> Place<'s, 'a> {
        Place { scene: self, current: self.facts, base: &ROOT, near: &[] }
    }

    /// Where the fact at the location was read, or else the nearest thing around it.
    pub(super) fn origin(&self, location: &Location) -> Option<&'a Origin> {
        if self.origins.is_empty() {
            return None;
        }
        let pointer = location.pointer();
        let mut at = pointer.as_str();
        loop {
            match self.origins.get(at) {
                Some(origin) => return Some(origin),
                None => at = at.get(..at.rfind('/')?)?,
            }
        }
    }
}

fn collection_length(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.len(),
        Value::Object(members) => members.len(),
        _ => 0,
    }
}

/// Where in the scene a condition stands: at the root of the facts, or at an element of an `each`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'s, 'a> {
    pub(super) scene: &'s Scene<'a>,
    /// What `@` is.
    pub(super) current: &'a Value,
    /// Where `@` is.
    pub(super) base: &'s Location,
    /// The gaps that concern the element: [`Gaps::near`].
    pub(super) near: &'s [&'s Entry<'a>],
}
