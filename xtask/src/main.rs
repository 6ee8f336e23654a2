//! Developer commands: `cargo xtask gen` writes the generated pages, `cargo xtask gen --check` fails when
//! they are not up to date, `cargo xtask dist` builds the static binary, `cargo xtask nodes` boots real nodes,
//! `cargo xtask store` makes a store to measure with.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    reason = "a developer's command reads and writes the repository, runs cargo and prints"
)]

mod dist;
mod generate;
mod nodes;
mod run;
mod store;
mod workspace;

use std::error::Error;
use std::path::PathBuf;

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
    /// Build the static binary and prove that it needs nothing but a kernel
    Dist,
    /// Boot real nodes and compare what plimsoll says of them with what their own tools say
    Nodes {
        /// The folders under tests/nodes/ to boot; all if none is named
        #[arg(value_name = "SCENARIO")]
        scenarios: Vec<String>,
        /// Keep the snapshots as the fixtures that `cargo test` replays
        #[arg(long)]
        keep: bool,
        /// Look with this static binary instead of building one
        #[arg(long, value_name = "FILE")]
        binary: Option<PathBuf>,
    },
    /// Make a store of docker to measure with
    Store {
        /// How large
        #[arg(value_enum)]
        size: store::Size,
        /// The directory that becomes a target's root with the store in it
        root: PathBuf,
    },
}

fn main() -> Result<(), Box<dyn Error>> {
    match Command::parse() {
        Command::Gen { check } => generate::run(check),
        Command::Dist => dist::run(),
        Command::Nodes { scenarios, keep, binary } => nodes::run(&scenarios, keep, binary),
        Command::Store { size, root } => store::run(size, &root),
    }
}
