//! The limits of the container daemons that run.

use plimsoll_engine::snapshot::GapReason;
use procfs::FromBufRead;
use procfs::process::{LimitValue, Limits};
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::{Dir, HostError, HostErrorKind};

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
pub(super) fn read(ctx: &Context<'_>) -> Fact<Vec<Daemon>> {
    let proc = ctx.host.open_dir("/proc");
    let pids = proc.as_ref().map_err(Clone::clone).and_then(Dir::entries);
    let (proc, pids) = match (proc, pids) {
        (Ok(proc), Ok(pids)) => (proc, pids),
        (Err(error), _) | (_, Err(error)) => return Fact::Gap(error.into()),
    };
    // Mounted with hidepid=2, procfs shows a user no process of others, not even the first one.
    if !pids.iter().any(|entry| entry.name == "1") {
        return Fact::Gap(Unknown::new(
            GapReason::Denied,
            "/proc",
            "the processes of other users are hidden",
        ));
    }
    let mut daemons = Vec::new();
    for pid in pids.iter().filter_map(|entry| entry.name.to_str()?.parse::<u32>().ok()) {
        if ctx.remaining().is_zero() {
            return Fact::Gap(Unknown::new(
                GapReason::Timeout,
                "/proc",
                "there are too many processes to look at",
            ));
        }
        match daemon(&proc, pid) {
            Ok(daemon) => daemons.extend(daemon),
            // It ended meanwhile.
            Err(error) if error.kind == HostErrorKind::NotFound => {}
            Err(error) => return Fact::Gap(error.into()),
        }
    }
    daemons.sort_by(|a, b| (&a.name, a.pid).cmp(&(&b.name, b.pid)));
    Fact::Known(daemons)
}

/// The process `pid`, if it is a container daemon.
fn daemon(proc: &Dir, pid: u32) -> Result<Option<Daemon>, HostError> {
    let process = proc.open_dir(pid.to_string())?;
    let name = String::from_utf8_lossy(&process.read("comm")?).trim_end().to_owned();
    let counts = OF_CLUSTER.contains(&name.as_str())
        || OF_NODE.contains(&name.as_str()) && is_of_node(&String::from_utf8_lossy(&process.read("status")?));
    if !counts {
        return Ok(None);
    }
    let source = format!("/proc/{pid}/limits");
    let limits = match process.read("limits") {
        Err(error) if error.kind == HostErrorKind::NotFound => return Err(error),
        text => Fact::from(text).and_then(|text| parse(&source, &text).into()),
    };
    Ok(Some(Daemon::new(name, pid, &limits)))
}

/// Whether the process of this status (proc_pid_status(5)) is in no process namespace of its own, as one in
/// a container is. Linux before 4.1 does not tell the namespaces.
fn is_of_node(status: &str) -> bool {
    let pids = status.lines().find_map(|line| line.strip_prefix("NSpid:")).unwrap_or_default();
    pids.split_whitespace().count() <= 1
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

    fn read_tree(tree: &Tree, remaining: Duration) -> Fact<Vec<Daemon>> {
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
        let found = read_tree(&tree, LONG).known().cloned().unwrap();
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
            let found = read_tree(&tree, LONG).known().cloned().unwrap();
            assert!(matches!(found[0].nofile, Fact::Gap(_)), "{text:?}");
        }
    }

    #[test]
    fn a_process_that_ends_meanwhile_is_left_out() {
        let tree =
            process(Tree::new(), 1, "systemd", "1", "").dir("proc/77").file("proc/78/comm", "dockerd\n");
        assert_eq!(read_tree(&tree, LONG), Fact::Known(Vec::new()));
    }

    #[test]
    fn hidden_processes_and_a_deadline_are_gaps() {
        let reason = |fact: Fact<Vec<Daemon>>| match fact {
            Fact::Gap(unknown) => unknown.reason,
            other => panic!("{other:?}"),
        };
        let hidden = process(Tree::new(), 812, "dockerd", "812", LIMITS);
        assert_eq!(reason(read_tree(&hidden, LONG)), GapReason::Denied);
        let tree = process(Tree::new(), 1, "systemd", "1", LIMITS);
        assert_eq!(reason(read_tree(&tree, Duration::ZERO)), GapReason::Timeout);
    }
}
