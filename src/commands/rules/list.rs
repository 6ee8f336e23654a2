//! `plimsoll rules list`: the rules that profiles choose.

use std::fmt::Write as _;

use clap::Args;
use plimsoll_reports::visible;
use serde::Serialize;

use crate::cli::{ListFormat, RuleArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files;
use crate::rulebook::Rulebook;

#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    rules: RuleArgs,
    /// List every rule that there is, whatever profiles choose
    #[arg(long, conflicts_with_all = ["profiles", "only", "skip"])]
    all: bool,
    /// The notation of the list
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    pack: &'a str,
    severity: &'a str,
    title: &'a str,
    tags: &'a [String],
}

impl List {
    pub(crate) fn run(&self) -> Result<Exit, Failure> {
        let rulebook = Rulebook::load(&self.rules.directories)?;
        let selection = if self.all { None } else { Some(rulebook.select(&self.rules)?) };
        let mut rows: Vec<Row<'_>> = match &selection {
            Some(selection) => selection
                .rules
                .iter()
                .map(|selected| row(selected.rule, selected.severity.as_str()))
                .collect(),
            None => rulebook.library.rules.iter().map(|rule| row(rule, rule.severity.as_str())).collect(),
        };
        rows.sort_by_key(|row| (row.pack, row.id));
        files::write(None, &self.render(&rows)?)?;
        Ok(Exit::Success)
    }

    fn render(&self, rows: &[Row<'_>]) -> Result<Vec<u8>, Failure> {
        if self.format == ListFormat::Json {
            let mut json = serde_json::to_vec_pretty(rows).map_err(std::io::Error::other)?;
            json.push(b'\n');
            return Ok(json);
        }
        let width = rows.iter().map(|row| row.id.len()).max().unwrap_or_default();
        let mut text = String::new();
        for row in rows {
            // Writing to memory cannot fail.
            let _ = writeln!(
                text,
                "{:<8} {:<8} {:<width$}  {}",
                row.severity,
                row.pack,
                row.id,
                visible(row.title)
            );
        }
        Ok(text.into_bytes())
    }
}

fn row<'a>(rule: &'a plimsoll_engine::rule::Rule, severity: &'a str) -> Row<'a> {
    Row { id: &rule.id, pack: &rule.pack, severity, title: &rule.title, tags: &rule.tags }
}
