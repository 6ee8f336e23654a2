//! Whether snapshots have their records, their directories and the snapshots below.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::super::check::Record;
use super::super::problem::Problem;
use super::checks::{
    SNAPSHOT_DIRECTORY_MISSING, SNAPSHOT_ORPHANED, SNAPSHOT_PARENT_BROKEN, SNAPSHOT_RECORD_MISSING,
    SNAPSHOT_UNREFERENCED,
};
use super::contents::{Contents, OVERLAYFS, Owners};
use super::snapshotter::{Kind, Snapshot, Snapshots};
use crate::host::{Dir, FileKind, HostError, HostErrorKind};

/// Makes these checks.
pub(super) fn check(contents: &Contents<'_>, record: &mut Record, owners: &BTreeMap<String, Owners>) {
    let Some(snapshots) = contents.snapshots.read() else { return };
    Look { contents, snapshots, owners, record }.look();
}

struct Look<'a> {
    contents: &'a Contents<'a>,
    snapshots: &'a Snapshots,
    owners: &'a BTreeMap<String, Owners>,
    record: &'a mut Record,
}

impl Look<'_> {
    fn look(&mut self) {
        self.records();
        self.parents();
        let directory = self.contents.snapshots_directory();
        match self.contents.survey.ctx.host.open_dir(&directory) {
            Ok(directory) => self.directories(&directory),
            // Then no snapshot has one.
            Err(error) if error.kind == HostErrorKind::NotFound => {
                for (name, snapshot) in self.snapshots {
                    self.found_without_directory(name, snapshot, "its directory is not there");
                }
            }
            Err(error) => {
                let unknown = error.into();
                self.record.impossible(&SNAPSHOT_DIRECTORY_MISSING, &unknown);
                self.record.impossible(&SNAPSHOT_ORPHANED, &unknown);
            }
        }
    }

    /// Both databases have the same snapshots.
    fn records(&mut self) {
        let mut known = BTreeSet::new();
        for (namespace, records) in self.contents.namespaces() {
            for ((snapshotter, key), found) in &records.snapshots {
                if snapshotter != OVERLAYFS {
                    continue;
                }
                known.insert(found.name.as_str());
                if self.snapshots.contains_key(&found.name) || self.contents.is_young(found.created) {
                    continue;
                }
                let path = super::contents::snapshots_path(self.contents.path);
                let detail = "meta.db has it, the snapshotter's metadata.db does not";
                let problem = self.with_owners(&found.name, self.contents.problem(key, path, detail));
                let problem = Problem { namespace: Some(namespace.to_owned()), ..problem };
                self.record.found(&SNAPSHOT_RECORD_MISSING, problem);
            }
        }
        for (name, snapshot) in self.snapshots.iter().filter(|(name, _)| !known.contains(name.as_str())) {
            if !self.contents.is_young(snapshot.created) {
                let detail = "the snapshotter has it, meta.db does not";
                let problem = self.contents.problem(name, self.contents.directory(snapshot), detail);
                self.record.found(&SNAPSHOT_UNREFERENCED, problem);
            }
        }
    }

    /// Each snapshot lies on a committed one, and none on itself.
    fn parents(&mut self) {
        let endless = endless(self.snapshots);
        for (name, snapshot) in self.snapshots {
            let Some(parent) = &snapshot.parent else { continue };
            let detail = match self.snapshots.get(parent) {
                None => format!("the snapshot below, {parent}, is not there"),
                Some(below) if below.kind != Kind::Committed => {
                    format!("the snapshot below, {parent}, is not committed")
                }
                Some(_) if endless.contains(name.as_str()) => {
                    format!("it lies above itself, by way of {parent}")
                }
                Some(_) => continue,
            };
            let problem = self.contents.problem(key(name), self.contents.directory(snapshot), detail);
            let problem = self.with_owners(name, problem);
            self.record.found(&SNAPSHOT_PARENT_BROKEN, problem);
        }
    }

    /// Each snapshot has a directory, and each directory a snapshot.
    fn directories(&mut self, directory: &Dir) {
        let ids: BTreeSet<String> = self.snapshots.values().map(|snapshot| snapshot.id.to_string()).collect();
        for (name, snapshot) in self.snapshots {
            if let Some(unknown) = self.contents.survey.out_of_time(self.contents.path) {
                return self.record.impossible(&SNAPSHOT_DIRECTORY_MISSING, &unknown);
            }
            match lacks(directory, snapshot) {
                Ok(None) => {}
                Ok(Some(what)) => self.found_without_directory(name, snapshot, what),
                Err(error) => self.record.missed(&SNAPSHOT_DIRECTORY_MISSING, error.into()),
            }
        }
        let entries = match directory.entries() {
            Ok(entries) => entries,
            Err(error) => return self.record.impossible(&SNAPSHOT_ORPHANED, &error.into()),
        };
        for entry in entries {
            let name = entry.name.to_string_lossy();
            if !ids.contains(name.as_ref()) {
                self.orphan(directory, &name);
            }
        }
    }

    fn found_without_directory(&mut self, name: &str, snapshot: &Snapshot, what: &str) {
        if self.contents.is_young(snapshot.created) {
            return;
        }
        let problem = self.contents.problem(key(name), self.contents.directory(snapshot), what);
        let problem = self.with_owners(name, problem);
        self.record.found(&SNAPSHOT_DIRECTORY_MISSING, problem);
    }

    fn orphan(&mut self, directory: &Dir, name: &str) {
        let Ok(inode) = directory.metadata(name) else { return };
        if self.contents.is_fresh(&inode) {
            return;
        }
        let path = format!("{}/{name}", self.contents.snapshots_directory());
        let mut problem = self.contents.problem(name, path, "no snapshot has this directory");
        problem.age = Some(self.contents.survey.age(&inode));
        self.record.found(&SNAPSHOT_ORPHANED, problem);
    }

    fn with_owners(&self, name: &str, problem: Problem) -> Problem {
        match self.owners.get(name) {
            Some(owners) => owners.of_problem(problem),
            None => Problem { namespace: namespace(name).map(str::to_owned), ..problem },
        }
    }
}

/// The snapshots whose chain below comes back to them. Each is passed once, however long the chains are.
fn endless(snapshots: &Snapshots) -> HashSet<&str> {
    let (mut passed, mut endless) = (HashSet::new(), HashSet::new());
    for start in snapshots.keys() {
        let (mut way, mut places) = (Vec::new(), HashMap::new());
        let mut next = Some(start.as_str());
        while let Some(name) = next.filter(|name| !passed.contains(name)) {
            if let Some(place) = places.insert(name, way.len()) {
                endless.extend(way.iter().skip(place).copied());
                break;
            }
            way.push(name);
            next = snapshots.get(name).and_then(|snapshot| snapshot.parent.as_deref());
        }
        passed.extend(way);
    }
    endless
}

/// What a snapshot's directory lacks.
fn lacks(directory: &Dir, snapshot: &Snapshot) -> Result<Option<&'static str>, HostError> {
    let own = match directory.open_dir(snapshot.id.to_string()) {
        Ok(own) => own,
        Err(error) if is_no_directory(&error) => return Ok(Some("its directory is not there")),
        Err(error) => return Err(error),
    };
    let has = |name: &str| match own.metadata(name) {
        Ok(metadata) => Ok(metadata.kind == FileKind::Directory),
        Err(error) if error.kind == HostErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    };
    if !has("fs")? {
        return Ok(Some("its directory has no fs"));
    }
    let lacks_work = snapshot.kind == Kind::Active && !has("work")?;
    Ok(lacks_work.then_some("its directory has no work"))
}

/// Whether there is nothing where a directory should be, or something else.
fn is_no_directory(error: &HostError) -> bool {
    let not_a_directory = HostErrorKind::Failed { errno: rustix::io::Errno::NOTDIR.raw_os_error() };
    matches!(error.kind, HostErrorKind::NotFound | HostErrorKind::NotRegular(_))
        || error.kind == not_a_directory
}

/// The key of a snapshot in its namespace: what `ctr snapshots` calls it.
pub(super) fn key(name: &str) -> &str {
    name.splitn(3, '/').nth(2).unwrap_or(name)
}

/// The namespace of a snapshot.
pub(super) fn namespace(name: &str) -> Option<&str> {
    name.split_once('/').map(|(namespace, _)| namespace)
}
