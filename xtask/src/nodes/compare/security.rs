//! Linux security modules: `aa-enabled`, `aa-status`, `sestatus`, `getsebool`, `semodule`.

use serde_json::{Value, json};

use super::{Comparison, step};
use crate::nodes::results::Results;

pub(super) fn compare(results: &Results, comparison: &mut Comparison) {
    if let Some(answer) = results.answer("aa-enabled").filter(|answer| !answer.is_empty()) {
        comparison.same(results, "/apparmor/enabled", "aa-enabled", &json!(answer.trim() == "Yes"));
    }
    profiles(results, comparison);
    selinux(results, comparison);
}

fn profiles(results: &Results, comparison: &mut Comparison) {
    let Some(status) = results.json("aa-status") else { return };
    let ours = results.fact("/apparmor/profiles").and_then(Value::as_array).into_iter().flatten();
    let name = |name: &str, mode: &str| format!("{name} {mode}");
    let ours = ours.filter_map(|profile| Some(name(profile["name"].as_str()?, profile["mode"].as_str()?)));
    let theirs = status["profiles"].as_object().into_iter().flatten();
    let theirs = theirs.filter_map(|(profile, mode)| Some(name(profile, mode.as_str()?)));
    comparison.same_set("/apparmor/profiles", "aa-status", ours.collect(), theirs.collect());
}

fn selinux(results: &Results, comparison: &mut Comparison) {
    let status = results.pairs("sestatus", ":");
    let Some(state) = status.get("SELinux status") else { return };
    comparison.same(results, "/selinux/enabled", "sestatus", &json!(state == "enabled"));
    for (pointer, name) in [
        ("/selinux/mode", "Current mode"),
        ("/selinux/configured_mode", "Mode from config file"),
        ("/selinux/policy_type", "Loaded policy name"),
    ] {
        if let Some(word) = status.get(name) {
            comparison.same(results, pointer, "sestatus", &json!(word));
        }
    }
    for (pointer, name, yes) in [
        ("/selinux/mls", "Policy MLS status", "enabled"),
        ("/selinux/deny_unknown", "Policy deny_unknown status", "denied"),
    ] {
        if let Some(word) = status.get(name) {
            comparison.same(results, pointer, "sestatus", &json!(word == yes));
        }
    }
    // Without a policy it says so in words.
    if let Some(list) = results.tool("semodule").filter(|list| list.trim() != "No modules.") {
        let ours = results.fact("/selinux/modules").and_then(Value::as_array).into_iter().flatten();
        let ours = ours.filter_map(Value::as_str).map(str::to_owned).collect();
        let theirs = list.lines().map(|line| line.trim().to_owned()).collect();
        comparison.same_set("/selinux/modules", "semodule", ours, theirs);
    }
    for (name, value) in results.pairs("getsebool", " --> ") {
        let pointer = format!("/selinux/booleans/{}/current", step(&name));
        comparison.same(results, &pointer, "getsebool", &json!(value == "on"));
    }
}
