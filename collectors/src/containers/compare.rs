//! What shows only when containers are compared: processors and levels that ought to be of one alone.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::fact::Fact;

use super::container::{Container, Qos};
use super::figures::overlaps;

/// Marks the containers that share what is meant to be kept apart.
///
/// `shared_pool` tells the processors that the kubelet leaves to everybody.
pub(super) fn mark(containers: &mut [Container], shared_pool: impl FnOnce() -> Fact<Vec<u64>>) {
    mark_levels(containers);
    mark_processors(containers, shared_pool);
}

/// SELinux keeps containers apart by the categories in their levels; those of one pod share theirs.
fn mark_levels(containers: &mut [Container]) {
    let mut by_level: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, container) in containers.iter().enumerate() {
        if let Some(level) = level(container) {
            by_level.entry(level).or_default().push(index);
        }
    }
    for same in by_level.into_values().filter(|same| same.len() > 1) {
        let owners: Vec<(String, String)> = same
            .iter()
            .filter_map(|index| containers.get(*index))
            .map(|container| (owner(container), container.id.clone()))
            .collect();
        if owners.iter().map(|(owner, _)| owner).collect::<HashSet<_>>().len() < 2 {
            continue;
        }
        for index in same {
            let Some(container) = containers.get_mut(index) else { continue };
            let own = owner(container);
            let others = owners.iter().filter(|(owner, _)| *owner != own).map(|(_, id)| id.clone()).collect();
            set_levels(container, others);
        }
    }
}

/// The level, if it has categories: one without is the same for all that are not kept apart.
fn level(container: &Container) -> Option<String> {
    let level = container.security.known()?.selinux.known()?.level.known()?;
    level.contains(':').then(|| level.clone())
}

/// Whose container it is: the pod's, or its own.
fn owner(container: &Container) -> String {
    let pod = container.pod.known().and_then(|pod| pod.uid.known().cloned());
    pod.unwrap_or_else(|| container.id.clone())
}

fn set_levels(container: &mut Container, others: Vec<String>) {
    if let Fact::Known(security) = &mut container.security
        && let Fact::Known(selinux) = &mut security.selinux
    {
        selinux.level_shared_with = others;
    }
}

/// The processors that a container is bound to.
struct Binding {
    id: String,
    owner: String,
    set: Vec<u64>,
    is_guaranteed: bool,
}

/// The kubelet's static policy gives a container of class Guaranteed processors of its own, if it asks for whole
/// ones, and binds all others to what is left. The containers of one pod may have the same ones: those that
/// prepare it give theirs to those that follow.
fn mark_processors(containers: &mut [Container], shared_pool: impl FnOnce() -> Fact<Vec<u64>>) {
    let bindings: Vec<Binding> = containers.iter().filter_map(Binding::of).collect();
    if !bindings.iter().any(|binding| binding.is_guaranteed) {
        return;
    }
    let pool = shared_pool().known().cloned().or_else(|| likely_pool(&bindings));
    for container in containers {
        let Some(own) = Binding::of(container) else { continue };
        let others = others(&own, &bindings, pool.as_ref());
        if let Fact::Known(cgroup) = &mut container.cgroup
            && let Fact::Known(cpuset) = &mut cgroup.cpuset
        {
            cpuset.overlaps_with = others;
        }
    }
}

/// The containers of other pods that are bound to some of the processors of `own`, where either has them alone.
fn others(own: &Binding, bindings: &[Binding], pool: Option<&Vec<u64>>) -> Vec<String> {
    let is_exclusive = |binding: &Binding| binding.is_guaranteed && pool != Some(&binding.set);
    let overlap = |other: &&Binding| {
        other.owner != own.owner
            && (is_exclusive(own) || is_exclusive(other))
            && overlaps(&own.set, &other.set)
    };
    bindings.iter().filter(overlap).map(|other| other.id.clone()).collect()
}

/// What is most likely left to everybody, where the kubelet does not say: what most pods have that can have
/// nothing of their own, or else what all have.
fn likely_pool(bindings: &[Binding]) -> Option<Vec<u64>> {
    let mut owners: BTreeMap<&Vec<u64>, HashSet<&str>> = BTreeMap::new();
    for binding in bindings.iter().filter(|binding| !binding.is_guaranteed) {
        owners.entry(&binding.set).or_default().insert(&binding.owner);
    }
    let most = owners.into_iter().max_by_key(|(_, owners)| owners.len());
    let (first, rest) = bindings.split_first()?;
    let all = || rest.iter().all(|other| other.set == first.set).then_some(&first.set);
    most.map(|(set, _)| set).or_else(all).cloned()
}

impl Binding {
    fn of(container: &Container) -> Option<Self> {
        let set = pinned(container)?;
        let is_guaranteed = is_guaranteed(container);
        Some(Self { id: container.id.clone(), owner: owner(container), set, is_guaranteed })
    }
}

fn pinned(container: &Container) -> Option<Vec<u64>> {
    let cpuset = container.cgroup.known()?.cpuset.known()?;
    cpuset.pinned.known().filter(|pinned| **pinned)?;
    cpuset.configured_cpus.known().cloned()
}

fn is_guaranteed(container: &Container) -> bool {
    container.pod.known().and_then(|pod| pod.qos.known()) == Some(&Qos::Guaranteed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const G: bool = true;
    const B: bool = false;

    /// Which of `sets`, each of a pod, overlap.
    fn overlapping(sets: &[(&str, bool, &[u64])], pool: Option<&[u64]>) -> Vec<String> {
        let binding = |(index, (owner, is_guaranteed, set)): (usize, &(&str, bool, &[u64]))| Binding {
            id: index.to_string(),
            owner: (*owner).to_owned(),
            set: set.to_vec(),
            is_guaranteed: *is_guaranteed,
        };
        let bindings: Vec<Binding> = sets.iter().enumerate().map(binding).collect();
        let pool = pool.map(<[u64]>::to_vec).or_else(|| likely_pool(&bindings));
        let overlap = |own: &Binding| !others(own, &bindings, pool.as_ref()).is_empty();
        bindings.iter().filter(|own| overlap(own)).map(|own| own.id.clone()).collect()
    }

    #[test]
    fn sets_of_one_alone_overlap_with_whoever_has_some_of_them() {
        assert_eq!(overlapping(&[("a", G, &[2, 3]), ("b", G, &[2, 3]), ("c", B, &[0, 1])], None), ["0", "1"]);
        assert_eq!(
            overlapping(&[("a", G, &[2, 3]), ("b", B, &[0, 1, 2]), ("c", B, &[0, 1, 2])], None).len(),
            3
        );
        assert_eq!(
            overlapping(&[("a", G, &[2, 3]), ("b", B, &[2, 3]), ("c", B, &[0, 1]), ("d", B, &[0, 1])], None),
            ["0", "1"]
        );
        assert_eq!(overlapping(&[("a", G, &[2, 3]), ("b", G, &[2, 3])], Some(&[0, 1])), ["0", "1"]);
    }

    #[test]
    fn what_is_left_to_everybody_and_what_one_pod_has_overlaps_with_nothing() {
        assert!(overlapping(&[("a", G, &[2, 3]), ("b", B, &[0, 1]), ("c", B, &[0, 1])], None).is_empty());
        // Without whole processors, Guaranteed is among the others.
        assert!(overlapping(&[("a", G, &[0, 1]), ("b", B, &[0, 1]), ("c", G, &[2])], None).is_empty());
        assert!(overlapping(&[("a", G, &[0, 1]), ("b", G, &[0, 1])], None).is_empty());
        assert!(overlapping(&[("a", G, &[0, 1]), ("b", G, &[0, 1])], Some(&[0, 1])).is_empty());
        assert!(overlapping(&[("a", G, &[2, 3]), ("a", G, &[2, 3])], Some(&[0, 1])).is_empty());
    }
}
