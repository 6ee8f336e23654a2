//! `plimsoll facts`: the catalogue of what rules can read.

use std::collections::HashSet;
use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use plimsoll_collectors::registry;
use plimsoll_engine::catalogue::Entry;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::files;

#[derive(Debug, Args)]
pub(crate) struct Facts {
    /// Only facts whose path holds this text, such as `swap` or '$.docker.config'
    #[arg(value_name = "PATH", default_value = "")]
    path: String,
    /// The notation of the list
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The notation of the list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For documentation.
    Markdown,
}

impl Facts {
    pub(crate) fn run(&self) -> Result<Exit, Failure> {
        let catalogue = registry::catalogue();
        let mut entries = catalogue.entries();
        entries.retain(|entry| entry.path.contains(&self.path));
        if entries.is_empty() {
            let help = "`plimsoll facts` without a path lists them all";
            return Err(Failure::input_with_help(format!("no fact's path holds \"{}\"", self.path), help));
        }
        let text = match self.format {
            Format::Text => entries.iter().map(text).collect(),
            Format::Json => serde_json::to_string_pretty(&entries).map_err(std::io::Error::other)? + "\n",
            Format::Markdown => markdown(&entries),
        };
        files::write(None, text.as_bytes())?;
        Ok(Exit::Success)
    }
}

fn text(entry: &Entry<'_>) -> String {
    let mut text = format!("{}  {}\n", entry.path, type_of(entry));
    for line in [Some(entry.meaning), entry.source].into_iter().flatten().filter(|line| !line.is_empty()) {
        // Writing to memory cannot fail.
        let _ = writeln!(text, "    {line}");
    }
    text
}

fn markdown(entries: &[Entry<'_>]) -> String {
    let mut page = String::from("# Facts\n\n");
    page.push_str("Below keys of one object that lead to objects alike, those of the first are listed.\n\n");
    page.push_str("| path | type | meaning | source |\n|---|---|---|---|\n");
    let cell = |text: &str| text.replace('|', "\\|");
    let mut listed = HashSet::new();
    for entry in entries {
        let below =
            entry.path.rsplit_once("['").and_then(|(object, rest)| Some((object, rest.split_once("']")?.1)));
        let is_alike = |(object, below)| !listed.insert((object, below, entry.kind.as_str(), entry.meaning));
        if below.filter(|(_, below)| !below.is_empty()).is_some_and(is_alike) {
            continue;
        }
        let (kind, meaning) = (cell(&type_of(entry)), cell(entry.meaning));
        let source = cell(entry.source.unwrap_or_default());
        let _ = writeln!(page, "| `{}` | {kind} | {meaning} | {source} |", entry.path);
    }
    page
}

fn type_of(entry: &Entry<'_>) -> String {
    let unit = entry.unit.map(|unit| format!(", {unit}")).unwrap_or_default();
    let absent = if entry.nullable { ", or absent" } else { "" };
    format!("{}{unit}{absent}", entry.kind)
}
