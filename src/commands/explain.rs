//! `plimsoll explain`: a rule, and how it came to its outcome on this node.

use clap::Args;
use plimsoll_engine::evaluate::{Scene, explain};

use crate::cli::{RuleArgs, TargetArgs};
use crate::cli::ListFormat;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::rulebook::Rulebook;
use crate::terminal::{self, Colour};
use crate::files;

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The rule's id
    rule: String,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    target: TargetArgs,
    /// The notation of the explanation
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
}
