//! `plimsoll top`: the containers ranked by what they use.

mod cell;
mod kind;
mod ranking;
mod table;

use std::io::Write;
use std::time::{Duration, Instant};

use clap::Args;
use plimsoll_reports::visible;

use crate::cli::{ListFormat, TargetArgs, duration};
use crate::containers::Containers;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{files, terminal};
use kind::Kind;
use ranking::{Ranking, Samples};

/// How many containers are shown unless more are asked for.
const DEFAULT_COUNT: usize = 20;

#[derive(Debug, Args)]
pub(crate) struct Top {
    /// What to rank by
    #[arg(value_enum)]
    kind: Kind,
    /// Look twice, this long apart, and rank by what happened in between, such as 10s
    #[arg(long, value_name = "TIME", value_parser = duration, conflicts_with = "snapshot")]
    interval: Option<Duration>,
    /// How many containers to show
    #[arg(short = 'n', long = "count", value_name = "N", default_value_t = DEFAULT_COUNT)]
    count: usize,
    /// The notation of the list
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
    #[command(flatten)]
    target: TargetArgs,
}

impl Top {
    pub(crate) fn run(&self) -> Result<Exit, Failure> {
        let samples = self.samples()?;
        let ranking = Ranking::of(self.kind, &samples);
        let text = match self.format {
            ListFormat::Text => table::text(&ranking, self.count),
            ListFormat::Json => {
                serde_json::to_string_pretty(&ranking.to_json(self.count)).map_err(std::io::Error::other)?
                    + "\n"
            }
        };
        files::write(None, text.as_bytes())?;
        for gap in &ranking.gaps {
            writeln!(terminal::stderr(), "not all could be told, {}: {}", gap.reason, visible(&gap.detail))?;
        }
        Ok(if ranking.gaps.is_empty() { Exit::Success } else { Exit::Undetermined })
    }

    fn samples(&self) -> Result<Samples, Failure> {
        let Some(interval) = self.interval else {
            return Ok(Samples { before: None, now: self.look()? });
        };
        let started = Instant::now();
        let before = self.look()?;
        std::thread::sleep(interval.saturating_sub(started.elapsed()));
        let elapsed = started.elapsed();
        let now = self.look()?;
        Ok(Samples { before: Some((before, elapsed)), now })
    }

    fn look(&self) -> Result<Containers, Failure> {
        if self.kind.is_of_rw_layers() {
            Containers::with_rw_layers(&self.target)
        } else {
            Containers::of(&self.target)
        }
    }
}
