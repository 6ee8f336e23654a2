//! One rule's findings: a heading, then for each subject what is the case, then what to do.

use std::io::{self, Write};

use plimsoll_engine::outcome::Outcome;
use plimsoll_engine::report::Finding;

use super::{advice, evidence, ink::Ink, wrap};
use crate::visible;

/// Writes the findings of one rule with one outcome; `group` is not empty.
pub(super) fn write_group(group: &[&Finding], ink: &Ink, out: &mut dyn Write) -> io::Result<()> {
    let Some(first) = group.first() else { return Ok(()) };
    let badge = ink.badge(first.outcome, first.severity);
    if matches!(first.outcome, Outcome::Pass | Outcome::NotApplicable) {
        return writeln!(out, "{badge} {}  {}", first.rule, ink.dim(&visible(&first.title)));
    }
    writeln!(out, "\n{badge} {}  {}", ink.bold(&first.rule), visible(&first.title))?;
    for finding in group {
        if !finding.message.is_empty() {
            let message = visible(&finding.message);
            match &finding.subject {
                Some(subject) if !message.contains(subject.as_str()) => {
                    wrap::write("  ", &format!("{}: {message}", visible(subject)), ink.width(), out)?;
                }
                _ => wrap::write("  ", &message, ink.width(), out)?,
            }
        }
        if let Some(applied) = &finding.waiver {
            let state = if applied.expired { "waiver expired on" } else { "waived until" };
            let waiver = &applied.waiver;
            let text = format!("{state} {} by {}: {}", waiver.expires, waiver.owner, waiver.justification);
            wrap::write("  ", &visible(&text), ink.width(), out)?;
        }
        write_facts(finding, ink, out)?;
    }
    write_advice(group, ink, out)
}

/// Writes what is under the heading of `findings`, which are of one rule: evidence, reason, advice.
pub(super) fn write_body(findings: &[&Finding], ink: &Ink, out: &mut dyn Write) -> io::Result<()> {
    for finding in findings {
        write_facts(finding, ink, out)?;
    }
    write_advice(findings, ink, out)
}

fn write_facts(finding: &Finding, ink: &Ink, out: &mut dyn Write) -> io::Result<()> {
    for evidence in &finding.evidence {
        evidence::write(evidence, ink, out)?;
    }
    // The message mostly tells the gap already.
    for gap in finding.gaps.iter().filter(|gap| !finding.message.contains(&gap.detail)) {
        wrap::write("  ? ", &evidence::gap(gap), ink.width(), out)?;
    }
    Ok(())
}

/// The reason and the steps. Findings of one rule mostly share their steps: those are told once.
fn write_advice(group: &[&Finding], ink: &Ink, out: &mut dyn Write) -> io::Result<()> {
    let Some(first) = group.first() else { return Ok(()) };
    if first.outcome == Outcome::Fail || first.outcome == Outcome::Manual {
        wrap::write("  why  ", &visible(&first.rationale), ink.width(), out)?;
    }
    let mut told = Vec::new();
    for finding in group {
        if let Some(advice) = &finding.remediation
            && !told.contains(&advice)
        {
            advice::write(advice, ink, out)?;
            told.push(advice);
        }
    }
    Ok(())
}
