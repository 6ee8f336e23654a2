//! The containers in their order.

use std::collections::HashMap;
use std::time::Duration;

use plimsoll_engine::snapshot::Gap;
use serde_json::{Map, Value, json};

use super::cell::{Before, Cell};
use super::kind::{Column, Kind};
use crate::containers::{Container, Containers};

/// The containers as they are, and as they were some time before, if it was looked twice.
#[derive(Debug)]
pub(super) struct Samples {
    pub(super) before: Option<(Containers, Duration)>,
    pub(super) now: Containers,
}

/// The running containers, and the stopped ones where these take something, too; ranked.
#[derive(Debug)]
pub(super) struct Ranking<'s> {
    pub(super) kind: Kind,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Row<'s>>,
    /// What keeps the ranking from being complete.
    pub(super) gaps: Vec<&'s Gap>,
    interval: Option<Duration>,
}

/// A container and its figures, one for each column.
#[derive(Debug)]
pub(super) struct Row<'s> {
    pub(super) container: &'s Container,
    pub(super) cells: Vec<Cell<'s>>,
}

impl<'s> Ranking<'s> {
    pub(super) fn of(kind: Kind, samples: &'s Samples) -> Self {
        let columns = kind.columns(samples.before.is_some());
        let before = before(samples);
        let counts = |container: &&Container| kind.is_of_rw_layers() || container.number("/pid").is_some();
        let mut rows: Vec<Row<'s>> = (samples.now.list.iter())
            .filter(counts)
            .map(|container| {
                let before = before.get(&key(container)).copied();
                let cells = columns.iter().map(|column| Cell::of(column, container, before)).collect();
                Row { container, cells }
            })
            .collect();
        rows.sort_by(|a, b| {
            b.rank().total_cmp(&a.rank()).then_with(|| a.container.label().cmp(b.container.label()))
        });
        let unranked = rows.iter().filter_map(|row| match row.cells.first() {
            Some(Cell::Unknown(gap)) => Some(*gap),
            _ => None,
        });
        let gaps = samples.now.gaps.iter().chain(unranked).collect();
        Self { kind, interval: samples.before.as_ref().map(|(_, elapsed)| *elapsed), columns, rows, gaps }
    }

    /// The first `count` for programs.
    pub(super) fn to_json(&self, count: usize) -> Value {
        let row = |row: &Row<'_>| {
            let identity = ["id", "label", "name", "image", "pod", "runtime", "pid"];
            let facts = &row.container.facts;
            let mut object: Map<String, Value> = identity
                .into_iter()
                .map(|name| (name.to_owned(), facts.get(name).cloned().unwrap_or_default()))
                .collect();
            for (column, cell) in self.columns.iter().zip(&row.cells) {
                object.insert(column.key.to_owned(), cell.to_json());
            }
            Value::Object(object)
        };
        json!({
            "interval_seconds": self.interval.map(|interval| interval.as_secs_f64()),
            "ranked_by": self.columns.first().map(|column| column.key),
            "containers": self.rows.iter().take(count).map(row).collect::<Vec<_>>(),
            "gaps": self.gaps,
        })
    }
}

impl Row<'_> {
    fn rank(&self) -> f64 {
        self.cells.first().map_or(f64::NEG_INFINITY, Cell::rank)
    }
}

/// The containers of the first look. One that was started anew since is another.
fn before(samples: &Samples) -> HashMap<(&str, Option<u64>), Before<'_>> {
    let Some((containers, elapsed)) = &samples.before else { return HashMap::new() };
    let seconds = elapsed.as_secs_f64();
    containers.list.iter().map(|container| (key(container), Before { container, seconds })).collect()
}

fn key(container: &Container) -> (&str, Option<u64>) {
    (container.id(), container.number("/pid"))
}
