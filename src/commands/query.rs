//! `plimsoll query`: a JSONPath on a node, a snapshot or any document.

use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

use clap::Args;
use plimsoll_collectors::registry;
use plimsoll_engine::demand::Demand;
use plimsoll_engine::jsonpath::{Located, Query as JsonPath};
use plimsoll_engine::snapshot::{Gap, Location, Snapshot};
use plimsoll_reports::visible;
use serde_json::Value;

use crate::cli::TargetArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{files, terminal};

#[derive(Debug, Args)]
pub(crate) struct Query {
    /// The JSONPath (RFC 9535), such as '$.cgroup.mode'
    #[arg(value_name = "JSONPATH", allow_hyphen_values = true)]
    path: String,
    /// Ask this document, JSON or (named *.yaml) YAML, instead of a node; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["root", "snapshot", "this_container"])]
    input: Option<PathBuf>,
    /// Print the normalized paths of the values instead of the values
    #[arg(long)]
    paths: bool,
    #[command(flatten)]
    target: TargetArgs,
}

impl Query {
    pub(crate) fn run(&self) -> Result<Exit, Failure> {
        let query = JsonPath::parse(&self.path)
            .map_err(|error| self.mistake(error.message, error.span, error.help))?;
        match &self.input {
            Some(file) => {
                let document = read_document(file)?;
                self.print(&query, &document)?;
                Ok(Exit::Success)
            }
            None => self.ask_facts(&query),
        }
    }

    fn ask_facts(&self, query: &JsonPath) -> Result<Exit, Failure> {
        registry::catalogue()
            .resolve(query, &[])
            .map_err(|error| self.mistake(error.message, error.span, error.help))?;
        let mut demand = Demand::default();
        demand.add(query);
        let snapshot = self.target.snapshot(demand)?;
        self.print(query, &snapshot.facts)?;
        let gaps = gaps_in(query, &snapshot);
        for gap in &gaps {
            let place = Location::from_pointer(&gap.path).map(|location| location.to_string());
            let place = visible(place.as_deref().unwrap_or(&gap.path)).into_owned();
            writeln!(terminal::stderr(), "{place} is unknown, {}: {}", gap.reason, visible(&gap.detail))?;
        }
        Ok(if gaps.is_empty() { Exit::Success } else { Exit::Undetermined })
    }

    fn mistake(&self, message: String, place: Range<usize>, help: Option<String>) -> Failure {
        Failure::in_path(&self.path, message, place, help)
    }

    fn print(&self, query: &JsonPath, document: &Value) -> Result<(), Failure> {
        let located = query
            .locate(document, document, &Location::default())
            .map_err(|error| Failure::input(error.to_string()))?;
        let selected: Vec<Value> = if self.paths {
            located.iter().map(|found| found.location.to_string().into()).collect()
        } else {
            located.into_iter().map(|Located { value, .. }| value.clone()).collect()
        };
        let mut json = serde_json::to_vec_pretty(&selected).map_err(std::io::Error::other)?;
        json.push(b'\n');
        files::write(None, &json)
    }
}

/// What the answer lacks because it could not be told.
fn gaps_in<'s>(query: &JsonPath, snapshot: &'s Snapshot) -> Vec<&'s Gap> {
    let root = Location::default();
    let touches = |gap: &&Gap| {
        Location::from_pointer(&gap.path).is_none_or(|location| query.touches(&root, &location).is_some())
    };
    snapshot.gaps.iter().filter(touches).collect()
}

fn read_document(file: &Path) -> Result<Value, Failure> {
    let bytes = files::read(file)?;
    let is_yaml = file.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    let problem = |error: String| Failure::input(format!("{}: {error}", file.display()));
    if is_yaml {
        serde_yaml::from_slice(&bytes).map_err(|error| problem(error.to_string()))
    } else {
        serde_json::from_slice(&bytes).map_err(|error| problem(error.to_string()))
    }
}
