//! Mounts, file systems and swap: `findmnt`, `df`, `xfs_info`, `swapon`, `stat --file-system`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Comparison, step};
use crate::nodes::results::Results;

pub(super) fn compare(results: &Results, comparison: &mut Comparison) {
    mounts(results, comparison);
    spaces(results, comparison);
    swap(results, comparison);
    xfs(results, comparison);
    if let Some(kind) = results.tool("stat-cgroup") {
        let unified = results.fact("/cgroup/mode") == Some(&json!("unified"));
        comparison.check(
            "/cgroup/mode",
            "stat",
            unified == (kind.trim() == "cgroup2fs"),
            &json!(kind.trim()),
        );
    }
}

fn mounts(results: &Results, comparison: &mut Comparison) {
    let Some(theirs) = results.json("findmnt") else { return };
    let theirs: Vec<&Value> = theirs["filesystems"].as_array().into_iter().flatten().collect();
    let ours: Vec<&Value> = results.fact("/mounts").and_then(Value::as_array).into_iter().flatten().collect();
    let describe = |target: &Value, kind: &Value| {
        format!("{} {}", target.as_str().unwrap_or_default(), kind.as_str().unwrap_or_default())
    };
    // A container that comes or goes between the two looks is nobody's fault.
    let steady = |text: &String| !text.starts_with("/run/user") && !text.contains("binfmt_misc");
    comparison.same_set(
        "/mounts",
        "findmnt",
        ours.iter().map(|mount| describe(&mount["target"], &mount["fs_type"])).filter(steady).collect(),
        theirs.iter().map(|mount| describe(&mount["target"], &mount["fstype"])).filter(steady).collect(),
    );
    for mount in theirs {
        let Some(index) =
            ours.iter().position(|one| one["target"] == mount["target"] && one["fs_type"] == mount["fstype"])
        else {
            continue;
        };
        let options: BTreeSet<String> = words(&mount["vfs-options"]);
        let list = ours[index]["options"].as_array().into_iter().flatten().filter_map(Value::as_str);
        comparison.same_set(
            &format!("/mounts/{index}/options"),
            "findmnt",
            list.map(str::to_owned).collect(),
            options,
        );
        let propagation = words(&mount["propagation"]);
        let first =
            propagation.iter().find(|word| ["shared", "private", "unbindable"].contains(&word.as_str()));
        if let Some(word) = first {
            comparison.same(results, &format!("/mounts/{index}/propagation"), "findmnt", &json!(word));
        }
        if let Some(device) = mount["maj:min"].as_str() {
            comparison.same(results, &format!("/mounts/{index}/device"), "findmnt", &json!(device.trim()));
        }
    }
}

fn words(list: &Value) -> BTreeSet<String> {
    list.as_str().unwrap_or_default().split(',').map(str::to_owned).collect()
}

/// Sizes do not change while a node runs; what is free does, so only inodes and sizes in all are compared.
fn spaces(results: &Results, comparison: &mut Comparison) {
    for (name, tool, field) in [("df", "df", "total_bytes"), ("df-inodes", "df --inodes", "inodes_total")] {
        for line in results.answer(name).unwrap_or_default().lines().skip(1) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [target, total, _] = words.as_slice() else { continue };
            let base = format!("/filesystem/{}", step(target));
            let local = results.fact(&format!("{base}/fs_type")).and_then(Value::as_str);
            if let (Some("ext4" | "xfs"), Ok(total)) = (local, total.parse::<u64>()) {
                comparison.same(results, &format!("{base}/{field}"), tool, &json!(total));
            }
        }
    }
}

fn swap(results: &Results, comparison: &mut Comparison) {
    let Some(text) = results.tool("swapon") else { return };
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    comparison.same(results, "/swap/enabled", "swapon", &json!(!lines.is_empty()));
    let devices =
        results.fact("/swap/devices").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    comparison.check("/swap/devices", "swapon", devices.len() == lines.len(), &json!(lines.len()));
    for line in &lines {
        let [path, _, size, _, priority] = line.as_slice() else { continue };
        let Some(index) = devices.iter().position(|device| device["path"] == **path) else {
            comparison.check("/swap/devices", "swapon", false, &json!(path));
            continue;
        };
        for (field, text) in [("size_bytes", size), ("priority", priority)] {
            let number = text.parse::<i64>().map_or(Value::Null, Value::from);
            comparison.same(results, &format!("/swap/devices/{index}/{field}"), "swapon", &number);
        }
    }
}

fn xfs(results: &Results, comparison: &mut Comparison) {
    let mut target = String::new();
    for line in results.answer("xfs-info").unwrap_or_default().lines() {
        if line.starts_with('/') {
            line.clone_into(&mut target);
        } else if let Some((_, rest)) = line.split_once("ftype=") {
            let ftype = rest.starts_with('1');
            let pointer = format!("/filesystem/{}/xfs_ftype", step(&target));
            comparison.same(results, &pointer, "xfs_info", &json!(ftype));
        }
    }
}
