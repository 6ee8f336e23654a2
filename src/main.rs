//! `plimsoll`, the command line.
//!
//! One file per subcommand under [`commands`]; what they share stands beside it: the target that is
//! looked at ([`target`]), the rules in force ([`rulebook`]), the terminal ([`terminal`], [`watch`]), files of the
//! user's own ([`files`]). Everything that decides anything is in the library crates.

mod cli;
mod commands;
mod containers;
mod drawing;
mod exit;
mod failure;
mod files;
mod rulebook;
mod target;
mod terminal;
mod watch;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    silence_collector_panics();
    let cli = cli::Cli::parse();
    match commands::run(cli) {
        Ok(exit) => exit.into(),
        Err(failure) => failure.tell(),
    }
}

/// A collector's panic becomes a gap that names it; the default hook would print it over the report.
fn silence_collector_panics() {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let thread = std::thread::current();
        let is_collector =
            thread.name().is_some_and(|name| name.starts_with(plimsoll_collectors::scan::THREAD_PREFIX));
        if !is_collector {
            default(panic);
        }
    }));
}
