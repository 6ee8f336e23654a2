//! The containers of the node, of every runtime, and their pods: `$.containers`, `$.pods`.
//!
//! Nobody is asked. Running ones are found by the control groups of all processes, whose paths tell runtime,
//! container and pod; what they may do and use is read from procfs and their control groups. Names, images and
//! those that do not run come from what the runtimes wrote down.

mod census;
mod cgroup_path;
mod compare;
mod container;
mod cpu_manager;
mod figures;
mod inspect;
mod log;
mod membership;
mod pods;
mod process;
mod records;
mod surroundings;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use plimsoll_engine::snapshot::GapReason;

use crate::context::Context;
use crate::fact::{Fact, Unknown};

pub use container::{Container, Kind, Pod, Qos, Runtime, SeccompProfile, State};
pub use figures::{Cgroup, Cpu, Cpuset, Devices, Memory, Pids};
pub use pods::{LimitBelow, Resource, RunningPod};
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

/// The pods that have running containers.
pub type Pods = Vec<RunningPod>;

/// What one look at the node shows.
struct Seen {
    containers: Containers,
    pods: Fact<Pods>,
}

/// Reads the containers.
pub fn collect(ctx: &Context<'_>) -> Fact<Containers> {
    Fact::from(seen(ctx).as_ref().as_ref().map(|seen| seen.containers.clone()).map_err(Unknown::clone))
}

/// Reads the pods whose containers run.
pub fn collect_pods(ctx: &Context<'_>) -> Fact<Pods> {
    match seen(ctx).as_ref() {
        Ok(seen) => seen.pods.clone(),
        Err(unknown) => Fact::Gap(unknown.clone()),
    }
}

fn seen(ctx: &Context<'_>) -> Arc<Result<Seen, Unknown>> {
    ctx.host.once(|| look(ctx))
}

fn look(ctx: &Context<'_>) -> Result<Seen, Unknown> {
    let records = Records::read(ctx);
    let mut gaps = records.gaps.clone();
    let node = ctx.host.is_running().then(|| Surroundings::read(ctx)).transpose()?;
    let census = node.as_ref().map(|node| Census::take(ctx, &records, &node.namespaces)).unwrap_or_default();
    gaps.extend(census.gaps.iter().cloned());
    let ids: BTreeSet<&String> = records.iter().map(|(id, _)| id).chain(census.members.keys()).collect();
    let mut containers = Vec::with_capacity(ids.len());
    // A pod that is not among them may be one of containers that were not seen.
    let mut unseen = census.gaps.first().cloned();
    for id in ids {
        if ctx.is_short_of_time() {
            let late = Unknown::new(GapReason::Timeout, "/proc", "there are too many containers to look at");
            unseen.get_or_insert(late.clone());
            gaps.push(late);
            break;
        }
        let members = census.members.get(id).ok_or_else(|| census.gaps.first());
        containers.push(inspect::container(ctx, id, records.get(id), members, node.as_ref()));
    }
    compare::mark(&mut containers, || cpu_manager::shared_pool(ctx));
    let pods = match (&node, unseen) {
        (None, _) => Fact::Gap(Unknown::offline("/proc")),
        (_, Some(unknown)) => Fact::Gap(unknown),
        (Some(node), None) => Fact::Known(pods::read(ctx, &containers, &census, node)),
    };
    let containers = containers.into_iter().map(Fact::Known).chain(gaps.into_iter().map(Fact::Gap)).collect();
    Ok(Seen { containers, pods })
}
