//! Reading a store's records without a lock, and telling whether anybody wrote meanwhile.
//!
//! Whoever writes takes a lock, writes the time, a count and its process id into the lock file, and replaces
//! the file of records: which of the two comes first depends on the version. So what was read between two
//! looks at the lock files that show the same belongs together, if nobody held a lock to write at either: one
//! who did may have replaced one file of several, or not have said so yet.

use std::collections::{HashMap, HashSet};

use rustix::process::FlockType;
use serde::de::DeserializeOwned;

use super::area::Area;
use super::records::{ContainerRecord, ImageRecord, LayerRecord, Record, parse, parse_list};
use crate::fact::Unknown;
use crate::host::{Host, HostErrorKind};

/// The most that is read of `layers.json`, in bytes: a layer takes some 450.
const LAYERS_CAP: usize = 64 << 20;

/// The most that is read of the other files, whose records take more memory than text.
const CAP: usize = 16 << 20;

/// A lock file holds 64 bytes; one that holds more is none.
const LOCK_CAP: usize = 4096;

/// What the lock files of a store say of its last writers, and whether one is at work.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stamps {
    written: Vec<Option<Vec<u8>>>,
    /// Whether a process holds one of the locks to write.
    pub(super) is_locked: bool,
}

impl Stamps {
    /// Reads the lock files. One that is not there, as in a store that was never written, or cannot be read
    /// says nothing.
    pub(super) fn read(host: &Host, areas: &[Area]) -> Self {
        let locks: Vec<String> = areas.iter().flat_map(Area::locks).collect();
        let is_locked = |lock: &String| {
            host.is_running()
                && host.open_file(lock).and_then(|lock| lock.is_locked_against(FlockType::ReadLock))
                    == Ok(true)
        };
        Self {
            written: locks.iter().map(|lock| host.read_capped(lock, LOCK_CAP).ok()).collect(),
            is_locked: locks.iter().any(is_locked),
        }
    }
}

/// The records of a store.
#[derive(Debug)]
pub(super) struct Tables {
    pub(super) layers: Table<LayerRecord>,
    pub(super) images: Table<ImageRecord>,
    pub(super) containers: Table<ContainerRecord>,
}

/// The records of one kind, of all files that hold some.
#[derive(Debug)]
pub(super) struct Table<T> {
    files: Vec<File<T>>,
}

/// A file of records.
#[derive(Debug)]
pub(super) struct File<T> {
    pub(super) path: String,
    pub(super) contents: Contents<T>,
}

/// What is in a file of records.
#[derive(Debug)]
pub(super) enum Contents<T> {
    Records(Vec<T>),
    /// The file is not there.
    Absent,
    /// The file is there and empty.
    Empty,
    /// The file is not of its format.
    Invalid(String),
    /// Nobody can tell.
    Unknown(Unknown),
}

impl Tables {
    /// Reads the records of containers, then those of images, then those of layers: what a record names was
    /// written before it.
    pub(super) fn read(host: &Host, area: &Area) -> Self {
        let containers = Table::read(host, &area.container_files(), CAP);
        let images = Table::read(host, &area.image_files(), CAP);
        let layers = Table::read(host, &area.layer_files(), LAYERS_CAP);
        Self { layers, images, containers }
    }
}

impl<T: Record> Table<T> {
    fn read(host: &Host, paths: &[String], cap: usize) -> Self {
        let file = |path: &String| File { path: path.clone(), contents: contents(host, path, cap, parse) };
        Self { files: paths.iter().map(file).collect() }
    }

    /// The files; the first is the one that is there in every store that holds something.
    pub(super) fn files(&self) -> &[File<T>] {
        &self.files
    }

    /// The records by id. Of several with one id that of the first file counts.
    pub(super) fn by_id(&self) -> HashMap<&str, &T> {
        self.records().rev().map(|record| (record.id(), record)).collect()
    }

    /// The records in the order of the files, each id once.
    pub(super) fn distinct(&self) -> impl Iterator<Item = &T> {
        let mut seen = HashSet::new();
        self.records().filter(move |record| seen.insert(record.id()))
    }

    fn records(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.files.iter().flat_map(|file| match &file.contents {
            Contents::Records(records) => records.as_slice(),
            _ => &[],
        })
    }

    /// Why there may be other records, if so.
    pub(super) fn incomplete(&self) -> Option<Unknown> {
        self.files.iter().find_map(|file| match &file.contents {
            Contents::Records(_) | Contents::Absent => None,
            Contents::Empty => Some(Unknown::malformed(&file.path, "the file is empty")),
            Contents::Invalid(detail) => Some(Unknown::malformed(&file.path, detail)),
            Contents::Unknown(unknown) => Some(unknown.clone()),
        })
    }
}

/// The elements of the list in `path`.
pub(super) fn list<T: DeserializeOwned>(host: &Host, path: &str) -> Contents<T> {
    contents(host, path, CAP, parse_list)
}

fn contents<T>(
    host: &Host,
    path: &str,
    cap: usize,
    parse: impl Fn(&[u8]) -> Result<Vec<T>, String>,
) -> Contents<T> {
    match host.read_capped(path, cap) {
        Ok(text) if text.is_empty() => Contents::Empty,
        Ok(text) => parse(&text).map_or_else(Contents::Invalid, Contents::Records),
        Err(error) => match error.kind {
            HostErrorKind::NotFound => Contents::Absent,
            HostErrorKind::NotRegular(_) => Contents::Invalid(error.kind.to_string()),
            _ => Contents::Unknown(error.into()),
        },
    }
}
