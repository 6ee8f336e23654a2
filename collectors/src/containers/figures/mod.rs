//! What the control group of a container or a pod limits and counts, of version 1 and of version 2.

mod cpu;
mod cpuset;
mod devices;
mod freezer;
mod group;
mod memory;
mod pids;
mod values;
mod weight;

use schemars::JsonSchema;
use serde::Serialize;

pub use cpu::Cpu;
pub use cpuset::Cpuset;
pub(super) use cpuset::overlaps;
pub use devices::Devices;
pub(super) use freezer::is_frozen;
pub(super) use group::Group;
pub use memory::Memory;
pub use pids::Pids;

use crate::fact::Fact;

/// The control group of a container or a pod.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Cgroup {
    /// Its path below the mount of its hierarchy.
    ///
    /// Source: /proc/PID/cgroup
    pub path: String,
    /// Whether its name is one that the kubelet gave for systemd and the runtime took for a directory: then the
    /// limits of the pod are set on another group, and do not hold.
    ///
    /// Source: /proc/PID/cgroup, `….slice:cri-containerd:…`
    pub driver_mismatch: bool,
    /// Processor time; absent if the controller is not in use.
    ///
    /// Source: cpu.* of the control group
    pub cpu: Fact<Cpu>,
    /// Memory; absent if the controller is not in use.
    ///
    /// Source: memory.* of the control group
    pub memory: Fact<Memory>,
    /// Tasks; absent if the controller is not in use.
    ///
    /// Source: pids.* of the control group
    pub pids: Fact<Pids>,
    /// Processors and memory nodes; absent if the controller is not in use.
    ///
    /// Source: cpuset.* of the control group
    pub cpuset: Fact<Cpuset>,
    /// Devices; absent if the controller is not in use.
    ///
    /// Source: devices.list of the control group
    pub devices: Fact<Devices>,
}

impl Cgroup {
    /// Reads the figures of `group`. `online` are the processors that run.
    pub(super) fn read(group: &Group<'_>, online: &Fact<Vec<u64>>) -> Self {
        Self {
            path: group.path().to_owned(),
            driver_mismatch: group.is_mismatch(),
            cpu: group.controller("cpu").map(|cpu| Cpu::read(&cpu, group)),
            memory: group.controller("memory").map(|memory| Memory::read(&memory)),
            pids: group
                .controller("pids")
                .map(|pids| Pids::read(&pids, group.least_above(&pids, "pids.max"))),
            cpuset: group.controller("cpuset").map(|cpuset| Cpuset::read(&cpuset, online)),
            devices: Devices::read(group),
        }
    }
}
