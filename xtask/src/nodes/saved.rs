//! The check of the node's saved snapshot on this machine has to come to what the check on the node came to.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::compare::Comparison;
use super::results::Results;

/// Words in the names of rules that read what changes between the check and the snapshot: what is used, and how
/// soon a daemon answers, which on an emulated processor may be too late.
const MOVING: [&str; 4] = ["nearly", "pressure", "not-responding", "runtime-not-ready"];

/// Compares the outcomes of every rule on every subject, those of the rules left out that are [`MOVING`].
pub(crate) fn compare(
    snapshot: &Path,
    binary: &Path,
    live: &Results,
    comparison: &mut Comparison,
) -> Result<(), Box<dyn Error>> {
    let mut check = Command::new(binary);
    check
        .args(["check", "--allow-unknown", "--fail-on", "critical", "--format", "json", "--snapshot"])
        .arg(snapshot);
    // The exit code tells of findings, which are compared.
    let saved: Value = serde_json::from_slice(&check.output()?.stdout)?;
    comparison.same_set("/findings", "check --snapshot", outcomes(&live.report()?), outcomes(&saved));
    Ok(())
}

fn outcomes(report: &Value) -> BTreeSet<String> {
    let findings = report["findings"].as_array().into_iter().flatten();
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let steady = findings.filter(|finding| !MOVING.iter().any(|word| text(finding, "rule").contains(word)));
    steady.map(|finding| ["rule", "subject", "outcome"].map(|key| text(finding, key)).join(" ")).collect()
}
