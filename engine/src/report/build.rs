//! From rules and facts to a report.

use std::cmp::Reverse;

use super::baseline::compare;
use super::waive::waive;
use super::{Finding, Report, SCHEMA, Summary};
use crate::evaluate::{Scene, evaluate_all};
use crate::profile::Selection;
use crate::snapshot::{Snapshot, Tool};
use crate::waiver::Waiver;

/// Everything that a report depends on: the same inputs give the same report, byte for byte.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// The facts.
    pub snapshot: &'a Snapshot,
    /// The rules, and the parameters that they run with.
    pub selection: &'a Selection<'a>,
    /// The profiles that chose the rules.
    pub profiles: &'a [String],
    /// The failures that are accepted.
    pub waivers: &'a [Waiver],
    /// The day on which waivers have expired or not, UTC.
    pub today: jiff::civil::Date,
    /// An earlier report to compare with.
    pub baseline: Option<&'a Report>,
}

/// Evaluates the rules on the facts, applies the waivers and compares with the baseline.
pub fn build(inputs: &Inputs<'_>) -> Report {
    let Inputs { snapshot, selection, .. } = *inputs;
    let scene = Scene::new(snapshot, &selection.parameters);
    let mut findings = evaluate_all(&selection.rules, &scene);
    let mut warnings = waive(&mut findings, inputs);
    if let Some(baseline) = inputs.baseline {
        warnings.extend(compare(&mut findings, baseline, &snapshot.target));
    }
    findings.sort_by(|one, other| order(one).cmp(&order(other)));
    warnings.sort();
    warnings.dedup();
    Report {
        schema: SCHEMA,
        tool: Tool::this(),
        target: snapshot.target.clone(),
        taken_at: snapshot.taken_at.clone(),
        profiles: inputs.profiles.to_vec(),
        parameters: selection.parameters.clone(),
        summary: Summary::count(selection.rules.len(), findings.iter().map(|finding| finding.outcome)),
        findings,
        warnings,
    }
}

/// The failures first, the severest of them before all.
fn order(finding: &Finding) -> impl Ord {
    (finding.outcome, Reverse(finding.severity), &finding.rule, &finding.subject)
}
