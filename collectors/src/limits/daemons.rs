//! The limits of the container daemons that run.

use procfs::FromBufRead;
use procfs::process::{LimitValue, Limits};
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::{HostError, HostErrorKind};
use crate::processes::Processes;

/// Daemons of the node itself, by what procfs calls them. One in a container is somebody's workload.
const OF_NODE: [&str; 11] = [
    "buildkitd",
    "containerd",
    "cri-dockerd",
    "crio",
    "dockerd",
    "k0s",
    "k3s-agent",
    "k3s-server",
    "kubelet",
    "kubelite",
    "rke2",
];

/// Daemons that mostly run in containers and serve the cluster.
const OF_CLUSTER: [&str; 3] = ["etcd", "kube-apiserver", "kube-proxy"];

/// A container daemon that runs.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Daemon {
    /// Its name: `dockerd`, `containerd`, `kubelet`, `crio`, `etcd`.
    ///
    /// Source: /proc/PID/comm
    pub name: String,
    /// Its process id.
    ///
    /// Source: /proc
    pub pid: u32,
    /// How many files it may have open.
    ///
    /// Unit: open files
    /// Source: /proc/PID/limits, Max open files
    pub nofile: Fact<Limit>,
    /// How many tasks its user may have.
    ///
    /// Unit: tasks
    /// Source: /proc/PID/limits, Max processes
    pub nproc: Fact<Limit>,
    /// How large its core dumps may be.
    ///
    /// Unit: bytes
    /// Source: /proc/PID/limits, Max core file size
    pub core: Fact<Limit>,
    /// How much memory it may lock.
    ///
    /// Unit: bytes
    /// Source: /proc/PID/limits, Max locked memory
    pub memlock: Fact<Limit>,
}

/// A limit of a process; absent stands for no limit.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Limit {
    /// What counts; the process may raise it up to `hard`.
    ///
    /// Source: /proc/PID/limits, Soft Limit
    pub soft: Fact<u64>,
    /// The most that it may raise it to.
    ///
    /// Source: /proc/PID/limits, Hard Limit
    pub hard: Fact<u64>,
}

/// The daemons that run, sorted by name and number.
pub(super) fn read(ctx: &Context<'_>) -> Result<Vec<Daemon>, Unknown> {
    let processes = Processes::of(ctx)?;
    if let Some(unknown) = processes.incomplete() {
        return Err(unknown.clone());
    }
    let mut daemons = Vec::new();
    for (pid, name) in processes.named(&[&OF_NODE[..], &OF_CLUSTER].concat()) {
        match daemon(&processes, pid, name) {
            Ok(daemon) => daemons.extend(daemon),
            // It ended meanwhile.
            Err(error) if error.kind == HostErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    daemons.sort_by(|a, b| (&a.name, a.pid).cmp(&(&b.name, b.pid)));
    Ok(daemons)
}

/// The process `pid`, if it is one of the node itself, or may be in a container.
fn daemon(processes: &Processes, pid: u32, name: &str) -> Result<Option<Daemon>, HostError> {
    if OF_NODE.contains(&name) && !processes.status(pid)?.is_of_node {
        return Ok(None);
    }
    let source = format!("/proc/{pid}/limits");
    let limits = match processes.directory(pid)?.read("limits") {
        Err(error) if error.kind == HostErrorKind::NotFound => return Err(error),
        text => Fact::from(text).and_then(|text| parse(&source, &text).into()),
    };
    Ok(Some(Daemon::new(name.to_owned(), pid, &limits)))
}

fn parse(source: &str, text: &[u8]) -> Result<Limits, Unknown> {
    // The parser relies on every line to have a name, two limits and a unit; a few have no unit, but a
    // longer name.
    if String::from_utf8_lossy(text).lines().any(|line| line.split_whitespace().count() < 4) {
        return Err(Unknown::malformed(source, "a line has fewer columns than it has to have"));
    }
    Limits::from_buf_read(text).map_err(|error| Unknown::malformed(source, error.to_string()))
}

impl Daemon {
    fn new(name: String, pid: u32, limits: &Fact<Limits>) -> Self {
        let limit =
            |of: fn(&Limits) -> procfs::process::Limit| limits.as_ref().map(|limits| Limit::of(of(limits)));
        Self {
            name,
            pid,
            nofile: limit(|limits| limits.max_open_files),
            nproc: limit(|limits| limits.max_processes),
            core: limit(|limits| limits.max_core_file_size),
            memlock: limit(|limits| limits.max_locked_memory),
        }
    }
}

impl Limit {
    fn of(limit: procfs::process::Limit) -> Self {
        let value = |value| match value {
            LimitValue::Unlimited => Fact::Absent,
            LimitValue::Value(value) => Fact::Known(value),
        };
        Self { soft: value(limit.soft_limit), hard: value(limit.hard_limit) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Options;
    use crate::tree::Tree;
    use plimsoll_engine::demand::Demand;
    use plimsoll_engine::snapshot::GapReason;
    use std::time::{Duration, Instant};

    /// dockerd of Debian 12.
    const LIMITS: &str = "\
Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max file size             unlimited            unlimited            bytes     
Max data size             unlimited            unlimited            bytes     
Max stack size            8388608              unlimited            bytes     
Max core file size        unlimited            unlimited            bytes     
Max resident set          unlimited            unlimited            bytes     
Max processes             unlimited            unlimited            processes 
Max open files            1048576              1048576              files     
Max locked memory         8388608              8388608              bytes     
Max address space         unlimited            unlimited            bytes     
Max file locks            unlimited            unlimited            locks     
Max pending signals       15600                15600                signals   
Max msgqueue size         819200               819200               bytes     
Max nice priority         0                    0                    
Max realtime priority     0                    0                    
Max realtime timeout      unlimited            unlimited            us        
";

    fn process(tree: Tree, pid: u32, name: &str, pids: &str, limits: &str) -> Tree {
        tree.file(&format!("proc/{pid}/comm"), format!("{name}\n"))
            .file(&format!("proc/{pid}/status"), format!("Name:\t{name}\nNSpid:\t{pids}\n"))
            .file(&format!("proc/{pid}/limits"), limits)
    }

    fn read_tree(tree: &Tree, remaining: Duration) -> Result<Vec<Daemon>, Unknown> {
        let demand = Demand::everything();
        let options = Options::default();
        let deadline = Instant::now() + remaining;
        read(&Context { host: &tree.host(), demand: &demand, options: &options, deadline })
    }

    const LONG: Duration = Duration::from_secs(3600);

    #[test]
    fn daemons_of_the_node_and_of_the_cluster() {
        let mut tree = process(Tree::new(), 1, "systemd", "1", LIMITS);
        tree = process(tree, 812, "dockerd", "812", LIMITS);
        tree = process(tree, 700, "containerd", "700", LIMITS);
        tree = process(tree, 9000, "dockerd", "9000\t1", LIMITS);
        tree = process(tree, 9100, "etcd", "9100\t1", LIMITS);
        let found = read_tree(&tree, LONG).unwrap();
        let names: Vec<_> = found.iter().map(|daemon| (daemon.name.as_str(), daemon.pid)).collect();
        assert_eq!(names, [("containerd", 700), ("dockerd", 812), ("etcd", 9100)]);
        let limit = |value: Fact<u64>| Fact::Known(Limit { soft: value.clone(), hard: value });
        assert_eq!(found[1].nofile, limit(Fact::Known(1_048_576)));
        assert_eq!(found[1].nproc, limit(Fact::Absent));
        assert_eq!(found[1].memlock, limit(Fact::Known(8_388_608)));
    }

    #[test]
    fn limits_that_are_none_are_a_gap_of_that_daemon() {
        for text in
            ["", "\n", "Max open files\n", "Max open files 1 2 files\n", &LIMITS.replace("1048576", "many")]
        {
            let tree = process(Tree::new(), 1, "kubelet", "1", text);
            let found = read_tree(&tree, LONG).unwrap();
            assert!(matches!(found[0].nofile, Fact::Gap(_)), "{text:?}");
        }
    }

    #[test]
    fn a_process_that_ends_meanwhile_is_left_out() {
        let tree =
            process(Tree::new(), 1, "systemd", "1", "").dir("proc/77").file("proc/78/comm", "dockerd\n");
        assert_eq!(read_tree(&tree, LONG), Ok(Vec::new()));
    }

    #[test]
    fn hidden_processes_and_a_deadline_are_gaps() {
        let reason = |daemons: Result<Vec<Daemon>, Unknown>| daemons.unwrap_err().reason;
        let hidden = process(Tree::new(), 812, "dockerd", "812", LIMITS);
        assert_eq!(reason(read_tree(&hidden, LONG)), GapReason::Denied);
        let tree = process(Tree::new(), 1, "systemd", "1", LIMITS);
        assert_eq!(reason(read_tree(&tree, Duration::ZERO)), GapReason::Timeout);
    }
}
