//! Reading a saved report, which serves as a baseline.

use super::{Report, SCHEMA};

/// Why a document is not a report that this build reads.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It is a report of another version.
    #[error(
        "the report has schema {found}, and this version of plimsoll reads schema {SCHEMA}: write it anew"
    )]
    Schema {
        /// The version that it says.
        found: u32,
    },
    /// It is no JSON, or no report.
    #[error("not a report: {0}")]
    Malformed(#[from] serde_json::Error),
}

impl Report {
    /// Reads a report that `plimsoll check --format json` has written.
    ///
    /// # Errors
    /// When the document is no JSON, no report, or one of another version.
    pub fn load(bytes: &[u8]) -> Result<Self, ReportError> {
        let report: Self = serde_json::from_slice(bytes)?;
        if report.schema == SCHEMA { Ok(report) } else { Err(ReportError::Schema { found: report.schema }) }
    }
}
