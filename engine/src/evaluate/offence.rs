//! The values that decided a verdict.

use std::borrow::Cow;

use serde_json::Value;

use super::Verdict;
use super::reading::locations;
use super::scene::Place;
use super::trace::{Deciding, LeafTrace, Trace};
use super::words;
use crate::report::Evidence;
use crate::rule::{Quantifier, Subject};
use crate::snapshot::{Location, Step};

/// How many values a finding quotes; a list of thousands is no easier to believe than its beginning.
const EVIDENCE_LIMIT: usize = 20;

/// One value, or its absence, that made a condition what it is.
#[derive(Debug, Clone)]
pub(super) struct Offence<'t, 'a> {
    pub(super) deciding: Deciding<'t, 'a>,
    /// `None` if the path selects nothing.
    pub(super) value: Option<&'a Value>,
    /// Where the value is; of a parameter, a default or an absent value there is none.
    pub(super) location: Option<Location>,
}

/// The values that made the condition what it is, at most as many as a finding quotes.
pub(super) fn offences<'t, 'a>(trace: &'t Trace<'a>, place: Place<'_, 'a>) -> Vec<Offence<'t, 'a>> {
    let leaves = trace.deciding().into_iter();
    leaves.flat_map(|deciding| of_leaf(deciding, place)).take(EVIDENCE_LIMIT).collect()
}

fn of_leaf<'t, 'a>(deciding: Deciding<'t, 'a>, place: Place<'_, 'a>) -> Vec<Offence<'t, 'a>> {
    let leaf = deciding.leaf;
    if leaf.values.is_empty() {
        return vec![Offence { deciding, value: None, location: None }];
    }
    let wanted = deciding_verdict(leaf);
    let mut places = match &leaf.leaf.subject {
        Subject::Fact(query) if !leaf.is_default => locations(query, place).into_iter(),
        Subject::Fact(_) | Subject::Param(_) => Vec::new().into_iter(),
    };
    let located = leaf.values.iter().map(|(value, verdict)| (*value, *verdict, places.next()));
    let offending = located.filter(|(_, verdict, _)| wanted.is_none_or(|wanted| wanted == *verdict));
    offending
        .take(EVIDENCE_LIMIT)
        .map(|(value, _, location)| Offence { deciding, value: Some(value), location })
        .collect()
}

/// The verdict of those values that made the leaf what it is; `None` if it took all of them.
fn deciding_verdict(leaf: &LeafTrace<'_>) -> Option<Verdict> {
    let wanted = match (leaf.leaf.quantifier, leaf.verdict) {
        (_, Verdict::Unknown) => Verdict::Unknown,
        (Quantifier::All, Verdict::False) => Verdict::False,
        (Quantifier::Any | Quantifier::One, Verdict::True) => Verdict::True,
        (Quantifier::None | Quantifier::One, Verdict::False) => Verdict::True,
        (Quantifier::All | Quantifier::None, Verdict::True) | (Quantifier::Any, Verdict::False) => {
            return None;
        }
    };
    leaf.values.iter().any(|(_, verdict)| *verdict == wanted).then_some(wanted)
}

impl<'a> Offence<'_, 'a> {
    /// What was demanded, where it follows "expected".
    pub(super) fn expected(&self) -> String {
        words::expected_value(self.deciding)
    }

    /// What the value was compared with, if the leaf has one matcher and that compares with a value.
    pub(super) fn operand(&self) -> Option<&Value> {
        let leaf = self.deciding.leaf;
        match leaf.leaf.matchers.as_slice() {
            [matcher] => leaf.operands.get(matcher.operand()?),
            _ => None,
        }
    }

    /// The value as a finding quotes it.
    pub(super) fn evidence(&self, place: Place<'_, 'a>) -> Evidence {
        Evidence {
            path: self.location.as_ref().map_or_else(|| self.path_as_written(), Location::to_string),
            actual: self.value.cloned().unwrap_or_default(),
            expected: words::expected(self.deciding),
            origin: self.nearest(place).and_then(|location| place.scene.origin(&location)).cloned(),
        }
    }

    fn path_as_written(&self) -> String {
        match &self.deciding.leaf.leaf.subject {
            Subject::Fact(query) => query.text().to_owned(),
            Subject::Param(name) => format!("param.{name}"),
        }
    }

    /// Where the value is, or would be.
    fn nearest(&self, place: Place<'_, 'a>) -> Option<Cow<'_, Location>> {
        if let Some(location) = &self.location {
            return Some(Cow::Borrowed(location));
        }
        let Subject::Fact(query) = &self.deciding.leaf.leaf.subject else { return None };
        let mut location = if query.is_relative() { place.base.clone() } else { Location::default() };
        location.0.extend(query.literal_prefix().into_iter().map(|name| Step::Name(name.to_owned())));
        Some(Cow::Owned(location))
    }
}
