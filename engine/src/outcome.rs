//! What came of a rule on a subject.

use serde::{Deserialize, Serialize};

/// The outcome of one rule on one subject. Nothing that could not be determined is ever a pass.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The check does not hold.
    Fail,
    /// The check does not hold, and a waiver that has not expired says why that is accepted.
    Waived,
    /// A fact that decides the check lies in a gap: it could not be told.
    Unknown,
    /// A person has to look: the rule has no automatic check.
    Manual,
    /// The check holds.
    Pass,
    /// The rule does not concern this node, or needs a running node and was given an offline one.
    NotApplicable,
}

impl Outcome {
    /// Every outcome, in the order in which reports list them.
    pub const ALL: [Self; 6] =
        [Self::Fail, Self::Waived, Self::Unknown, Self::Manual, Self::Pass, Self::NotApplicable];

    /// The word that rules, reports and the command line use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Waived => "waived",
            Self::Unknown => "unknown",
            Self::Manual => "manual",
            Self::Pass => "pass",
            Self::NotApplicable => "not-applicable",
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
