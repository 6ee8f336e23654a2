//! Processes that are stuck in the kernel.
//!
//! Whoever waits for a disk is in uninterruptible sleep for a moment, so one look says nothing. A process
//! counts that is in it at two looks, and did not run in between.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Serialize;

use super::world::{Task, World};
use crate::container_id;
use crate::context::Context;
use crate::fact::Fact;

/// How far apart the two looks are at least.
const APART: Duration = Duration::from_millis(400);

/// How many are told at most; with a dead network file system there can be thousands, of one cause.
const MAX_TASKS: usize = 100;

/// A process that is stuck in the kernel.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StuckTask {
    /// Its number.
    ///
    /// Source: /proc
    pub pid: u32,
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
    /// Source: /proc/PID/wchan
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

/// The first look.
pub(super) struct Watch {
    since: Instant,
    /// The processes that wait, with how often they had run.
    waiting: BTreeMap<u32, u64>,
}

impl Watch {
    /// Looks for the first time.
    pub(super) fn begin(world: &World) -> Self {
        let waiting = world.tasks().filter(|(_, task)| task.state == 'D');
        let waiting = waiting.filter_map(|(pid, _)| Some((pid, switches(world, pid)?))).collect();
        Self { since: Instant::now(), waiting }
    }

    /// Looks once more, not too soon.
    pub(super) fn end(self, ctx: &Context<'_>, world: &World) -> Vec<StuckTask> {
        if self.waiting.is_empty() {
            return Vec::new();
        }
        std::thread::sleep(APART.saturating_sub(self.since.elapsed()).min(ctx.remaining() / 4));
        let still = self.waiting.into_iter().filter(|(pid, before)| {
            let state = world.directory(*pid).and_then(|directory| directory.read("stat").ok());
            let waits = state.and_then(|stat| Task::parse(&stat)).is_some_and(|task| task.state == 'D');
            waits && switches(world, *pid) == Some(*before)
        });
        still.take(MAX_TASKS).filter_map(|(pid, _)| StuckTask::of(world, pid)).collect()
    }
}

impl StuckTask {
    fn of(world: &World, pid: u32) -> Option<Self> {
        let (_, task) = world.tasks().find(|(other, _)| *other == pid)?;
        let cgroup = world.cgroup(pid);
        let wchan = world.directory(pid)?.read("wchan").ok();
        let wchan = wchan.map(|name| String::from_utf8_lossy(&name).trim().to_owned());
        Some(Self {
            pid,
            comm: task.name.clone(),
            kernel_thread: task.parent == 2 || pid == 2,
            wchan: wchan.filter(|name| !matches!(name.as_str(), "" | "0")).into(),
            container: cgroup.as_deref().and_then(container_id::innermost).map(str::to_owned).into(),
            cgroup: cgroup.into(),
        })
    }
}

/// How often the process was put aside, by its own will or not.
fn switches(world: &World, pid: u32) -> Option<u64> {
    let status = world.directory(pid)?.read("status").ok()?;
    let status = String::from_utf8_lossy(&status);
    let counts = status.lines().filter_map(|line| {
        let (name, count) = line.split_once(':')?;
        name.ends_with("voluntary_ctxt_switches").then(|| count.trim().parse::<u64>().ok())?
    });
    Some(counts.fold(0, u64::saturating_add))
}
