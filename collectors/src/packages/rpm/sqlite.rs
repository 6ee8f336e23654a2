//! The table `Packages` of an SQLite database.

use super::{Flaw, Visit};
use crate::sqlite::{Column, Malformed, Row, rows};

/// Calls `visit` with each header: the column `blob` of the table `Packages`.
///
/// # Errors
///
/// If the database or its log is not of its format, or `visit` fails.
pub(super) fn headers(database: &[u8], log: &[u8], visit: &mut Visit<'_>) -> Result<(), Flaw> {
    rows(database, log, "Packages", &mut |row: &Row<'_>| match row.column(1)? {
        // The columns are hnum and blob.
        Column::Blob(header) => visit(header),
        _ => Err(Flaw::malformed("a row of the table Packages holds no header")),
    })
}

impl From<Malformed> for Flaw {
    fn from(Malformed(detail): Malformed) -> Self {
        Self::Malformed(detail)
    }
}
