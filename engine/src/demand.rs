//! What a set of rules wants to know: the facts that collectors have to read, and no others.

use std::collections::BTreeSet;

use crate::jsonpath::{Query, Segment, Selector};

/// The paths that somebody reads, each as the names that lead to it; or everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Demand {
    paths: BTreeSet<Vec<String>>,
    everything: bool,
}

impl Demand {
    /// Every fact, and of the keyed facts the keys that are added later.
    pub fn everything() -> Self {
        Self { everything: true, ..Self::default() }
    }

    /// Adds the fact that these names lead to.
    pub fn add_path(&mut self, path: &[&str]) {
        self.paths.insert(path.iter().map(|name| (*name).to_owned()).collect());
    }

    /// Adds what `query` reads, its filters' absolute queries included.
    pub fn add(&mut self, query: &Query) {
        self.paths.extend(query.prefixes());
    }

    /// Adds what `relative` reads of the elements that `elements` selects, its filters' absolute queries
    /// included. What is wanted of elements that are not named one by one is all of them.
    pub fn add_relative(&mut self, elements: &Query, relative: &Query) {
        let named = |selector: &Selector| matches!(selector, Selector::Name(_));
        let each_is_named = elements
            .segments()
            .iter()
            .all(|segment| matches!(segment, Segment::Child(selectors) if selectors.iter().all(named)));
        let below = if each_is_named { relative.literal_prefix() } else { Vec::new() };
        for mut path in elements.prefixes() {
            path.extend(below.iter().map(|&name| name.to_owned()));
            self.paths.insert(path);
        }
        self.paths.extend(relative.prefixes());
    }

    /// Adds all that `other` wants.
    pub fn extend(&mut self, other: Self) {
        self.everything |= other.everything;
        self.paths.extend(other.paths);
    }

    /// Whether anybody reads the fact at `path`, something below it, or something that holds it.
    pub fn wants(&self, path: &[&str]) -> bool {
        self.everything || self.paths.iter().any(|wanted| wanted.iter().zip(path).all(|(a, b)| a == b))
    }

    /// Whether somebody reads exactly at or below `path`, by name; "everything" does not count. For
    /// facts too dear to be read unasked, such as a file's text.
    pub fn names(&self, path: &[&str]) -> bool {
        self.paths
            .iter()
            .any(|wanted| wanted.len() >= path.len() && wanted.iter().zip(path).all(|(a, b)| a == b))
    }

    /// The keys that are read of the keyed fact at `path`, sorted.
    pub fn keys<'a>(&'a self, path: &[&str]) -> impl Iterator<Item = &'a str> {
        let mut keys: Vec<&str> = self
            .paths
            .iter()
            .filter(|wanted| wanted.iter().zip(path).all(|(a, b)| a == b))
            .filter_map(|wanted| wanted.get(path.len()).map(String::as_str))
            .collect();
        keys.dedup();
        keys.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demand_of(elements: &str, relative: &str) -> Demand {
        let mut demand = Demand::default();
        demand.add_relative(&Query::parse(elements).unwrap(), &Query::parse_relative(relative).unwrap());
        demand
    }

    #[test]
    fn what_is_read_of_a_named_element_is_named() {
        let demand = demand_of("$.files['/etc/a', '/etc/b']", "@.text");
        assert!(demand.names(&["files", "/etc/a", "text"]) && demand.names(&["files", "/etc/b", "text"]));
        assert!(!demand.wants(&["files", "/etc/a", "mode"]));
        assert_eq!(demand.keys(&["files"]).collect::<Vec<_>>(), ["/etc/a", "/etc/b"]);
    }

    #[test]
    fn what_is_read_of_elements_without_names_is_all_of_them() {
        let demand = demand_of("$.mounts[*]", "@.target");
        assert!(demand.wants(&["mounts"]) && !demand.wants(&["kernel"]));
        assert_eq!(demand.keys(&["mounts"]).count(), 0, "`target` is no key of a list");
    }

    #[test]
    fn a_filter_reads_what_it_names_from_the_root() {
        let demand = demand_of("$.mounts[*]", "@.options[?@ == $.docker.root_dir]");
        assert!(demand.wants(&["docker", "root_dir"]) && !demand.wants(&["docker", "config"]));
    }
}
