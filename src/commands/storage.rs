//! `plimsoll storage`: the container stores of a node, what they hold, and whether they are sound.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::Args;
use plimsoll_engine::demand::Demand;
use plimsoll_engine::snapshot::{Gap, GapReason, Snapshot};
use plimsoll_reports::table::{Align, Table, bytes};
use plimsoll_reports::visible;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cli::{ListFormat, TargetArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files;

#[derive(Debug, Args)]
pub(crate) struct Storage {
    #[command(flatten)]
    target: TargetArgs,
    /// The notation of the answer
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
}

/// What is shown of a store.
#[derive(Deserialize)]
struct Store {
    /// How many of its checks, or of what they need, could not be determined.
    #[serde(skip)]
    undetermined: usize,
    path: String,
    kind: String,
    driver: Option<String>,
    checked: bool,
    user: Option<String>,
    in_use: Option<bool>,
    counts: BTreeMap<String, Option<u64>>,
    images: Option<Vec<Image>>,
    problems: BTreeMap<String, Option<Vec<Option<Problem>>>>,
    problems_omitted: u64,
}

#[derive(Deserialize)]
struct Image {
    names: Vec<String>,
    id: String,
    layers: Option<u64>,
    bytes: Option<u64>,
    unique_bytes: Option<u64>,
    containers: u64,
}

#[derive(Deserialize)]
struct Problem {
    id: String,
    path: String,
    detail: String,
}

impl Storage {
    pub(crate) fn run(&self) -> Result<Exit, Failure> {
        let mut demand = Demand::default();
        demand.add_path(&["storage"]);
        let snapshot = self.target.snapshot(demand)?;
        let gaps: Vec<&Gap> = snapshot.gaps.iter().filter(|gap| is_doubt(gap)).collect();
        let stores = stores(&snapshot, &gaps)?;
        let text = match self.format {
            ListFormat::Text => text(&stores, &gaps),
            ListFormat::Json => json_text(&snapshot, &gaps)?,
        };
        files::write(None, text.as_bytes())?;
        Ok(verdict(&stores, &gaps))
    }
}

fn stores(snapshot: &Snapshot, gaps: &[&Gap]) -> Result<Vec<Store>, Failure> {
    let told = snapshot.facts.pointer("/storage/stores").and_then(Value::as_array);
    // A store that could not be looked at is a gap, and told as such.
    let known = told.into_iter().flatten().enumerate().filter(|(_, store)| !store.is_null());
    let read = known.map(|(index, facts)| {
        let below = format!("/storage/stores/{index}/");
        let undetermined = gaps.iter().filter(|gap| gap.path.starts_with(&below)).count();
        Store::deserialize(facts).map(|store| Store { undetermined, ..store })
    });
    read.collect::<Result<_, _>>()
        .map_err(|error| Failure::input(format!("the facts of the stores cannot be read: {error}")))
}

/// Whether a gap leaves open if a store is sound. What nobody asked for does not.
fn is_doubt(gap: &Gap) -> bool {
    gap.path.starts_with("/storage") && !matches!(gap.reason, GapReason::NotCollected | GapReason::Offline)
}

fn verdict(stores: &[Store], gaps: &[&Gap]) -> Exit {
    if stores.iter().any(|store| store.problem_count() > 0) {
        Exit::Failed
    } else if gaps.is_empty() && stores.iter().all(|store| store.checked) {
        Exit::Success
    } else {
        Exit::Undetermined
    }
}

fn json_text(snapshot: &Snapshot, gaps: &[&Gap]) -> Result<String, Failure> {
    let document = json!({ "storage": snapshot.facts.get("storage"), "gaps": gaps });
    Ok(serde_json::to_string_pretty(&document).map_err(std::io::Error::other)? + "\n")
}

fn text(stores: &[Store], gaps: &[&Gap]) -> String {
    let mut text: String = stores.iter().map(Store::text).collect();
    if !gaps.is_empty() {
        text.push_str("could not be determined\n");
    }
    for gap in gaps {
        // Writing to memory cannot fail.
        let _ = writeln!(text, "  {}: {}", gap.reason, visible(&gap.detail));
    }
    let problems: u64 = stores.iter().map(Store::problem_count).sum();
    let unchecked = stores.iter().filter(|store| !store.checked).count();
    let _ = write!(text, "{}: {}", counted(stores.len() as u64, "store"), counted(problems, "problem"));
    if unchecked > 0 {
        let _ = write!(text, ", {unchecked} not checked");
    }
    if !gaps.is_empty() {
        let _ = write!(text, ", {} undetermined", gaps.len());
    }
    text.push('\n');
    if problems > 0 {
        text.push_str("`plimsoll check --only '*storage*'` tells which commands put them right\n");
    }
    text
}

impl Store {
    fn problem_count(&self) -> u64 {
        self.problems().count() as u64 + self.problems_omitted
    }

    /// The problems with the check that found each.
    fn problems(&self) -> impl Iterator<Item = (&str, &Problem)> {
        self.problems.iter().flat_map(|(check, found)| {
            found.iter().flatten().flatten().map(move |problem| (check.as_str(), problem))
        })
    }

    fn text(&self) -> String {
        let mut text = format!("{}  {}", visible(&self.path), self.head());
        text.push('\n');
        let counts = self
            .counts
            .iter()
            .filter_map(|(kind, count)| Some(counted((*count)?, kind.strip_suffix('s').unwrap_or(kind))));
        let counts: Vec<String> = counts.collect();
        if !counts.is_empty() {
            let _ = writeln!(text, "  {}", counts.join(", "));
        }
        text.push_str(&self.images_text());
        text.push_str(&self.problems_text());
        text.push('\n');
        text
    }

    /// `docker, overlay2, of user app, in use`.
    fn head(&self) -> String {
        let mut words = vec![self.kind.clone()];
        words.extend(self.driver.iter().map(|driver| visible(driver).into_owned()));
        words.extend(self.user.iter().map(|user| format!("of user {}", visible(user))));
        match self.in_use {
            Some(true) => words.push("in use".to_owned()),
            Some(false) => words.push("not in use".to_owned()),
            None => {}
        }
        words.join(", ")
    }

    fn images_text(&self) -> String {
        let images = self.images.as_deref().unwrap_or_default();
        if images.is_empty() {
            return String::new();
        }
        let mut table = Table::new([
            ("IMAGE", Align::Left),
            ("LAYERS", Align::Right),
            ("SIZE", Align::Right),
            ("RECLAIMABLE", Align::Right),
            ("CONTAINERS", Align::Right),
        ]);
        for image in images {
            let size = |size: Option<u64>| size.map_or_else(|| "?".to_owned(), bytes);
            table.row([
                image.name(),
                &image.layers.map_or_else(|| "?".to_owned(), |layers| layers.to_string()),
                &size(image.bytes),
                &size(image.unique_bytes),
                &image.containers.to_string(),
            ]);
        }
        let unused = images.iter().filter(|image| image.containers == 0);
        let reclaimable: u64 = unused.filter_map(|image| image.unique_bytes).sum();
        format!("{}  {} in images without containers\n", table.lines(2), bytes(reclaimable))
    }

    fn problems_text(&self) -> String {
        if !self.checked {
            return "  not checked: plimsoll does not know the layout of this driver\n".to_owned();
        }
        if self.problem_count() == 0 {
            return match self.undetermined {
                0 => "  no problem found\n".to_owned(),
                doubts => format!(
                    "  no problem found, but {} could not be determined\n",
                    counted(doubts as u64, "thing")
                ),
            };
        }
        let mut text = String::new();
        for (check, Problem { id, path, detail }) in self.problems() {
            let _ = writeln!(text, "  {check}  {}: {}", visible(id), visible(detail));
            let _ = writeln!(text, "    {}", visible(path));
        }
        if self.problems_omitted > 0 {
            let _ = writeln!(text, "  and {} more", self.problems_omitted);
        }
        text
    }
}

impl Image {
    fn name(&self) -> &str {
        self.names.first().unwrap_or(&self.id)
    }
}

fn counted(count: u64, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}
