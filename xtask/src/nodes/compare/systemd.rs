//! Units and the manager: `systemctl`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Comparison, step};
use crate::nodes::results::Results;

pub(super) fn compare(results: &Results, comparison: &mut Comparison) {
    let version = results
        .tool("systemctl-version")
        .and_then(|text| text.split_whitespace().nth(1)?.parse::<u64>().ok());
    if let Some(version) = version {
        comparison.same(results, "/os/systemd_version", "systemctl", &json!(version));
    }
    unit_files(results, comparison);
    for block in results.tool("units").unwrap_or_default().split("\n\n") {
        let properties = block.lines().filter_map(|line| line.split_once('=')).collect();
        active(&properties, results, comparison);
    }
}

fn unit_files(results: &Results, comparison: &mut Comparison) {
    for line in results.tool("unit-files").unwrap_or_default().lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [unit, state, ..] = words.as_slice() else { continue };
        let base = format!("/units/{}", step(unit));
        // Plimsoll tells what outlasts a boot; what a generator enabled until then is not in its vocabulary.
        if !state.ends_with("-runtime") && results.fact(&base).is_some() {
            comparison.same(results, &format!("{base}/state"), "systemctl list-unit-files", &json!(state));
        }
    }
}

/// What systemd loaded at all: a unit that nothing refers to is not in its list.
fn active(properties: &BTreeMap<&str, &str>, results: &Results, comparison: &mut Comparison) {
    let property = |name: &str| properties.get(name).copied().unwrap_or_default();
    let base = format!("/units/{}", step(property("Id")));
    if results.fact(&base).is_none() {
        return;
    }
    let exists = !["not-found", ""].contains(&property("LoadState"));
    if property("LoadState") != "masked" {
        comparison.same(results, &format!("{base}/exists"), "systemctl show", &json!(exists));
    }
    // Between two looks a oneshot service comes and goes.
    if property("Id").ends_with(".service")
        && property("ActiveState") == "active"
        && !results.gap(&format!("{base}/active"))
    {
        comparison.same(results, &format!("{base}/active"), "systemctl show", &json!(true));
    }
    if exists && !property("FragmentPath").is_empty() {
        let file = results.fact(&format!("{base}/file")).and_then(Value::as_str).unwrap_or_default();
        // /lib and /usr/lib are one directory.
        let merged = |path: &str| path.strip_prefix("/usr").unwrap_or(path).to_owned();
        let same = merged(file) == merged(property("FragmentPath"));
        comparison.check(&format!("{base}/file"), "systemctl show", same, &json!(property("FragmentPath")));
    }
}
