//! The evaluator: rules and facts in, findings out.
//!
//! ```text
//! Condition ──condition, each──▶ Trace ──findings──▶ Finding
//!                                      └─explain───▶ Explanation
//! ```
//!
//! A rule is evaluated once, to a trace that borrows from the rule and the facts. Findings quote from it,
//! and an explanation shows all of it.

mod advice;
mod condition;
mod each;
mod explain;
mod findings;
mod gaps;
mod judge;
mod moment;
mod offence;
mod operands;
mod reading;
mod scene;
mod sentence;
mod test;
mod trace;
mod verdict;
mod words;

pub use explain::{
    ExplainedCheck, ExplainedElement, ExplainedFact, ExplainedLeaf, ExplainedValue, Explanation, Part,
    explain,
};
pub use scene::Scene;
pub use test::{Mismatch, TestFailure, test};
pub use verdict::Verdict;

use rayon::prelude::*;

use crate::profile::Selected;
use crate::report::Finding;
use crate::rule::Rule;
use crate::severity::Severity;

/// What the rule has to say of the scene: one finding, or one for each element that fails or cannot be
/// told.
pub fn evaluate<'a>(rule: &'a Rule, severity: Severity, scene: &Scene<'a>) -> Vec<Finding> {
    findings::findings(rule, severity, &judge::judge_rule(rule, scene), scene)
}

/// From how many elements on threads are started: below, all rules together take less than a millisecond,
/// and the threads themselves a quarter of that.
const PARALLEL_FROM: usize = 3_000;

/// What the rules have to say of the scene, in the order of the rules.
pub fn evaluate_all<'a>(rules: &[Selected<'a>], scene: &Scene<'a>) -> Vec<Finding> {
    let evaluate_one = |selected: &Selected<'a>| evaluate(selected.rule, selected.severity, scene);
    if rules.len() > 1 && scene.elements() >= PARALLEL_FROM {
        rules.par_iter().flat_map_iter(evaluate_one).collect()
    } else {
        rules.iter().flat_map(evaluate_one).collect()
    }
}
