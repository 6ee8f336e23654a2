//! podman and what it sees of the node: `podman info`.

use serde_json::{Value, json};

use super::Comparison;
use crate::nodes::results::Results;

const TOOL: &str = "podman info";

/// Facts, and where `podman info` tells them.
const INFO: [(&str, &str); 11] = [
    ("/podman/conmon", "/host/conmon/path"),
    ("/podman/runtime/name", "/host/ociRuntime/name"),
    ("/podman/runtime/path", "/host/ociRuntime/path"),
    ("/kernel/release", "/host/kernel"),
    ("/os/hostname", "/host/hostname"),
    ("/os/id", "/host/distribution/distribution"),
    ("/cpu/online", "/host/cpus"),
    ("/memory/total_bytes", "/host/memTotal"),
    ("/swap/total_bytes", "/host/swapTotal"),
    ("/apparmor/enabled", "/host/security/apparmorEnabled"),
    ("/selinux/enabled", "/host/security/selinuxEnabled"),
];

pub(super) fn compare(results: &Results, comparison: &mut Comparison) {
    let Some(info) = results.json("podman-info") else { return };
    comparison.same(results, "/podman/installed", TOOL, &json!(true));
    for (pointer, theirs) in INFO {
        comparison.same(results, pointer, TOOL, info.pointer(theirs).unwrap_or(&Value::Null));
    }
    let unified = results.fact("/cgroup/mode") == Some(&json!("unified"));
    let version = &info["host"]["cgroupVersion"];
    comparison.check("/cgroup/mode", TOOL, unified == (version == "v2"), version);
    // The package's version is podman's with Debian's own.
    let ours = results.fact("/podman/version").and_then(Value::as_str).unwrap_or_default();
    let version = info["version"]["Version"].as_str().unwrap_or_default();
    comparison.check("/podman/version", TOOL, ours.starts_with(version), &json!(version));
    store(&info["store"], results, comparison);
}

/// The node's own store of images and containers.
fn store(theirs: &Value, results: &Results, comparison: &mut Comparison) {
    let stores = results.fact("/storage/stores").and_then(Value::as_array).map(Vec::as_slice);
    let index = stores.unwrap_or_default().iter().position(|store| store["path"] == theirs["graphRoot"]);
    let Some(index) = index else {
        comparison.check("/storage/stores", TOOL, false, &theirs["graphRoot"]);
        return;
    };
    for (place, pointer) in [
        ("driver", "/graphDriverName"),
        ("counts/containers", "/containerStore/number"),
        ("counts/images", "/imageStore/number"),
    ] {
        let theirs = theirs.pointer(pointer).unwrap_or(&Value::Null);
        comparison.same(results, &format!("/storage/stores/{index}/{place}"), TOOL, theirs);
    }
}
