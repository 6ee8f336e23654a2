//! What became of a condition, part by part: the one source of findings and of explanations.

use std::borrow::Cow;

use serde_json::Value;

use super::Verdict;
use super::operands::Operands;
use crate::rule::Leaf;
use crate::snapshot::Gap;

/// A condition that was evaluated.
#[derive(Debug, Clone)]
pub(super) enum Trace<'a> {
    All(Verdict, Vec<Trace<'a>>),
    Any(Verdict, Vec<Trace<'a>>),
    Not(Verdict, Box<Trace<'a>>),
    Leaf(LeafTrace<'a>),
}

/// A leaf that was evaluated.
#[derive(Debug, Clone)]
pub(super) struct LeafTrace<'a> {
    pub(super) leaf: &'a Leaf,
    pub(super) verdict: Verdict,
    /// The values that the path selects, or the one that stands in for them, each with what the matchers
    /// say of it.
    pub(super) values: Vec<(&'a Value, Verdict)>,
    /// Whether the value is the rule's `default`.
    pub(super) is_default: bool,
    /// What keeps values or operands from being told.
    pub(super) gaps: Vec<Cow<'a, Gap>>,
    pub(super) operands: Operands<'a>,
}

/// A leaf that decided a condition.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deciding<'t, 'a> {
    pub(super) leaf: &'t LeafTrace<'a>,
    /// Whether it stands under an odd number of `not`.
    pub(super) negated: bool,
}

impl<'a> Trace<'a> {
    pub(super) fn verdict(&self) -> Verdict {
        match self {
            Self::All(verdict, _) | Self::Any(verdict, _) | Self::Not(verdict, _) => *verdict,
            Self::Leaf(leaf) => leaf.verdict,
        }
    }

    /// The leaves that made the condition what it is, in order: of an `all` that is false the false
    /// ones, of an `any` that is false all of them, and so on.
    pub(super) fn deciding(&self) -> Vec<Deciding<'_, 'a>> {
        let mut leaves = Vec::new();
        self.collect_deciding(false, &mut leaves);
        leaves
    }

    /// The gaps that keep the condition from being told: first those that are not `offline`.
    pub(super) fn gaps(&self) -> Vec<Cow<'a, Gap>> {
        let mut gaps = Vec::new();
        for deciding in
            self.deciding().into_iter().filter(|deciding| deciding.leaf.verdict == Verdict::Unknown)
        {
            gaps.extend(deciding.leaf.gaps.iter().cloned());
        }
        gaps
    }

    fn collect_deciding<'t>(&'t self, negated: bool, leaves: &mut Vec<Deciding<'t, 'a>>) {
        match self {
            Self::All(verdict, parts) | Self::Any(verdict, parts) => {
                // In Kleene's tables the parts that decide are those of the same verdict.
                for part in parts.iter().filter(|part| part.verdict() == *verdict) {
                    part.collect_deciding(negated, leaves);
                }
            }
            Self::Not(_, part) => part.collect_deciding(!negated, leaves),
            Self::Leaf(leaf) => leaves.push(Deciding { leaf, negated }),
        }
    }
}
