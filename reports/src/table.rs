//! Tables for people: columns as wide as what stands in them.

use unicode_width::UnicodeWidthStr;

use crate::visible;

/// Which side of its column a cell stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A table that grows row by row.
#[derive(Debug, Clone)]
pub struct Table {
    alignment: Vec<Align>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns: what stands over each, and its side.
    pub fn new<'h>(columns: impl IntoIterator<Item = (&'h str, Align)>) -> Self {
        let (heads, alignment) = columns.into_iter().map(|(head, align)| (head.to_owned(), align)).unzip();
        Self { alignment, rows: vec![heads] }
    }

    /// Adds a row. Control characters in its cells are spelled out.
    pub fn row<'c>(&mut self, cells: impl IntoIterator<Item = &'c str>) {
        self.rows.push(cells.into_iter().map(|cell| visible(cell).into_owned()).collect());
    }

    /// Whether there is nothing under the heads.
    pub fn is_empty(&self) -> bool {
        self.rows.len() < 2
    }

    /// The lines, each after `indent` spaces.
    pub fn lines(&self, indent: usize) -> String {
        let widths: Vec<usize> = (0..self.alignment.len())
            .map(|column| {
                self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0)
            })
            .collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = " ".repeat(indent);
            for ((cell, width), align) in row.iter().zip(&widths).zip(&self.alignment) {
                let padding = " ".repeat(width.saturating_sub(cell.width()));
                match align {
                    Align::Left => line.extend([cell, &padding, "  "]),
                    Align::Right => line.extend([&padding, cell.as_str(), "  "]),
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// A number of bytes in three digits or so: `512 B`, `1.5 KiB`, `212 MiB`.
pub fn bytes(count: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut scaled = count as f64;
    let mut unit = 0;
    while scaled >= 1023.95 && unit + 1 < units.len() {
        scaled /= 1024.0;
        unit += 1;
    }
    let digits = usize::from(unit > 0 && scaled < 99.95);
    format!("{scaled:.digits$} {}", units.get(unit).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_stands_in_them() {
        let mut table = Table::new([("IMAGE", Align::Left), ("SIZE", Align::Right)]);
        assert!(table.is_empty());
        table.row(["bed:1", "1.9 MiB"]);
        table.row(["a\u{1b}[2Jb", "7 B"]);
        assert_eq!(
            table.lines(2),
            "  IMAGE           SIZE\n  bed:1        1.9 MiB\n  a\\u{1b}[2Jb      7 B\n"
        );
    }

    #[test]
    fn sizes_have_three_digits_or_so() {
        let sizes = [0, 1023, 1536, 104_857_600, 1 << 40, u64::MAX].map(bytes);
        assert_eq!(sizes, ["0 B", "1023 B", "1.5 KiB", "100 MiB", "1.0 TiB", "16384 PiB"]);
        assert_eq!(bytes(1_048_575), "1.0 MiB");
    }
}
