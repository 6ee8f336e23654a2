//! What a set of rules wants to know: the facts that collectors have to read, and no others.

use std::collections::BTreeSet;

use crate::jsonpath::Query;

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

    /// Adds what `query` reads, its filters' absolute queries included.
    pub fn add(&mut self, query: &Query) {
        self.paths.extend(query.prefixes());
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
        self.paths.iter().any(|wanted| wanted.len() >= path.len() && wanted.iter().zip(path).all(|(a, b)| a == b))
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
