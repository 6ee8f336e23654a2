//! The table `Packages` of an SQLite database, with what its write-ahead log holds beyond it.
//!
//! A live database may be written to while it is read. A page that changes meanwhile breaks the tree or a
//! header, which is an error and not a wrong answer.

mod log;
mod table;

use std::collections::HashMap;

use super::{Flaw, Visit};

use log::committed_pages;
use table::{Column, Row, rows};

/// The root page of the schema table.
const SCHEMA: u32 = 1;

/// Calls `visit` with each header: the column `blob` of the table `Packages`.
///
/// # Errors
///
/// If the database or its log is not of its format, or `visit` fails.
pub(super) fn headers(database: &[u8], log: &[u8], visit: &mut Visit<'_>) -> Result<(), Flaw> {
    let pages = Pages::open(database, log)?;
    let mut root = None;
    rows(&pages, SCHEMA, &mut |row: &Row<'_>| {
        // The columns are type, name, tbl_name, rootpage and sql.
        if row.column(0)? == Column::Text(b"table") && row.column(1)? == Column::Text(b"Packages") {
            root = row.column(3)?.page_number();
        }
        Ok(())
    })?;
    let root = root.ok_or_else(|| Flaw::malformed("it has no table Packages"))?;
    rows(&pages, root, &mut |row: &Row<'_>| match row.column(1)? {
        // The columns are hnum and blob.
        Column::Blob(header) => visit(header),
        _ => Err(Flaw::malformed("a row of the table Packages holds no header")),
    })
}

/// The pages of a database: those of its file, or newer ones of its log.
pub(super) struct Pages<'a> {
    file: &'a [u8],
    size: usize,
    /// What of a page is in use; the rest is reserved for extensions.
    usable: usize,
    /// The pages that the log holds.
    logged: HashMap<u32, &'a [u8]>,
}

impl<'a> Pages<'a> {
    fn open(file: &'a [u8], log: &'a [u8]) -> Result<Self, Flaw> {
        if !file.starts_with(b"SQLite format 3\0") || file.len() < 100 {
            return Err(Flaw::malformed("it does not begin as an SQLite database does"));
        }
        // Page size 65536 does not fit and is written as 1.
        let size = match u16::from_be_bytes([file[16], file[17]]) {
            1 => 65536,
            size => usize::from(size),
        };
        let usable = size.saturating_sub(usize::from(file[20]));
        if size < 512 || !size.is_power_of_two() || usable < 480 {
            return Err(Flaw::malformed(format!("a page size of {size}")));
        }
        Ok(Self { file, size, usable, logged: committed_pages(log, size)? })
    }

    /// Page `number`, from 1, without its reserved end.
    fn get(&self, number: u32) -> Result<&'a [u8], Flaw> {
        let logged = self.logged.get(&number).copied();
        let in_file = || {
            let start = (number as usize).checked_sub(1)?.checked_mul(self.size)?;
            self.file.get(start..start.checked_add(self.size)?)
        };
        let page = logged.or_else(in_file).and_then(|page| page.get(..self.usable));
        page.ok_or_else(|| Flaw::malformed(format!("there is no page {number}")))
    }

    /// How many pages there can be at most.
    fn count(&self) -> usize {
        self.file.len() / self.size + self.logged.len()
    }
}
