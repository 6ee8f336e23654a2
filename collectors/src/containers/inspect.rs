//! Puts together what is known of one container: from its record, and from its processes if it has any.

use plimsoll_engine::snapshot::GapReason;

use crate::context::Context;
use crate::fact::{Fact, Unknown};

use super::census::Members;
use super::cgroup_path::Place;
use super::container::{Container, Pod, Runtime, SeccompProfile, State};
use super::figures::{Cgroup, Group, is_frozen};
use super::log;
use super::membership::Membership;
use super::process::{Filesystem, Namespaces, Security, Status, Tally};
use super::records::Record;
use super::surroundings::Surroundings;

/// What the path of a task of containerd has in it.
const TASKS: &str = "io.containerd.runtime.v2.task";

/// How many characters of an id stand for it among people.
const SHORT: usize = 12;

/// The container `id`, of which `record` is written down; without `node` it is not a running node's. Where no
/// process of it was found, `members` is why there may be some all the same, if anything is.
pub(super) fn container(
    ctx: &Context<'_>,
    id: &str,
    record: Option<&Record>,
    members: Result<&Members, Option<&Unknown>>,
    node: Option<&Surroundings>,
) -> Container {
    let unrecorded = Record { unreadable: Some(no_record()), ..Record::default() };
    let at_rest = at_rest(ctx, id, record.unwrap_or(&unrecorded), members.ok());
    match (node, members) {
        (None, _) => unseen(at_rest, &Unknown::offline("/proc")),
        (Some(node), Ok(members)) => match alive(ctx, &at_rest, record, members, node) {
            Fact::Known(container) => container,
            Fact::Absent => at_rest,
            Fact::Gap(unknown) => unseen(at_rest, &unknown),
        },
        (Some(_), Err(Some(unknown))) if may_run(record) => unseen(at_rest, unknown),
        (Some(_), Err(_)) => at_rest,
    }
}

/// Whether nothing that is written down tells for sure that it does not run. A task of containerd says no more
/// than that it was started, and where no end is recorded it may not have ended.
fn may_run(record: Option<&Record>) -> bool {
    let Some(record) = record else { return true };
    let is_task = record.directory.as_deref().is_some_and(|directory| directory.contains(TASKS));
    match record.state {
        Some(State::Running | State::Paused) | None => true,
        Some(State::Stopped) => is_task || record.finished_at.is_none(),
        Some(State::Created | State::Dead | State::Removing) => false,
    }
}

fn no_record() -> Unknown {
    let source = "the state directories of docker, containerd, CRI-O, podman, runc and crun";
    Unknown::new(GapReason::Unsupported, source, "none of the known places has a record of this container")
}

/// As far as it is written down.
fn at_rest(ctx: &Context<'_>, id: &str, record: &Record, members: Option<&Members>) -> Container {
    let place = members.and_then(|members| members.place.as_ref());
    // Keeping the container is what a runtime does; runc and crun only start it.
    let kept_by = place.and_then(|place| place.runtime).or(record.runtime);
    let pod = pod(record, place);
    Container {
        id: id.to_owned(),
        label: label(id, record.name.as_deref(), &pod),
        name: record.told(&record.name),
        kind: record.told(&record.kind),
        image: record.told(&record.image),
        pod,
        runtime: record.told(&kept_by),
        containerd_namespace: record.told(&record.namespace),
        outer: members.and_then(|members| members.outer.clone()).into(),
        state: state_at_rest(record),
        pid: Fact::Absent,
        monitor: record.monitor.into(),
        created_at: record.told(&record.created_at),
        started_at: record.told(&record.started_at),
        finished_at: record.told(&record.finished_at),
        exit_code: record.told(&record.exit_code),
        oom_killed: record.told(&record.oom_killed),
        restarts: record.told(&record.restarts),
        log_bytes: record.told(&record.log_path).and_then(|path| log::bytes(ctx.host, &path)),
        log_path: record.told(&record.log_path),
        seccomp_profile: record
            .told(&record.seccomp_file)
            .map(|file| SeccompProfile { exists: ctx.host.exists(&file).into(), file }),
        apparmor_profile: record.told(&record.apparmor_profile),
        writable_layer: record.told(&record.writable_layer),
        record: record.told(&record.directory),
        cgroup: Fact::Absent,
        processes: Fact::Absent,
        namespaces: Fact::Absent,
        security: Fact::Absent,
        filesystem: Fact::Absent,
    }
}

/// What people know a container by.
fn label(id: &str, name: Option<&str>, pod: &Fact<Pod>) -> String {
    let pod = pod.known().and_then(|pod| Some((pod.namespace.known(), pod.name.known()?)));
    let own = name.map_or_else(|| id.chars().take(SHORT).collect(), str::to_owned);
    match pod {
        Some((Some(namespace), pod)) => format!("{namespace}/{pod}/{own}"),
        Some((None, pod)) => format!("{pod}/{own}"),
        None => own,
    }
}

/// What it does without a process: what the record says, unless that takes one.
fn state_at_rest(record: &Record) -> Fact<State> {
    match record.told(&record.state) {
        Fact::Known(State::Running | State::Paused) | Fact::Absent => Fact::Known(State::Stopped),
        told => told,
    }
}

fn pod(record: &Record, place: Option<&Place>) -> Fact<Pod> {
    let uid = place.and_then(|place| place.pod.clone()).or_else(|| record.pod.uid.clone());
    if uid.is_none() && record.pod.is_empty() {
        return record.told(&None);
    }
    let is_podmans = record.runtime == Some(Runtime::Podman)
        || place.is_some_and(|place| place.pod.is_some() && place.qos.is_none());
    let name = |value: &Option<String>| match value {
        Some(value) => Fact::Known(value.clone()),
        None => Fact::Gap(record.unreadable.clone().unwrap_or_else(no_name)),
    };
    Fact::Known(Pod {
        name: name(&record.pod.name),
        namespace: if is_podmans { Fact::Absent } else { name(&record.pod.namespace) },
        uid: uid.into(),
        qos: place.and_then(|place| place.qos).into(),
    })
}

fn no_name() -> Unknown {
    let source = "the state directories of the container's runtime, /var/log/containers";
    Unknown::new(GapReason::Unsupported, source, "no record names the pod of this container")
}

/// With what its processes show; absent if they have all ended meanwhile.
fn alive(
    ctx: &Context<'_>,
    at_rest: &Container,
    record: Option<&Record>,
    members: &Members,
    node: &Surroundings,
) -> Fact<Container> {
    let mut tally = Tally::default();
    let mut statuses = Vec::with_capacity(members.pids.len());
    for pid in &members.pids {
        let status = Fact::from(node.processes.directory(*pid).and_then(|process| process.read("status")))
            .map(|bytes| Status::parse(&String::from_utf8_lossy(&bytes)));
        tally.add(*pid, status.clone());
        statuses.push((*pid, status));
    }
    let recorded = record.and_then(|record| record.pid);
    let Some((pid, status)) = first(&statuses, recorded) else { return Fact::Absent };
    let process = match Fact::from(node.processes.directory(pid)) {
        Fact::Known(process) => process,
        Fact::Absent => return Fact::Absent,
        Fact::Gap(unknown) => return Fact::Gap(unknown),
    };
    let membership =
        Fact::from(process.read("cgroup")).map(|bytes| Membership::parse(&String::from_utf8_lossy(&bytes)));
    let (cgroup, is_frozen) = match (&members.place, &node.hierarchies) {
        (None, _) => (Fact::Absent, Fact::Absent),
        (Some(_), Err(unknown)) => (Fact::Gap(unknown.clone()), Fact::Gap(unknown.clone())),
        (Some(place), Ok(hierarchies)) => {
            let group =
                membership.as_ref().map(|membership| Group::new(ctx.host, hierarchies, membership, place));
            (
                group.as_ref().map(|group| Cgroup::read(group, &node.online)),
                group.as_ref().and_then(is_frozen),
            )
        }
    };
    let started_at = match &at_rest.started_at {
        Fact::Known(at) => Fact::Known(at.clone()),
        Fact::Absent | Fact::Gap(_) => node.clock.started_at(&process),
    };
    let filesystem = Filesystem::read(pid, &process, &node.mounts, &node.sockets, ctx.host);
    let writable_layer = match &filesystem {
        Fact::Known(files) => files.upper_dir.clone(),
        _ => at_rest.writable_layer.clone(),
    };
    Fact::Known(Container {
        state: state_alive(record, &status, is_frozen),
        pid: Fact::Known(pid),
        started_at,
        cgroup,
        processes: Fact::Known(tally.done()),
        namespaces: Namespaces::read(&process, &node.namespaces),
        security: Fact::Known(Security::read(
            &process,
            &status,
            at_rest.runtime.known().copied(),
            &node.modules,
            &node.capabilities,
        )),
        filesystem,
        writable_layer,
        ..at_rest.clone()
    })
}

/// The first process: the recorded one, or else the oldest that another process started.
fn first(statuses: &[(u32, Fact<Status>)], recorded: Option<u32>) -> Option<(u32, Fact<Status>)> {
    let living = || statuses.iter().filter(|(_, status)| !matches!(status, Fact::Absent));
    let is_of_container = |pid: u32| statuses.iter().any(|(other, _)| *other == pid);
    let is_child =
        |status: &Fact<Status>| status.known().and_then(|status| status.parent).is_some_and(is_of_container);
    let first = living()
        .find(|(pid, _)| Some(*pid) == recorded)
        .or_else(|| living().find(|(_, status)| !is_child(status)))
        .or_else(|| living().next());
    first.cloned()
}

fn state_alive(record: Option<&Record>, status: &Fact<Status>, is_frozen: Fact<bool>) -> Fact<State> {
    if let Some(state @ (State::Dead | State::Removing)) = record.and_then(|record| record.state) {
        return Fact::Known(state);
    }
    // runc waits in the container's place until it is told to start the program.
    if status.known().is_some_and(|status| status.name.starts_with("runc:[")) {
        return Fact::Known(State::Created);
    }
    is_frozen.or_absent(false).map(|frozen| if frozen { State::Paused } else { State::Running })
}

/// Of a container whose processes, if there are any, could not be seen nobody can say what it does.
fn unseen(container: Container, why: &Unknown) -> Container {
    fn gap<T>(why: &Unknown) -> Fact<T> {
        Fact::Gap(why.clone())
    }
    Container {
        state: gap(why),
        pid: gap(why),
        monitor: gap(why),
        cgroup: gap(why),
        processes: gap(why),
        namespaces: gap(why),
        security: gap(why),
        filesystem: gap(why),
        ..container
    }
}
