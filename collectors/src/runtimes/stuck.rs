//! Processes that are stuck in the kernel.
//!
//! Whoever waits for a disk is in uninterruptible sleep for a moment, so one look says nothing. A process
//! counts that is in it at two looks, and did not run in between.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;

use super::world::{Task, World};
use crate::container_id;
use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::Dir;

/// How far apart the two looks are at least.
const APART: Duration = Duration::from_millis(400);

/// How many are told at most; with a dead network file system there can be thousands, of one cause.
const MAX_TASKS: usize = 100;

/// How many threads are looked at besides the first ones of all processes.
const MAX_THREADS: usize = 20_000;

/// Those whose every thread is looked at, as the kernel cuts their names: what hangs in a daemon is mostly not its
/// first thread.
const DAEMONS: [&str; 8] =
    ["conmon", "containerd", "containerd-shim", "cri-dockerd", "crio", "dockerd", "kubelet", "podman"];

/// A process that is stuck in the kernel.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StuckTask {
    /// Its number.
    ///
    /// Source: /proc
    pub pid: u32,
    /// The number of the thread of it that is stuck; its own for its first one.
    ///
    /// Source: /proc/PID/task
    pub tid: u32,
    /// What the kernel calls it.
    ///
    /// Source: /proc/PID/stat
    pub comm: String,
    /// Whether it is a thread of the kernel.
    ///
    /// Source: /proc/PID/stat, the parent
    pub kernel_thread: bool,
    /// The function of the kernel that it waits in; absent if the kernel does not say.
    ///
    /// Source: /proc/PID/task/TID/wchan
    pub wchan: Fact<String>,
    /// Its control group.
    ///
    /// Source: /proc/PID/cgroup
    pub cgroup: Fact<String>,
    /// The id of its container.
    ///
    /// Source: /proc/PID/cgroup
    pub container: Fact<String>,
}

/// A thread: the number of its process, and its own.
type Thread = (u32, u32);

/// The first look.
pub(super) struct Watch {
    since: Instant,
    /// The threads that wait, with how often they had run.
    waiting: BTreeMap<Thread, u64>,
    /// Why there may be others.
    missing: Option<Unknown>,
}

impl Watch {
    /// Looks for the first time.
    pub(super) fn begin(ctx: &Context<'_>, world: &World) -> Self {
        let waiting = world.tasks().filter(|(_, task)| task.state == 'D').map(|(pid, _)| (pid, pid));
        let mut watch = Self { since: Instant::now(), waiting: BTreeMap::new(), missing: None };
        watch.add(world, waiting);
        let mut left = MAX_THREADS;
        for (pid, task) in world.tasks().filter(|(_, task)| task.threads > 1) {
            if !is_of_runtime(world, pid, task) {
                continue;
            }
            let Some(threads) = threads(world, pid) else { continue };
            if threads.len() > left || ctx.is_short_of_time() {
                let detail = "there are too many threads to look at";
                watch.missing = Some(Unknown::new(GapReason::Timeout, "/proc", detail));
                break;
            }
            left -= threads.len();
            let others = threads.into_iter().filter(|tid| *tid != pid).map(|tid| (pid, tid));
            watch.add(world, others.filter(|thread| waits(world, *thread)));
        }
        watch
    }

    fn add(&mut self, world: &World, threads: impl Iterator<Item = Thread>) {
        let counted = threads.filter_map(|thread| Some((thread, switches(world, thread)?)));
        self.waiting.extend(counted);
    }

    /// Looks once more, not too soon.
    pub(super) fn end(self, ctx: &Context<'_>, world: &World) -> Vec<Fact<StuckTask>> {
        let missing = self.missing.map(Fact::Gap);
        if self.waiting.is_empty() {
            return missing.into_iter().collect();
        }
        std::thread::sleep(APART.saturating_sub(self.since.elapsed()).min(ctx.remaining() / 4));
        let still = self
            .waiting
            .into_iter()
            .filter(|(thread, before)| waits(world, *thread) && switches(world, *thread) == Some(*before));
        let stuck = still.take(MAX_TASKS).filter_map(|(thread, _)| StuckTask::of(world, thread));
        stuck.map(Fact::Known).chain(missing).collect()
    }
}

impl StuckTask {
    fn of(world: &World, thread: Thread) -> Option<Self> {
        let (pid, tid) = thread;
        let (_, task) = world.tasks().find(|(other, _)| *other == pid)?;
        let cgroup = world.cgroup(pid);
        let directory = directory(world, thread)?;
        let own = directory.read("stat").ok().and_then(|stat| Task::parse(&stat));
        let wchan = directory.read("wchan").ok();
        let wchan = wchan.map(|name| String::from_utf8_lossy(&name).trim().to_owned());
        Some(Self {
            pid,
            tid,
            comm: own.map_or_else(|| task.name.clone(), |own| own.name),
            kernel_thread: task.parent == 2 || pid == 2,
            wchan: wchan.filter(|name| !matches!(name.as_str(), "" | "0")).into(),
            container: cgroup.as_deref().and_then(container_id::innermost).map(str::to_owned).into(),
            cgroup: cgroup.into(),
        })
    }
}

/// Whether the process is a daemon's, a shim, or in a container.
fn is_of_runtime(world: &World, pid: u32, task: &Task) -> bool {
    DAEMONS.contains(&task.name.as_str())
        || world.cgroup(pid).as_deref().and_then(container_id::innermost).is_some()
}

/// The numbers of the threads of the process `pid`; none if it has ended.
fn threads(world: &World, pid: u32) -> Option<Vec<u32>> {
    let entries = world.directory(pid)?.open_dir("task").ok()?.entries_capped(MAX_THREADS + 1).ok()?;
    Some(entries.iter().filter_map(|entry| entry.name.to_str()?.parse().ok()).collect())
}

/// The directory of a thread in procfs.
fn directory(world: &World, (pid, tid): Thread) -> Option<Dir> {
    let process = world.directory(pid)?;
    if pid == tid { Some(process) } else { process.open_dir("task").ok()?.open_dir(tid.to_string()).ok() }
}

/// Whether the thread is in uninterruptible sleep.
fn waits(world: &World, thread: Thread) -> bool {
    let stat = directory(world, thread).and_then(|directory| directory.read("stat").ok());
    stat.and_then(|stat| Task::parse(&stat)).is_some_and(|task| task.state == 'D')
}

/// How often the thread was put aside, by its own will or not.
fn switches(world: &World, thread: Thread) -> Option<u64> {
    let status = directory(world, thread)?.read("status").ok()?;
    let status = String::from_utf8_lossy(&status);
    let counts = status.lines().filter_map(|line| {
        let (name, count) = line.split_once(':')?;
        name.ends_with("voluntary_ctxt_switches").then(|| count.trim().parse::<u64>().ok())?
    });
    Some(counts.fold(0, u64::saturating_add))
}
