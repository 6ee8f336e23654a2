//! The sentences of findings whose rule has none of its own.

use serde_json::Value;

use super::offence::Offence;
use super::scene::Place;
use super::words::Dotted;
use crate::rule::Subject;
use crate::snapshot::{Gap, Location};
use crate::template::{SENTENCE_LIMIT, display};

/// What is the case: `swap.enabled is true`. An element itself is called by its noun.
pub(super) fn what_is(offence: &Offence<'_, '_>, place: Place<'_, '_>, noun: &str) -> String {
    let what = subject(offence, place, noun);
    match offence.value {
        None => format!("{what} is absent"),
        Some(Value::String(text)) if text.is_empty() => format!("{what} is \"\""),
        Some(value) => {
            let by_default = if offence.deciding.leaf.is_default { " by default" } else { "" };
            format!("{what} is {}{by_default}", display(value, SENTENCE_LIMIT))
        }
    }
}

/// What keeps something from being told.
pub(super) fn could_not_be_told(gaps: &[Gap]) -> String {
    let Some(first) = gaps.first() else { return String::new() };
    let place = Location::from_pointer(&first.path);
    let what = place.map_or_else(|| first.path.clone(), |place| Dotted(&place.0).to_string());
    let sentence = format!("{what} is unknown ({}): {}", first.reason, first.detail);
    match gaps.len() - 1 {
        0 => sentence,
        more => format!("{sentence} (and {more} more)"),
    }
}

fn subject(offence: &Offence<'_, '_>, place: Place<'_, '_>, noun: &str) -> String {
    if let Some(location) = &offence.location {
        let steps = location.0.as_slice();
        return match steps.strip_prefix(place.base.0.as_slice()) {
            Some([]) => noun.to_owned(),
            Some(inside) => Dotted(inside).to_string(),
            None => Dotted(steps).to_string(),
        };
    }
    match &offence.deciding.leaf.leaf.subject {
        Subject::Param(name) => format!("parameter {name}"),
        Subject::Fact(query) => match query.text() {
            "@" => noun.to_owned(),
            text => text.strip_prefix("$.").or_else(|| text.strip_prefix("@.")).unwrap_or(text).to_owned(),
        },
    }
}
