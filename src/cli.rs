//! The grammar of the command line: the subcommands, and the options that several of them share.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands;
use crate::terminal::Colour;

/// Is this node fit to carry workloads, and if not, what exactly is wrong, where, and which command
/// puts it right?
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, max_term_width = 100, propagate_version = true)]
pub(crate) struct Cli {
    /// When to use colours
    #[arg(long = "color", alias = "colour", global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) colour: Colour,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Evaluate rules on a node and report what is wrong and what puts it right
    Check(commands::check::Check),
    /// Take a snapshot of a node's facts, to be checked or queried later
    Collect(commands::collect::Collect),
    /// Ask a node, a snapshot or any JSON document with a JSONPath (RFC 9535)
    Query(commands::query::Query),
    /// Show a rule, and how it came to its outcome on this node, condition by condition
    Explain(commands::explain::Explain),
    /// List the facts that rules can read: path, type, unit, meaning, source
    Facts(commands::facts::Facts),
    /// Rank the containers of a node by what they use
    Top(commands::top::Top),
    /// Tell which container, pod and image a process, a layer, a path or a name belongs to
    Whois(commands::whois::Whois),
    /// List, check, test and document rules
    #[command(subcommand)]
    Rules(commands::rules::Rules),
    /// Show the container stores of a node, what they hold, and whether they are sound
    Storage(commands::storage::Storage),
    /// Print a completion script for a shell
    Completions(commands::completions::Completions),
}

/// What is looked at.
#[derive(Debug, Args)]
pub(crate) struct TargetArgs {
    /// Look at the node whose root file system is DIR: a host's root mounted into a container, or the
    /// tree of a node that is not running
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// Look at a snapshot that `plimsoll collect` took; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "root")]
    pub(crate) snapshot: Option<PathBuf>,
    /// Look at the container that plimsoll runs in, instead of asking for the node's root
    #[arg(long, conflicts_with_all = ["root", "snapshot"])]
    pub(crate) this_container: bool,
    #[command(flatten)]
    pub(crate) collection: CollectionArgs,
}

/// How facts are collected.
#[derive(Debug, Args)]
pub(crate) struct CollectionArgs {
    /// How long collecting may take in all, such as 500ms, 10s or 1m [default: 5s, with --deep 1h]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) timeout: Option<Duration>,
    /// Do not ask runtimes over their local sockets
    #[arg(long)]
    pub(crate) no_sockets: bool,
    /// Check container storage beyond its metadata
    #[arg(long, value_name = "LEVEL")]
    pub(crate) deep: Option<Deep>,
}

/// How deep container storage is checked beyond its metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Deep {
    /// The sizes of all files in layers and blobs
    Stat,
    /// The contents of all layers and blobs, against their digests
    Digest,
}

/// Which rules are in force.
#[derive(Debug, Args)]
pub(crate) struct RuleArgs {
    /// The profile that chooses the rules; may be given several times [default: default]
    #[arg(long = "profile", value_name = "ID")]
    pub(crate) profiles: Vec<String>,
    /// A directory with packs and profiles of your own, whose rules join the profile `default`; may be
    /// given several times
    #[arg(long = "rules", value_name = "DIR")]
    pub(crate) directories: Vec<PathBuf>,
    /// Of the profile's rules, only those whose id matches; `*` stands for any characters
    #[arg(long, value_name = "GLOB")]
    pub(crate) only: Vec<String>,
    /// Leave out the rules whose id matches
    #[arg(long, value_name = "GLOB")]
    pub(crate) skip: Vec<String>,
    /// Set a parameter, such as kubernetes.version=1.35
    #[arg(long = "set", value_name = "PARAM=VALUE", value_parser = assignment)]
    pub(crate) set: Vec<(String, String)>,
}

/// The notation of what a command prints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected PARAM=VALUE")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let help = "expected a time between 1ms and 24h, such as 500ms, 10s or 1m";
    let span: jiff::SignedDuration = text.parse().map_err(|_| help)?;
    let span = Duration::try_from(span).map_err(|_| help)?;
    let bounds = Duration::from_millis(1)..=Duration::from_secs(24 * 3600);
    if bounds.contains(&span) { Ok(span) } else { Err(help.to_owned()) }
}
