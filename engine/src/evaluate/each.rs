//! `each`: one condition on every element of a list or map.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::Verdict;
use super::condition::judge;
use super::reading::{ReadValue, located, stopped};
use super::scene::Place;
use super::trace::Trace;
use crate::rule::Each;
use crate::snapshot::{Gap, Location, Step};

/// An `each` that was evaluated.
#[derive(Debug, Clone)]
pub(super) struct EachTrace<'a> {
    pub(super) elements: Vec<ElementTrace<'a>>,
    /// What keeps it from being told which elements there are.
    pub(super) gaps: Vec<Cow<'a, Gap>>,
}

/// One element.
#[derive(Debug, Clone)]
pub(super) struct ElementTrace<'a> {
    /// What it is called in reports; no two are called the same.
    pub(super) name: String,
    /// What it calls itself, as others may: what sentences and commands say of it.
    pub(super) own_name: String,
    pub(super) value: &'a Value,
    pub(super) location: Location,
    pub(super) filter: Option<Trace<'a>>,
    /// Nothing if the filter leaves the element out.
    pub(super) that: Option<Trace<'a>>,
}

/// Evaluates every element.
pub(super) fn judge_each<'a>(each: &'a Each, place: Place<'_, 'a>) -> EachTrace<'a> {
    let touching = place.scene.gaps.touching(&each.path, place);
    let mut gaps: Vec<_> = touching.of_selection().map(Cow::Borrowed).collect();
    let located = located(&each.path, place, &touching).unwrap_or_else(|error| {
        gaps.push(Cow::Owned(stopped(&each.path, error)));
        Vec::new()
    });
    let mut names = Names::default();
    let elements = located.into_iter().map(|(ReadValue { value, .. }, location)| {
        let near = place.scene.gaps.near(&location);
        let at = Place { current: value, base: &location, near: &near, ..place };
        let filter = each.filter.as_ref().map(|filter| judge(filter, at));
        let is_out = filter.as_ref().is_some_and(|filter| filter.verdict() == Verdict::False);
        let that = (!is_out).then(|| judge(&each.that, at));
        let own_name = name_of(each, at);
        let name = names.distinct(own_name.clone());
        ElementTrace { name, own_name, value, filter, that, location }
    });
    EachTrace { elements: elements.collect(), gaps }
}

impl<'a> ElementTrace<'a> {
    /// Whether what has to hold does; `None` if the element is not concerned.
    ///
    /// Of an element of which it cannot be told whether it is concerned, this is unknown, unless all is
    /// well with it anyway.
    pub(super) fn verdict(&self) -> Option<Verdict> {
        let that = self.that.as_ref()?.verdict();
        let filter = self.filter.as_ref().map_or(Verdict::True, Trace::verdict);
        Some(that.or(!filter))
    }

    /// The gaps that keep the verdict from being told.
    pub(super) fn gaps(&self) -> Vec<Cow<'a, Gap>> {
        let traces = self.filter.iter().chain(&self.that);
        traces.filter(|trace| trace.verdict() == Verdict::Unknown).flat_map(Trace::gaps).collect()
    }
}

/// The members that name an object of a list, the most telling first.
const NAMING_MEMBERS: [&str; 4] = ["name", "id", "path", "target"];

fn name_of(each: &Each, at: Place<'_, '_>) -> String {
    let named = each.name.as_ref().and_then(|query| {
        let values = query.select(at.scene.facts, at.current).ok()?;
        values.into_iter().find_map(scalar_text)
    });
    let by_default = || match at.base.0.last() {
        Some(Step::Name(key)) => Some(key.clone()),
        _ => scalar_text(at.current).or_else(|| {
            let members = NAMING_MEMBERS.iter().filter_map(|name| at.current.get(name));
            members.filter_map(Value::as_str).map(str::to_owned).next()
        }),
    };
    named.or_else(by_default).unwrap_or_else(|| at.base.to_string())
}

fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The names that are taken, with the number of elements that wanted each.
#[derive(Default)]
struct Names(BTreeMap<String, usize>);

impl Names {
    /// The name, or `name (2)` for the second that is called so: waivers and baselines tell elements apart
    /// by their names.
    fn distinct(&mut self, name: String) -> String {
        let mut distinct = name.clone();
        while self.0.contains_key(&distinct) {
            let count = self.0.entry(name.clone()).or_insert(1);
            *count += 1;
            distinct = format!("{name} ({count})");
        }
        self.0.insert(distinct.clone(), 1);
        distinct
    }
}
