//! The ranking as a table for people.

use plimsoll_reports::visible;

use super::ranking::{Ranking, Row};

/// The table of the first `count` containers.
pub(super) fn text(ranking: &Ranking<'_>, count: usize) -> String {
    if ranking.rows.is_empty() {
        let nothing = if ranking.kind.is_of_rw_layers() { "has a writable layer" } else { "runs" };
        return format!("no container {nothing}\n");
    }
    let mut lines = vec![head(ranking)];
    lines.extend(ranking.rows.iter().take(count).map(|row| line(ranking, row)));
    let mut text = aligned(&lines);
    let left = ranking.rows.len().saturating_sub(count);
    if left > 0 {
        text.push_str(&format!("and {left} more\n"));
    }
    text
}

fn head(ranking: &Ranking<'_>) -> Vec<String> {
    let columns = ranking.columns.iter().map(|column| column.key.replace('_', " ").to_uppercase());
    columns.chain(["CONTAINER", "ID", "RUNTIME"].map(str::to_owned)).collect()
}

fn line(ranking: &Ranking<'_>, row: &Row<'_>) -> Vec<String> {
    let cells = ranking.columns.iter().zip(&row.cells).map(|(column, cell)| cell.text(column.unit));
    let container = row.container;
    let names = [container.label(), container.short_id(), container.text("/runtime").unwrap_or("?")];
    cells.chain(names.map(|name| visible(name).into_owned())).collect()
}

/// The lines with every column as wide as its widest cell: figures to the right, names to the left.
fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        lines
            .iter()
            .filter_map(|line| line.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let names = columns.saturating_sub(3);
    let mut text = String::new();
    for line in lines {
        let cells: Vec<String> = line
            .iter()
            .zip(&widths)
            .enumerate()
            .map(
                |(at, (cell, width))| {
                    if at < names { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
                },
            )
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}
