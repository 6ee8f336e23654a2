//! What the store holds, for the facts.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::super::blob::{Belongings, Blob};
use super::super::check::Record;
use super::super::overlays::Kept;
use super::super::store::{Counts, Image as ImageFact, Layer, RwLayer, Store, StoreKind};
use super::super::usage::Usage;
use super::container_checks::writable;
use super::contents::{Contents, Image, OVERLAYFS, Owners, metadata_path, snapshots_path};
use super::database::Database;
use super::keeper::keeper;
use super::snapshot_checks::{key, namespace};
use super::snapshotter::Snapshot;
use crate::fact::Fact;

/// The store, with what the checks found.
pub(super) fn store(contents: &Contents<'_>, images: &[Image<'_>], record: Record) -> Store {
    let keeper = keeper(contents.survey, contents.path);
    let (problems, problems_omitted) = record.close(StoreKind::Containerd, &keeper);
    let drivers = contents.snapshotters();
    Store {
        path: contents.store(),
        kind: StoreKind::Containerd,
        checked: drivers.iter().all(|driver| *driver == OVERLAYFS),
        driver: (!drivers.is_empty()).then(|| drivers.into_iter().collect::<Vec<_>>().join("+")),
        user: keeper.user,
        engine: keeper.engine,
        filesystem: contents.survey.filesystem(&contents.store()),
        in_use: contents.in_use.clone(),
        counts: counts(contents, images),
        images: with_metadata(contents, || {
            let (users, containers) = (users(images), containers(contents));
            let fact = |image| fact(contents, image, &users, &containers);
            let mut images: Vec<_> = images.iter().map(fact).collect();
            images.sort();
            images
        }),
        problems,
        problems_omitted,
    }
}

fn counts(contents: &Contents<'_>, images: &[Image<'_>]) -> Counts {
    let blobs: BTreeSet<&String> =
        contents.namespaces().flat_map(|(_, namespace)| namespace.blobs.keys()).collect();
    let containers = contents.namespaces().map(|(_, namespace)| namespace.containers.len()).sum();
    let snapshots = match (&contents.snapshots, contents.snapshots.unknown(&snapshots_path(contents.path))) {
        (Database::Read(snapshots), _) => Fact::Known(snapshots.len() as u64),
        (Database::Missing, _) | (_, None) => Fact::Absent,
        (_, Some(unknown)) => Fact::Gap(unknown),
    };
    let known = |count: usize| with_metadata(contents, || count as u64);
    Counts {
        images: known(images.len()),
        layers: snapshots,
        containers: known(containers),
        blobs: known(blobs.len()),
    }
}

/// What `tell` knows from `meta.db`, if that could be read.
fn with_metadata<T>(contents: &Contents<'_>, tell: impl FnOnce() -> T) -> Fact<T> {
    match contents.metadata.unknown(&metadata_path(contents.path)) {
        Some(unknown) => Fact::Gap(unknown),
        None => Fact::Known(tell()),
    }
}

/// How many there are, by namespace and key or name.
type Users<'a> = BTreeMap<(&'a str, &'a str), u64>;

/// How many images have each layer.
fn users<'a>(images: &'a [Image<'_>]) -> Users<'a> {
    let mut users = Users::new();
    for image in images {
        for key in &image.chain {
            *users.entry((image.namespace, key)).or_default() += 1;
        }
    }
    users
}

/// How many containers there are of each image, by namespace and name.
fn containers<'a>(contents: &'a Contents<'_>) -> Users<'a> {
    let mut containers = Users::new();
    for (name, namespace) in contents.namespaces() {
        for container in namespace.containers.values() {
            *containers.entry((name, &container.image)).or_default() += 1;
        }
    }
    containers
}

fn fact(contents: &Contents<'_>, image: &Image<'_>, users: &Users<'_>, containers: &Users<'_>) -> ImageFact {
    let of_name = |name: &&str| containers.get(&(image.namespace, *name)).copied().unwrap_or(0);
    let containers = image.names.iter().map(of_name).sum();
    let is_own = |key: &&String| users.get(&(image.namespace, key.as_str())) == Some(&1);
    let own = image.chain.iter().filter(|key| containers == 0 && is_own(key));
    ImageFact {
        names: image.names.iter().map(|&name| name.to_owned()).collect(),
        id: image.target.digest.clone(),
        namespace: Some(image.namespace.to_owned()),
        layers: image.platform.as_ref().map(|platform| platform.layers.len() as u64),
        bytes: size(contents, image, image.chain.iter()),
        unique_bytes: size(contents, image, own),
        containers,
    }
}

/// How large the snapshots with these keys are together, if all are there.
fn size<'k>(
    contents: &Contents<'_>,
    image: &Image<'_>,
    mut keys: impl Iterator<Item = &'k String>,
) -> Option<u64> {
    let snapshots = contents.snapshots.read()?;
    let namespace = contents.metadata.read()?.namespaces.get(image.namespace)?;
    keys.try_fold(0_u64, |sum, key| {
        let record = namespace.snapshot(OVERLAYFS, key)?;
        sum.checked_add(snapshots.get(&record.name)?.size?)
    })
}

/// The layers, and what they belong to.
pub(super) fn layers(
    contents: &Contents<'_>,
    images: &[Image<'_>],
    owners: &BTreeMap<String, Owners>,
) -> Vec<Layer> {
    let Some(snapshots) = contents.snapshots.read() else { return Vec::new() };
    let diff_ids: BTreeMap<&String, &String> = images
        .iter()
        .filter_map(|image| Some(image.chain.iter().zip(&image.platform.as_ref()?.diff_ids)))
        .flatten()
        .collect();
    let containers: BTreeMap<&str, &str> = writable(contents).map(|(id, _, name)| (name, id)).collect();
    let layer = |(name, snapshot): (&String, &Snapshot)| Layer {
        path: format!("{}/fs", contents.directory(snapshot)),
        store: contents.store(),
        namespace: namespace(name).map(str::to_owned),
        id: key(name).to_owned(),
        directory: snapshot.id.to_string(),
        parent: snapshot.parent.as_deref().map(|parent| key(parent).to_owned()),
        diff_id: diff_ids.get(&key(name).to_owned()).map(|&diff_id| diff_id.clone()),
        images: owners.get(name).map(|owners| owners.images.iter().cloned().collect()).unwrap_or_default(),
        container: containers.get(name.as_str()).map(|&id| id.to_owned()),
    };
    snapshots.iter().map(layer).collect()
}

/// The blobs that there are files of or that a namespace has, and what they belong to. What cannot be listed
/// is a gap of the checks.
pub(super) fn blobs(contents: &Contents<'_>, images: &[Image<'_>]) -> Vec<Blob> {
    let files = contents.blobs.list().unwrap_or_default();
    let mut belongings = Belongings::default();
    files.iter().for_each(|digest| belongings.add(digest));
    for (name, namespace) in contents.namespaces() {
        namespace.blobs.keys().for_each(|digest| belongings.add_to_namespace(digest, name));
    }
    for image in images {
        belongings.add_image(&image.tree, image.names.iter().copied());
    }
    belongings.facts(&contents.store(), &contents.blobs)
}

/// The writable layers of the containers.
pub(super) fn rw_layers(contents: &Contents<'_>) -> Vec<RwLayer> {
    let Some(snapshots) = contents.snapshots.read() else { return Vec::new() };
    writable(contents)
        .filter_map(|(id, container, name)| {
            let path = format!("{}/fs", contents.directory(snapshots.get(name)?));
            let usage = Usage::of(contents.survey, &contents.store(), &path);
            let (name, pod) = (container.name.clone(), container.pod.clone());
            let (store, container) = (contents.store(), id.to_owned());
            Some(RwLayer { path, store, container, name, pod, usage })
        })
        .collect()
}

/// The directories of snapshots that may be mounted though no container has them: those of builds, of layers
/// that are being unpacked, and whatever else a client of containerd has made.
///
/// # Errors
///
/// If a database could not be read.
pub(super) fn kept(contents: &Contents<'_>) -> Kept {
    let unknown = contents.snapshots.unknown(&snapshots_path(contents.path));
    if let Some(unknown) = unknown.or_else(|| contents.metadata.unknown(&metadata_path(contents.path))) {
        return Err(unknown);
    }
    let of_containers: HashSet<&str> = writable(contents).map(|(.., name)| name).collect();
    let others = contents.snapshots.read().into_iter().flatten();
    let others = others.filter(|(name, _)| !of_containers.contains(name.as_str()));
    Ok(others.map(|(_, snapshot)| format!("{}/fs", contents.directory(snapshot))).collect())
}
