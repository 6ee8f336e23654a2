//! A rule as a whole: whether it applies, and whether its check holds.

use std::borrow::Cow;

use super::Verdict;
use super::condition::judge;
use super::each::{EachTrace, judge_each};
use super::reading::Reading;
use super::scene::Scene;
use super::trace::Trace;
use crate::jsonpath::Query;
use crate::outcome::Outcome;
use crate::rule::{Check, Rule};
use crate::snapshot::{Gap, GapReason};

/// A rule that was evaluated.
#[derive(Debug, Clone)]
pub(super) struct Judged<'a> {
    pub(super) applies: Option<Trace<'a>>,
    /// Nothing if the rule does not apply, or if that cannot be told.
    pub(super) check: Option<CheckTrace<'a>>,
}

/// A check that was evaluated.
#[derive(Debug, Clone)]
pub(super) enum CheckTrace<'a> {
    Holds(Trace<'a>),
    Each(EachTrace<'a>),
    Manual(Vec<ManualTrace<'a>>),
}

/// A fact that helps a person to judge.
#[derive(Debug, Clone)]
pub(super) struct ManualTrace<'a> {
    pub(super) query: &'a Query,
    /// What keeps its values from being told.
    pub(super) gaps: Vec<Cow<'a, Gap>>,
}

/// Evaluates the rule.
pub(super) fn judge_rule<'a>(rule: &'a Rule, scene: &Scene<'a>) -> Judged<'a> {
    let applies = rule.applies.as_ref().map(|applies| judge(applies, scene.root()));
    if applies.as_ref().is_some_and(|applies| applies.verdict() != Verdict::True) {
        return Judged { applies, check: None };
    }
    let check = match &rule.check {
        Check::Holds(condition) => CheckTrace::Holds(judge(condition, scene.root())),
        Check::Each(each) => CheckTrace::Each(judge_each(each, scene.root())),
        Check::Manual(queries) => CheckTrace::Manual(
            queries
                .iter()
                .map(|query| ManualTrace { query, gaps: Reading::of(query, scene.root()).gaps().collect() })
                .collect(),
        ),
    };
    Judged { applies, check: Some(check) }
}

/// What a verdict on the check means for the rule. What only a running node could tell does not concern
/// one that is not running.
pub(super) fn outcome_of(verdict: Verdict, gaps: &[Cow<'_, Gap>]) -> Outcome {
    match verdict {
        Verdict::True => Outcome::Pass,
        Verdict::False => Outcome::Fail,
        Verdict::Unknown if !gaps.is_empty() && gaps.iter().all(|gap| gap.reason == GapReason::Offline) => {
            Outcome::NotApplicable
        }
        Verdict::Unknown => Outcome::Unknown,
    }
}

/// The gaps as a finding shows them: each once, those that are not `offline` first.
pub(super) fn tidy(gaps: Vec<Cow<'_, Gap>>) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = gaps.into_iter().map(Cow::into_owned).collect();
    gaps.sort_by(|one, other| {
        let is_offline = |gap: &Gap| gap.reason == GapReason::Offline;
        is_offline(one).cmp(&is_offline(other)).then_with(|| one.cmp(other))
    });
    gaps.dedup();
    gaps
}
