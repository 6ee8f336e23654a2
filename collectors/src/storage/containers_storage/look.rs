//! A look at one area of a store: what its checks share.

use super::area::Area;
use super::catalog::Catalog;
use super::crio::Shutdown;
use super::read::Tables;
use crate::fact::{Fact, Unknown};
use crate::host::{Dir, FileKind, HostError, HostErrorKind};
use crate::storage::check::{Check, Record};
use crate::storage::survey::Survey;

/// One area of a store, its records, and where what is wrong is written down.
#[derive(Debug)]
pub(super) struct Look<'a> {
    pub(super) survey: &'a Survey<'a>,
    pub(super) area: &'a Area,
    pub(super) tables: &'a Tables,
    pub(super) catalog: Catalog<'a>,
    /// Whether it is a user's store.
    pub(super) is_rootless: bool,
    /// How CRI-O last ended.
    pub(super) shutdown: &'a Shutdown,
    pub(super) record: &'a mut Record,
}

impl Look<'_> {
    /// Whether what is `age` seconds old may be in the making. podman and buildah are no daemons: on a
    /// running node one may have started just now.
    pub(super) fn is_young(&self, age: u64) -> bool {
        let runs = Fact::Known(self.survey.ctx.host.is_running());
        self.survey.may_be_in_the_making(age, &runs)
    }

    /// How old the record or directory is that was made at `created`.
    pub(super) fn age_of(&self, created: i64) -> u64 {
        self.survey.age_at(created)
    }

    /// None of `checks` can be made.
    pub(super) fn all_impossible(&mut self, checks: &[Check], unknown: &Unknown) {
        for check in checks {
            self.record.impossible(check, unknown);
        }
    }

    /// Each of `checks` could not be made on one object.
    pub(super) fn all_missed(&mut self, checks: &[Check], unknown: &Unknown) {
        for check in checks {
            self.record.missed(check, unknown.clone());
        }
    }

    /// Whether the time is over, so that the `checks` end here.
    pub(super) fn is_over(&mut self, checks: &[Check]) -> bool {
        match self.survey.out_of_time(&self.area.store) {
            Some(unknown) => {
                self.all_missed(checks, &unknown);
                true
            }
            None => false,
        }
    }

    /// The directory at `path`; `None` if it is not there.
    ///
    /// # Errors
    ///
    /// If that cannot be told.
    pub(super) fn directory(&self, path: &str) -> Result<Option<Dir>, Unknown> {
        absent(self.survey.ctx.host.open_dir(path)).map_err(Unknown::from)
    }

    /// The directories in the one at `path` that have an id for a name; none if it is not there.
    ///
    /// # Errors
    ///
    /// If it cannot be listed.
    pub(super) fn directories(&self, path: &str) -> Result<Vec<String>, Unknown> {
        let Some(directory) = self.directory(path)? else { return Ok(Vec::new()) };
        let entries = directory.entries()?.into_iter();
        let directories = entries.filter(|entry| entry.kind == FileKind::Directory);
        Ok(directories.map(|entry| entry.name.to_string_lossy().into_owned()).collect())
    }
}

/// `None` for what is not there.
pub(super) fn absent<T>(result: Result<T, HostError>) -> Result<Option<T>, HostError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind == HostErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The directory `name` in `directory`; `None` if it is not there, or something else is in its place.
pub(super) fn directory_in(directory: &Dir, name: &str) -> Result<Option<Dir>, HostError> {
    match absent(directory.open_dir(name)) {
        Err(HostError { kind: HostErrorKind::Failed { errno: libc::ENOTDIR }, .. }) => Ok(None),
        result => result,
    }
}

/// Whether `name` is what the engines make for ids of images and containers.
pub(super) fn is_id(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}
