//! The kernel: `uname`, `/proc/cmdline`, `sysctl --all`, `lsmod`, `modprobe`, and the configuration in `/boot`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Comparison, step};
use crate::nodes::results::Results;

/// What changes from one look to the next.
const MOVING: [&str; 15] = [
    "fs.dentry-state",
    "fs.file-nr",
    "fs.inode-nr",
    "fs.inode-state",
    "fs.aio-nr",
    "fs.quota.",
    "kernel.ns_last_pid",
    "kernel.pty.nr",
    "kernel.random.",
    "kernel.printk",
    "net.netfilter.nf_conntrack_count",
    "kernel.sched_domain.",
    "net.ipv4.tcp_fastopen_key",
    "kernel.spl.",
    "vm.stat_",
];

pub(super) fn compare(results: &Results, comparison: &mut Comparison) {
    if let Some(release) = results.tool("uname") {
        comparison.same(results, "/kernel/release", "uname", &json!(release.trim()));
    }
    if let Some(all) = results.tool("uname-all") {
        let lines: Vec<&str> = all.lines().collect();
        for (pointer, line) in
            ["/os/hostname", "/kernel/build", "/os/architecture"].into_iter().zip(&lines[1..])
        {
            comparison.same(results, pointer, "uname", &json!(line));
        }
    }
    if let Some(line) = results.tool("cmdline") {
        comparison.same(results, "/kernel/command_line", "cat /proc/cmdline", &json!(line.trim()));
    }
    sysctls(results, comparison);
    modules(results, comparison);
    options(results, comparison);
}

fn sysctls(results: &Results, comparison: &mut Comparison) {
    // A value of several lines is printed as so many lines of the same name.
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in results.answer("sysctl").unwrap_or_default().lines() {
        if let Some((name, value)) = line.split_once(" =") {
            let words = value.split_whitespace().map(str::to_owned);
            values.entry(name.to_owned()).or_default().extend(words);
        }
    }
    for (name, words) in values {
        if MOVING.iter().any(|prefix| name.starts_with(prefix)) {
            continue;
        }
        let pointer = format!("/sysctl/{}/running", step(&name));
        let ours =
            results.fact(&pointer).map(|ours| ours.as_str().map_or_else(|| ours.to_string(), str::to_owned));
        if ours.is_some_and(|ours| ours.split_whitespace().eq(&words)) {
            comparison.agreed();
        } else {
            comparison.same(results, &pointer, "sysctl", &json!(words.join(" ")));
        }
    }
}

fn modules(results: &Results, comparison: &mut Comparison) {
    let loaded: BTreeSet<String> = results
        .answer("lsmod")
        .unwrap_or_default()
        .lines()
        .skip(1)
        .filter_map(|line| Some(line.split_whitespace().next()?.to_owned()))
        .collect();
    for name in &loaded {
        comparison.same(results, &format!("/kernel/modules/{}/state", step(name)), "lsmod", &json!("loaded"));
    }
    for (name, found) in results.pairs("modprobe-dry", " ") {
        let pointer = format!("/kernel/modules/{}/state", step(&name));
        if loaded.contains(&name) {
            continue;
        }
        let absent = results.fact(&pointer) == Some(&json!("absent"));
        if absent == (found == "no") && !results.gap(&pointer) {
            comparison.agreed();
        } else {
            comparison.same(
                results,
                &pointer,
                "modprobe",
                &json!(if found == "no" { "absent" } else { "available" }),
            );
        }
    }
}

fn options(results: &Results, comparison: &mut Comparison) {
    for line in results.tool("kernel-config").unwrap_or_default().lines() {
        let unset = line.strip_prefix("# ").and_then(|rest| rest.strip_suffix(" is not set"));
        let (name, value) = match (unset, line.split_once('=')) {
            (Some(name), _) => (name, "n"),
            (None, Some((name, value))) if name.starts_with("CONFIG_") => (name, value),
            _ => continue,
        };
        let pointer = format!("/kernel/config/{}", step(name));
        let bare = value.trim_matches('"');
        let same =
            results.fact(&pointer).and_then(Value::as_str).is_some_and(|ours| ours.trim_matches('"') == bare);
        if same {
            comparison.agreed();
        } else {
            comparison.same(results, &pointer, "/boot/config", &json!(value));
        }
    }
}
