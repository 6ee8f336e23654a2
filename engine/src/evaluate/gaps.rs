//! The gaps of a snapshot, in an order in which those that concern a query are found quickly: a target
//! that is not running has hundreds.

use std::borrow::Cow;

use serde_json::Value;

use crate::jsonpath::{Query, Touch};
use crate::snapshot::{Gap, Location, Step};

/// The gaps, sorted by the names that lead to them.
#[derive(Debug)]
pub(super) struct Gaps<'a>(Vec<Entry<'a>>);

#[derive(Debug)]
struct Entry<'a> {
    /// The steps as text: a pointer does not tell an index from a name.
    names: Vec<String>,
    location: Location,
    gap: &'a Gap,
    /// Whether a list stands there all the same: its elements are known, and there may be others.
    is_list: bool,
}

/// A gap that touches a query.
#[derive(Debug, Clone, Copy)]
pub(super) struct Touching<'s, 'a> {
    pub(super) gap: &'a Gap,
    pub(super) touch: Touch,
    location: &'s Location,
    is_list: bool,
}

impl Touching<'_, '_> {
    /// Whether nothing is known of what is at the location.
    pub(super) fn hides(&self, location: &Location) -> bool {
        !self.is_list && (self.is_at(location) || is_inside(location, self.location))
    }

    /// Whether the gap is at the location.
    pub(super) fn is_at(&self, location: &Location) -> bool {
        names_of(self.location).eq(names_of(location))
    }

    /// Whether the gap is at something that is inside what is at the location.
    pub(super) fn is_inside(&self, location: &Location) -> bool {
        is_inside(self.location, location)
    }
}

impl<'a> Gaps<'a> {
    /// Those whose path is a JSON pointer, as those of every loaded snapshot are; one that is none is
    /// taken to concern everything.
    pub(super) fn new(gaps: &'a [Gap], facts: &Value) -> Self {
        let mut entries: Vec<_> = gaps
            .iter()
            .map(|gap| {
                let location = Location::from_pointer(&gap.path).unwrap_or_default();
                let names = names_of(&location).map(Cow::into_owned).collect();
                Entry { names, location, gap, is_list: facts.pointer(&gap.path).is_some_and(Value::is_array) }
            })
            .collect();
        entries.sort_by(|one, other| one.names.cmp(&other.names).then_with(|| one.gap.cmp(other.gap)));
        Self(entries)
    }

    /// The gaps that touch what the query selects from the element at `base`.
    pub(super) fn touching<'s>(&'s self, query: &Query, base: &Location) -> Vec<Touching<'s, 'a>> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let mut candidates = Vec::new();
        let prefixes = query.prefixes();
        for prefix in &prefixes {
            let prefix: Vec<&str> = prefix.iter().map(String::as_str).collect();
            self.around(&prefix, &mut candidates);
        }
        if query.is_relative() {
            let base: Vec<_> = names_of(base).collect();
            let mut prefix: Vec<&str> = base.iter().map(Cow::as_ref).collect();
            prefix.extend(query.literal_prefix());
            self.around(&prefix, &mut candidates);
        }
        candidates.sort_unstable();
        candidates.dedup();
        // The element at `base` is known though the list that it is in may have others. Whether a query reads
        // that list as well, only one without absolute paths tells.
        let is_around_element =
            |entry: &Entry<'_>| prefixes.is_empty() && entry.is_list && is_inside(base, &entry.location);
        let entries = candidates.into_iter().filter_map(|index| self.0.get(index));
        let touching = entries.filter(|entry| !is_around_element(entry)).filter_map(|entry| {
            let Entry { location, gap, is_list, .. } = entry;
            Some(Touching { gap, location, is_list: *is_list, touch: query.touches(base, location)? })
        });
        touching.collect()
    }

    /// Adds the indices of the gaps at, below and above a place.
    fn around(&self, place: &[&str], found: &mut Vec<usize>) {
        for length in 0..place.len() {
            let above = &place[..length];
            found.extend(
                (self.first_from(above)..self.0.len()).take_while(|&index| self.0[index].names == above),
            );
        }
        let is_below = |&index: &usize| {
            let names = &self.0[index].names;
            names.len() >= place.len() && names.iter().zip(place).all(|(name, wanted)| name == wanted)
        };
        found.extend((self.first_from(place)..self.0.len()).take_while(is_below));
    }

    fn first_from(&self, place: &[&str]) -> usize {
        self.0.partition_point(|entry| entry.names.iter().map(String::as_str).lt(place.iter().copied()))
    }
}

fn names_of(location: &Location) -> impl Iterator<Item = Cow<'_, str>> {
    location.0.iter().map(|step| match step {
        Step::Name(name) => Cow::from(name),
        Step::Index(index) => Cow::from(index.to_string()),
    })
}

/// Whether `inner` is strictly inside `outer`.
fn is_inside(inner: &Location, outer: &Location) -> bool {
    inner.0.len() > outer.0.len() && names_of(outer).eq(names_of(inner).take(outer.0.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::GapReason;

    #[test]
    fn the_gaps_that_touch_are_found_among_all() {
        let paths = [
            "/docker",
            "/docker/config/icc",
            "/dockerd",
            "/mounts/1/total_bytes",
            "/mounts/10/total_bytes",
            "/a~1b/c",
            "/kernel/config",
            "/docker/config",
            "/docker/engine/version",
        ];
        let gaps: Vec<Gap> = paths
            .iter()
            .map(|path| Gap {
                path: (*path).into(),
                reason: GapReason::Denied,
                source: None,
                detail: String::new(),
            })
            .collect();
        let gaps = Gaps::new(&gaps, &Value::Null);
        let base = Location::from_pointer("/mounts/1").unwrap();
        let touching = |query: &str| {
            let query = Query::parse_relative(query).unwrap();
            let found = gaps.touching(&query, &base);
            found.iter().map(|touching| (touching.gap.path.as_str(), touching.touch)).collect::<Vec<_>>()
        };
        use Touch::{Below, Selection};
        assert_eq!(
            touching("$.docker.config"),
            [("/docker", Selection), ("/docker/config", Selection), ("/docker/config/icc", Below)]
        );
        assert_eq!(
            touching("$.docker.config.icc"),
            [("/docker", Selection), ("/docker/config", Selection), ("/docker/config/icc", Selection)]
        );
        assert_eq!(touching("@.total_bytes"), [("/mounts/1/total_bytes", Selection)]);
        assert_eq!(touching("@.target"), []);
        assert_eq!(touching("$['a/b'].c"), [("/a~1b/c", Selection)]);
        assert_eq!(
            touching("$.mounts[*]"),
            [("/mounts/1/total_bytes", Below), ("/mounts/10/total_bytes", Below)]
        );
        assert_eq!(touching("@.options[?@ == $.kernel.config.X]"), [("/kernel/config", Selection)]);
        assert_eq!(touching("$.swap"), []);
        assert_eq!(touching("$..version").len(), paths.len(), "any of them may hide one");
    }

    #[test]
    fn inside_is_strict_and_step_by_step() {
        let at = |pointer| Location::from_pointer(pointer).unwrap();
        assert!(is_inside(&at("/a/1/b"), &at("/a/1")) && is_inside(&at("/a"), &at("")));
        assert!(!is_inside(&at("/a/1"), &at("/a/1")) && !is_inside(&at("/a/10"), &at("/a/1")));
    }
}
