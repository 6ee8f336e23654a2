//! The pods whose containers run: `$.pods`. What the kubelet limits of a pod is in the group that holds the groups of
//! its containers.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::{Fact, Unknown};

use super::census::{Census, Members};
use super::cgroup_path::Place;
use super::container::{Container, Kind, Qos, Runtime};
use super::figures::{Cgroup, Group};
use super::membership::Membership;
use super::surroundings::Surroundings;

/// A pod.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RunningPod {
    /// What people know it by: `shop/web-0`, or its uid.
    pub label: String,
    /// Its uid; of a static pod 32 hexadecimal digits, of podman's pod 64.
    ///
    /// Source: the path of the control group
    pub uid: String,
    /// Its name.
    ///
    /// Source: its containers
    pub name: Fact<String>,
    /// Its namespace; absent for a pod of podman.
    ///
    /// Source: its containers
    pub namespace: Fact<String>,
    /// How its requests and limits class it; absent for a pod of podman.
    ///
    /// Source: the path of the control group
    pub qos: Fact<Qos>,
    /// Who keeps its containers.
    ///
    /// Source: its containers
    pub runtime: Fact<Runtime>,
    /// What people know those of its containers by that run.
    ///
    /// Source: the paths of the control groups
    pub containers: Vec<String>,
    /// Its control group; absent if its containers are in no group of the pod.
    ///
    /// Source: /proc/PID/cgroup of one of its containers
    pub cgroup: Fact<Cgroup>,
    /// What it is limited to though its containers together may have more: the kubelet sets the limit of a pod to
    /// at least the sum of theirs.
    ///
    /// Source: the control groups of the pod and of its containers
    pub limits_below_containers: Fact<Vec<LimitBelow>>,
}

/// A limit of a pod and those of its containers.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct LimitBelow {
    /// What is limited.
    pub resource: Resource,
    /// What the pod may have.
    ///
    /// Unit: processors or bytes
    pub pod: f64,
    /// What its containers may have, summed up.
    ///
    /// Unit: processors or bytes
    pub containers: f64,
}

/// What a pod and a container are limited in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Resource {
    /// Processor time.
    Cpu,
    /// Memory.
    Memory,
}

/// By how much a limit may be lower for being rounded: the kernel counts memory in pages, the kubelet quotas in
/// microseconds.
const ROUNDING: f64 = 0.01;

/// The pods of `containers`, sorted by their uids.
pub(super) fn read(
    ctx: &Context<'_>,
    containers: &[Container],
    census: &Census,
    node: &Surroundings,
) -> Vec<RunningPod> {
    let mut pods: BTreeMap<&str, Vec<(&Container, &Members, &Place)>> = BTreeMap::new();
    for container in containers {
        let Some(members) = census.members.get(&container.id) else { continue };
        let Some(place) = &members.place else { continue };
        if let Some(uid) = &place.pod {
            pods.entry(uid).or_default().push((container, members, place));
        }
    }
    pods.into_iter().map(|(uid, of_pod)| pod(ctx, uid, &of_pod, node)).collect()
}

fn pod(
    ctx: &Context<'_>,
    uid: &str,
    of_pod: &[(&Container, &Members, &Place)],
    node: &Surroundings,
) -> RunningPod {
    let containers: Vec<&Container> = of_pod.iter().map(|(container, ..)| *container).collect();
    let told = containers
        .iter()
        .find_map(|container| container.pod.known().filter(|pod| pod.name.known().is_some()));
    let any = containers.iter().find_map(|container| container.pod.known());
    let (name, namespace) = match told.or(any) {
        Some(pod) => (pod.name.clone(), pod.namespace.clone()),
        None => (Fact::Absent, Fact::Absent),
    };
    let cgroup = of_pod
        .iter()
        .find_map(|(_, members, place)| Some((members, above(place, uid)?)))
        .map_or(Fact::Absent, |(members, place)| cgroup(ctx, members, &place, node));
    RunningPod {
        label: match (namespace.known(), name.known()) {
            (Some(namespace), Some(name)) => format!("{namespace}/{name}"),
            (None, Some(name)) => name.clone(),
            _ => uid.to_owned(),
        },
        uid: uid.to_owned(),
        name,
        namespace,
        qos: of_pod.iter().find_map(|(.., place)| place.qos).into(),
        runtime: containers
            .iter()
            .map(|container| container.runtime.clone())
            .find(|runtime| runtime.known().is_some())
            .unwrap_or(Fact::Absent),
        limits_below_containers: cgroup.as_ref().and_then(|cgroup| limits_below(cgroup, &containers)),
        containers: containers.iter().map(|container| container.label.clone()).collect(),
        cgroup,
    }
}

/// The pod's own group, which holds the one of the container at `place`, and has the pod's uid in its name.
fn above(place: &Place, uid: &str) -> Option<Place> {
    let (cgroup, _) = place.cgroup.rsplit_once('/')?;
    let name = cgroup.rsplit('/').next()?.replace('_', "-");
    name.contains(uid).then(|| Place { cgroup: cgroup.to_owned(), ..place.clone() })
}

fn cgroup(ctx: &Context<'_>, members: &Members, place: &Place, node: &Surroundings) -> Fact<Cgroup> {
    let hierarchies = match &node.hierarchies {
        Ok(hierarchies) => hierarchies,
        Err(unknown) => return Fact::Gap(unknown.clone()),
    };
    // Its processes end meanwhile; what one of them cannot tell, another one may.
    let membership = members.pids.iter().find_map(|pid| {
        let text = node.processes.directory(*pid).and_then(|process| process.read("cgroup")).ok()?;
        Some(Membership::parse(&String::from_utf8_lossy(&text)))
    });
    membership.map_or(Fact::Absent, |membership| {
        Fact::Known(Cgroup::read(&Group::new(ctx.host, hierarchies, &membership, place), &node.online))
    })
}

/// The limits of `pod` that are lower than those of its containers together. A container without a limit may have all
/// that the pod may, and says nothing.
fn limits_below(pod: &Cgroup, containers: &[&Container]) -> Fact<Vec<LimitBelow>> {
    let cpu = |group: &Cgroup| group.cpu.as_ref().and_then(|cpu| cpu.limit_cores.clone());
    #[expect(clippy::cast_precision_loss, reason = "nobody limits memory to a byte of petabytes")]
    let memory = |group: &Cgroup| {
        group.memory.as_ref().and_then(|memory| memory.limit_bytes.clone()).map(|bytes| bytes as f64)
    };
    let cpu = below(Resource::Cpu, pod, containers, &cpu);
    let memory = below(Resource::Memory, pod, containers, &memory);
    cpu.and_then(|cpu| memory.map(|memory| cpu.into_iter().chain(memory).collect()))
}

fn below(
    resource: Resource,
    pod: &Cgroup,
    containers: &[&Container],
    limit: &dyn Fn(&Cgroup) -> Fact<f64>,
) -> Fact<Option<LimitBelow>> {
    let own = match limit(pod) {
        Fact::Known(own) => own,
        Fact::Absent => return Fact::Known(None),
        Fact::Gap(unknown) => return Fact::Gap(unknown),
    };
    let mut sum = 0.0;
    for container in containers.iter().filter(|container| container.kind != Fact::Known(Kind::Sandbox)) {
        match container.cgroup.as_ref().and_then(limit) {
            Fact::Known(limit) => sum += limit,
            Fact::Absent => {}
            Fact::Gap(unknown) => return Fact::Gap(Unknown::clone(&unknown)),
        }
    }
    let is_below = own < sum * (1.0 - ROUNDING);
    Fact::Known(is_below.then_some(LimitBelow { resource, pod: own, containers: sum }))
}
