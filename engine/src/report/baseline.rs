//! Comparing with an earlier report.

use std::collections::BTreeSet;

use super::{BaselineState, Finding, Report};
use crate::outcome::Outcome;
use crate::snapshot::Target;

/// Says of each finding that wants attention whether the baseline had it already, with the same outcome.
/// Returns what is to be said about the baseline.
pub(super) fn compare(findings: &mut [Finding], baseline: &Report, target: &Target) -> Option<String> {
    let known: BTreeSet<_> = baseline.findings.iter().map(identity).collect();
    for finding in findings {
        if matches!(finding.outcome, Outcome::Fail | Outcome::Waived | Outcome::Unknown | Outcome::Manual) {
            let is_known = known.contains(&identity(finding));
            finding.baseline = Some(if is_known { BaselineState::Unchanged } else { BaselineState::New });
        }
    }
    let other = &baseline.target;
    (other != target).then(|| format!("the baseline is of {:?}, not of {:?}", other.name, target.name))
}

fn identity(finding: &Finding) -> (&str, Option<&str>, Outcome) {
    (&finding.rule, finding.subject.as_deref(), finding.outcome)
}
