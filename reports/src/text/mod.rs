//! The report for people: findings first by severity, each with its evidence, the reason and the
//! commands; then what could not be determined and what would unlock it; then one line that sums up.

mod advice;
mod closing;
mod evidence;
mod explanation;
mod finding;
mod ink;
mod wrap;

use std::io::{self, Write};

use plimsoll_engine::outcome::Outcome;
use plimsoll_engine::report::{Finding, Report};

use crate::{Presentation, visible};
pub use explanation::explanation;
use ink::Ink;

pub(crate) fn write(report: &Report, presentation: &Presentation, out: &mut dyn Write) -> io::Result<()> {
    let ink = Ink::new(*presentation);
    writeln!(out, "{}", heading(report, &ink))?;
    for outcome in Outcome::ALL {
        let shown: Vec<&Finding> = report.findings.iter().filter(|f| f.outcome == outcome).collect();
        if shown.is_empty() || !is_listed(outcome, presentation) {
            continue;
        }
        if let Some(title) = section_title(outcome, shown.len()) {
            writeln!(out, "\n{}", ink.bold(&title))?;
        }
        for group in shown.chunk_by(|a, b| a.rule == b.rule) {
            finding::write_group(group, &ink, out)?;
        }
    }
    closing::write(report, &ink, out)
}

/// One finding as plain text without colour, for formats that carry text within a record.
pub(crate) fn finding_as_plain_text(finding: &Finding) -> String {
    let ink = Ink::new(Presentation::default());
    let mut text = Vec::new();
    // Writing to memory cannot fail.
    let _ = finding::write_body(&[finding], &ink, &mut text);
    let text = String::from_utf8_lossy(&text);
    let said = if finding.message.is_empty() { &finding.title } else { &finding.message };
    format!("{}\n{}", visible(said), text.trim_end()).trim_end().to_owned()
}

fn heading(report: &Report, ink: &Ink) -> String {
    let target = &report.target;
    let kind = match target.kind {
        plimsoll_engine::snapshot::TargetKind::Live => "running node",
        plimsoll_engine::snapshot::TargetKind::Root => "offline root",
        plimsoll_engine::snapshot::TargetKind::Image => "node image",
    };
    let profiles = report.profiles.join(", ");
    let name = visible(&target.name);
    ink.dim(&format!("plimsoll {}, {kind} {name}, profile {}", report.tool.version, visible(&profiles)))
}

fn is_listed(outcome: Outcome, presentation: &Presentation) -> bool {
    presentation.verbose || !matches!(outcome, Outcome::Pass | Outcome::NotApplicable)
}

/// Failures need no title: they come first.
fn section_title(outcome: Outcome, count: usize) -> Option<String> {
    let words = match outcome {
        Outcome::Fail => return None,
        Outcome::Waived => "Waived",
        Outcome::Unknown => "Could not be determined",
        Outcome::Manual => "To be looked at by a person",
        Outcome::Pass => "Passed",
        Outcome::NotApplicable => "Not applicable",
    };
    Some(format!("{words} ({count})"))
}
