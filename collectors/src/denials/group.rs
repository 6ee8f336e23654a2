//! Denials of one cause, counted together.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::event::Event;
use crate::fact::Fact;

/// How many causes are told apart at most, of each kind.
const MAX_GROUPS: usize = 200;

/// How many names are kept of a cause.
const MAX_NAMES: usize = 5;

/// How often and when.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Occurrences {
    /// How often it was denied.
    ///
    /// Source: the audit log
    pub count: u64,
    /// When it was first denied, RFC 3339; absent if the log does not say.
    ///
    /// Source: the audit log
    pub first: Fact<String>,
    /// When it was last denied, RFC 3339; absent if the log does not say.
    ///
    /// Source: the audit log
    pub last: Fact<String>,
    /// The id of the container of the process that was last denied; absent if it has ended, or is in none. With
    /// SELinux a container that still runs is known by its categories.
    ///
    /// Source: /proc/PID/cgroup, /proc/PID/attr/current
    pub container: Fact<String>,
}

impl Occurrences {
    /// The first one.
    pub(super) fn first(event: &Event<'_>, container: Fact<String>) -> Self {
        let time: Fact<String> = event.time().into();
        Self { count: 1, first: time.clone(), last: time, container }
    }

    fn add(&mut self, other: Self) {
        self.count += other.count;
        if other.last != Fact::Absent {
            self.last = other.last;
        }
        if other.container != Fact::Absent {
            self.container = other.container;
        }
    }
}

/// A denial that others of the same cause are counted with.
pub(super) trait Denial {
    /// What they have in common.
    type Key: Ord;

    /// That.
    fn key(&self) -> Self::Key;

    /// How often and when.
    fn occurrences_mut(&mut self) -> &mut Occurrences;

    /// Takes in what else `later`, of the same cause, says.
    fn absorb(&mut self, later: Self);
}

/// Denials by cause.
pub(super) struct Groups<D: Denial> {
    groups: BTreeMap<D::Key, D>,
    /// Whether there are causes that had no room.
    pub(super) overflowed: bool,
}

impl<D: Denial> Default for Groups<D> {
    fn default() -> Self {
        Self { groups: BTreeMap::new(), overflowed: false }
    }
}

impl<D: Denial> Groups<D> {
    /// Counts a denial.
    pub(super) fn add(&mut self, mut denial: D) {
        let key = denial.key();
        if let Some(group) = self.groups.get_mut(&key) {
            group.occurrences_mut().add(denial.occurrences_mut().clone());
            group.absorb(denial);
        } else if self.groups.len() < MAX_GROUPS {
            self.groups.insert(key, denial);
        } else {
            self.overflowed = true;
        }
    }

    /// One denial for each cause, sorted by it.
    pub(super) fn into_sorted(self) -> Vec<D> {
        self.groups.into_values().collect()
    }
}

/// Puts `more` to `names`, sorted, each once, and not too many of them.
pub(super) fn join_names(names: &mut Vec<String>, more: Vec<String>) {
    for name in more {
        if let Err(place) = names.binary_search(&name)
            && names.len() < MAX_NAMES
        {
            names.insert(place, name);
        }
    }
}
