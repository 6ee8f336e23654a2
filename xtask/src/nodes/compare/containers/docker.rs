//! docker's containers: `docker inspect`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Both, cores, limit, same_ids, same_namespaces, second, state, words};
use crate::nodes::compare::Comparison;
use crate::nodes::results::Results;

const TOOL: &str = "docker inspect";

pub(super) fn compare(results: &Results, comparison: &mut Comparison) {
    let Some(inspected) = results.json("docker-inspect") else { return };
    let inspected: Vec<&Value> = inspected.as_array().into_iter().flatten().collect();
    same_ids(results, comparison, TOOL, "docker", inspected.iter().map(|container| &container["Id"]));
    for theirs in inspected {
        let Some(both) = Both::find(results, TOOL, &theirs["Id"]) else { continue };
        record(&both, comparison, theirs);
        if theirs["State"]["Running"] == true {
            process(&both, comparison, theirs);
        } else {
            both.same(comparison, "/pid", &Value::Null);
            both.same(comparison, "/exit_code", &theirs["State"]["ExitCode"]);
            both.same(comparison, "/finished_at", &second(&theirs["State"]["FinishedAt"]));
        }
    }
}

/// What docker wrote down.
fn record(both: &Both<'_>, comparison: &mut Comparison, theirs: &Value) {
    let name = theirs["Name"].as_str().unwrap_or_default().trim_start_matches('/');
    both.same(comparison, "/name", &json!(name));
    both.same(comparison, "/state", &state(&theirs["State"]["Status"]));
    both.same(comparison, "/created_at", &second(&theirs["Created"]));
    both.same(comparison, "/started_at", &second(&theirs["State"]["StartedAt"]));
    for (place, pointer) in [
        ("/image", "/Config/Image"),
        ("/restarts", "/RestartCount"),
        ("/oom_killed", "/State/OOMKilled"),
        ("/log_path", "/LogPath"),
        ("/writable_layer", "/GraphDriver/Data/UpperDir"),
    ] {
        both.same(comparison, place, theirs.pointer(pointer).unwrap_or(&Value::Null));
    }
}

/// What its first process may do and use.
fn process(both: &Both<'_>, comparison: &mut Comparison, theirs: &Value) {
    let host = &theirs["HostConfig"];
    let layers = &theirs["GraphDriver"]["Data"];
    both.same(comparison, "/pid", &theirs["State"]["Pid"]);
    both.same(comparison, "/filesystem/read_only", &host["ReadonlyRootfs"]);
    both.same(comparison, "/filesystem/merged_dir", &layers["MergedDir"]);
    let lower: Vec<&str> = layers["LowerDir"].as_str().unwrap_or_default().split(':').collect();
    both.same(comparison, "/filesystem/lower_dirs", &json!(lower));
    both.same(comparison, "/cgroup/memory/limit_bytes", &limit(&host["Memory"]));
    // Where docker sets no limit, systemd sets one of its own.
    if let Some(limit) = host["PidsLimit"].as_u64().filter(|limit| *limit > 0) {
        both.same(comparison, "/cgroup/pids/limit", &json!(limit));
    }
    both.same(comparison, "/cgroup/cpu/limit_cores", &cores(&host["NanoCpus"]));
    same_namespaces(both, comparison, host);
    confinement(both, comparison, theirs);
}

fn confinement(both: &Both<'_>, comparison: &mut Comparison, theirs: &Value) {
    let host = &theirs["HostConfig"];
    let privileged = host["Privileged"] == true;
    let options = words(&host["SecurityOpt"]);
    let has = |option: &str| options.iter().any(|one| one.starts_with(option));
    both.same(comparison, "/security/capabilities/all", &json!(privileged));
    if !privileged {
        let added: BTreeSet<String> = words(&host["CapAdd"])
            .iter()
            .map(|name| format!("CAP_{}", name.strip_prefix("CAP_").unwrap_or(name)))
            .collect();
        both.same_words(comparison, "/security/capabilities/added", added);
    }
    let unfiltered = privileged || has("seccomp=unconfined");
    both.same(comparison, "/security/seccomp", &json!(if unfiltered { "disabled" } else { "filter" }));
    both.same(comparison, "/security/no_new_privileges", &json!(has("no-new-privileges")));
    let user = theirs["Config"]["User"].as_str().and_then(|user| user.split(':').next()?.parse::<u32>().ok());
    both.same(comparison, "/security/identity/uid", &json!(user.unwrap_or(0)));
    // Without AppArmor docker writes an empty name, and there is no such fact.
    if let Some(profile) = theirs["AppArmorProfile"].as_str() {
        let theirs = if profile.is_empty() { Value::Null } else { json!(profile) };
        both.same(comparison, "/security/apparmor/profile", &theirs);
    }
}
