//! What belongs to what: whose a directory of overlay2 is, which images a layer is part of, which containers
//! there are of an image.

use std::collections::{HashMap, HashSet};

use super::super::problem::Problem;
use super::look::Owner;
use super::read::Read;
use super::records::Records;

/// How many images and containers a problem names at most.
const MAX_NAMED: usize = 50;

/// Who has what in a store.
#[derive(Debug)]
pub(super) struct Owners<'a> {
    records: &'a Records,
    directories: HashMap<&'a str, Owner<'a>>,
    /// Directories of layers that are coming or going.
    others: HashSet<&'a str>,
    /// The short names that layers have by their own files.
    short_names: HashSet<&'a str>,
    images_of_layer: HashMap<&'a str, Vec<&'a str>>,
    containers_of_image: HashMap<String, Vec<&'a str>>,
}

impl<'a> Owners<'a> {
    /// Who has what in the store of `records`.
    pub(super) fn of(records: &'a Records) -> Self {
        let mut owners = Self {
            records,
            directories: HashMap::new(),
            others: HashSet::new(),
            short_names: HashSet::new(),
            images_of_layer: HashMap::new(),
            containers_of_image: HashMap::new(),
        };
        owners.add_directories();
        for (id, image) in records.images() {
            for chain in image.chains.known().into_iter().flatten() {
                owners.images_of_layer.entry(chain).or_default().push(id);
            }
        }
        for (id, container) in records.containers() {
            if let Some(image) = container.image() {
                owners.containers_of_image.entry(image).or_default().push(id);
            }
        }
        owners
    }

    fn add_directories(&mut self) {
        let records = self.records;
        for build in records.builds.iter().flatten() {
            self.directories.insert(build, Owner::Build);
        }
        for (container, mount) in records.mounts() {
            for directory in mount.directories() {
                self.directories.insert(directory, Owner::Container(container));
            }
        }
        for (chain, layer) in records.layers() {
            if let Some(directory) = layer.cache_id.known() {
                self.directories.insert(directory, Owner::Layer(chain));
            }
        }
        let leftovers = [&records.removals, &records.registrations];
        for leftover in leftovers.into_iter().flatten().flatten() {
            self.others.extend(leftover.cache_id.as_deref());
        }
        for directory in records.directories.all.iter().flat_map(|all| all.values()) {
            self.short_names.extend(directory.links.as_ref().and_then(|links| links.name()));
        }
    }

    /// Whose the directory `name` is, if it is anybody's.
    pub(super) fn of_directory(&self, name: &str) -> Option<Owner<'a>> {
        self.directories.get(name).copied()
    }

    /// Whether the directory `name` is anybody's, be it one that comes or goes.
    pub(super) fn has(&self, name: &str) -> bool {
        self.directories.contains_key(name) || self.others.contains(name)
    }

    /// Whether a layer says of itself that it has the short name `name`.
    pub(super) fn has_short_name(&self, name: &str) -> bool {
        self.short_names.contains(name)
    }

    /// The ids of the images that the layer is part of.
    pub(super) fn images_of_layer(&self, chain: &str) -> &[&'a str] {
        self.images_of_layer.get(chain).map_or(&[], Vec::as_slice)
    }

    /// The ids of the containers that there are of the image.
    pub(super) fn containers_of_image(&self, image: &str) -> &[&'a str] {
        self.containers_of_image.get(image).map_or(&[], Vec::as_slice)
    }

    /// The names of the image `id`, or else the id itself.
    pub(super) fn names_of_image(&self, id: &str) -> Vec<String> {
        match &self.records.repositories {
            Read::Is(repositories) if !repositories.of_image(id).is_empty() => {
                repositories.of_image(id).to_vec()
            }
            _ => vec![format!("sha256:{id}")],
        }
    }

    /// Names in `problem` the images and containers that the layer is part of.
    pub(super) fn name_those_of_layer(&self, chain: &str, problem: &mut Problem) {
        for image in self.images_of_layer(chain).iter().take(MAX_NAMED) {
            self.name_those_of_image(image, problem);
        }
    }

    /// Names in `problem` the image and the containers that there are of it.
    pub(super) fn name_those_of_image(&self, image: &str, problem: &mut Problem) {
        for container in self.containers_of_image(image).iter().take(MAX_NAMED) {
            self.name_container(container, problem);
        }
        add(&mut problem.images, self.names_of_image(image));
    }

    /// Names in `problem` the container, its image and its pod.
    pub(super) fn name_those_of_container(&self, id: &str, problem: &mut Problem) {
        self.name_container(id, problem);
        let container = self.records.containers.as_ref().ok().and_then(|containers| containers.get(id));
        if let Some(image) = container.and_then(|container| container.image()) {
            add(&mut problem.images, self.names_of_image(&image));
        }
    }

    fn name_container(&self, id: &str, problem: &mut Problem) {
        add(&mut problem.containers, [id.to_owned()]);
        let container = self.records.containers.as_ref().ok().and_then(|containers| containers.get(id));
        add(&mut problem.pods, container.and_then(|container| container.pod()));
    }
}

/// Adds to a sorted list what is not in it, up to a limit.
fn add(list: &mut Vec<String>, items: impl IntoIterator<Item = String>) {
    for item in items {
        if let Err(place) = list.binary_search(&item)
            && list.len() < MAX_NAMED
        {
            list.insert(place, item);
        }
    }
}
