//! What the process ends with.

use std::process::ExitCode;

use plimsoll_engine::report::ScanVerdict;

/// An exit code, by meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Nothing at or above the threshold failed, or the command did what it was asked.
    Success,
    /// Something failed.
    Failed,
    /// The command line, a rule, a snapshot or another input is not usable.
    Unusable,
    /// Nothing failed, but something could not be determined.
    Undetermined,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Success => 0,
            Exit::Failed => 1,
            Exit::Unusable => 2,
            Exit::Undetermined => 3,
        })
    }
}

impl From<ScanVerdict> for Exit {
    fn from(verdict: ScanVerdict) -> Self {
        match verdict {
            ScanVerdict::Clean => Self::Success,
            ScanVerdict::Failed => Self::Failed,
            ScanVerdict::Undetermined => Self::Undetermined,
        }
    }
}
