//! What a query selects at a place, and what keeps that from being told.

use std::borrow::Cow;

use serde_json::Value;

use super::gaps::{Knowledge, Touching};
use super::scene::Place;
use crate::jsonpath::{BudgetExceeded, Query};
use crate::snapshot::{Gap, GapReason, Location};

/// The values of a query. A selected `null` is no value: it says that something is absent. Nor is what
/// stands at or below a gap, unless a list does that is incomplete.
#[derive(Debug)]
pub(super) struct Reading<'s, 'a> {
    pub(super) values: Vec<ReadValue<'a>>,
    gaps: Touching<'s, 'a>,
    /// Set if the query was stopped; then there are no values.
    stopped: Option<Gap>,
}

/// A value, and what is not known of it.
#[derive(Debug)]
pub(super) struct ReadValue<'a> {
    pub(super) value: &'a Value,
    /// The gaps because of which it is a list that may have further elements.
    pub(super) open: Vec<&'a Gap>,
    /// The gaps at what it consists of.
    pub(super) inside: Vec<&'a Gap>,
}

impl<'a> ReadValue<'a> {
    /// A value of which everything is known.
    pub(super) fn known(value: &'a Value) -> Self {
        Self { value, open: Vec::new(), inside: Vec::new() }
    }
}

impl<'s, 'a> Reading<'s, 'a> {
    /// Runs the query.
    pub(super) fn of(query: &Query, place: Place<'s, 'a>) -> Self {
        let gaps = place.scene.gaps.touching(query, place);
        let values = if gaps.is_empty() {
            // Nothing has to be known of where the values are, which is dearer than the values.
            query.select(place.scene.facts, place.current).map(all_known)
        } else {
            located(query, place, &gaps).map(|located| located.into_iter().map(|(value, _)| value).collect())
        };
        match values {
            Ok(values) => Self { values, gaps, stopped: None },
            Err(error) => Self { values: Vec::new(), gaps, stopped: Some(stopped(query, error)) },
        }
    }

    /// Whether there may be other values than those selected.
    pub(super) fn is_uncertain(&self) -> bool {
        self.stopped.is_some() || self.gaps.of_selection().next().is_some()
    }

    /// The gaps because of which there may be other values.
    pub(super) fn gaps(&self) -> impl Iterator<Item = Cow<'a, Gap>> {
        self.gaps.of_selection().map(Cow::Borrowed).chain(self.stopped.iter().cloned().map(Cow::Owned))
    }
}

/// Where the values of the query are, in the order of [`Reading::values`].
pub(super) fn locations(query: &Query, place: Place<'_, '_>) -> Vec<Location> {
    let gaps = place.scene.gaps.touching(query, place);
    let located = located(query, place, &gaps).unwrap_or_default();
    located.into_iter().map(|(_, location)| location).collect()
}

/// The values of the query and where they are. `gaps` are those that touch it.
///
/// # Errors
/// When the query was stopped.
pub(super) fn located<'a>(
    query: &Query,
    place: Place<'_, 'a>,
    gaps: &Touching<'_, 'a>,
) -> Result<Vec<(ReadValue<'a>, Location)>, BudgetExceeded> {
    let mut located = Vec::new();
    for found in query.locate(place.scene.facts, place.current, place.base)? {
        let Knowledge { is_hidden, open, inside } = gaps.knowledge_of(&found.location);
        if !found.value.is_null() && !is_hidden {
            located.push((ReadValue { value: found.value, open, inside }, found.location));
        }
    }
    Ok(located)
}

/// That a query was stopped is as good as a gap: what it would have selected cannot be told.
pub(super) fn stopped(query: &Query, error: BudgetExceeded) -> Gap {
    Gap { path: query.text().to_owned(), reason: GapReason::Failed, source: None, detail: error.to_string() }
}

fn all_known(values: Vec<&Value>) -> Vec<ReadValue<'_>> {
    values.into_iter().filter(|value| !value.is_null()).map(ReadValue::known).collect()
}
