//! The end of the report: what would unlock the unknown, warnings, and the line that sums up.

use std::collections::BTreeMap;
use std::io::{self, Write};

use plimsoll_engine::outcome::Outcome;
use plimsoll_engine::report::{BaselineState, Finding, Report};
use plimsoll_engine::severity::Severity;
use plimsoll_engine::snapshot::GapReason;

use super::ink::Ink;
use super::wrap;
use crate::visible;

pub(super) fn write(report: &Report, ink: &Ink, out: &mut dyn Write) -> io::Result<()> {
    let keys = unlocking(report);
    if !keys.is_empty() {
        writeln!(out, "\n{}", ink.bold("What would unlock them"))?;
        for (key, rules) in keys {
            wrap::write("  ", &format!("{key} ({})", counted(rules, "finding")), ink.width(), out)?;
        }
    }
    if !report.warnings.is_empty() {
        writeln!(out)?;
    }
    for warning in &report.warnings {
        wrap::write("warning: ", &visible(warning), ink.width(), out)?;
    }
    writeln!(out, "\n{}", ink.bold(&sum(report)))
}

/// What a user could do so that fewer findings stay unknown, and for how many it would help.
fn unlocking(report: &Report) -> BTreeMap<&'static str, usize> {
    let mut keys = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| finding.outcome == Outcome::Unknown) {
        let mut reasons: Vec<GapReason> = finding.gaps.iter().map(|gap| gap.reason).collect();
        reasons.sort_unstable();
        reasons.dedup();
        for key in reasons.into_iter().filter_map(key_to) {
            *keys.entry(key).or_insert(0) += 1;
        }
    }
    keys
}

fn key_to(reason: GapReason) -> Option<&'static str> {
    match reason {
        GapReason::Denied => Some("run as root: sudo plimsoll check"),
        GapReason::Timeout => Some("give slow sources more time, --timeout 30s, or look at why they hang"),
        GapReason::NotCollected => {
            Some("take the snapshot anew with this version, or allow what was switched off (--no-sockets)")
        }
        GapReason::Malformed | GapReason::Unsupported | GapReason::Failed | GapReason::Offline => None,
    }
}

fn sum(report: &Report) -> String {
    let summary = &report.summary;
    let is_known = |f: &&Finding| f.outcome == Outcome::Fail && f.baseline == Some(BaselineState::Unchanged);
    let in_baseline = match report.findings.iter().filter(is_known).count() {
        0 => String::new(),
        known => format!("; {known} of them in the baseline"),
    };
    let mut parts = vec![match summary.fail {
        0 => "nothing failed".to_owned(),
        failed => format!("{failed} failed ({}{in_baseline})", by_severity(&report.findings)),
    }];
    let others = [
        (summary.unknown, "unknown"),
        (summary.waived, "waived"),
        (summary.manual, "manual"),
        (summary.pass, "passed"),
        (summary.not_applicable, "not applicable"),
    ];
    parts
        .extend(others.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")));
    // A rule that looks at each CPU flaw or each container has a finding for each.
    let findings = match report.findings.len() {
        findings if findings == summary.rules => String::new(),
        findings => format!(", {}", counted(findings, "finding")),
    };
    format!("{}{findings}: {}", counted(summary.rules, "rule"), parts.join(", "))
}

fn by_severity(findings: &[Finding]) -> String {
    let count = |severity: Severity| {
        findings.iter().filter(|f| f.outcome == Outcome::Fail && f.severity == severity).count()
    };
    let counts = Severity::ALL.iter().rev().map(|severity| (count(*severity), severity));
    counts
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
