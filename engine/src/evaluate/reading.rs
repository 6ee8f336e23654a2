//! What a query selects at a place, and what keeps that from being told.

use std::borrow::Cow;

use serde_json::Value;

use super::gaps::{Touching, is_inside};
use super::scene::Place;
use crate::jsonpath::{BudgetExceeded, Query, Touch};
use crate::snapshot::{Gap, GapReason, Location};

/// The values of a query. A selected `null` is no value: it says that something is absent.
#[derive(Debug)]
pub(super) struct Reading<'s, 'a> {
    pub(super) values: Vec<&'a Value>,
    gaps: Vec<Touching<'s, 'a>>,
    /// Set if the query was stopped; then there are no values.
    stopped: Option<Gap>,
}

impl<'s, 'a> Reading<'s, 'a> {
    /// Runs the query.
    pub(super) fn of(query: &Query, place: Place<'s, 'a>) -> Self {
        let gaps = place.scene.gaps.touching(query, place.base);
        match query.select(place.scene.facts, place.current) {
            Ok(mut values) => {
                values.retain(|value| !value.is_null());
                Self { values, gaps, stopped: None }
            }
            Err(error) => Self { values: Vec::new(), gaps, stopped: Some(stopped(query, error)) },
        }
    }

    /// Whether there may be other values than those selected.
    pub(super) fn is_uncertain(&self) -> bool {
        self.stopped.is_some() || self.gaps.iter().any(|gap| gap.touch == Touch::Selection)
    }

    /// The gaps because of which there may be other values.
    pub(super) fn gaps(&self) -> impl Iterator<Item = Cow<'a, Gap>> {
        let touching = self.gaps.iter().filter(|gap| gap.touch == Touch::Selection);
        touching.map(|gap| Cow::Borrowed(gap.gap)).chain(self.stopped.iter().cloned().map(Cow::Owned))
    }

    /// For each value the gaps inside it; nothing at all if there are none.
    pub(super) fn gaps_inside(&self, query: &Query, place: Place<'_, 'a>) -> Vec<Vec<&'a Gap>> {
        let inside: Vec<_> = self.gaps.iter().filter(|gap| gap.touch == Touch::Below).collect();
        if inside.is_empty() {
            return Vec::new();
        }
        let gaps_in = |value| {
            let inside = inside.iter().filter(|gap| is_inside(gap.location, value));
            inside.map(|gap| gap.gap).collect()
        };
        locations(query, place).iter().map(gaps_in).collect()
    }
}

/// Where the values of the query are, in the order of [`Reading::values`].
pub(super) fn locations(query: &Query, place: Place<'_, '_>) -> Vec<Location> {
    let located = query.locate(place.scene.facts, place.current, place.base).unwrap_or_default();
    located.into_iter().filter(|found| !found.value.is_null()).map(|found| found.location).collect()
}

/// That a query was stopped is as good as a gap: what it would have selected cannot be told.
pub(super) fn stopped(query: &Query, error: BudgetExceeded) -> Gap {
    Gap { path: query.text().to_owned(), reason: GapReason::Failed, source: None, detail: error.to_string() }
}
