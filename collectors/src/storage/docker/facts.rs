//! What a store holds.

use std::collections::{HashMap, HashSet};

use super::super::overlays::Kept;
use super::super::store::{self, Counts, RwLayer};
use super::super::survey::Survey;
use super::super::usage::Usage;
use super::layers::Mount;
use super::owners::Owners;
use super::records::{Records, Table};
use crate::fact::Fact;

/// How many objects of each kind there are. Without a graph driver, images and layers are containerd's.
pub(super) fn counts(records: &Records, has_driver: bool) -> Counts {
    if !has_driver {
        let containers = count(&records.containers);
        return Counts { images: Fact::Absent, layers: Fact::Absent, containers, blobs: Fact::Absent };
    }
    let layers = records.layers.as_ref().and_then(|layers| Ok(layers.len() + records.mounts.as_ref()?.len()));
    Counts {
        images: count(&records.images),
        layers: layers.map(|layers| layers as u64).map_err(Clone::clone).into(),
        containers: count(&records.containers),
        blobs: Fact::Absent,
    }
}

fn count<T>(table: &Table<T>) -> Fact<u64> {
    table.as_ref().map(|table| table.len() as u64).map_err(Clone::clone).into()
}

/// The images, sorted by name and id.
pub(super) fn images(records: &Records, owners: &Owners<'_>) -> Fact<Vec<store::Image>> {
    if let Err(unknown) = &records.images {
        return Fact::Gap(unknown.clone());
    }
    let in_use = below_containers(records);
    let size = |chain: &str| records.layer(chain)?.size.known().copied();
    let mut images: Vec<store::Image> = Vec::new();
    for (id, image) in records.images() {
        let chains = image.chains.known();
        let sum = |is_counted: &dyn Fn(&str) -> bool| {
            chains?.iter().filter(|chain| is_counted(chain)).map(|chain| size(chain)).sum()
        };
        let is_own = |chain: &str| owners.images_of_layer(chain).len() == 1 && !in_use.contains(chain);
        images.push(store::Image {
            names: owners
                .names_of_image(id)
                .into_iter()
                .filter(|name| !name.starts_with("sha256:"))
                .collect(),
            id: format!("sha256:{id}"),
            namespace: None,
            layers: chains.map(|chains| chains.len() as u64),
            bytes: sum(&|_| true),
            unique_bytes: sum(&is_own),
            containers: owners.containers_of_image(id).len() as u64,
        });
    }
    images.sort();
    Fact::Known(images)
}

/// The layers that a container lies on. Each is passed once, however many containers there are.
fn below_containers(records: &Records) -> HashSet<&str> {
    let mut below = HashSet::new();
    for parent in records.mounts().filter_map(|(_, mount)| mount.parent.known()) {
        let mut next = Some(parent.as_str());
        while let Some(chain) = next.filter(|chain| below.insert(*chain)) {
            next = records.layer(chain).and_then(|layer| layer.parent.known()).map(String::as_str);
        }
    }
    below
}

/// The layers and what they belong to, with those of containers.
pub(super) fn layers(store: &str, records: &Records, owners: &Owners<'_>) -> Vec<store::Layer> {
    let read_only = records.layers().filter_map(|(chain, layer)| {
        let directory = layer.cache_id.known()?.clone();
        let mut images: Vec<String> =
            owners.images_of_layer(chain).iter().flat_map(|image| owners.names_of_image(image)).collect();
        images.sort();
        Some(store::Layer {
            path: format!("{store}/overlay2/{directory}/diff"),
            store: named(store),
            namespace: None,
            id: format!("sha256:{chain}"),
            directory,
            parent: layer.parent.known().map(|parent| format!("sha256:{parent}")),
            diff_id: layer.diff.known().map(|diff| format!("sha256:{diff}")),
            images,
            container: None,
        })
    });
    let writable = records.mounts().flat_map(|(container, mount)| {
        mount.directories().map(move |directory| store::Layer {
            path: format!("{store}/overlay2/{directory}/diff"),
            store: named(store),
            namespace: None,
            id: directory.to_owned(),
            directory: directory.to_owned(),
            parent: mount.parent.known().map(|parent| format!("sha256:{parent}")),
            diff_id: None,
            images: Vec::new(),
            container: Some(container.to_owned()),
        })
    });
    read_only.chain(writable).collect()
}

/// The writable layers of the containers.
pub(super) fn rw_layers(survey: &Survey<'_>, store: &str, records: &Records) -> Vec<RwLayer> {
    let containers: HashMap<&str, _> = records.containers().collect();
    let rw_layer = |(id, mount): (&str, &Mount)| {
        let path = format!("{store}/overlay2/{}/diff", mount.mount_id.known()?);
        let container = containers.get(id);
        Some(RwLayer {
            store: named(store),
            container: id.to_owned(),
            name: container.and_then(|container| container.name()),
            pod: container.and_then(|container| container.pod()),
            usage: Usage::of(survey, &named(store), &path),
            path,
        })
    };
    records.mounts().filter_map(rw_layer).collect()
}

/// The directories of layers that may be mounted though no container has them: those of builds, those that
/// are made for a container before it is, and those that come and go.
///
/// # Errors
///
/// If the records are not complete.
pub(super) fn kept(store: &str, records: &Records) -> Kept {
    let builds = records.builds.as_ref().map_err(Clone::clone)?;
    let containers = records.containers.as_ref().map_err(Clone::clone)?;
    let mounts = records.mounts.as_ref().map_err(Clone::clone)?;
    let moving = [&records.removals, &records.registrations];
    let moving = moving.into_iter().flatten().flatten().filter_map(|leftover| leftover.cache_id.as_deref());
    let init = mounts.values().filter_map(|mount| mount.init_id.known().map(String::as_str));
    let of_no_container = mounts.iter().filter(|(id, _)| !containers.contains_key(*id));
    let directories = builds.iter().map(String::as_str).chain(moving).chain(init);
    let directories = directories.chain(of_no_container.flat_map(|(_, mount)| mount.directories()));
    Ok(directories.map(|directory| format!("{store}/overlay2/{directory}/diff")).collect())
}

/// The directory of a store as it is told.
pub(super) fn named(store: &str) -> String {
    if store.is_empty() { "/".to_owned() } else { store.to_owned() }
}
