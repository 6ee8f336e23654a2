//! Developer commands: `cargo xtask gen` writes the generated pages, `cargo xtask gen --check` fails when
//! they are not up to date.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    reason = "a developer's command reads and writes the repository, runs cargo and prints"
)]

mod generate;

use std::error::Error;

use clap::Parser;

/// Plimsoll's developer commands.
#[derive(Debug, Parser)]
enum Command {
    /// Write the generated pages in docs/
    Gen {
        /// Write nothing; fail if a page is not up to date
        #[arg(long)]
        check: bool,
    },
}

fn main() -> Result<(), Box<dyn Error>> {
    match Command::parse() {
        Command::Gen { check } => generate::run(check),
    }
}
