//! Values of containers.conf that podman refuses although their type is right.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::configuration::Configuration;
use crate::fact::Sourced;

/// Settings that are one of some words, with the words; an empty one is the default.
const CHOICES: [(&str, &str, &[&str]); 6] = [
    ("containers", "cgroups", &["enabled", "disabled", "no-conmon", "split"]),
    (
        "containers",
        "log_driver",
        &["k8s-file", "json-file", "journald", "none", "passthrough", "passthrough-tty"],
    ),
    ("engine", "cgroup_manager", &["systemd", "cgroupfs"]),
    ("engine", "events_logger", &["journald", "file", "none"]),
    ("engine", "pull_policy", &["always", "missing", "ifnotpresent", "newer", "ifnewer", "never"]),
    ("network", "network_backend", &["netavark", "cni"]),
];

/// The smallest log that conmon can keep, in bytes.
const SMALLEST_LOG: i64 = 8192;

/// The limits that a process has (getrlimit(2)), as they are called here.
const ULIMITS: [&str; 16] = [
    "as",
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

/// A value that podman refuses.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RefusedValue {
    /// The setting: `engine.events_logger`.
    pub key: String,
    /// What it says.
    ///
    /// Source: containers.conf
    pub value: Sourced<Value>,
    /// What podman wants, in words.
    pub expected: String,
}

/// A limit that containers get.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Ulimit {
    /// Its name: `nofile`, `nproc`, …
    ///
    /// Source: containers.conf, `containers.default_ulimits`
    pub name: Sourced<String>,
    /// The limit that counts; -1 if there is none.
    ///
    /// Source: containers.conf, `containers.default_ulimits`
    pub soft: i64,
    /// How far the container may raise it; -1 if there is no end.
    ///
    /// Source: containers.conf, `containers.default_ulimits`
    pub hard: i64,
}

/// The values that podman refuses.
pub(super) fn refused(configuration: &Configuration) -> Vec<RefusedValue> {
    let choices = CHOICES.iter().filter_map(|(table, key, words)| {
        let value = configuration.text(table, key)?;
        let word = value.value.to_ascii_lowercase();
        let is_fine = word.is_empty() || words.contains(&word.as_str());
        (!is_fine)
            .then(|| refuse(configuration, table, key, format!("one of {}", words.join(", "))))
            .flatten()
    });
    let log = configuration.get("containers", "log_size_max").and_then(|size| size.value.as_i64());
    let log = log.filter(|size| (0..SMALLEST_LOG).contains(size)).and_then(|_| {
        refuse(
            configuration,
            "containers",
            "log_size_max",
            format!("at least {SMALLEST_LOG}, or -1 for no end"),
        )
    });
    let umask = configuration.text("containers", "umask");
    let umask = umask
        .filter(|umask| !is_umask(&umask.value))
        .and_then(|_| refuse(configuration, "containers", "umask", "three or four octal digits".to_owned()));
    let ulimits = configuration.texts("containers", "default_ulimits").unwrap_or_default();
    let ulimits = ulimits
        .into_iter()
        .filter(|ulimit| !is_host(ulimit) && self::ulimit(ulimit).is_none())
        .map(|ulimit| RefusedValue {
            key: "containers.default_ulimits".to_owned(),
            value: Sourced { value: ulimit.value.into(), origin: ulimit.origin },
            expected: "name=soft:hard with a name of getrlimit(2), such as nofile=1024:4096".to_owned(),
        });
    choices.chain(log).chain(umask).chain(ulimits).collect()
}

/// The limits that containers get, without those that podman refuses.
pub(super) fn ulimits(configuration: &Configuration) -> Vec<Ulimit> {
    let ulimits = configuration.texts("containers", "default_ulimits").unwrap_or_default();
    ulimits.iter().filter_map(ulimit).collect()
}

fn refuse(configuration: &Configuration, table: &str, key: &str, expected: String) -> Option<RefusedValue> {
    let value = configuration.get(table, key)?.clone();
    Some(RefusedValue { key: format!("{table}.{key}"), value, expected })
}

/// The word for the limits of the process that starts podman.
fn is_host(ulimit: &Sourced<String>) -> bool {
    ulimit.value == "host"
}

/// `name=soft:hard`, or `name=both`.
fn ulimit(text: &Sourced<String>) -> Option<Ulimit> {
    let (name, limits) = text.value.split_once('=')?;
    let name = name.to_ascii_lowercase();
    if !ULIMITS.contains(&name.as_str()) {
        return None;
    }
    let (soft, hard) = limits.split_once(':').unwrap_or((limits, limits));
    let (soft, hard) = (soft.parse().ok()?, hard.parse().ok()?);
    if hard != -1 && (soft == -1 || soft > hard) {
        return None;
    }
    Some(Ulimit { name: Sourced { value: name, origin: text.origin.clone() }, soft, hard })
}

fn is_umask(text: &str) -> bool {
    text.is_empty() || (1..=4).contains(&text.len()) && text.chars().all(|c| ('0'..='7').contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin;

    #[test]
    fn limits_are_read_as_podman_reads_them() {
        let parse = |text: &str| {
            ulimit(&Sourced { value: text.to_owned(), origin: origin::default() })
                .map(|ulimit| (ulimit.name.value, ulimit.soft, ulimit.hard))
        };
        assert_eq!(parse("nofile=1024:4096"), Some(("nofile".into(), 1024, 4096)));
        assert_eq!(parse("CORE=0"), Some(("core".into(), 0, 0)));
        assert_eq!(parse("nproc=-1:-1"), Some(("nproc".into(), -1, -1)));
        for text in ["bogus", "bogus=1", "nofile=x", "nofile=5:4", "nofile=-1:4", "nofile="] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
