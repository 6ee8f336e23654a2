//! The running process of a daemon.

use std::collections::BTreeMap;

use super::Program;
use crate::container_id;
use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::Host;
use crate::processes::{Processes, Status, split_arguments};

/// A running daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    /// Its argument list, the program first.
    pub(crate) arguments: Vec<String>,
    /// Its executable, if it may be told.
    pub(crate) executable: Option<String>,
    /// Its working directory, if it may be told.
    pub(crate) directory: Option<String>,
}

/// The node's daemon: the first that `is_it` says yes to, in this order: the one that the pid file names, one
/// that init started, the one with the lowest number. Those of containers and of users (rootless mode) are not
/// the node's.
pub(super) fn find(ctx: &Context<'_>, program: &Program, is_it: fn(&Process) -> bool) -> Fact<Process> {
    let processes = match Processes::of(ctx) {
        Ok(processes) => processes,
        Err(unknown) => return Fact::Gap(unknown),
    };
    let named = program.pid_file.and_then(|file| pid_from_file(ctx.host, file));
    let mut daemons: Vec<_> =
        daemons(&processes, program).map(|(pid, parent)| (named != Some(pid), parent != 1, pid)).collect();
    daemons.sort_unstable();
    for (_, _, pid) in daemons {
        match read(ctx.host, pid) {
            Fact::Known(process) if !is_it(&process) => {}
            Fact::Absent => {}
            found => return found,
        }
    }
    match processes.incomplete() {
        Some(unknown) => Fact::Gap(unknown.clone()),
        None => Fact::Absent,
    }
}

/// Every one of the node's that can be seen.
pub(super) fn all(ctx: &Context<'_>, program: &Program) -> Vec<Process> {
    let Ok(processes) = Processes::of(ctx) else { return Vec::new() };
    daemons(&processes, program).filter_map(|(pid, _)| read(ctx.host, pid).known().cloned()).collect()
}

/// The daemons of the node, each with its parent.
fn daemons(processes: &Processes, program: &Program) -> impl Iterator<Item = (u32, u32)> {
    // One without a status ended meanwhile.
    processes
        .named(std::slice::from_ref(&program.process))
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

/// The one of `units` whose control group the process `pid` is in.
pub(super) fn unit_of<'u>(host: &Host, pid: u32, units: &[&'u str]) -> Option<&'u str> {
    let text = host.read_text(format!("/proc/{pid}/cgroup")).ok()?;
    let group = container_id::cgroup_of(&text)?;
    units.iter().find(|unit| group.split('/').any(|part| part == **unit)).copied()
}

fn pid_from_file(host: &Host, file: &str) -> Option<u32> {
    host.read_text(file).ok()?.trim().parse().ok()
}

/// The parent's id if a process of this status is a daemon of the node: alive, of root, and in no container.
fn parent_of_daemon(status: Status) -> Option<u32> {
    status.parent.filter(|_| status.is_alive && status.user == Some(0) && status.is_of_node)
}

/// The process `pid`; absent if it has ended.
pub(crate) fn read(host: &Host, pid: u32) -> Fact<Process> {
    let command_line = host.read(format!("/proc/{pid}/cmdline"));
    Fact::from(command_line).map(|bytes| Process {
        pid,
        arguments: split_arguments(&bytes),
        executable: host.read_link(format!("/proc/{pid}/exe")).ok(),
        directory: host.read_link(format!("/proc/{pid}/cwd")).ok(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Options;
    use crate::tree::Tree;
    use plimsoll_engine::demand::Demand;
    use plimsoll_engine::snapshot::GapReason;
    use std::time::Instant;

    const DOCKERD: Program =
        Program { process: "dockerd", pid_file: Some("/var/run/docker.pid"), binaries: &[], units: &[] };

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
    fn a_node_whose_processes_are_hidden_is_a_gap() {
        let process = |tree: Tree, pid: u32, name: &str, parent: u32| {
            tree.file(&format!("proc/{pid}/comm"), format!("{name}\n"))
                .file(&format!("proc/{pid}/status"), format!("PPid:\t{parent}\nUid:\t0\t0\t0\t0\n"))
                .file(&format!("proc/{pid}/cmdline"), b"/usr/bin/dockerd\0-H\0fd://\0")
        };
        let find = |host: &Host| {
            let (demand, options) = (Demand::everything(), Options::default());
            let deadline = Instant::now() + options.timeout;
            let context = Context { host, demand: &demand, options: &options, deadline };
            find(&context, &DOCKERD, |process| !process.arguments.contains(&"--rootless".to_owned()))
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
        let tree = tree.file("proc/900/cmdline", b"dockerd\0--rootless\0");
        assert_eq!(find(&tree.host()).map(|process| process.pid), Fact::Known(300));
    }
}
