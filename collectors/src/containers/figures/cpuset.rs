//! Processors and memory nodes that a container is bound to.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cpu::list;
use crate::fact::Fact;

use super::group::Controller;

/// The processors and memory nodes of a container.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Cpuset {
    /// The processors that it runs on.
    ///
    /// Source: cpuset.effective_cpus, cpuset.cpus.effective
    pub cpus: Fact<Vec<u64>>,
    /// The memory nodes that it takes memory from.
    ///
    /// Source: cpuset.effective_mems, cpuset.mems.effective
    pub mems: Fact<Vec<u64>>,
    /// The processors that it is bound to by its own configuration; absent in version 2 if it is not bound. In
    /// version 1 every group has a list, if only a copy of all.
    ///
    /// Source: cpuset.cpus
    pub configured_cpus: Fact<Vec<u64>>,
    /// Of those that it is bound to, the ones that do not run.
    ///
    /// Source: cpuset.cpus, /sys/devices/system/cpu/online
    pub offline_cpus: Fact<Vec<u64>>,
    /// Whether it is bound to some of the node's processors and not to all.
    ///
    /// Source: cpuset.cpus, /sys/devices/system/cpu/online
    pub pinned: Fact<bool>,
    /// The ids of containers of other pods that are bound to some of its processors, where one of the two was
    /// given them alone: is of class Guaranteed, and not bound to what the kubelet's static policy leaves to all.
    ///
    /// Source: cpuset.cpus of both, the kubelet's cpu_manager_state
    pub overlaps_with: Vec<String>,
}

impl Cpuset {
    pub(super) fn read(cpuset: &Controller, online: &Fact<Vec<u64>>) -> Self {
        let (cpus, mems) = match cpuset.version {
            1 => ("cpuset.effective_cpus", "cpuset.effective_mems"),
            _ => ("cpuset.cpus.effective", "cpuset.mems.effective"),
        };
        let configured =
            numbers(cpuset, "cpuset.cpus").and_then(|cpus| Some(cpus).filter(|cpus| !cpus.is_empty()).into());
        let compare = |test: fn(&[u64], &[u64]) -> bool| {
            online.as_ref().and_then(|online| configured.as_ref().map(|cpus| test(cpus, online)))
        };
        Self {
            cpus: numbers(cpuset, cpus),
            mems: numbers(cpuset, mems),
            offline_cpus: online
                .as_ref()
                .and_then(|online| configured.as_ref().map(|cpus| without(cpus, online)))
                .or_absent(Vec::new()),
            pinned: compare(|cpus, online| !without(online, cpus).is_empty()).or_absent(false),
            configured_cpus: configured,
            overlaps_with: Vec::new(),
        }
    }
}

/// Whether two sets share some processors.
pub(in super::super) fn overlaps(a: &[u64], b: &[u64]) -> bool {
    a.iter().any(|cpu| b.contains(cpu))
}

fn without(cpus: &[u64], others: &[u64]) -> Vec<u64> {
    cpus.iter().filter(|cpu| !others.contains(cpu)).copied().collect()
}

fn numbers(cpuset: &Controller, name: &str) -> Fact<Vec<u64>> {
    cpuset.text(name).and_then(|text| match list::parse(&text) {
        Some(numbers) => Fact::Known(numbers),
        None => Fact::Gap(cpuset.malformed(name, &text)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_that_share_a_processor_overlap() {
        assert!(overlaps(&[0, 1], &[1, 2]));
        assert!(overlaps(&[0, 1], &[0, 1]));
        assert!(!overlaps(&[0, 1], &[2, 3]));
        assert_eq!(without(&[0, 1, 7], &[0, 1, 2, 3]), [7]);
    }
}
