//! The containers of the node, of every runtime: `$.containers`.
//!
//! Nobody is asked. Running ones are found by the control groups of all processes, whose paths tell runtime,
//! container and pod; what they may do and use is read from procfs and their control groups. Names, images and
//! those that do not run come from what the runtimes wrote down.

mod census;
mod cgroup_path;
mod compare;
mod container;
mod figures;
mod inspect;
mod log;
mod membership;
mod process;
mod records;
mod surroundings;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use plimsoll_engine::snapshot::GapReason;

use crate::context::Context;
use crate::fact::{Fact, Unknown};

pub use container::{Container, Kind, Pod, Qos, Runtime, SeccompProfile, State};
pub use figures::{Cgroup, Cpu, Cpuset, Devices, Memory, Pids};
pub use process::{
    AppArmor, Capabilities, Filesystem, HostMount, Identity, Namespaces, Process, Processes, Seccomp,
    Security, Selinux,
};

use census::Census;
use records::Records;
use surroundings::Surroundings;

/// The containers, sorted by their ids; after them, as a gap in the list, each thing that was in the way of finding
/// others.
pub type Containers = Vec<Fact<Container>>;

/// Reads the containers.
pub fn collect(ctx: &Context<'_>) -> Fact<Containers> {
    let records = Records::read(ctx);
    let mut gaps = records.gaps.clone();
    let node = match ctx.host.is_running().then(|| Surroundings::read(ctx)).transpose() {
        Ok(node) => node,
        Err(unknown) => return Fact::Gap(unknown),
    };
    let census = node.as_ref().map(|node| Census::take(ctx, &records, &node.namespaces)).unwrap_or_default();
    gaps.extend(census.gaps.iter().cloned());
    let ids: BTreeSet<&String> = records.iter().map(|(id, _)| id).chain(census.members.keys()).collect();
    let mut containers = Vec::with_capacity(ids.len());
    for id in ids {
        if ctx.is_short_of_time() {
            gaps.push(Unknown::new(GapReason::Timeout, "/proc", "there are too many containers to look at"));
            break;
        }
        containers.push(inspect::container(ctx, id, records.get(id), census.members.get(id), node.as_ref()));
    }
    compare::mark(&mut containers);
    Fact::Known(containers.into_iter().map(Fact::Known).chain(gaps.into_iter().map(Fact::Gap)).collect())
}
