//! The gaps of a snapshot, in an order in which those that concern a query or a value are found quickly:
//! a target that is not running has hundreds.

use std::borrow::Borrow;

use serde_json::Value;

use super::scene::Place;
use crate::jsonpath::{Query, Touch};
use crate::snapshot::{Gap, Location, Step};

/// The gaps, sorted by the names that lead to them.
#[derive(Debug)]
pub(super) struct Gaps<'a>(Vec<Entry<'a>>);

/// One gap.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    /// The steps as text: a pointer does not tell an index from a name.
    names: Vec<String>,
    location: Location,
    gap: &'a Gap,
    /// Whether a list stands there all the same: its elements are known, and there may be others.
    is_list: bool,
}

impl<'a> Gaps<'a> {
    /// Those whose path is a JSON pointer, as those of every loaded snapshot are; one that is none is
    /// taken to concern everything.
    pub(super) fn new(gaps: &'a [Gap], facts: &Value) -> Self {
        let mut entries: Vec<_> = gaps
            .iter()
            .map(|gap| {
                let location = Location::from_pointer(&gap.path).unwrap_or_default();
                let is_list = facts.pointer(&gap.path).is_some_and(Value::is_array);
                Entry { names: names_of(&location), location, gap, is_list }
            })
            .collect();
        entries.sort_by(|one, other| one.names.cmp(&other.names).then_with(|| one.gap.cmp(other.gap)));
        Self(entries)
    }

    /// The gaps at, inside and around the element at the location, but for lists around it: the element is
    /// known though there may be others. For [`Place::near`].
    pub(super) fn near(&self, location: &Location) -> Vec<&Entry<'a>> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let names = names_of(location);
        let mut near = around(&self.0, &names);
        near.retain(|entry| !entry.is_list);
        near.extend(at_or_inside(&self.0, &names));
        near
    }

    /// The gaps that touch what the query selects at the place.
    pub(super) fn touching<'s>(&'s self, query: &Query, place: Place<'s, 'a>) -> Touching<'s, 'a> {
        let mut touching = Touching::default();
        if self.0.is_empty() {
            return touching;
        }
        let mut candidates = if query.is_relative() { place.near.to_vec() } else { Vec::new() };
        for names in query.prefixes() {
            candidates.extend(around(&self.0, &names));
            candidates.extend(at_or_inside(&self.0, &names));
        }
        candidates.sort_by(|one, other| one.names.cmp(&other.names).then_with(|| one.gap.cmp(other.gap)));
        candidates.dedup_by(|one, other| std::ptr::eq(*one, *other));
        for entry in candidates {
            match query.touches(place.base, &entry.location) {
                Some(Touch::Selection) => touching.selection.push(entry),
                Some(Touch::Below) => touching.below.push(entry),
                None => {}
            }
        }
        touching
    }
}

/// The gaps that touch a query; each list is sorted by the names that lead to the gaps.
#[derive(Debug, Default)]
pub(super) struct Touching<'s, 'a> {
    selection: Vec<&'s Entry<'a>>,
    below: Vec<&'s Entry<'a>>,
}

impl<'a> Touching<'_, 'a> {
    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.selection.is_empty() && self.below.is_empty()
    }

    /// The gaps that may change which values are selected.
    pub(super) fn of_selection(&self) -> impl Iterator<Item = &'a Gap> {
        self.selection.iter().map(|entry| entry.gap)
    }

    /// What is known of the value at the location: nothing at or below a gap, but for lists that stand there
    /// all the same.
    pub(super) fn knowledge_of(&self, location: &Location) -> Knowledge<'a> {
        if self.is_empty() {
            return Knowledge::default();
        }
        let names = names_of(location);
        let (at, _) = split(at_or_inside(&self.selection, &names), names.len());
        let (_, inside) = split(at_or_inside(&self.below, &names), names.len());
        let is_hidden = around(&self.selection, &names).iter().chain(at).any(|entry| !entry.is_list);
        let gaps = |entries: &[&Entry<'a>]| entries.iter().map(|entry| entry.gap).collect();
        Knowledge { is_hidden, open: gaps(at), inside: gaps(inside) }
    }
}

/// What is not known of a value.
#[derive(Debug, Default)]
pub(super) struct Knowledge<'a> {
    /// Whether that is everything.
    pub(super) is_hidden: bool,
    /// The gaps because of which it is a list that may have further elements.
    pub(super) open: Vec<&'a Gap>,
    /// The gaps at something inside it.
    pub(super) inside: Vec<&'a Gap>,
}

/// The entries at a place and inside it; those at it come first.
fn at_or_inside<'e, 'a, E: Borrow<Entry<'a>>>(entries: &'e [E], names: &[String]) -> &'e [E] {
    let start = entries.partition_point(|entry| entry.borrow().names.as_slice() < names);
    let rest = &entries[start..];
    &rest[..rest.partition_point(|entry| entry.borrow().names.starts_with(names))]
}

/// Those of [`at_or_inside`] that are at a place of so many steps, and the others.
fn split<'e, 'a, E: Borrow<Entry<'a>>>(entries: &'e [E], length: usize) -> (&'e [E], &'e [E]) {
    entries.split_at(entries.partition_point(|entry| entry.borrow().names.len() == length))
}

/// The entries strictly above a place.
fn around<'e, 'a, E: Borrow<Entry<'a>>>(entries: &'e [E], names: &[String]) -> Vec<&'e Entry<'a>> {
    let mut around = Vec::new();
    for length in 0..names.len() {
        let (at, _) = split(at_or_inside(entries, &names[..length]), length);
        around.extend(at.iter().map(Borrow::borrow));
    }
    around
}

fn names_of(location: &Location) -> Vec<String> {
    let names = location.0.iter().map(|step| match step {
        Step::Name(name) => name.clone(),
        Step::Index(index) => index.to_string(),
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::evaluate::Scene;
    use crate::parameter::Parameters;
    use crate::snapshot::GapReason;

    fn gaps(paths: &[&str]) -> Vec<Gap> {
        let gap = |path: &&str| Gap {
            path: (*path).to_owned(),
            reason: GapReason::Denied,
            source: None,
            detail: String::new(),
        };
        paths.iter().map(gap).collect()
    }

    #[test]
    fn the_gaps_that_touch_are_found_among_all() {
        let gaps = gaps(&[
            "/docker",
            "/docker/config/icc",
            "/dockerd",
            "/mounts/1/total_bytes",
            "/mounts/10/total_bytes",
            "/mounts",
            "/a~1b/c",
            "/kernel/config",
            "/docker/config",
            "/docker/engine/version",
        ]);
        let (facts, origins, parameters) = (json!({"mounts": [1]}), BTreeMap::new(), Parameters::default());
        let scene = Scene::of(&facts, &origins, &gaps, &parameters);
        let base = Location::from_pointer("/mounts/1").unwrap();
        let near = scene.gaps.near(&base);
        let place = Place { base: &base, near: &near, ..scene.root() };
        let touching = |query: &str| {
            let touching = scene.gaps.touching(&Query::parse_relative(query).unwrap(), place);
            let paths = |entries: &[&Entry<'_>]| {
                entries.iter().map(|entry| entry.gap.path.clone()).collect::<Vec<_>>()
            };
            (paths(&touching.selection), paths(&touching.below))
        };
        for (query, selection, below) in [
            ("$.docker.config", vec!["/docker", "/docker/config"], vec!["/docker/config/icc"]),
            ("$.docker.config.icc", vec!["/docker", "/docker/config", "/docker/config/icc"], vec![]),
            ("@.total_bytes", vec!["/mounts/1/total_bytes"], vec![]),
            ("@.target", vec![], vec![]),
            ("$['a/b'].c", vec!["/a~1b/c"], vec![]),
            ("$.mounts[*]", vec!["/mounts"], vec!["/mounts/1/total_bytes", "/mounts/10/total_bytes"]),
            ("@.options[?@ == $.kernel.config.X]", vec!["/kernel/config"], vec![]),
            ("$.swap", vec![], vec![]),
        ] {
            assert_eq!(touching(query), (strings(&selection), strings(&below)), "{query}");
        }
        assert_eq!(touching("$..version").0.len(), gaps.len(), "any of them may hide one");
    }

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn what_is_known_of_a_value_depends_on_the_gaps_at_around_and_inside_it() {
        let gaps = gaps(&["/a/1/x", "/a/10", "/list", "/b"]);
        let facts = json!({"a": [{}, {"x": null}], "list": [1], "b": {"c": 1}});
        let (origins, parameters) = (BTreeMap::new(), Parameters::default());
        let scene = Scene::of(&facts, &origins, &gaps, &parameters);
        let known = |query: &str, pointer: &str| {
            let touching = scene.gaps.touching(&Query::parse(query).unwrap(), scene.root());
            let Knowledge { is_hidden, open, inside } =
                touching.knowledge_of(&Location::from_pointer(pointer).unwrap());
            (is_hidden, open.len(), inside.len())
        };
        assert_eq!(known("$.a[*]", "/a/1"), (false, 0, 1));
        assert_eq!(known("$.a[*]", "/a/0"), (false, 0, 0));
        assert_eq!(known("$.a[*]", "/a/10"), (true, 1, 0));
        assert_eq!(known("$.list", "/list"), (false, 1, 0));
        assert_eq!(known("$.list[*]", "/list/0"), (false, 0, 0));
        assert_eq!(known("$.b.c", "/b/c"), (true, 0, 0));
    }
}
