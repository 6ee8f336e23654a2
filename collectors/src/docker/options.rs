//! What dockerd can be told: each option's name in daemon.json, its flag, its type and its default.
//!
//! Docker Engine 20.10 to 29 (`daemon/config` and `daemon/command` of github.com/moby/moby, before 29
//! `cmd/dockerd`). An option that only some of these releases have counts as known.

use serde_json::{Value, json};

/// An option of dockerd.
#[derive(Debug, Clone, Copy)]
pub(super) struct DaemonOption {
    /// Its key in daemon.json.
    pub(super) key: &'static str,
    /// Its flag, without dashes; none if it can be set in daemon.json only.
    pub(super) flag: Option<&'static str>,
    /// Its one-letter flag.
    pub(super) short: Option<char>,
    /// The type of its value.
    pub(super) kind: Kind,
    /// What dockerd does when nothing is said.
    default: Preset,
    /// The object of daemon.json that the key stands in, if not at the top.
    pub(super) parent: Option<&'static str>,
}

/// The type of an option's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// true or false.
    Bool,
    /// An integer.
    Integer,
    /// A string.
    Text,
    /// A size with a unit, in quotes: `"64M"`.
    Size,
    /// An IP address in quotes.
    Address,
    /// A list of strings; its flag can be given several times.
    List,
    /// A map of strings; its flag takes `name=value`, several times.
    Words,
    /// A map of booleans; its flag takes `name=value`, several times.
    Switches,
    /// A map of maps of strings; its flag takes `group=name=value`, several times.
    Groups,
    /// Runtimes by name; its flag takes `name=path`, several times.
    Runtimes,
    /// Limits by name; its flag takes `name=soft:hard`, several times.
    Ulimits,
    /// A list of address pools; its flag takes `base=10.0.0.0/8,size=24`, several times.
    Pools,
    /// An object of its own; its flag takes `name=value,name=value`.
    Object,
}

/// A default that a table can hold.
#[derive(Debug, Clone, Copy)]
enum Preset {
    /// There is none, or it differs from release to release, or from node to node.
    Unsaid,
    Switch(bool),
    Number(i64),
    Word(&'static str),
    NoItems,
    NoMembers,
}

use Kind::{
    Address, Bool, Groups, Integer, List, Object, Pools, Runtimes, Size, Switches, Text, Ulimits, Words,
};
use Preset::{NoItems, NoMembers, Number, Switch, Unsaid, Word};

const fn option(key: &'static str, kind: Kind, default: Preset) -> DaemonOption {
    DaemonOption { key, flag: Some(key), short: None, kind, default, parent: None }
}

impl DaemonOption {
    const fn flag(mut self, flag: &'static str) -> Self {
        self.flag = Some(flag);
        self
    }

    const fn short(mut self, short: char) -> Self {
        self.short = Some(short);
        self
    }

    const fn file_only(mut self) -> Self {
        self.flag = None;
        self
    }

    const fn within(mut self, parent: &'static str) -> Self {
        self.parent = Some(parent);
        self
    }

    /// The flag that must not be given together with the key.
    pub(super) fn conflicting_flag(&self) -> Option<&'static str> {
        // The older key of `host-gateway-ips`, whose flag had and has its name.
        if self.key == "host-gateway-ip" { Some(self.key) } else { self.flag }
    }

    /// What dockerd does when nothing is said; `None` where that is nothing, or depends on more.
    pub(super) fn default(&self) -> Option<Value> {
        match self.default {
            Unsaid => None,
            Switch(value) => Some(json!(value)),
            Number(value) => Some(json!(value)),
            Word(value) => Some(json!(value)),
            NoItems => Some(json!([])),
            NoMembers => Some(json!({})),
        }
    }
}

/// Every option that daemon.json can set, sorted by key.
pub(super) const OPTIONS: &[DaemonOption] = &[
    option("allow-direct-routing", Bool, Switch(false)),
    option("allow-nondistributable-artifacts", List, NoItems),
    option("api-cors-header", Text, Unsaid),
    option("authorization-plugins", List, NoItems).flag("authorization-plugin"),
    option("bip", Text, Unsaid),
    option("bip6", Text, Unsaid),
    option("bridge", Text, Unsaid).short('b'),
    option("bridge-accept-fwmark", Text, Unsaid),
    option("builder", Object, NoMembers).file_only(),
    option("cdi-spec-dirs", List, Unsaid).flag("cdi-spec-dir"),
    option("cgroup-parent", Text, Word("")),
    option("cluster-advertise", Text, Unsaid),
    option("cluster-store", Text, Unsaid),
    option("cluster-store-opts", Words, Unsaid).flag("cluster-store-opt"),
    option("containerd", Text, Unsaid),
    option("containerd-namespace", Text, Word("moby")),
    option("cpu-rt-period", Integer, Number(0)),
    option("cpu-rt-runtime", Integer, Number(0)),
    option("cri-containerd", Bool, Switch(false)),
    option("data-root", Text, Word("/var/lib/docker")),
    option("debug", Bool, Switch(false)).short('D'),
    option("default-address-pools", Pools, NoItems).flag("default-address-pool"),
    option("default-cgroupns-mode", Text, Unsaid),
    option("default-gateway", Address, Unsaid),
    option("default-gateway-v6", Address, Unsaid),
    option("default-ipc-mode", Text, Word("private")),
    option("default-network-opts", Groups, NoMembers).flag("default-network-opt"),
    option("default-runtime", Text, Word("runc")),
    option("default-shm-size", Size, Word("64MiB")),
    option("default-stop-timeout", Integer, Number(10)),
    option("default-ulimits", Ulimits, NoMembers).flag("default-ulimit"),
    option("deprecated-key-path", Text, Unsaid).file_only(),
    option("dns", List, NoItems),
    option("dns-opts", List, NoItems).flag("dns-opt"),
    option("dns-search", List, NoItems),
    option("exec-opts", List, NoItems).flag("exec-opt"),
    option("exec-root", Text, Word("/var/run/docker")),
    option("experimental", Bool, Switch(false)),
    option("features", Switches, NoMembers).flag("feature"),
    option("firewall-backend", Text, Unsaid),
    option("fixed-cidr", Text, Unsaid),
    option("fixed-cidr-v6", Text, Unsaid),
    option("graph", Text, Unsaid).short('g'),
    option("group", Text, Word("docker")).short('G'),
    option("host-gateway-ip", Address, Unsaid).file_only(),
    option("host-gateway-ips", List, Unsaid).flag("host-gateway-ip"),
    option("hosts", List, Unsaid).flag("host").short('H'),
    option("http-proxy", Text, Unsaid).within("proxies"),
    option("https-proxy", Text, Unsaid).within("proxies"),
    option("icc", Bool, Switch(true)),
    option("init", Bool, Switch(false)),
    option("init-path", Text, Word("")),
    option("insecure-registries", List, NoItems).flag("insecure-registry"),
    option("ip", Address, Word("0.0.0.0")),
    option("ip-forward", Bool, Switch(true)),
    option("ip-forward-no-drop", Bool, Switch(false)),
    option("ip-masq", Bool, Switch(true)),
    // On by default since 27.0.
    option("ip6tables", Bool, Unsaid),
    option("iptables", Bool, Switch(true)),
    option("ipv6", Bool, Switch(false)),
    option("labels", List, NoItems).flag("label"),
    option("live-restore", Bool, Switch(false)),
    option("log-driver", Text, Word("json-file")),
    option("log-format", Text, Word("text")),
    option("log-level", Text, Word("info")).short('l'),
    option("log-opts", Words, NoMembers).flag("log-opt"),
    option("max-concurrent-downloads", Integer, Number(3)),
    option("max-concurrent-uploads", Integer, Number(5)),
    option("max-download-attempts", Integer, Number(5)),
    option("metrics-addr", Text, Word("")),
    option("min-api-version", Text, Unsaid).file_only(),
    option("mtu", Integer, Number(1500)),
    option("network-control-plane-mtu", Integer, Number(1500)),
    option("network-diagnostic-port", Integer, Number(0)),
    option("no-new-privileges", Bool, Switch(false)),
    option("no-proxy", Text, Unsaid).within("proxies"),
    option("node-generic-resources", List, NoItems).flag("node-generic-resource"),
    option("nri-opts", Object, Unsaid),
    option("oom-score-adjust", Integer, Unsaid),
    option("pidfile", Text, Word("/var/run/docker.pid")).short('p'),
    option("raw-logs", Bool, Switch(false)),
    option("registry-mirrors", List, NoItems).flag("registry-mirror"),
    option("rootless", Bool, Switch(false)),
    option("runtimes", Runtimes, NoMembers).flag("add-runtime"),
    option("seccomp-profile", Text, Word("builtin")),
    option("selinux-enabled", Bool, Switch(false)),
    option("shutdown-timeout", Integer, Number(15)),
    option("storage-driver", Text, Unsaid).short('s'),
    option("storage-opts", List, NoItems).flag("storage-opt"),
    option("swarm-default-advertise-addr", Text, Word("")),
    option("tls", Bool, Switch(false)),
    option("tlscacert", Text, Unsaid),
    option("tlscert", Text, Unsaid),
    option("tlskey", Text, Unsaid),
    option("tlsverify", Bool, Switch(false)),
    option("userland-proxy", Bool, Switch(true)),
    option("userland-proxy-path", Text, Unsaid),
    option("userns-remap", Text, Word("")),
];

/// Flags that set nothing in the configuration. dockerd takes their names for keys of daemon.json, too, and
/// then does nothing with them.
pub(super) const FLAGS_ONLY: &[DaemonOption] = &[
    option("config-file", Text, Unsaid),
    option("containerd-plugins-namespace", Text, Unsaid),
    option("help", Bool, Unsaid).short('h'),
    option("restart", Bool, Unsaid).short('r'),
    option("validate", Bool, Unsaid),
    option("version", Bool, Unsaid).short('v'),
];

/// Objects of daemon.json that are options as a whole. Any other object is a mere wrapper to dockerd, which
/// checks the names of its members as if they stood at the top.
pub(super) fn is_object(key: &str) -> bool {
    OPTIONS.iter().any(|option| {
        option.key == key && matches!(option.kind, Words | Switches | Groups | Runtimes | Ulimits | Object)
    })
}

/// The option that daemon.json sets with `key`.
pub(super) fn by_key(key: &str) -> Option<&'static DaemonOption> {
    OPTIONS.iter().find(|option| option.key == key)
}

/// The option of the flag `--name`.
pub(super) fn by_flag(name: &str) -> Option<&'static DaemonOption> {
    OPTIONS.iter().chain(FLAGS_ONLY).find(|option| option.flag == Some(name))
}

/// The option of the flag `-letter`.
pub(super) fn by_short(letter: char) -> Option<&'static DaemonOption> {
    OPTIONS.iter().chain(FLAGS_ONLY).find(|option| option.short == Some(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_and_flags_are_of_one_option_each() {
        assert!(OPTIONS.windows(2).all(|pair| pair[0].key < pair[1].key));
        let all = || OPTIONS.iter().chain(FLAGS_ONLY);
        let mut flags: Vec<_> = all().filter_map(|option| option.flag).collect();
        let mut letters: Vec<_> = all().filter_map(|option| option.short).collect();
        let (flag_count, letter_count) = (flags.len(), letters.len());
        flags.sort_unstable();
        flags.dedup();
        letters.sort_unstable();
        letters.dedup();
        assert_eq!((flags.len(), letters.len()), (flag_count, letter_count));
    }
}
