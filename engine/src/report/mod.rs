//! Reports: what a scan has to say, ready for any format.

mod baseline;
mod build;
mod evidence;
mod finding;
mod load;
mod summary;
mod verdict;
mod waive;

pub use build::{Inputs, build};
pub use evidence::Evidence;
pub use finding::{Advice, AdvisedStep, AppliedWaiver, BaselineState, Finding, StepAction};
pub use load::ReportError;
pub use summary::Summary;
pub use verdict::ScanVerdict;

use serde::{Deserialize, Serialize};

use crate::parameter::Parameters;
use crate::snapshot::{Target, Tool};

/// The version of the report's shape that this build writes, and the only one that it reads.
pub const SCHEMA: u32 = 1;

/// What a scan has to say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Report {
    /// The version of this shape: [`SCHEMA`].
    pub schema: u32,
    /// What wrote the report.
    pub tool: Tool,
    /// What was looked at.
    pub target: Target,
    /// When the facts were taken: RFC 3339, UTC.
    pub taken_at: String,
    /// The profiles that chose the rules.
    pub profiles: Vec<String>,
    /// The parameters in force.
    pub parameters: Parameters,
    /// How many findings have each outcome.
    pub summary: Summary,
    /// What came of every rule, on every subject: the failures first, by severity.
    pub findings: Vec<Finding>,
    /// What the user should know about the scan itself: an unused waiver, an expired one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}
