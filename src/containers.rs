//! The containers of a snapshot, each with what could not be told of it.

use plimsoll_engine::demand::Demand;
use plimsoll_engine::snapshot::{Gap, Snapshot};
use serde_json::Value;

use crate::cli::TargetArgs;
use crate::failure::Failure;

/// The member of the facts that holds them.
const FACT: &str = "containers";

/// The containers of a node.
#[derive(Debug)]
pub(crate) struct Containers {
    /// Those that are known, by id.
    pub(crate) list: Vec<Container>,
    /// Why there may be others.
    pub(crate) gaps: Vec<Gap>,
}

/// A container.
#[derive(Debug)]
pub(crate) struct Container {
    /// Its facts.
    pub(crate) facts: Value,
    /// What is not told of it; the paths are relative to its facts.
    gaps: Vec<Gap>,
}

/// A fact in its three states.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Told<'c> {
    Known(&'c Value),
    Absent,
    Unknown(&'c Gap),
}

impl Containers {
    /// Those of the target.
    pub(crate) fn of(target: &TargetArgs) -> Result<Self, Failure> {
        let mut demand = Demand::default();
        demand.add_path(&[FACT]);
        Ok(Self::in_snapshot(target.snapshot(demand)?))
    }

    fn in_snapshot(mut snapshot: Snapshot) -> Self {
        let facts = snapshot.facts.get_mut(FACT).map(Value::take).unwrap_or_default();
        let prefix = format!("/{FACT}");
        let mut list: Vec<Container> = match facts {
            Value::Array(containers) => {
                containers.into_iter().map(|facts| Container { facts, gaps: Vec::new() }).collect()
            }
            _ => Vec::new(),
        };
        let mut gaps = Vec::new();
        for gap in snapshot.gaps {
            match gap.path.strip_prefix(&prefix).map(place) {
                Some(Some((index, path))) => {
                    let relative = Gap { path: path.to_owned(), ..gap.clone() };
                    match list.get_mut(index).filter(|container| container.facts.is_object()) {
                        Some(container) => container.gaps.push(relative),
                        None => gaps.push(gap),
                    }
                }
                Some(None) => gaps.push(gap),
                None => {}
            }
        }
        list.retain(|container| container.facts.is_object());
        Self { list, gaps }
    }
}

/// The index and the rest of the path in `/3/cgroup/cpu`; nothing for the list itself.
fn place(path: &str) -> Option<(usize, &str)> {
    let path = path.strip_prefix('/')?;
    let (index, rest) = path.find('/').map_or((path, ""), |slash| path.split_at(slash));
    Some((index.parse().ok()?, rest))
}

impl Container {
    /// One of which everything is told.
    #[cfg(test)]
    pub(crate) fn of(facts: Value) -> Self {
        Self { facts, gaps: Vec::new() }
    }

    /// The fact at `pointer`, a JSON pointer into the container's facts.
    pub(crate) fn told(&self, pointer: &str) -> Told<'_> {
        if let Some(value) = self.facts.pointer(pointer).filter(|value| !value.is_null()) {
            return Told::Known(value);
        }
        let covers = |gap: &&Gap| {
            pointer
                .strip_prefix(gap.path.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.gaps.iter().find(covers).map_or(Told::Absent, Told::Unknown)
    }

    /// The text at `pointer`, if it is known.
    pub(crate) fn text(&self, pointer: &str) -> Option<&str> {
        self.facts.pointer(pointer)?.as_str()
    }

    /// The number at `pointer`, if it is known.
    pub(crate) fn number(&self, pointer: &str) -> Option<u64> {
        self.facts.pointer(pointer)?.as_u64()
    }

    /// The elements of the list at `pointer`, none if it is not known.
    pub(crate) fn list(&self, pointer: &str) -> &[Value] {
        self.facts.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// Its id.
    pub(crate) fn id(&self) -> &str {
        self.text("/id").unwrap_or_default()
    }

    /// The first characters of its id, by which people call it.
    pub(crate) fn short_id(&self) -> &str {
        let id = self.id();
        id.char_indices().nth(12).map_or(id, |(end, _)| id.get(..end).unwrap_or(id))
    }

    /// What people know it by.
    pub(crate) fn label(&self) -> &str {
        self.text("/label").unwrap_or_else(|| self.short_id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn containers() -> Containers {
        let gap = |path: &str| json!({"path": path, "reason": "denied", "detail": "d"});
        let snapshot = json!({
            "schema": 1, "tool": {"name": "plimsoll", "version": "0"}, "taken_at": "2026-01-01T00:00:00Z",
            "target": {"kind": "live", "name": "n"},
            "facts": {"containers": [{"id": "a", "label": "web", "name": null, "cgroup": {"cpu": null}}, null]},
            "origins": {},
            "gaps": [gap("/containers/0/cgroup"), gap("/containers/1"), gap("/docker/engine")],
        });
        Containers::in_snapshot(Snapshot::load(snapshot.to_string().as_bytes()).unwrap())
    }

    #[test]
    fn a_gap_covers_what_is_below_it_and_absence_stays_absence() {
        let containers = containers();
        let [container] = containers.list.as_slice() else { panic!("{containers:?}") };
        assert!(matches!(container.told("/cgroup/cpu/limit_cores"), Told::Unknown(_)));
        assert_eq!(container.told("/name"), Told::Absent);
        assert_eq!((container.label(), container.short_id()), ("web", "a"));
    }

    #[test]
    fn a_place_that_could_not_be_read_is_no_container() {
        let gaps = containers().gaps;
        assert_eq!(gaps.iter().map(|gap| gap.path.as_str()).collect::<Vec<_>>(), ["/containers/1"]);
    }
}
