//! What a report means for whoever waits for the scan.

use super::{BaselineState, Finding, Report};
use crate::outcome::Outcome;
use crate::severity::Severity;

/// The result of a scan as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanVerdict {
    /// Nothing that matters failed or was left open.
    Clean,
    /// A rule that matters failed.
    Failed,
    /// Nothing that matters failed, but a rule that matters could not be determined.
    Undetermined,
}

impl Report {
    /// The result, when only rules of severity `fail_on` and above matter. Waived failures do not, nor do
    /// those that the baseline had already.
    pub fn verdict(&self, fail_on: Severity, allow_unknown: bool) -> ScanVerdict {
        let matters =
            |outcome| move |finding: &&Finding| finding.outcome == outcome && finding.severity >= fail_on;
        let is_new = |finding: &Finding| finding.baseline != Some(BaselineState::Unchanged);
        if self.findings.iter().filter(matters(Outcome::Fail)).any(is_new) {
            return ScanVerdict::Failed;
        }
        if !allow_unknown && self.findings.iter().any(|finding| matters(Outcome::Unknown)(&finding)) {
            return ScanVerdict::Undetermined;
        }
        ScanVerdict::Clean
    }
}
