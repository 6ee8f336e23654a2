//! rpm's database, in each of the forms that it had: an SQLite database, rpm's own "ndb", and a Berkeley DB
//! hash. All of them hold one header per installed package.

mod bdb;
mod header;
mod ndb;
mod sqlite;
#[cfg(test)]
mod tests;

use plimsoll_engine::snapshot::GapReason;

use crate::fact::Unknown;
use crate::host::{Host, HostErrorKind};

use super::{Installed, Manager, Presence, Wanted, is_wanted, note, read_database};

use header::Header;

/// Where the database is: usually, on SUSE and newer Fedora, and on systems based on rpm-ostree. Some of them
/// are links to the others.
const DIRECTORIES: [&str; 3] = ["/var/lib/rpm", "/usr/lib/sysimage/rpm", "/usr/share/rpm"];

/// The forms of the database: the name of the file, and what reads it and its write-ahead log. After a
/// change of the form the files of the former one may be left, so the newest comes first.
const FORMS: [(&str, Headers); 3] =
    [("rpmdb.sqlite", sqlite::headers), ("Packages.db", ndb::headers), ("Packages", bdb::headers)];

/// Calls the visitor with each header of a database.
type Headers = fn(&[u8], &[u8], &mut Visit<'_>) -> Result<(), Flaw>;

/// What is called with each header.
type Visit<'v> = dyn FnMut(&[u8]) -> Result<(), Flaw> + 'v;

/// Why a database cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Flaw {
    /// It is not of its format: what is wrong, and where.
    Malformed(String),
    /// It is of a form that this reader does not know.
    Unsupported(String),
}

impl Flaw {
    fn malformed(detail: impl Into<String>) -> Self {
        Self::Malformed(detail.into())
    }

    fn of(self, path: &str) -> Unknown {
        match self {
            Self::Malformed(detail) => Unknown::malformed(path, detail),
            Self::Unsupported(detail) => Unknown::new(GapReason::Unsupported, path, detail),
        }
    }
}

/// Looks for the packages that are wanted.
///
/// # Errors
///
/// If the database is there and cannot be read, or is not of its format; what was found until then stays
/// noted.
pub(super) fn search(host: &Host, wanted: &mut Wanted<'_>) -> Result<Presence, Unknown> {
    for directory in DIRECTORIES {
        for (file, headers) in FORMS {
            let path = format!("{directory}/{file}");
            let Some(database) = read_database(host, &path)? else { continue };
            require_no_journal(host, &format!("{path}-journal"))?;
            let log = read_database(host, &format!("{path}-wal"))?.unwrap_or_default();
            let mut budget = database.len() + log.len();
            let visit = &mut |header: &[u8]| visit(wanted, header, &mut budget);
            return headers(&database, &log, visit).map(|()| Presence::Read).map_err(|flaw| flaw.of(&path));
        }
    }
    Ok(Presence::Missing)
}

/// A rollback journal with something in it means that a transaction was interrupted: the database itself
/// then holds a part of it.
fn require_no_journal(host: &Host, path: &str) -> Result<(), Unknown> {
    match host.metadata(path) {
        Ok(metadata) if metadata.size > 0 => Err(Unknown::new(
            GapReason::Unsupported,
            path,
            "a transaction of the package database was interrupted",
        )),
        Err(error) if error.kind != HostErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Notes the package of a header. All headers of a file are not larger than the file, unless somebody made
/// them share bytes to keep their reader busy.
fn visit(wanted: &mut Wanted<'_>, bytes: &[u8], budget: &mut usize) -> Result<(), Flaw> {
    let left = budget.checked_sub(bytes.len());
    *budget = left.ok_or_else(|| Flaw::malformed("its headers are larger than the file"))?;
    let header = Header::parse(bytes)?;
    let name = header.name()?;
    if is_wanted(wanted, name) {
        let (version, architecture) = (header.version()?, header.architecture()?);
        note(wanted, &Installed { name, version, architecture, manager: Manager::Rpm });
    }
    Ok(())
}

/// The four bytes at `at`, as a number.
fn u32_at(bytes: &[u8], at: usize, read: fn([u8; 4]) -> u32) -> Result<u32, Flaw> {
    let end = at.checked_add(4);
    let field = end.and_then(|end| bytes.get(at..end)).and_then(|field| field.try_into().ok());
    field.map(read).ok_or_else(|| Flaw::malformed(format!("the file ends before offset {at}")))
}
