//! Why a command could not be carried out.

use std::io::{self, Write};
use std::ops::Range;
use std::process::ExitCode;

use miette::{Diagnostic, NamedSource, SourceSpan};
use plimsoll_engine::load::Diagnostics;

use crate::drawing::draw;
use crate::exit::Exit;
use crate::terminal;

/// Why a command could not be carried out. All of it ends with exit code 2.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Rule, profile or waiver files with mistakes.
    Rules(Diagnostics),
    /// Anything else: what, where and what to do.
    Input(Box<Problem>),
    /// The output could not be written.
    Output(io::Error),
}

/// A mistake in one sentence, with help.
#[derive(Debug, Default, thiserror::Error, Diagnostic)]
#[error("{message}")]
pub(crate) struct Problem {
    message: String,
    #[help]
    help: Option<String>,
    #[source_code]
    text: Option<NamedSource<String>>,
    #[label]
    place: Option<SourceSpan>,
}

impl Failure {
    /// A mistake without further help.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::Input(Box::new(Problem { message: message.into(), ..Problem::default() }))
    }

    /// A mistake, and what to do about it.
    pub(crate) fn input_with_help(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Input(Box::new(Problem {
            message: message.into(),
            help: Some(help.into()),
            ..Problem::default()
        }))
    }

    /// A mistake in the bytes `place` of a JSONPath.
    pub(crate) fn in_path(text: &str, message: String, place: Range<usize>, help: Option<String>) -> Self {
        let text = Some(NamedSource::new("JSONPath", text.to_owned()));
        Self::Input(Box::new(Problem { message, help, text, place: Some(place.into()) }))
    }

    /// Prints it on standard error. A reader that went away, as `head` does, is no failure.
    pub(crate) fn tell(self) -> ExitCode {
        let handler = terminal::diagnostic_handler();
        let mut text = String::new();
        match &self {
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return Exit::Success.into(),
            Self::Output(error) => {
                let message = format!("the output cannot be written: {error}");
                let problem = Problem { message, ..Problem::default() };
                draw(&handler, &mut text, &problem);
            }
            Self::Input(problem) => draw(&handler, &mut text, problem.as_ref()),
            Self::Rules(diagnostics) => {
                for diagnostic in diagnostics.iter() {
                    draw(&handler, &mut text, diagnostic);
                }
                let count = diagnostics.iter().count();
                text.push_str(&format!("{count} mistake{}\n", if count == 1 { "" } else { "s" }));
            }
        }
        // There is nowhere left to say that standard error is closed.
        let _ = terminal::stderr().write_all(text.as_bytes());
        Exit::Unusable.into()
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<Diagnostics> for Failure {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Rules(diagnostics)
    }
}
