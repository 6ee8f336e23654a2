//! The kernel: `uname`, `/proc/cmdline`, `sysctl --all`, `lsmod`, `modprobe`, and the configuration in `/boot`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Comparison, step};
use crate::nodes::results::Results;

/// What changes from one look to the next, and what sysctl cannot print.
const MOVING: [&str; 17] = [
    // What sysctl prints of its many lines is the last one.
    "fs.binfmt_misc.",
    "dev.cdrom.info",
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
    for (name, value) in results.pairs("sysctl", " = ") {
        let pointer = format!("/sysctl/{}/running", step(&name));
        let moving = MOVING.iter().any(|prefix| name.starts_with(prefix));
        // sysctl prints each line of a value that has several, and the text of one that is empty or unreadable.
        if moving
            || results
                .fact(&pointer)
                .is_some_and(|ours| ours.as_str().is_some_and(|text| text.contains('\n')))
        {
            continue;
        }
        let spaced = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let ours =
            results.fact(&pointer).map(|ours| spaced(ours.as_str().map_or(&ours.to_string(), |text| text)));
        if ours.is_some_and(|ours| ours == spaced(&value)) {
            comparison.agreed();
        } else {
            comparison.same(results, &pointer, "sysctl", &json!(value));
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
