//! Applying waivers.

use super::{AppliedWaiver, Finding, Inputs};
use crate::glob;
use crate::outcome::Outcome;
use crate::waiver::Waiver;

/// Marks the failures that waivers accept, and those that they did until they expired. Returns what is to
/// be said about the waivers.
pub(super) fn waive(findings: &mut [Finding], inputs: &Inputs<'_>) -> Vec<String> {
    let node = &inputs.snapshot.target.name;
    let here = |waiver: &&Waiver| waiver.node.as_ref().is_none_or(|pattern| glob::matches(pattern, node));
    let (valid, expired): (Vec<_>, Vec<_>) =
        inputs.waivers.iter().filter(here).partition(|waiver| waiver.expires >= inputs.today);
    let mut warnings: Vec<String> =
        valid.iter().chain(&expired).filter_map(|waiver| idle(waiver, findings, inputs)).collect();
    for finding in findings.iter_mut().filter(|finding| finding.outcome == Outcome::Fail) {
        let concerns = |waiver: &&&Waiver| concerns(waiver, finding);
        if let Some(waiver) = valid.iter().find(concerns) {
            finding.waiver = Some(AppliedWaiver { waiver: (*waiver).clone(), expired: false });
            finding.outcome = Outcome::Waived;
        } else if let Some(waiver) = expired.iter().find(concerns) {
            warnings.push(format!("{} expired on {}: it fails again", name(waiver), waiver.expires));
            finding.waiver = Some(AppliedWaiver { waiver: (*waiver).clone(), expired: true });
        }
    }
    warnings
}

fn concerns(waiver: &Waiver, finding: &Finding) -> bool {
    finding.rule == waiver.rule && (waiver.subject.is_none() || finding.subject == waiver.subject)
}

/// What is to be said of a waiver that has nothing to do.
fn idle(waiver: &Waiver, findings: &[Finding], inputs: &Inputs<'_>) -> Option<String> {
    if !inputs.selection.rules.iter().any(|selected| selected.rule.id == waiver.rule) {
        return Some(format!("{} has no effect: the rule is not selected", name(waiver)));
    }
    // Where the rule could not be told, the waiver may still be needed.
    let may_need = |finding: &Finding| match finding.outcome {
        Outcome::Fail => concerns(waiver, finding),
        Outcome::Unknown => finding.rule == waiver.rule,
        _ => false,
    };
    (!findings.iter().any(may_need))
        .then(|| format!("{} is not used: nothing fails that it accepts", name(waiver)))
}

fn name(waiver: &Waiver) -> String {
    match &waiver.subject {
        Some(subject) => format!("the waiver of {} for {subject:?} by {}", waiver.rule, waiver.owner),
        None => format!("the waiver of {} by {}", waiver.rule, waiver.owner),
    }
}
