//! What can be wrong with a query, and with running it.

use std::ops::Range;

/// Why a text is not a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// What is wrong, on one line.
    pub message: String,
    /// Where: a range of bytes of the text, on character boundaries. It is empty at the end of a text
    /// that breaks off.
    pub span: Range<usize>,
    /// What to write instead.
    pub help: Option<String>,
}

impl ParseError {
    /// An error without advice.
    pub(super) fn new(message: impl Into<String>, span: Range<usize>) -> Self {
        Self { message: message.into(), span, help: None }
    }

    /// The same error with advice.
    pub(super) fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// The query was stopped: it visits more values than a query of a node's facts ever should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the query visits too many values; narrow it, for example by naming a member instead of `..` or `*`")]
pub struct BudgetExceeded;
