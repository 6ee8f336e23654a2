//! Running the tests that rules carry.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use super::Verdict;
use super::each::{EachTrace, ElementTrace};
use super::explain::explain;
use super::findings::findings;
use super::judge::{CheckTrace, Judged, judge_rule, outcome_of};
use super::scene::Scene;
use crate::outcome::Outcome;
use crate::parameter::Parameters;
use crate::report::Finding;
use crate::rule::{Rule, TestCase};

/// Why a rule does not do what its test says. Its `Display` says what was expected, what came instead, and
/// how the rule came to it, on several lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{mismatch}\n{outline}")]
pub struct TestFailure {
    /// What differs.
    pub mismatch: Mismatch,
    /// How the rule came to its outcome, as an indented outline.
    pub outline: String,
}

/// A difference between what a test expects and what came of the rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// The outcome is another.
    Outcome {
        /// What the test expects.
        expected: Outcome,
        /// What came.
        actual: Outcome,
    },
    /// Other elements have the outcome.
    Subjects {
        /// The names of the elements that the test expects.
        expected: BTreeSet<String>,
        /// Those that have the outcome.
        actual: BTreeSet<String>,
    },
    /// No finding with the outcome says this.
    Message {
        /// What the test expects.
        expected: String,
        /// What the findings say.
        actual: Vec<String>,
    },
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outcome { expected, actual } => {
                write!(f, "expected {expected}, but the outcome is {actual}")
            }
            Self::Subjects { expected, actual } => {
                write!(f, "expected the subjects {expected:?}, but they are {actual:?}")
            }
            Self::Message { expected, actual } => {
                write!(f, "expected the message {expected:?}, but it is {actual:?}")
            }
        }
    }
}

/// Runs one test of a rule, with the parameters of the test over `defaults`.
///
/// # Errors
/// When the rule does not do what the test says.
pub fn test(rule: &Rule, case: &TestCase, defaults: &Parameters) -> Result<(), TestFailure> {
    let facts = Value::Object(case.facts.clone());
    let mut parameters = defaults.clone();
    parameters.0.extend(case.parameters.clone());
    let origins = BTreeMap::new();
    let scene = Scene::of(&facts, &origins, &case.gaps, &parameters);
    let judged = judge_rule(rule, &scene);
    let findings = findings(rule, rule.severity, &judged, &scene);
    compare(case, &judged, &findings)
        .map_err(|mismatch| TestFailure { mismatch, outline: explain(rule, &scene).to_string() })
}

fn compare(case: &TestCase, judged: &Judged<'_>, findings: &[Finding]) -> Result<(), Mismatch> {
    let worst = findings.iter().map(|finding| finding.outcome).min().unwrap_or(Outcome::NotApplicable);
    if worst != case.expect {
        return Err(Mismatch::Outcome { expected: case.expect, actual: worst });
    }
    if let Some(subjects) = &case.subjects {
        let expected: BTreeSet<String> = subjects.iter().cloned().collect();
        let actual = subjects_with(worst, judged);
        if actual != expected {
            return Err(Mismatch::Subjects { expected, actual });
        }
    }
    if let Some(expected) = &case.message {
        let said = findings.iter().filter(|finding| finding.outcome == worst).map(|finding| &finding.message);
        if !said.clone().any(|message| message == expected) {
            return Err(Mismatch::Message { expected: expected.clone(), actual: said.cloned().collect() });
        }
    }
    Ok(())
}

/// The names of the elements that have the outcome.
fn subjects_with(outcome: Outcome, judged: &Judged<'_>) -> BTreeSet<String> {
    let Some(CheckTrace::Each(EachTrace { elements, .. })) = &judged.check else { return BTreeSet::new() };
    let has_it = |element: &&ElementTrace<'_>| match element.verdict() {
        Some(Verdict::Unknown) => outcome_of(Verdict::Unknown, &element.gaps()) == outcome,
        Some(verdict) => outcome_of(verdict, &[]) == outcome,
        None => false,
    };
    elements.iter().filter(has_it).map(|element| element.name.clone()).collect()
}
