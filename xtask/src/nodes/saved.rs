//! The check of the node's saved snapshot on this machine has to come to what the check on the node came to.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::compare::Comparison;
use super::results::Results;

/// Words in the names of rules that read what changes between the check and the snapshot: what is used, and
/// whether a daemon answers in time.
const MOVING: [&str; 3] = ["nearly", "pressure", "not-responding"];

/// Compares the outcomes of every rule on every subject, those of the rules left out that are [`MOVING`], or that
/// one of the two looks could not judge in time: a daemon on an emulated processor is sometimes too slow.
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
    let report = live.report()?;
    let late: BTreeSet<&str> = late(&report).chain(late(&saved)).collect();
    let (ours, theirs) = (outcomes(&report, &late), outcomes(&saved, &late));
    comparison.same_set("/findings", "check --snapshot", ours, theirs);
    Ok(())
}

/// The rules that could not be judged because something was not read in time.
fn late(report: &Value) -> impl Iterator<Item = &str> {
    let late = |finding: &&Value| {
        finding["gaps"].as_array().is_some_and(|gaps| gaps.iter().any(|gap| gap["reason"] == "timeout"))
    };
    findings(report).filter(late).filter_map(|finding| finding["rule"].as_str())
}

fn outcomes(report: &Value, late: &BTreeSet<&str>) -> BTreeSet<String> {
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let steady = findings(report).filter(|finding| {
        let rule = text(finding, "rule");
        !late.contains(rule.as_str()) && !MOVING.iter().any(|word| rule.contains(word))
    });
    steady.map(|finding| ["rule", "subject", "outcome"].map(|key| text(finding, key)).join(" ")).collect()
}

fn findings(report: &Value) -> impl Iterator<Item = &Value> {
    report["findings"].as_array().into_iter().flatten()
}
