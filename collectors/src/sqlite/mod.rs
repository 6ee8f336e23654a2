//! SQLite databases, with what a write-ahead log holds beyond them (SQLite: database file format).
//!
//! A live database may be written to while it is read. A page that changes meanwhile breaks the tree or a
//! row, which is an error and not a wrong answer.

mod log;
mod table;

use std::collections::HashMap;

use log::committed_pages;
use table::walk;
pub(crate) use table::{Column, Row};

/// The root page of the schema table.
const SCHEMA: u32 = 1;

/// A database that is not of its format: what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) String);

impl Malformed {
    fn new(detail: impl Into<String>) -> Self {
        Self(detail.into())
    }
}

/// Calls `visit` with each row of the table `name` of the database, whose write-ahead log is `log`.
///
/// # Errors
///
/// If the database or its log is not of its format, has no such table, or `visit` fails.
pub(crate) fn rows<E: From<Malformed>>(
    database: &[u8],
    log: &[u8],
    name: &str,
    visit: &mut dyn FnMut(&Row<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let pages = Pages::open(database, log)?;
    let mut root = None;
    walk(&pages, SCHEMA, &mut |row: &Row<'_>| -> Result<(), E> {
        // The columns are type, name, tbl_name, rootpage and sql.
        if row.column(0)? == Column::Text(b"table") && row.column(1)? == Column::Text(name.as_bytes()) {
            root = row.column(3)?.page_number();
        }
        Ok(())
    })?;
    let root = root.ok_or_else(|| Malformed::new(format!("it has no table {name}")))?;
    walk(&pages, root, visit)
}

/// The pages of a database: those of its file, or newer ones of its log.
struct Pages<'a> {
    file: &'a [u8],
    size: usize,
    /// What of a page is in use; the rest is reserved for extensions.
    usable: usize,
    /// The pages that the log holds.
    logged: HashMap<u32, &'a [u8]>,
}

impl<'a> Pages<'a> {
    fn open(file: &'a [u8], log: &'a [u8]) -> Result<Self, Malformed> {
        if !file.starts_with(b"SQLite format 3\0") || file.len() < 100 {
            return Err(Malformed::new("it does not begin as an SQLite database does"));
        }
        // Page size 65536 does not fit and is written as 1.
        let size = match u16::from_be_bytes([file[16], file[17]]) {
            1 => 65536,
            size => usize::from(size),
        };
        let usable = size.saturating_sub(usize::from(file[20]));
        if size < 512 || !size.is_power_of_two() || usable < 480 {
            return Err(Malformed::new(format!("a page size of {size}")));
        }
        Ok(Self { file, size, usable, logged: committed_pages(log, size)? })
    }

    /// Page `number`, from 1, without its reserved end.
    fn get(&self, number: u32) -> Result<&'a [u8], Malformed> {
        let logged = self.logged.get(&number).copied();
        let in_file = || {
            let start = (number as usize).checked_sub(1)?.checked_mul(self.size)?;
            self.file.get(start..start.checked_add(self.size)?)
        };
        let page = logged.or_else(in_file).and_then(|page| page.get(..self.usable));
        page.ok_or_else(|| Malformed::new(format!("there is no page {number}")))
    }

    /// How many pages there can be at most.
    fn count(&self) -> usize {
        self.file.len() / self.size + self.logged.len()
    }
}

/// The four bytes at `at`, as a number.
fn u32_at(bytes: &[u8], at: usize, read: fn([u8; 4]) -> u32) -> Result<u32, Malformed> {
    let end = at.checked_add(4);
    let field = end.and_then(|end| bytes.get(at..end)).and_then(|field| field.try_into().ok());
    field.map(read).ok_or_else(|| Malformed::new(format!("the file ends before offset {at}")))
}
