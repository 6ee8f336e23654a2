//! How many findings have each outcome.

use serde::{Deserialize, Serialize};

use crate::outcome::Outcome;

/// How many findings have each outcome.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Summary {
    /// How many rules were evaluated.
    pub rules: usize,
    /// How many findings are failures.
    pub fail: usize,
    /// How many are waived failures.
    pub waived: usize,
    /// How many could not be determined.
    pub unknown: usize,
    /// How many a person has to look at.
    pub manual: usize,
    /// How many passed.
    pub pass: usize,
    /// How many did not concern the node.
    pub not_applicable: usize,
}

impl Summary {
    /// Counts `outcomes` over `rules` rules.
    pub fn count(rules: usize, outcomes: impl IntoIterator<Item = Outcome>) -> Self {
        let mut summary = Self { rules, ..Self::default() };
        for outcome in outcomes {
            *summary.of_mut(outcome) += 1;
        }
        summary
    }

    /// How many findings have `outcome`.
    pub fn of(&self, outcome: Outcome) -> usize {
        let mut summary = self.clone();
        *summary.of_mut(outcome)
    }

    fn of_mut(&mut self, outcome: Outcome) -> &mut usize {
        match outcome {
            Outcome::Fail => &mut self.fail,
            Outcome::Waived => &mut self.waived,
            Outcome::Unknown => &mut self.unknown,
            Outcome::Manual => &mut self.manual,
            Outcome::Pass => &mut self.pass,
            Outcome::NotApplicable => &mut self.not_applicable,
        }
    }
}
