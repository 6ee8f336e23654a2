//! What came of one rule on one subject.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Evidence;
use crate::outcome::Outcome;
use crate::rule::{Effect, FileFormat, Reference};
use crate::severity::Severity;
use crate::snapshot::Gap;
use crate::waiver::Waiver;

/// What came of one rule on one subject, with all that a reader needs to believe it and to act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Finding {
    /// The rule's id.
    pub rule: String,
    /// The rule's pack.
    pub pack: String,
    /// What is wrong when the rule fails, in one line.
    pub title: String,
    /// How much it matters, as the profile grades it.
    pub severity: Severity,
    /// What came of it.
    pub outcome: Outcome,
    /// The element that it is about, for a rule that looks at several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What is the case on this node, in one sentence; empty for a pass.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The values that decided it, at most 20 of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// What could not be told and would have decided it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
    /// Why the bad state hurts.
    pub rationale: String,
    /// What puts it right, with this node's values filled in; of failures only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remediation: Option<Advice>,
    /// Where to read on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Reference>,
    /// The rule's tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The waiver that accepts it, or that did until it expired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiver: Option<AppliedWaiver>,
    /// Whether the baseline had it already; only when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineState>,
}

/// A rule's remediation with this node's values filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Advice {
    /// What to do, in one line.
    pub summary: String,
    /// What it costs.
    pub effect: Effect,
    /// The steps for this node, in order.
    pub steps: Vec<AdvisedStep>,
    /// A command that shows that it worked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify: Option<String>,
}

/// One step for this node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AdvisedStep {
    /// What to do.
    #[serde(flatten)]
    pub action: StepAction,
    /// Whether it could not be told that the step is for this node, or a value in it is absent, unknown or
    /// not fit to be written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub uncertain: bool,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepAction {
    /// Runs this shell command.
    Run(String),
    /// Writes a file.
    Write {
        /// Its absolute path.
        file: String,
        /// Its whole content.
        content: String,
        /// Its octal mode.
        mode: String,
    },
    /// Sets keys in a structured file and leaves the rest as it is.
    Edit {
        /// Its absolute path.
        file: String,
        /// How it is written.
        format: FileFormat,
        /// The keys to set, nested as in the file.
        set: Value,
    },
}

/// A waiver that concerns a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AppliedWaiver {
    /// The waiver.
    #[serde(flatten)]
    pub waiver: Waiver,
    /// Whether its last day is over: the finding then fails again.
    pub expired: bool,
}

/// A finding against a baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BaselineState {
    /// The baseline did not have it.
    New,
    /// The baseline had it already.
    Unchanged,
}
