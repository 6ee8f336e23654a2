//! Limits: of the kernel, of what systemd starts, and of the container daemons that run.

mod daemons;

use plimsoll_engine::snapshot::GapReason;
use procfs::{FromRead, LoadAverage};
use schemars::JsonSchema;
use serde::Serialize;

pub use daemons::{Daemon, Limit};

use crate::context::Context;
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::Host;
use crate::mounts::space::percent;
use crate::network;
use crate::systemd::Configuration;

const FILE_NR: &str = "/proc/sys/fs/file-nr";
const LOADAVG: &str = "/proc/loadavg";
const CONNTRACK_MAX: &str = "/proc/sys/net/netfilter/nf_conntrack_max";
const CONNTRACK_COUNT: &str = "/proc/sys/net/netfilter/nf_conntrack_count";

/// Limits.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LimitsFacts {
    /// How many files all processes together may have open; up to 2^63-1, which stands for no limit.
    ///
    /// Unit: open files
    /// Source: /proc/sys/fs/file-max
    pub file_max: Fact<u64>,
    /// How many files are open.
    ///
    /// Unit: open files
    /// Source: /proc/sys/fs/file-nr, the first number
    pub files_open: Fact<u64>,
    /// How many files are open, of those that may be; 0.00 where there is no limit.
    ///
    /// Unit: percent
    /// Source: `files_open` of `file_max`
    pub files_used_percent: Fact<f64>,
    /// One more than the highest process id.
    ///
    /// Unit: tasks
    /// Source: /proc/sys/kernel/pid_max
    pub pid_max: Fact<u64>,
    /// How many tasks there may be.
    ///
    /// Unit: tasks
    /// Source: /proc/sys/kernel/threads-max
    pub threads_max: Fact<u64>,
    /// How many tasks there are: all threads of all processes.
    ///
    /// Unit: tasks
    /// Source: /proc/loadavg, the number behind the slash
    pub tasks: Fact<u64>,
    /// How many tasks there are, of those that the lower of the two limits allows.
    ///
    /// Unit: percent
    /// Source: `tasks` of `pid_max` or `threads_max`
    pub tasks_used_percent: Fact<f64>,
    /// The limits of inotify, by which programs watch files.
    ///
    /// Source: /proc/sys/fs/inotify
    pub inotify: Inotify,
    /// The limits of keyrings, of which each container gets one.
    ///
    /// Source: /proc/sys/kernel/keys
    pub keys: Keys,
    /// How many memory mappings a process may have.
    ///
    /// Unit: mappings
    /// Source: /proc/sys/vm/max_map_count
    pub max_map_count: Fact<u64>,
    /// Asynchronous I/O; absent if the kernel has none.
    ///
    /// Source: /proc/sys/fs/aio-max-nr, /proc/sys/fs/aio-nr
    pub aio: Fact<Aio>,
    /// The connections that the firewall tracks in the node's network; absent while the module is not
    /// loaded.
    ///
    /// Source: /proc/sys/net/netfilter
    pub conntrack: Fact<Conntrack>,
    /// What systemd gives to services that say nothing themselves.
    ///
    /// Source: /etc/systemd/system.conf and its drop-ins
    pub systemd: SystemdDefaults,
    /// The limits of the container daemons that run, sorted by name.
    ///
    /// Source: /proc/PID/comm
    pub daemons: Fact<Vec<Daemon>>,
}

/// The limits of inotify, for each user.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Inotify {
    /// How many instances a user may have.
    ///
    /// Unit: instances
    /// Source: /proc/sys/fs/inotify/max_user_instances
    pub max_user_instances: Fact<u64>,
    /// How many files a user may watch.
    ///
    /// Unit: watches
    /// Source: /proc/sys/fs/inotify/max_user_watches
    pub max_user_watches: Fact<u64>,
    /// How many events may wait for an instance to read them.
    ///
    /// Unit: events
    /// Source: /proc/sys/fs/inotify/max_queued_events
    pub max_queued_events: Fact<u64>,
}

/// The limits of keys, for each user; absent if the kernel has none.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Keys {
    /// How many keys root may have.
    ///
    /// Unit: keys
    /// Source: /proc/sys/kernel/keys/root_maxkeys
    pub root_maxkeys: Fact<u64>,
    /// How much root's keys may hold.
    ///
    /// Unit: bytes
    /// Source: /proc/sys/kernel/keys/root_maxbytes
    pub root_maxbytes: Fact<u64>,
    /// How many keys every other user may have.
    ///
    /// Unit: keys
    /// Source: /proc/sys/kernel/keys/maxkeys
    pub maxkeys: Fact<u64>,
    /// How much the keys of every other user may hold.
    ///
    /// Unit: bytes
    /// Source: /proc/sys/kernel/keys/maxbytes
    pub maxbytes: Fact<u64>,
}

/// Asynchronous I/O.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Aio {
    /// How many requests there may be.
    ///
    /// Unit: requests
    /// Source: /proc/sys/fs/aio-max-nr
    pub max: u64,
    /// How many are set aside.
    ///
    /// Unit: requests
    /// Source: /proc/sys/fs/aio-nr
    pub used: u64,
    /// How many are set aside, of those that there may be; absent if there may be none.
    ///
    /// Unit: percent
    /// Source: `used` of `max`
    pub used_percent: Fact<f64>,
}

/// Tracked connections.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Conntrack {
    /// How many there may be; packets of further ones are dropped.
    ///
    /// Unit: connections
    /// Source: /proc/sys/net/netfilter/nf_conntrack_max
    pub max: u64,
    /// How many there are.
    ///
    /// Unit: connections
    /// Source: /proc/sys/net/netfilter/nf_conntrack_count
    pub used: u64,
    /// How many there are, of those that there may be; absent if there is no limit.
    ///
    /// Unit: percent
    /// Source: `used` of `max`
    pub used_percent: Fact<f64>,
}

/// What systemd gives to services that say nothing themselves.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SystemdDefaults {
    /// How many files a service may have open, as it is written: `SOFT:HARD`, or one number for both; absent
    /// if nothing is.
    ///
    /// Source: /etc/systemd/system.conf and its drop-ins, DefaultLimitNOFILE
    pub default_limit_nofile: Fact<Sourced<String>>,
    /// How many tasks a service may have, as it is written: a number, a percentage, `infinity`; absent if
    /// nothing is, which means 15 % of what the kernel allows.
    ///
    /// Source: /etc/systemd/system.conf and its drop-ins, DefaultTasksMax
    pub default_tasks_max: Fact<Sourced<String>>,
}

/// Reads the limits.
pub fn collect(ctx: &Context<'_>) -> Fact<LimitsFacts> {
    let number = |path: &'static str| ctx.running(path, || number(ctx.host, path));
    let pair = |max, used| number(max).and_then(|max| number(used).map(|used| (max, used)));
    let (file_max, files_open) = (number("/proc/sys/fs/file-max"), number(FILE_NR));
    let (pid_max, threads_max) = (number("/proc/sys/kernel/pid_max"), number("/proc/sys/kernel/threads-max"));
    let tasks =
        ctx.running(LOADAVG, || Fact::from(ctx.host.read(LOADAVG)).and_then(|text| tasks(&text).into()));
    Fact::Known(LimitsFacts {
        files_used_percent: used_percent(&files_open, &file_max),
        file_max,
        files_open,
        tasks_used_percent: used_percent(&tasks, &lower(&pid_max, &threads_max)),
        pid_max,
        threads_max,
        tasks,
        inotify: Inotify {
            max_user_instances: number("/proc/sys/fs/inotify/max_user_instances"),
            max_user_watches: number("/proc/sys/fs/inotify/max_user_watches"),
            max_queued_events: number("/proc/sys/fs/inotify/max_queued_events"),
        },
        keys: Keys {
            root_maxkeys: number("/proc/sys/kernel/keys/root_maxkeys"),
            root_maxbytes: number("/proc/sys/kernel/keys/root_maxbytes"),
            maxkeys: number("/proc/sys/kernel/keys/maxkeys"),
            maxbytes: number("/proc/sys/kernel/keys/maxbytes"),
        },
        max_map_count: number("/proc/sys/vm/max_map_count"),
        aio: pair("/proc/sys/fs/aio-max-nr", "/proc/sys/fs/aio-nr").map(|(max, used)| Aio {
            max,
            used,
            used_percent: percent(used, max),
        }),
        conntrack: ctx.running(CONNTRACK_MAX, || {
            // These files show the network namespace of whoever reads them.
            if !network::is_in_network_of(ctx.host) {
                let detail = "this process is not in the target's network namespace, whose connections only its members see";
                return Fact::Gap(Unknown::new(GapReason::Unsupported, CONNTRACK_MAX, detail));
            }
            pair(CONNTRACK_MAX, CONNTRACK_COUNT).map(|(max, used)| Conntrack {
                max,
                used,
                used_percent: percent(used, max),
            })
        }),
        systemd: systemd_defaults(ctx.host),
        daemons: ctx.running("/proc", || daemons::read(ctx).into()),
    })
}

fn used_percent(used: &Fact<u64>, max: &Fact<u64>) -> Fact<f64> {
    used.as_ref().and_then(|used| max.as_ref().and_then(|max| percent(*used, *max)))
}

/// The lower of two limits.
fn lower(a: &Fact<u64>, b: &Fact<u64>) -> Fact<u64> {
    a.as_ref().and_then(|a| b.as_ref().map(|b| *a.min(b)))
}

/// The first number of the file at `path`.
fn number(host: &Host, path: &str) -> Fact<u64> {
    let first = |text: &str| {
        let number = text.split_whitespace().next().and_then(|word| word.parse().ok());
        number.ok_or_else(|| Unknown::malformed(path, format!("{text:?} is no number")))
    };
    Fact::from(host.read_text(path)).and_then(|text| first(&text).into())
}

fn tasks(loadavg: &[u8]) -> Result<u64, Unknown> {
    let load =
        LoadAverage::from_read(loadavg).map_err(|error| Unknown::malformed(LOADAVG, error.to_string()))?;
    Ok(load.max.into())
}

fn systemd_defaults(host: &Host) -> SystemdDefaults {
    let configuration = Fact::from(Configuration::read(host, "system.conf"));
    let setting = |key| configuration.as_ref().and_then(|found| found.last("Manager", key).cloned().into());
    SystemdDefaults {
        default_limit_nofile: setting("DefaultLimitNOFILE"),
        default_tasks_max: setting("DefaultTasksMax"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn numbers_as_large_as_the_kernel_prints_them() {
        let tree = Tree::new()
            .file("max", "9223372036854775807\n")
            .file("unsigned", "18446744073709551615\n")
            .file("nr", "649\t0\t2466177\n")
            .file("bad", "-1\n")
            .file("empty", "");
        let host = tree.host();
        assert_eq!(number(&host, "/max"), Fact::Known(i64::MAX.unsigned_abs()));
        assert_eq!(number(&host, "/unsigned"), Fact::Known(u64::MAX));
        assert_eq!(serde_json::to_string(&number(&host, "/unsigned")).unwrap(), "18446744073709551615");
        assert_eq!(number(&host, "/nr"), Fact::Known(649));
        assert_eq!(number(&host, "/missing"), Fact::Absent);
        for path in ["/bad", "/empty"] {
            let Fact::Gap(unknown) = number(&host, path) else { panic!("{path}") };
            assert_eq!(unknown.reason, GapReason::Malformed);
        }
    }

    #[test]
    fn what_is_used_is_told_of_what_may_be() {
        let known = Fact::Known;
        assert_eq!(used_percent(&known(649), &known(i64::MAX.unsigned_abs())), Fact::Known(0.0));
        assert_eq!(used_percent(&known(5), &known(0)), Fact::Absent);
        assert_eq!(used_percent(&known(600), &lower(&known(4_194_304), &known(900))), Fact::Known(66.67));
        let gap = Fact::Gap(Unknown::offline(LOADAVG));
        assert_eq!(used_percent(&known(1), &lower(&known(10), &gap)), Fact::Gap(Unknown::offline(LOADAVG)));
        assert!(matches!(used_percent(&gap, &known(10)), Fact::Gap(_)));
    }

    #[test]
    fn tasks_are_all_that_exist() {
        assert_eq!(tasks(b"2.63 1.00 1.42 3/4280 2496732\n"), Ok(4280));
        assert!(tasks(b"2.63 1.00 1.42 3 2496732\n").is_err());
    }

    #[test]
    fn systemds_defaults_have_their_places_and_may_be_unreadable() {
        let tree = Tree::new()
            .file("etc/systemd/system.conf", "[Manager]\n#DefaultTasksMax=15%\n")
            .file("etc/systemd/system.conf.d/10-limits.conf", "[Manager]\nDefaultLimitNOFILE=1024:524288\n");
        let defaults = systemd_defaults(&tree.host());
        assert_eq!(defaults.default_tasks_max, Fact::Absent);
        let limit = defaults.default_limit_nofile.known().unwrap();
        assert_eq!((limit.value.as_str(), limit.origin.line), ("1024:524288", Some(2)));
        let defaults = systemd_defaults(&Tree::new().fifo("etc/systemd/system.conf").host());
        assert!(matches!(defaults.default_tasks_max, Fact::Gap(_)));
    }
}
