//! The processes of the node with what their relatives and control groups say, looked at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use plimsoll_engine::snapshot::GapReason;

use crate::container_id;
use crate::context::Context;
use crate::fact::Unknown;
use crate::host::{Dir, HostErrorKind};
use crate::processes::Processes;

/// A process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Task {
    /// What the kernel calls it.
    pub(super) name: String,
    /// Who started it, or took it over.
    pub(super) parent: u32,
    /// `R`, `S`, `D`, `Z`.
    pub(super) state: char,
    /// How many threads it has, the first one included.
    pub(super) threads: u64,
    /// When it was started, in ticks since boot.
    pub(super) started: u64,
}

/// The processes of the node.
pub(super) struct World {
    processes: Arc<Processes>,
    tasks: BTreeMap<u32, Task>,
}

impl World {
    /// Looks at all processes.
    ///
    /// # Errors
    ///
    /// If some are hidden from this user, or there are too many for the time that is left.
    pub(super) fn read(ctx: &Context<'_>) -> Result<Self, Unknown> {
        let processes = Processes::of(ctx)?;
        if let Some(unknown) = processes.incomplete() {
            return Err(unknown.clone());
        }
        let mut tasks = BTreeMap::new();
        for process in processes.all() {
            if ctx.is_short_of_time() {
                let detail = "there are too many processes to look at";
                return Err(Unknown::new(GapReason::Timeout, "/proc", detail));
            }
            match processes.directory(process.pid).and_then(|directory| directory.read("stat")) {
                Ok(stat) => tasks.extend(Task::parse(&stat).map(|task| (process.pid, task))),
                // It ended meanwhile.
                Err(error) if error.kind == HostErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Self { processes, tasks })
    }

    /// All of them, by number.
    pub(super) fn tasks(&self) -> impl Iterator<Item = (u32, &Task)> {
        self.tasks.iter().map(|(pid, task)| (*pid, task))
    }

    /// Those that are called `name`, by number.
    pub(super) fn named<'w>(&'w self, name: &'w str) -> impl Iterator<Item = u32> + 'w {
        self.tasks().filter(move |(_, task)| task.name == name && task.is_alive()).map(|(pid, _)| pid)
    }

    /// The living process `pid`.
    pub(super) fn alive(&self, pid: u32) -> Option<&Task> {
        self.tasks.get(&pid).filter(|task| task.is_alive())
    }

    /// Whether the process `pid` has a living child.
    pub(super) fn has_child(&self, pid: u32) -> bool {
        self.tasks().any(|(_, task)| task.parent == pid && task.is_alive())
    }

    /// The arguments of the process `pid`, the program first; none if it has ended or may not be looked at.
    pub(super) fn arguments(&self, pid: u32) -> Vec<String> {
        self.processes.arguments(pid).unwrap_or_default()
    }

    /// The control group of the process `pid`; none if it is in none, has ended, or may not be looked at.
    pub(super) fn cgroup(&self, pid: u32) -> Option<String> {
        let text = self.directory(pid)?.read("cgroup").ok()?;
        container_id::cgroup_of(&String::from_utf8_lossy(&text)).map(str::to_owned)
    }

    /// Whether the process `pid` is in no process namespace of its own.
    pub(super) fn is_of_node(&self, pid: u32) -> bool {
        self.processes.status(pid).is_ok_and(|status| status.is_of_node)
    }

    /// Whether the process `pid` is root's.
    pub(super) fn is_of_root(&self, pid: u32) -> bool {
        self.user(pid) == Some(0)
    }

    /// The number of the user that the process `pid` runs as; none if it has ended or may not be looked at.
    pub(super) fn user(&self, pid: u32) -> Option<u32> {
        self.processes.status(pid).ok().and_then(|status| status.user)
    }

    /// The directory of the process `pid` in procfs.
    pub(super) fn directory(&self, pid: u32) -> Option<Dir> {
        self.processes.directory(pid).ok()
    }
}

impl Task {
    /// `/proc/PID/stat` (proc_pid_stat(5)): the name is in parentheses, and may hold some itself.
    pub(super) fn parse(stat: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(stat);
        let (head, rest) = text.rsplit_once(')')?;
        let (_, name) = head.split_once('(')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        Some(Self {
            name: name.to_owned(),
            state: fields.first()?.chars().next()?,
            parent: fields.get(1)?.parse().ok()?,
            threads: fields.get(17)?.parse().ok()?,
            started: fields.get(19)?.parse().ok()?,
        })
    }

    pub(super) fn is_alive(&self) -> bool {
        !matches!(self.state, 'Z' | 'X' | 'x')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_what_ends_it() {
        let stat = b"4711 (a) b (c) D 651 4711 4711 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 123456 10000 1 18446744073709551615";
        let task = Task { name: "a) b (c".into(), parent: 651, state: 'D', threads: 1, started: 123_456 };
        assert_eq!(Task::parse(stat), Some(task));
        for other in [&b""[..], b"1 (x", b"1 (x) S", b"1 (x) S y 1 1"] {
            assert_eq!(Task::parse(other), None, "{other:?}");
        }
    }
}
