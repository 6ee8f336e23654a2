//! What shows only when containers are compared: processors and levels that ought to be of one alone.

use std::collections::{HashMap, HashSet};

use crate::fact::Fact;

use super::container::{Container, Qos};
use super::figures::overlaps;

/// Marks the containers that share what is meant to be kept apart.
pub(super) fn mark(containers: &mut [Container]) {
    mark_levels(containers);
    mark_processors(containers);
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

/// The kubelet's static policy gives a container of class Guaranteed processors of its own.
fn mark_processors(containers: &mut [Container]) {
    let sets: Vec<(String, Vec<u64>, bool)> = containers
        .iter()
        .filter_map(|container| Some((container.id.clone(), pinned(container)?, is_guaranteed(container))))
        .collect();
    for container in containers {
        let Some(own) = pinned(container) else { continue };
        let own_is_exclusive = is_guaranteed(container);
        let others = sets.iter().filter(|(id, set, exclusive)| {
            *id != container.id && (own_is_exclusive || *exclusive) && overlaps(&own, set)
        });
        let others = others.map(|(id, _, _)| id.clone()).collect();
        if let Fact::Known(cgroup) = &mut container.cgroup
            && let Fact::Known(cpuset) = &mut cgroup.cpuset
        {
            cpuset.overlaps_with = others;
        }
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
