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

/// The node's dockerd. Of several the one that the pid file names, else one that init started, else the
/// oldest: the others run in containers or for users.
pub(super) fn find(host: &Host) -> Fact<Process> {
    match pid_from_file(host).filter(|pid| is_dockerd(host, *pid)) {
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

fn is_dockerd(host: &Host, pid: u32) -> bool {
    host.read_text(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim_end() == NAME)
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
        match parent_of_dockerd(&proc, pid) {
            Ok(Some(parent)) => {
                let candidate = (parent != 1, pid);
                found = Some(found.map_or(candidate, |best| best.min(candidate)));
            }
            Ok(None) => {}
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

/// The parent of the process `pid` if it is a dockerd, else nothing.
fn parent_of_dockerd(proc: &Dir, pid: u32) -> Result<Option<u32>, HostError> {
    let directory = proc.open_dir(pid.to_string())?;
    let stat = directory.read("stat")?;
    Ok(parent_if_named(&String::from_utf8_lossy(&stat), NAME))
}

/// The fourth field of proc_pid_stat(5) if the second is `name`.
fn parent_if_named(stat: &str, name: &str) -> Option<u32> {
    let (before, after) = stat.rsplit_once(')')?;
    let (_, comm) = before.split_once('(')?;
    after.split_whitespace().nth(1)?.parse().ok().filter(|_| comm == name)
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

    #[test]
    fn a_name_may_hold_anything() {
        assert_eq!(parent_if_named("7 (dockerd) S 1 7 7 0", "dockerd"), Some(1));
        assert_eq!(parent_if_named("7 (a) S 9 (dockerd) S 1 7", "dockerd"), None);
        assert_eq!(parent_if_named("7 (docker-proxy) S 1 7", "dockerd"), None);
        assert_eq!(parent_if_named("7 (dockerd", "dockerd"), None);
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
        let dir = tempfile::tempdir().unwrap();
        let process = |pid: &str, stat: &str| {
            let at = dir.path().join("proc").join(pid);
            std::fs::create_dir_all(&at).unwrap();
            std::fs::write(at.join("stat"), stat).unwrap();
            std::fs::write(at.join("cmdline"), b"/usr/bin/dockerd\0-H\0fd://\0").unwrap();
        };
        let host = Host::at(dir.path()).unwrap();
        process("700", "700 (bash) S 1");
        assert!(matches!(find(&host), Fact::Gap(Unknown { reason: GapReason::Denied, .. })));
        process("1", "1 (systemd) S 0");
        assert_eq!(find(&host), Fact::Absent);
        process("300", "300 (dockerd) S 299");
        process("900", "900 (dockerd) S 1");
        assert_eq!(find(&host).map(|process| process.pid), Fact::Known(900));
    }
}
