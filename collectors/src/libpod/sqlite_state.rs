//! `db.sql`: the tables `ContainerConfig` and `ContainerState` have a row for each container, `PodConfig` one for each
//! pod.

use plimsoll_engine::snapshot::GapReason;

use super::{Libpod, parsed};
use crate::fact::Unknown;
use crate::host::{Host, HostErrorKind};
use crate::sqlite::{self, Column, Malformed, Row};

/// The most that is read of a database, in bytes; a container takes some kilobytes.
const CAP: usize = 64 << 20;

/// How often a database is read that is written meanwhile.
const ATTEMPTS: usize = 3;

/// The texts of two columns of a row.
type Pair = (String, Vec<u8>);

pub(super) fn read(host: &Host, path: &str, is_over: &dyn Fn() -> bool) -> Result<Libpod, Unknown> {
    let mut before = None;
    for _ in 0..ATTEMPTS {
        if is_over() {
            return Err(Unknown::new(GapReason::Timeout, path, "the time was over"));
        }
        let bytes = (optional(host, path)?, optional(host, &format!("{path}-wal"))?);
        // The journal begins with zeroes, or is gone, unless its transaction goes on.
        let journal = optional(host, &format!("{path}-journal"))?;
        let is_at_rest = journal.iter().take(8).all(|byte| *byte == 0);
        if is_at_rest && (!host.is_running() || before.as_ref() == Some(&bytes)) {
            return parse(path, &bytes.0, &bytes.1);
        }
        before = Some(bytes);
    }
    let detail =
        format!("the database is busy: it was written each of the {ATTEMPTS} times that it was read");
    Err(Unknown::new(GapReason::Failed, path, detail))
}

fn optional(host: &Host, path: &str) -> Result<Vec<u8>, Unknown> {
    match host.read_capped(path, CAP) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind == HostErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

fn parse(path: &str, database: &[u8], log: &[u8]) -> Result<Libpod, Unknown> {
    let pairs = |table, column| {
        pairs(database, log, table, column).map_err(|Malformed(detail)| Unknown::malformed(path, detail))
    };
    let mut known = Libpod::default();
    // The columns are ID, Name, PodID and JSON.
    for (id, config) in pairs("ContainerConfig", 3)? {
        known.containers.entry(id).or_default().config =
            parsed(path, "the configuration of a container", &config)?;
    }
    // The columns are ID, State, ExitCode and JSON.
    for (id, state) in pairs("ContainerState", 3)? {
        if let Some(container) = known.containers.get_mut(&id) {
            container.state = parsed(path, "the state of a container", &state)?;
        }
    }
    // The columns are ID, Name and JSON.
    for (id, name) in pairs("PodConfig", 1)? {
        known.pods.insert(id, String::from_utf8_lossy(&name).into_owned());
    }
    Ok(known)
}

/// The first column and the one of number `column` of each row of `table`.
fn pairs(database: &[u8], log: &[u8], table: &str, column: usize) -> Result<Vec<Pair>, Malformed> {
    let mut pairs = Vec::new();
    sqlite::rows(database, log, table, &mut |row: &Row<'_>| -> Result<(), Malformed> {
        if let (Column::Text(id) | Column::Blob(id), Column::Text(value) | Column::Blob(value)) =
            (row.column(0)?, row.column(column)?)
        {
            pairs.push((String::from_utf8_lossy(id).into_owned(), value.to_vec()));
        }
        Ok(())
    })?;
    Ok(pairs)
}
