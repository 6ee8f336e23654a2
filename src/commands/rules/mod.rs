//! `plimsoll rules`: the rules themselves.

mod docs;
mod lint;
mod list;
mod schema;
mod test;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::exit::Exit;
use crate::failure::Failure;

#[derive(Debug, Subcommand)]
pub(crate) enum Rules {
    /// List the rules that profiles choose
    List(list::List),
    /// Check rule, pack and profile files, and report every mistake
    Lint(Files),
    /// Run the tests that rules carry
    Test(test::Test),
    /// Print the JSON Schema of rule files, for editors
    Schema,
    /// Print the reference of the rules, in Markdown
    Docs(Files),
}

/// Rule files: the user's own, or the built-in ones.
#[derive(Debug, Args)]
pub(crate) struct Files {
    /// Directories with packs and profiles of your own [default: the built-in ones]
    #[arg(value_name = "DIR")]
    positional: Vec<PathBuf>,
    /// The same, as `check` takes it
    #[arg(long = "rules", value_name = "DIR")]
    named: Vec<PathBuf>,
}

impl Files {
    fn directories(&self) -> impl Iterator<Item = &Path> {
        self.positional.iter().chain(&self.named).map(PathBuf::as_path)
    }
}

impl Rules {
    pub(crate) fn run(&self) -> Result<Exit, Failure> {
        match self {
            Self::List(command) => command.run(),
            Self::Lint(files) => lint::run(files),
            Self::Test(command) => command.run(),
            Self::Schema => schema::run(),
            Self::Docs(files) => docs::run(files),
        }
    }
}
