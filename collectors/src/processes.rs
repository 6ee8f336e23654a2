//! The node's processes, looked at once per scan.

use std::sync::Arc;

use plimsoll_engine::snapshot::GapReason;

use crate::context::Context;
use crate::fact::Unknown;
use crate::host::{Dir, HostError, HostErrorKind};

const PROC: &str = "/proc";

/// The processes that there were when somebody first asked.
#[derive(Debug)]
pub(crate) struct Processes {
    proc: Dir,
    list: Vec<Process>,
    /// Why there may be others.
    incomplete: Option<Unknown>,
}

/// A process.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    /// Its number.
    pub(crate) pid: u32,
    /// What the kernel calls it, in 15 bytes at most (`/proc/PID/comm`); an error if the kernel keeps that
    /// from this user.
    pub(crate) name: Result<String, Unknown>,
}

/// What `/proc/PID/status` says (proc_pid_status(5)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status {
    /// Whether it is no zombie.
    pub(crate) is_alive: bool,
    /// The process that started it, or took it over; `None` if the file does not say.
    pub(crate) parent: Option<u32>,
    /// Its effective user id; `None` if the file does not say.
    pub(crate) user: Option<u32>,
    /// Whether it is in no process namespace of its own, as one in a container is. Linux before 4.1 does
    /// not tell the namespaces; there every process counts as the node's.
    pub(crate) is_of_node: bool,
}

impl Processes {
    /// The processes of the running node.
    ///
    /// # Errors
    ///
    /// If `/proc` cannot be listed, or there are too many processes for the time that is left.
    pub(crate) fn of(ctx: &Context<'_>) -> Result<Arc<Self>, Unknown> {
        struct Seen(Result<Arc<Processes>, Unknown>);
        ctx.host.once(|| Seen(Self::read(ctx).map(Arc::new))).0.clone()
    }

    /// All that could be seen, by number.
    pub(crate) fn all(&self) -> &[Process] {
        &self.list
    }

    /// Those that are called one of `names`, by number.
    pub(crate) fn named(&self, names: &[&str]) -> impl Iterator<Item = (u32, &str)> {
        let known = self.list.iter().filter_map(|process| Some((process.pid, process.name.as_deref().ok()?)));
        known.filter(|(_, name)| names.contains(name))
    }

    /// Why there may be processes that could not be seen, if so.
    pub(crate) fn incomplete(&self) -> Option<&Unknown> {
        self.incomplete.as_ref()
    }

    /// The status of the process `pid`.
    ///
    /// # Errors
    ///
    /// If it has ended ([`HostErrorKind::NotFound`]), or the kernel keeps it from this user.
    pub(crate) fn status(&self, pid: u32) -> Result<Status, HostError> {
        Ok(Status::parse(&String::from_utf8_lossy(&self.directory(pid)?.read("status")?)))
    }

    /// The arguments of the process `pid`, the program first.
    ///
    /// # Errors
    ///
    /// As [`Processes::status`].
    pub(crate) fn arguments(&self, pid: u32) -> Result<Vec<String>, HostError> {
        Ok(split_arguments(&self.directory(pid)?.read("cmdline")?))
    }

    /// The directory of the process `pid` in procfs.
    ///
    /// # Errors
    ///
    /// As [`Processes::status`].
    pub(crate) fn directory(&self, pid: u32) -> Result<Dir, HostError> {
        self.proc.open_dir(pid.to_string())
    }

    fn read(ctx: &Context<'_>) -> Result<Self, Unknown> {
        let proc = ctx.host.open_dir(PROC)?;
        let entries = proc.entries()?;
        let mut pids: Vec<u32> =
            entries.iter().filter_map(|entry| entry.name.to_str()?.parse().ok()).collect();
        pids.sort_unstable();
        let mut processes = Self { proc, list: Vec::with_capacity(pids.len()), incomplete: hidden(&pids) };
        for pid in pids {
            if ctx.is_short_of_time() {
                let detail = "there are too many processes to look at";
                return Err(Unknown::new(GapReason::Timeout, PROC, detail));
            }
            processes.look_at(pid);
        }
        Ok(processes)
    }

    fn look_at(&mut self, pid: u32) {
        let name = match self.directory(pid).and_then(|directory| directory.read("comm")) {
            Ok(name) => Ok(String::from_utf8_lossy(name.strip_suffix(b"\n").unwrap_or(&name)).into_owned()),
            // It ended meanwhile.
            Err(error) if error.kind == HostErrorKind::NotFound => return,
            Err(error) => Err(Unknown::from(error)),
        };
        if let Err(unknown) = &name {
            self.incomplete.get_or_insert_with(|| unknown.clone());
        }
        self.list.push(Process { pid, name });
    }
}

/// The arguments of a command line as procfs has it: each ends with a zero byte.
pub(crate) fn split_arguments(bytes: &[u8]) -> Vec<String> {
    let bytes = bytes.strip_suffix(b"\0").unwrap_or(bytes);
    bytes.split(|byte| *byte == 0).map(|argument| String::from_utf8_lossy(argument).into_owned()).collect()
}

/// Mounted with hidepid=2, procfs shows a user no process of others, not even the first one.
fn hidden(pids: &[u32]) -> Option<Unknown> {
    let detail = "the processes of other users are hidden";
    (pids.first() != Some(&1)).then(|| Unknown::new(GapReason::Denied, PROC, detail))
}

impl Status {
    fn parse(text: &str) -> Self {
        let field = |name: &str| {
            let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            value.unwrap_or_default().split_whitespace()
        };
        Self {
            is_alive: !field("State").next().is_some_and(|state| matches!(state, "Z" | "X")),
            parent: field("PPid").next().and_then(|parent| parent.parse().ok()),
            user: field("Uid").nth(1).and_then(|user| user.parse().ok()),
            is_of_node: field("NSpid").count() <= 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Options;
    use crate::host::Host;
    use crate::tree::Tree;
    use plimsoll_engine::demand::Demand;
    use std::time::{Duration, Instant};

    fn processes(host: &Host, remaining: Duration) -> Result<Arc<Processes>, Unknown> {
        let (demand, options) = (Demand::everything(), Options::default());
        Processes::of(&Context {
            host,
            demand: &demand,
            options: &options,
            deadline: Instant::now() + remaining,
        })
    }

    #[test]
    fn arguments_keep_their_spaces_and_their_empty_ones() {
        assert_eq!(
            split_arguments(b"dockerd\0-H\0fd://\0\0--label=a b\0"),
            ["dockerd", "-H", "fd://", "", "--label=a b"]
        );
    }

    const LONG: Duration = Duration::from_secs(3600);

    #[test]
    fn the_live_nodes_processes_have_names_and_a_status() {
        let host = Host::live().unwrap();
        let own = host.read_text("/proc/self/comm").unwrap();
        let processes = processes(&host, LONG).unwrap();
        let id = std::process::id();
        assert!(processes.named(&[own.trim_end()]).any(|(pid, _)| pid == id));
        let status = processes.status(id).unwrap();
        assert!(status.is_alive);
        assert_eq!(status.user, Some(rustix::process::geteuid().as_raw()));
        assert_eq!(status.parent, Some(std::os::unix::process::parent_id()));
    }

    #[test]
    fn a_status_tells_zombies_and_containers() {
        let node = Status { is_alive: true, parent: Some(1), user: Some(0), is_of_node: true };
        let text = "Name:\td\nState:\tS (sleeping)\nPPid:\t1\nUid:\t7\t0\t0\t0\nNSpid:\t9\n";
        assert_eq!(Status::parse(text), node);
        assert_eq!(Status::parse(&text.replace("NSpid:\t9\n", "")), node);
        assert!(!Status::parse(&text.replace("\t9\n", "\t9\t1\n")).is_of_node);
        assert!(!Status::parse(&text.replace("S (sleeping)", "Z (zombie)")).is_alive);
        assert_eq!(Status::parse("").user, None);
    }

    #[test]
    fn what_ended_meanwhile_is_left_out_and_what_is_hidden_is_told() {
        let tree = Tree::new().file("proc/12/comm", "a b \n").dir("proc/77").dir("proc/sys");
        let seen = processes(&tree.host(), LONG).unwrap();
        assert_eq!(seen.all().iter().map(|process| process.pid).collect::<Vec<_>>(), [12]);
        assert_eq!(seen.named(&["a b "]).count(), 1);
        assert_eq!(seen.incomplete().unwrap().reason, GapReason::Denied);
        assert_eq!(processes(&tree.file("proc/1/comm", "init\n").host(), LONG).unwrap().incomplete(), None);
    }

    #[test]
    fn a_process_that_keeps_its_name_makes_the_list_incomplete() {
        let tree = Tree::new().file("proc/1/comm", "init\n").fifo("proc/2/comm");
        let seen = processes(&tree.host(), LONG).unwrap();
        assert!(seen.incomplete().unwrap().detail.contains("/proc/2/comm"));
        assert_eq!(seen.all().len(), 2);
    }

    #[test]
    fn without_time_nobody_is_looked_at() {
        let tree = Tree::new().file("proc/1/comm", "init\n");
        assert_eq!(processes(&tree.host(), Duration::ZERO).unwrap_err().reason, GapReason::Timeout);
        assert!(processes(&Tree::new().host(), LONG).is_err());
    }
}
