//! The running dockerd.

use std::collections::BTreeMap;

use plimsoll_engine::snapshot::GapReason;

use crate::fact::{Fact, Unknown};
use crate::host::{Dir, Host, HostError, HostErrorKind};

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
pub(super) fn find(host: &Host) -> Fact<Process> {
    let named = pid_from_file(host).filter(|pid| {
        let status = host.read_text(format!("/proc/{pid}/status"));
        status.is_ok_and(|status| parent_of_dockerd(&status).is_some())
    });
    match named {
        Some(pid) => read(host, pid),
        None => search(host),
    }
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

/// Looks through every process.
fn search(host: &Host) -> Fact<Process> {
    let listing = host.open_dir("/proc").and_then(|proc| Ok((proc.entries()?, proc)));
    let (entries, proc) = match listing {
        Ok(listing) => listing,
        Err(error) => return Fact::Gap(error.into()),
    };
    let mut hidden = None;
    let mut found: Option<(bool, u32)> = None;
    for pid in entries.iter().filter_map(|entry| entry.name.to_str()?.parse::<u32>().ok()) {
        match status_of(&proc, pid) {
            Ok(status) => {
                let candidate = parent_of_dockerd(&status).map(|parent| (parent != 1, pid));
                found = found.into_iter().chain(candidate).min();
            }
            Err(error) if matches!(error.kind, HostErrorKind::Denied) => hidden = Some(error),
            // It ended meanwhile.
            Err(_) => {}
        }
    }
    match (found, hidden) {
        (Some((_, pid)), _) => read(host, pid),
        (None, Some(error)) => Fact::Gap(error.into()),
        // Mounted with hidepid=2, procfs shows a user no process of others, not even the first one.
        (None, None) if !entries.iter().any(|entry| entry.name == "1") => {
            Fact::Gap(Unknown::new(GapReason::Denied, "/proc", "the processes of other users are hidden"))
        }
        (None, None) => Fact::Absent,
    }
}

fn status_of(proc: &Dir, pid: u32) -> Result<String, HostError> {
    let status = proc.open_dir(pid.to_string())?.read("status")?;
    Ok(String::from_utf8_lossy(&status).into_owned())
}

/// The parent's id if the process of this status (proc_pid_status(5)) is a dockerd of the node: alive, of
/// root, and in no process namespace of its own, as one in a container is.
fn parent_of_dockerd(status: &str) -> Option<u32> {
    let field = |name: &str| {
        let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.unwrap_or_default().trim()
    };
    let alive = !field("State").starts_with(['Z', 'X']);
    let of_root = field("Uid").split_whitespace().nth(1) == Some("0");
    // Linux before 4.1 does not tell the namespaces.
    let of_node = field("NSpid").split_whitespace().count() <= 1;
    let parent = field("PPid").parse().ok();
    parent.filter(|_| field("Name") == NAME && alive && of_root && of_node)
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
    use crate::tree::Tree;

    /// The lines that count of a real status file.
    fn status(name: &str, state: &str, parent: u32, uid: u32, pids: &str) -> String {
        format!(
            "Name:\t{name}\nState:\t{state}\nPPid:\t{parent}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\nNSpid:\t{pids}\n"
        )
    }

    #[test]
    fn only_a_living_dockerd_of_the_node_is_its_dockerd() {
        assert_eq!(parent_of_dockerd(&status("dockerd", "S (sleeping)", 1, 0, "7")), Some(1));
        for other in [
            status("docker-proxy", "S (sleeping)", 1, 0, "7"),
            status("dockerd", "Z (zombie)", 1, 0, "7"),
            status("dockerd", "S (sleeping)", 9, 1000, "7"),
            status("dockerd", "S (sleeping)", 9, 0, "7\t1"),
            "Name:\tdockerd\n".to_owned(),
        ] {
            assert_eq!(parent_of_dockerd(&other), None, "{other}");
        }
        let old_kernel = "Name:\tdockerd\nState:\tS (sleeping)\nPPid:\t1\nUid:\t0\t0\t0\t0\n";
        assert_eq!(parent_of_dockerd(old_kernel), Some(1));
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
            tree.file(
                &format!("proc/{pid}/status"),
                status(name, "S (sleeping)", parent, 0, &pid.to_string()),
            )
            .file(&format!("proc/{pid}/cmdline"), b"/usr/bin/dockerd\0-H\0fd://\0")
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
