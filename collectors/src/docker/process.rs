//! The running dockerd.

use std::collections::BTreeMap;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::Host;
use crate::processes::{Processes, Status};

/// How procfs names the daemon.
const NAME: &str = "dockerd";

/// Where dockerd leaves its process id.
const PID_FILE: &str = "/var/run/docker.pid";

/// A running dockerd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) pid: u32,
    /// Its argument list, the program first.
    pub(super) arguments: Vec<String>,
    /// Its executable, if it may be told.
    pub(super) executable: Option<String>,
}

/// The node's dockerd. Of several the one that the pid file names, else one that init started, else the one
/// with the lowest number. Those of containers and of users (rootless mode) are not the node's.
pub(super) fn find(ctx: &Context<'_>) -> Fact<Process> {
    let processes = match Processes::of(ctx) {
        Ok(processes) => processes,
        Err(unknown) => return Fact::Gap(unknown),
    };
    let named = pid_from_file(ctx.host);
    let daemons = daemons(&processes).map(|(pid, parent)| (named != Some(pid), parent != 1, pid));
    match (daemons.min(), processes.incomplete()) {
        (Some((_, _, pid)), _) => read(ctx.host, pid),
        (None, Some(unknown)) => Fact::Gap(unknown.clone()),
        (None, None) => Fact::Absent,
    }
}

/// Every dockerd of the node that can be seen.
pub(super) fn all(ctx: &Context<'_>) -> Vec<Process> {
    let Ok(processes) = Processes::of(ctx) else { return Vec::new() };
    daemons(&processes).filter_map(|(pid, _)| read(ctx.host, pid).known().cloned()).collect()
}

/// The daemons of the node, each with its parent.
fn daemons(processes: &Processes) -> impl Iterator<Item = (u32, u32)> {
    // One without a status ended meanwhile.
    processes
        .named(&[NAME])
        .filter_map(|(pid, _)| Some((pid, parent_of_daemon(processes.status(pid).ok()?)?)))
}

/// The variables that the process was started with; they may be secrets.
pub(super) fn environment(host: &Host, pid: u32) -> Result<BTreeMap<String, String>, Unknown> {
    let bytes = host.read(format!("/proc/{pid}/environ"))?;
    let variables = bytes.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    Ok(variables
        .filter_map(|word| word.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())))
        .collect())
}

fn pid_from_file(host: &Host) -> Option<u32> {
    host.read_text(PID_FILE).ok()?.trim().parse().ok()
}

/// The parent's id if a process of this status is a daemon of the node: alive, of root, and in no container.
fn parent_of_daemon(status: Status) -> Option<u32> {
    status.parent.filter(|_| status.is_alive && status.user == Some(0) && status.is_of_node)
}

fn read(host: &Host, pid: u32) -> Fact<Process> {
    let command_line = host.read(format!("/proc/{pid}/cmdline"));
    Fact::from(command_line).map(|bytes| Process {
        pid,
        arguments: split_arguments(&bytes),
        executable: host.read_link(format!("/proc/{pid}/exe")).ok(),
    })
}

/// The arguments of a command line as procfs has it: each ends with a zero byte.
fn split_arguments(bytes: &[u8]) -> Vec<String> {
    let bytes = bytes.strip_suffix(b"\0").unwrap_or(bytes);
    bytes.split(|byte| *byte == 0).map(|argument| String::from_utf8_lossy(argument).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Options;
    use crate::tree::Tree;
    use plimsoll_engine::demand::Demand;
    use plimsoll_engine::snapshot::GapReason;
    use std::time::Instant;

    #[test]
    fn only_a_living_daemon_of_the_node_is_its_daemon() {
        let daemon = Status { is_alive: true, parent: Some(1), user: Some(0), is_of_node: true };
        assert_eq!(parent_of_daemon(daemon), Some(1));
        for other in [
            Status { is_alive: false, ..daemon },
            Status { user: Some(1000), ..daemon },
            Status { is_of_node: false, ..daemon },
            Status { parent: None, ..daemon },
        ] {
            assert_eq!(parent_of_daemon(other), None, "{other:?}");
        }
    }

    #[test]
    fn arguments_keep_their_spaces_and_their_empty_ones() {
        assert_eq!(
            split_arguments(b"dockerd\0-H\0fd://\0\0--label=a b\0"),
            ["dockerd", "-H", "fd://", "", "--label=a b"]
        );
    }

    #[test]
    fn a_node_whose_processes_are_hidden_is_a_gap() {
        let process = |tree: Tree, pid: u32, name: &str, parent: u32| {
            tree.file(&format!("proc/{pid}/comm"), format!("{name}\n"))
                .file(&format!("proc/{pid}/status"), format!("PPid:\t{parent}\nUid:\t0\t0\t0\t0\n"))
                .file(&format!("proc/{pid}/cmdline"), b"/usr/bin/dockerd\0-H\0fd://\0")
        };
        let find = |host: &Host| {
            let (demand, options) = (Demand::everything(), Options::default());
            let deadline = Instant::now() + options.timeout;
            find(&Context { host, demand: &demand, options: &options, deadline })
        };
        let tree = process(Tree::new(), 700, "bash", 1);
        assert!(matches!(find(&tree.host()), Fact::Gap(Unknown { reason: GapReason::Denied, .. })));
        let tree = process(tree, 1, "systemd", 0);
        assert_eq!(find(&tree.host()), Fact::Absent);
        let tree = process(process(tree, 300, "dockerd", 299), 900, "dockerd", 1);
        assert_eq!(find(&tree.host()).map(|process| process.pid), Fact::Known(900));
        let tree = tree.file("var/run/docker.pid", "300");
        assert_eq!(find(&tree.host()).map(|process| process.pid), Fact::Known(300));
        let tree = tree.file("var/run/docker.pid", "700\n");
        assert_eq!(find(&tree.host()).map(|process| process.pid), Fact::Known(900));
    }
}
