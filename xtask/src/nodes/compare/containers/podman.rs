//! podman's containers: `podman inspect`.

use serde_json::{Value, json};

use super::{Both, limit, same_ids, same_namespaces, state, words};
use crate::nodes::compare::Comparison;
use crate::nodes::results::Results;

const TOOL: &str = "podman inspect";

pub(super) fn compare(results: &Results, comparison: &mut Comparison) {
    // Root's, and those of the user of the bed, if there are any.
    let lists: Vec<Value> =
        ["podman-inspect", "podman-inspect-user"].into_iter().filter_map(|name| results.json(name)).collect();
    let inspected: Vec<&Value> = lists.iter().filter_map(Value::as_array).flatten().collect();
    same_ids(results, comparison, TOOL, "podman", inspected.iter().map(|container| &container["Id"]));
    for theirs in inspected {
        let Some(both) = Both::find(results, TOOL, &theirs["Id"]) else { continue };
        both.same(comparison, "/name", &theirs["Name"]);
        both.same(comparison, "/image", &theirs["ImageName"]);
        both.same(comparison, "/state", &state(&theirs["State"]["Status"]));
        both.same(comparison, "/writable_layer", &theirs["GraphDriver"]["Data"]["UpperDir"]);
        if theirs["State"]["Running"] == true {
            process(&both, comparison, theirs);
        } else {
            both.same(comparison, "/pid", &Value::Null);
        }
    }
}

/// What its first process may do and use.
fn process(both: &Both<'_>, comparison: &mut Comparison, theirs: &Value) {
    let host = &theirs["HostConfig"];
    both.same(comparison, "/pid", &theirs["State"]["Pid"]);
    // The journal has no path, for which podman writes an empty one.
    let log = host["LogConfig"]["Path"].as_str().filter(|path| !path.is_empty());
    both.same(comparison, "/log_path", &json!(log));
    both.same(comparison, "/cgroup/path", &theirs["State"]["CgroupPath"]);
    both.same(comparison, "/cgroup/memory/limit_bytes", &limit(&host["Memory"]));
    both.same(comparison, "/cgroup/pids/limit", &limit(&host["PidsLimit"]));
    both.same(comparison, "/filesystem/read_only", &host["ReadonlyRootfs"]);
    both.same(comparison, "/filesystem/merged_dir", &theirs["GraphDriver"]["Data"]["MergedDir"]);
    both.same_words(comparison, "/security/capabilities/bounding", words(&theirs["BoundingCaps"]));
    both.same(comparison, "/security/capabilities/all", &host["Privileged"]);
    same_namespaces(both, comparison, host);
    if let Some(profile) = theirs["AppArmorProfile"].as_str().filter(|profile| !profile.is_empty()) {
        both.same(comparison, "/security/apparmor/profile", &json!(profile));
    }
}
