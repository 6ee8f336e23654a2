//! `plimsoll collect`: a snapshot of every fact, to be checked or queried later.

use std::path::PathBuf;

use clap::Args;
use plimsoll_engine::demand::Demand;

use crate::cli::TargetArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files;
use crate::rulebook::Rulebook;

#[derive(Debug, Args)]
pub(crate) struct Collect {
    #[command(flatten)]
    target: TargetArgs,
    /// A directory with rules of your own, whose keyed facts are read too; may be given several times
    #[arg(long = "rules", value_name = "DIR")]
    directories: Vec<PathBuf>,
    /// Write the snapshot to FILE instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Collect {
    pub(crate) fn run(&self) -> Result<Exit, Failure> {
        let rulebook = Rulebook::load(&self.directories)?;
        let mut demand = Demand::everything();
        for rule in &rulebook.library.rules {
            demand.extend(rule.demand());
        }
        let snapshot = self.target.snapshot(demand)?;
        let mut json = serde_json::to_vec_pretty(&snapshot).map_err(std::io::Error::other)?;
        json.push(b'\n');
        files::write(self.output.as_deref(), &json)?;
        Ok(Exit::Success)
    }
}
