//! The gaps of a snapshot, in an order in which those that concern a query are found quickly: a target
//! that is not running has hundreds.

use std::borrow::Cow;

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
}

/// A gap that touches a query.
#[derive(Debug, Clone, Copy)]
pub(super) struct Touching<'s, 'a> {
    pub(super) gap: &'a Gap,
    pub(super) location: &'s Location,
    pub(super) touch: Touch,
}

impl<'a> Gaps<'a> {
    /// Those whose path is a JSON pointer, as those of every loaded snapshot are; one that is none is
    /// taken to concern everything.
    pub(super) fn new(gaps: &'a [Gap]) -> Self {
        let mut entries: Vec<_> = gaps
            .iter()
            .map(|gap| {
                let location = Location::from_pointer(&gap.path).unwrap_or_default();
                Entry { names: names_of(&location).map(Cow::into_owned).collect(), location, gap }
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
        for prefix in query.prefixes() {
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
        let entries = candidates.into_iter().filter_map(|index| self.0.get(index));
        let touching = entries.filter_map(|Entry { location, gap, .. }| {
            Some(Touching { gap, location, touch: query.touches(base, location)? })
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
pub(super) fn is_inside(inner: &Location, outer: &Location) -> bool {
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
        let gaps = Gaps::new(&gaps);
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
