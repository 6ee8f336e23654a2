//! Replays the snapshots that `cargo xtask nodes` took of booted nodes: what each scenario's `expect.yaml` says
//! of facts and rules holds without a boot.
//!
//! `cargo xtask nodes` runs this test too, on the snapshots that it has just taken: `PLIMSOLL_NODES_RUNS` says
//! where they lie, `PLIMSOLL_NODES_ONLY` which scenarios were booted.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests read their fixtures, run the binary, and fail by panicking"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use plimsoll_engine::snapshot::SCHEMA;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expectations {
    /// By JSONPath.
    #[serde(default)]
    facts: BTreeMap<String, Value>,
    /// The outcome, by rule.
    #[serde(default)]
    rules: BTreeMap<String, String>,
    /// What the bed's comparison reads.
    #[serde(default, rename = "disagreements")]
    _disagreements: BTreeMap<String, String>,
}

struct Scenario {
    name: String,
    snapshot: PathBuf,
    expect: Expectations,
}

/// The scenarios, each with its snapshot to replay: one without would be a claim that nothing tests.
fn scenarios() -> Vec<Scenario> {
    let bed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nodes");
    let runs = std::env::var_os("PLIMSOLL_NODES_RUNS").map(PathBuf::from);
    let only = std::env::var("PLIMSOLL_NODES_ONLY").ok();
    let chosen = |name: &str| only.as_ref().is_none_or(|only| only.split(',').any(|one| one == name));
    let mut scenarios = Vec::new();
    for entry in fs::read_dir(&bed).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let snapshot = runs.as_ref().unwrap_or(&bed).join(&name).join("snapshot.json");
        if folder.join("scenario.yaml").exists() && chosen(&name) {
            assert!(snapshot.exists(), "{name} has no snapshot: run cargo xtask nodes --keep {name}");
            let text = fs::read_to_string(folder.join("expect.yaml")).unwrap();
            let expect =
                serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{name}/expect.yaml: {error}"));
            scenarios.push(Scenario { name, snapshot, expect });
        }
    }
    assert!(!scenarios.is_empty(), "no scenario in {}", bed.display());
    scenarios
}

fn plimsoll(snapshot: &Path, arguments: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    let output = command.args(arguments).arg("--snapshot").arg(snapshot).output().unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// The worst outcome of each rule, over its subjects.
fn outcomes(report: &Value) -> BTreeMap<String, String> {
    let rank = |outcome: &str| {
        ["not-applicable", "pass", "manual", "unknown", "fail"].iter().position(|one| *one == outcome)
    };
    let mut worst = BTreeMap::new();
    for finding in report["findings"].as_array().unwrap() {
        let (rule, outcome) = (finding["rule"].as_str().unwrap(), finding["outcome"].as_str().unwrap());
        let entry = worst.entry(rule.to_owned()).or_insert_with(|| outcome.to_owned());
        if rank(outcome) > rank(entry) {
            outcome.clone_into(entry);
        }
    }
    worst
}

#[test]
fn what_is_expected_of_each_node_holds_on_its_snapshot() {
    let mut wrong = Vec::new();
    for Scenario { name, snapshot, expect } in scenarios() {
        for (path, expected) in &expect.facts {
            let told = plimsoll(&snapshot, &["query", path]);
            if told != json!([expected]) {
                wrong.push(format!("{name}: {path} is {told}, expected is {expected}"));
            }
        }
        let profiles = ["--profile", "default", "--profile", "kubeadm-worker"];
        let report = plimsoll(&snapshot, &[["check", "--format", "json"].as_slice(), &profiles].concat());
        let outcomes = outcomes(&report);
        for (rule, expected) in &expect.rules {
            let outcome = outcomes.get(rule).map_or("not selected", String::as_str);
            if outcome != expected {
                wrong.push(format!("{name}: {rule} is {outcome}, expected is {expected}"));
            }
        }
        assert!(expect.facts.len() + expect.rules.len() > 0, "{name}/expect.yaml expects nothing");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_snapshot_is_older_than_the_schema() {
    for Scenario { name, snapshot, .. } in scenarios() {
        let text =
            fs::read_to_string(&snapshot).unwrap_or_else(|error| panic!("{}: {error}", snapshot.display()));
        let snapshot: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(snapshot["schema"], json!(SCHEMA), "{name}: run cargo xtask nodes --keep {name}");
    }
}
