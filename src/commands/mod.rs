//! The subcommands, one file each.

pub(crate) mod check;
pub(crate) mod collect;
pub(crate) mod completions;
pub(crate) mod explain;
pub(crate) mod facts;
pub(crate) mod query;
pub(crate) mod rules;
pub(crate) mod storage;
pub(crate) mod top;
pub(crate) mod whois;

use crate::cli::{Cli, Command};
use crate::exit::Exit;
use crate::failure::Failure;

/// Carries out what the command line says.
pub(crate) fn run(cli: Cli) -> Result<Exit, Failure> {
    match cli.command {
        Command::Check(command) => command.run(cli.colour),
        Command::Collect(command) => command.run(),
        Command::Query(command) => command.run(),
        Command::Explain(command) => command.run(cli.colour),
        Command::Facts(command) => command.run(),
        Command::Rules(command) => command.run(),
        Command::Storage(command) => command.run(),
        Command::Top(command) => command.run(),
        Command::Whois(command) => command.run(),
        Command::Completions(command) => command.run(),
    }
}
