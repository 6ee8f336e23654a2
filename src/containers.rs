//! The containers of a snapshot, each with what could not be told of it.

use std::collections::HashMap;

use plimsoll_engine::demand::Demand;
use plimsoll_engine::snapshot::{Gap, Snapshot};
use serde_json::{Value, json};

use crate::cli::TargetArgs;
use crate::failure::Failure;

/// Where the facts have them.
const CONTAINERS: &[&str] = &["containers"];

/// Where the facts have their writable layers.
const RW_LAYERS: &[&str] = &["storage", "rw_layers"];

/// The figures of the layers, for which their files are counted.
const RW_FIGURES: &[&str] = &["storage", "rw_layers", "bytes"];

/// Where the facts have the stores that those are in.
const STORES: &[&str] = &["storage", "stores"];

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
        Self::demand(&mut demand);
        Ok(Self::taken_from(&mut target.snapshot(demand)?))
    }

    /// Adds what is needed to `demand`.
    pub(crate) fn demand(demand: &mut Demand) {
        demand.add_path(CONTAINERS);
    }

    /// Those of `snapshot`, which has them no more.
    pub(crate) fn taken_from(snapshot: &mut Snapshot) -> Self {
        Self::in_snapshot(snapshot, CONTAINERS)
    }

    /// Those of the target that have a writable layer, each with the layer as its fact `rw_layer`. The files
    /// of the layers are counted for it.
    pub(crate) fn with_rw_layers(target: &TargetArgs) -> Result<Self, Failure> {
        let mut demand = Demand::default();
        demand.add_path(CONTAINERS);
        demand.add_path(RW_FIGURES);
        let mut snapshot = target.snapshot(demand)?;
        let mut layers = Self::in_snapshot(&mut snapshot, RW_LAYERS);
        // A store that could not be looked at has layers that nobody knows of.
        layers.gaps.extend(Self::in_snapshot(&mut snapshot, STORES).gaps);
        Ok(Self::in_snapshot(&mut snapshot, CONTAINERS).joined(layers))
    }

    /// Those that `layers` has a layer of. One that only its store knows has what the store tells.
    fn joined(self, layers: Self) -> Self {
        let mut containers: HashMap<String, Container> =
            self.list.into_iter().map(|container| (container.id().to_owned(), container)).collect();
        let join = |layer: Container| {
            let id = layer.text("/container").unwrap_or_default();
            let mut container = containers
                .remove(id)
                .unwrap_or_else(|| Container { facts: layer.as_container(id), gaps: Vec::new() });
            let under = |gap: Gap| Gap { path: format!("/rw_layer{}", gap.path), ..gap };
            container.gaps.extend(layer.gaps.into_iter().map(under));
            if let Some(facts) = container.facts.as_object_mut() {
                facts.insert("rw_layer".to_owned(), layer.facts);
            }
            container
        };
        Self {
            list: layers.list.into_iter().map(join).collect(),
            gaps: self.gaps.into_iter().chain(layers.gaps).collect(),
        }
    }

    /// Takes the elements of the list at `place` out of the facts.
    fn in_snapshot(snapshot: &mut Snapshot, at: &[&str]) -> Self {
        let prefix = format!("/{}", at.join("/"));
        let facts = snapshot.facts.pointer_mut(&prefix).map(Value::take).unwrap_or_default();
        let mut list: Vec<Container> = match facts {
            Value::Array(containers) => {
                containers.into_iter().map(|facts| Container { facts, gaps: Vec::new() }).collect()
            }
            _ => Vec::new(),
        };
        let mut gaps = Vec::new();
        for gap in &snapshot.gaps {
            match gap.path.strip_prefix(&prefix).map(place) {
                Some(Some((index, path))) => {
                    let relative = Gap { path: path.to_owned(), ..gap.clone() };
                    match list.get_mut(index).filter(|container| container.facts.is_object()) {
                        Some(container) => container.gaps.push(relative),
                        None => gaps.push(gap.clone()),
                    }
                }
                Some(None) => gaps.push(gap.clone()),
                // What keeps the list from being there at all.
                None if prefix.strip_prefix(gap.path.as_str()).is_some_and(|rest| rest.starts_with('/')) => {
                    gaps.push(gap.clone());
                }
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

    /// What a writable layer tells of its container, which has the id `id`.
    fn as_container(&self, id: &str) -> Value {
        let name = self.text("/name");
        json!({ "id": id, "name": name, "label": name, "pod": null })
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

    fn containers() -> Containers {
        let gap = |path: &str| json!({"path": path, "reason": "denied", "detail": "d"});
        let snapshot = json!({
            "schema": 1, "tool": {"name": "plimsoll", "version": "0"}, "taken_at": "2026-01-01T00:00:00Z",
            "target": {"kind": "live", "name": "n"},
            "facts": {"containers": [{"id": "a", "label": "web", "name": null, "cgroup": {"cpu": null}}, null]},
            "origins": {},
            "gaps": [gap("/containers/0/cgroup"), gap("/containers/1"), gap("/docker/engine")],
        });
        Containers::in_snapshot(&mut Snapshot::load(snapshot.to_string().as_bytes()).unwrap(), CONTAINERS)
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

    #[test]
    fn layers_find_their_containers_and_keep_their_gaps() {
        let layer = |id: &str, gaps| Container {
            facts: json!({"container": id, "name": "of the store", "bytes": null, "inodes": 3}),
            gaps,
        };
        let gap = Gap { path: "/bytes".to_owned(), ..containers().gaps.remove(0) };
        let layers = Containers {
            list: vec![layer("a", vec![gap]), layer("only-stored", Vec::new())],
            gaps: Vec::new(),
        };
        let joined = containers().joined(layers);
        let labels: Vec<_> = joined.list.iter().map(|container| container.label()).collect();
        assert_eq!(labels, ["web", "of the store"]);
        assert!(matches!(joined.list[0].told("/rw_layer/bytes"), Told::Unknown(_)));
        assert_eq!(joined.list[1].told("/rw_layer/bytes"), Told::Absent);
        assert_eq!(joined.list[1].number("/rw_layer/inodes"), Some(3));
    }
}
