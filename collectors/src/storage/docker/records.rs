//! All records of a store, as they were in one reading.

use std::collections::{BTreeMap, HashSet};

use super::super::layer::parallel::each;
use super::super::survey::Survey;
use super::containers::Container;
use super::directories::Directories;
use super::images::{Image, Repositories};
use super::layers::{Layer, Leftover, Mount};
use super::read::{self, Read};
use super::{buildkit, containers, directories, images, layers};
use crate::fact::Unknown;
use crate::host::{Dir, FileKind};

/// Objects by their name.
pub(super) type Table<T> = Result<BTreeMap<String, T>, Unknown>;

/// The records of a store. What names others is read before what it names.
#[derive(Debug)]
pub(super) struct Records {
    /// `image/overlay2/repositories.json`.
    pub(super) repositories: Read<Repositories>,
    /// `containers/<id>`.
    pub(super) containers: Table<Container>,
    /// `image/overlay2/layerdb/mounts/<id>`.
    pub(super) mounts: Table<Mount>,
    /// `image/overlay2/imagedb/content/sha256/<id>`.
    pub(super) images: Table<Image>,
    /// `image/overlay2/layerdb/sha256/<chain id>`.
    pub(super) layers: Table<Layer>,
    /// The layers whose removal began.
    pub(super) removals: Result<Vec<Leftover>, Unknown>,
    /// The layers whose registration began.
    pub(super) registrations: Result<Vec<Leftover>, Unknown>,
    /// The directories of overlay2 that are BuildKit's.
    pub(super) builds: Result<HashSet<String>, Unknown>,
    /// `overlay2/<id>`.
    pub(super) directories: Directories,
}

impl Records {
    /// Reads the store at `store`.
    pub(super) fn read(survey: &Survey<'_>, store: &str) -> Self {
        let image = format!("{store}/image/overlay2");
        let layerdb = format!("{image}/layerdb");
        let (layers, removals) = layers::read(survey, &format!("{layerdb}/sha256"));
        Self {
            repositories: images::repositories(survey, &image),
            containers: containers::read(survey, &format!("{store}/containers")),
            mounts: layers::mounts(survey, &format!("{layerdb}/mounts")),
            images: images::read(survey, &format!("{image}/imagedb/content/sha256")),
            layers,
            removals,
            registrations: layers::registrations(survey, &format!("{layerdb}/tmp")),
            builds: buildkit::directories(survey, &format!("{store}/buildkit")),
            directories: directories::read(survey, &format!("{store}/overlay2")),
        }
    }

    /// The layers, as far as they are known.
    pub(super) fn layers(&self) -> impl Iterator<Item = (&str, &Layer)> {
        known(&self.layers)
    }

    /// The writable layers, as far as they are known, by container.
    pub(super) fn mounts(&self) -> impl Iterator<Item = (&str, &Mount)> {
        known(&self.mounts)
    }

    /// The images, as far as they are known.
    pub(super) fn images(&self) -> impl Iterator<Item = (&str, &Image)> {
        known(&self.images)
    }

    /// The containers, as far as they are known.
    pub(super) fn containers(&self) -> impl Iterator<Item = (&str, &Container)> {
        known(&self.containers)
    }

    /// Whether the graph driver has anything, or nobody can tell. Where containerd has the images it has not.
    pub(super) fn has_driver(&self) -> bool {
        fn is_empty<T>(table: &Table<T>) -> bool {
            table.as_ref().is_ok_and(BTreeMap::is_empty)
        }
        !(is_empty(&self.layers) && is_empty(&self.mounts) && is_empty(&self.directories.all))
    }

    /// The layer of the chain id `chain`.
    pub(super) fn layer(&self, chain: &str) -> Option<&Layer> {
        self.layers.as_ref().ok()?.get(chain)
    }

    /// The chain id of the layer itself and of each below it. A cycle ends where it began.
    pub(super) fn ancestry<'r>(&'r self, chain: &'r str) -> impl Iterator<Item = &'r str> {
        let mut seen = HashSet::new();
        let parent = |chain: &&'r str| self.layer(chain)?.parent.known().map(String::as_str);
        std::iter::successors(Some(chain), parent).take_while(move |chain| seen.insert(*chain))
    }
}

fn known<T>(table: &Table<T>) -> impl Iterator<Item = (&str, &T)> {
    table.iter().flatten().map(|(name, object)| (name.as_str(), object))
}

/// Reads the object of each directory below `path` that `is_one` takes by its name, several at once. None if
/// `path` is not there.
///
/// # Errors
///
/// If `path` cannot be listed, or the time is over.
pub(super) fn table<T: Send>(
    survey: &Survey<'_>,
    path: &str,
    is_one: impl Fn(&str) -> bool,
    read: impl Fn(&Dir, &str, u64) -> T + Send + Sync,
) -> Table<T> {
    let Some(parent) = read::directory(survey.ctx.host, path)? else { return Ok(BTreeMap::new()) };
    let directories = parent.entries()?.into_iter().filter(|entry| entry.kind == FileKind::Directory);
    let names = directories.filter_map(|entry| entry.name.into_string().ok().filter(|name| is_one(name)));
    let names: Vec<String> = names.collect();
    let objects = each(&names, |name| -> Result<Option<T>, Unknown> {
        if let Some(unknown) = survey.out_of_time(path) {
            return Err(unknown);
        }
        // It may be gone since.
        let Some(directory) = read::found(parent.open_dir(name))? else { return Ok(None) };
        let Some(inode) = read::inode(&parent, name)? else { return Ok(None) };
        Ok(Some(read(&directory, name, survey.age(&inode))))
    });
    let mut table = BTreeMap::new();
    for (name, object) in names.iter().zip(objects) {
        if let Some(object) = object? {
            table.insert(name.clone(), object);
        }
    }
    Ok(table)
}
