//! What belongs to what in a store: layers to layers, images and containers; containers to pods.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::read::Tables;
use super::records::{ContainerRecord, ImageRecord, LayerRecord};
use crate::fact::Unknown;
use crate::storage::problem::Problem;

/// How many layers upon a layer are looked at for the images and containers that they belong to.
const MAX_DESCENDANTS: usize = 2000;

/// How many are looked at for all that is wrong in a store. Only in one that somebody made up are there so
/// many problems, of which most are not told.
const MAX_STEPS: usize = 500_000;

/// The records of a store and of those that are used together with it.
#[derive(Debug)]
pub(super) struct Catalog<'t> {
    store: &'t str,
    layers: HashMap<&'t str, &'t LayerRecord>,
    images: HashMap<&'t str, &'t ImageRecord>,
    containers: Vec<&'t ContainerRecord>,
    elsewhere: Elsewhere<'t>,
    /// The layers upon a layer.
    children: HashMap<&'t str, Vec<&'t str>>,
    images_by_layer: HashMap<&'t str, Vec<&'t ImageRecord>>,
    containers_by_layer: HashMap<&'t str, Vec<&'t ContainerRecord>>,
    containers_by_image: HashMap<&'t str, Vec<&'t ContainerRecord>>,
    /// The pods of CRI-O's sandboxes, by the sandbox's id.
    pods: HashMap<String, String>,
    /// How many layers may still be looked at for what they belong to.
    steps_left: Cell<usize>,
}

/// What other stores hold.
#[derive(Debug, Default)]
struct Elsewhere<'t> {
    layers: HashSet<&'t str>,
    images: HashSet<&'t str>,
    /// The layers of this store that the images, containers and layers there are made of.
    used: HashSet<&'t str>,
    /// Why they may hold more.
    unknown: Option<Unknown>,
}

/// Whether an object is there.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Here,
    Elsewhere,
    Nowhere,
    Unknown(Unknown),
}

impl<'t> Catalog<'t> {
    pub(super) fn new(store: &'t str, tables: &'t Tables, neighbours: &'t [Tables]) -> Self {
        let mut catalog = Self {
            store,
            layers: tables.layers.by_id(),
            images: tables.images.by_id(),
            containers: tables.containers.distinct().collect(),
            elsewhere: Elsewhere::new(neighbours),
            children: HashMap::new(),
            images_by_layer: HashMap::new(),
            containers_by_layer: HashMap::new(),
            containers_by_image: HashMap::new(),
            pods: HashMap::new(),
            steps_left: Cell::new(MAX_STEPS),
        };
        for layer in tables.layers.distinct() {
            if let Some(parent) = layer.parent() {
                catalog.children.entry(parent).or_default().push(&layer.id);
            }
        }
        for image in tables.images.distinct() {
            for layer in image.top_layers() {
                catalog.images_by_layer.entry(layer).or_default().push(image);
            }
        }
        for container in catalog.containers.iter().copied() {
            if let Some(image) = container.image() {
                catalog.containers_by_image.entry(image).or_default().push(container);
            }
            catalog.containers_by_layer.entry(&container.layer).or_default().push(container);
            let metadata = container.engine_metadata();
            if let (Some(namespace), Some(name)) = (metadata.namespace, metadata.metadata_name)
                && !namespace.is_empty()
            {
                catalog.pods.insert(container.id.clone(), format!("{namespace}/{name}"));
            }
        }
        catalog
    }

    /// The containers, in the order of their records.
    pub(super) fn containers(&self) -> &[&'t ContainerRecord] {
        &self.containers
    }

    /// The record of the image `id`.
    pub(super) fn image(&self, id: &str) -> Option<&'t ImageRecord> {
        self.images.get(id).copied()
    }

    /// The record of the layer `id`.
    pub(super) fn layer(&self, id: &str) -> Option<&'t LayerRecord> {
        self.layers.get(id).copied()
    }

    /// The containers whose writable layer `id` is.
    pub(super) fn containers_on(&self, id: &str) -> &[&'t ContainerRecord] {
        self.containers_by_layer.get(id).map_or(&[], Vec::as_slice)
    }

    /// Whether there is a layer `id`.
    pub(super) fn layer_presence(&self, id: &str) -> Presence {
        self.elsewhere.presence(self.layers.contains_key(id), &self.elsewhere.layers, id)
    }

    /// Whether there is an image `id`.
    pub(super) fn image_presence(&self, id: &str) -> Presence {
        self.elsewhere.presence(self.images.contains_key(id), &self.elsewhere.images, id)
    }

    /// Why other stores may hold more than is known.
    pub(super) fn unknown_elsewhere(&self) -> Option<Unknown> {
        self.elsewhere.unknown.clone()
    }

    /// The layers from `top` down to the lowest, if all of them are in this store, they are no circle, and no
    /// more than `steps`, of which each layer takes one.
    pub(super) fn chain(&self, top: &str, steps: &mut usize) -> Option<Vec<&'t LayerRecord>> {
        let (mut chain, mut seen) = (Vec::new(), HashSet::new());
        let mut next = Some(top);
        while let Some(id) = next {
            *steps = steps.checked_sub(1)?;
            let layer = self.layer(id).filter(|layer| seen.insert(layer.id.as_str()))?;
            chain.push(layer);
            next = layer.parent();
        }
        Some(chain)
    }

    /// The layers below which one is in no store, each with the id of that one.
    pub(super) fn incomplete_chains(&self) -> HashMap<&'t str, &'t str> {
        let mut ends: HashMap<&str, Option<&str>> = HashMap::with_capacity(self.layers.len());
        for top in self.layers.keys() {
            let mut way = Vec::new();
            let mut next = Some(*top);
            let mut end = None;
            while let Some(id) = next {
                if let Some(known) = ends.get(id) {
                    end = *known;
                    break;
                }
                let Some(layer) = self.layer(id) else {
                    end = (self.layer_presence(id) == Presence::Nowhere).then_some(id);
                    break;
                };
                // In a circle nothing is missing.
                ends.insert(&layer.id, None);
                way.push(layer.id.as_str());
                next = layer.parent();
            }
            ends.extend(way.into_iter().map(|id| (id, end)));
        }
        ends.into_iter().filter_map(|(id, end)| Some((id, end?))).collect()
    }

    /// The layers that are part of an image or a container.
    pub(super) fn used_layers(&self) -> HashSet<&'t str> {
        let tops = self.images_by_layer.keys().chain(self.containers_by_layer.keys());
        let tops = tops.chain(&self.elsewhere.used);
        let mut used = HashSet::new();
        for top in tops {
            let mut next = Some(*top);
            while let Some(layer) = next.filter(|id| used.insert(*id)).and_then(|id| self.layers.get(id)) {
                next = layer.parent();
            }
        }
        used
    }

    /// The pod of a container, `namespace/name`.
    pub(super) fn pod(&self, container: &ContainerRecord) -> Option<String> {
        let metadata = container.engine_metadata();
        let sandbox = metadata.pod_id.as_deref().unwrap_or(&container.id);
        self.pods.get(sandbox).cloned().or_else(|| {
            // k8s_NAME_NAMESPACE_UID_ATTEMPT; no part of it can hold an underscore.
            let mut parts = metadata.pod_name.as_deref()?.strip_prefix("k8s_")?.split('_');
            let (name, namespace) = (parts.next()?, parts.next()?);
            Some(format!("{namespace}/{name}"))
        })
    }

    /// A problem of the layer `id`, with the images and containers that the layer is part of.
    pub(super) fn of_layer(&self, id: &str, path: String, detail: impl Into<String>) -> Problem {
        let (images, containers) = self.users(id);
        self.with_containers(&containers, Problem { images, ..self.problem(id, path, detail) })
    }

    /// A problem of an image, with its name and the containers made of it.
    pub(super) fn of_image(&self, image: &ImageRecord, path: String, detail: impl Into<String>) -> Problem {
        let problem = Problem { images: names_of(image), ..self.problem(&image.id, path, detail) };
        self.with_containers(self.containers_of(image), problem)
    }

    /// A problem of a container, with its image and pod.
    pub(super) fn of_container(
        &self,
        container: &ContainerRecord,
        path: String,
        detail: impl Into<String>,
    ) -> Problem {
        let image = container.image().map(|id| self.image(id).map_or_else(|| vec![id.to_owned()], names_of));
        let images = image.unwrap_or_default();
        self.with_containers(&[container], Problem { images, ..self.problem(&container.id, path, detail) })
    }

    /// A problem of what belongs to nothing.
    pub(super) fn problem(&self, id: &str, path: String, detail: impl Into<String>) -> Problem {
        Problem {
            id: id.to_owned(),
            path,
            detail: detail.into(),
            store: self.store.to_owned(),
            ..Problem::default()
        }
    }

    /// The containers made of `image`.
    pub(super) fn containers_of(&self, image: &ImageRecord) -> &[&'t ContainerRecord] {
        self.containers_by_image.get(image.id.as_str()).map_or(&[], Vec::as_slice)
    }

    /// The names of the images, and the containers, that the layer `id` is part of; sorted.
    pub(super) fn users(&self, id: &str) -> (Vec<String>, Vec<&'t ContainerRecord>) {
        let (mut images, mut containers) = (BTreeSet::new(), Vec::new());
        let (mut seen, mut next) = (HashSet::new(), vec![id]);
        let most = MAX_DESCENDANTS.min(self.steps_left.get());
        while let Some(layer) = next.pop().filter(|_| seen.len() < most) {
            if !seen.insert(layer) {
                continue;
            }
            images.extend(
                self.images_by_layer.get(layer).into_iter().flatten().flat_map(|image| names_of(image)),
            );
            containers.extend(self.containers_on(layer));
            next.extend(self.children.get(layer).into_iter().flatten());
        }
        self.steps_left.set(self.steps_left.get().saturating_sub(seen.len()));
        containers.sort_by(|a: &&ContainerRecord, b| a.id.cmp(&b.id));
        containers.dedup_by(|a, b| a.id == b.id);
        (images.into_iter().collect(), containers)
    }

    /// `problem` with the containers that it concerns, and their pods.
    fn with_containers(&self, containers: &[&ContainerRecord], problem: Problem) -> Problem {
        let of = |is_one: &dyn Fn(&ContainerRecord) -> bool| -> Vec<String> {
            let ids = containers.iter().filter(|container| is_one(container)).map(|container| &container.id);
            ids.collect::<BTreeSet<_>>().into_iter().cloned().collect()
        };
        let pods = containers.iter().filter_map(|container| self.pod(container));
        Problem {
            containers: of(&|_| true),
            sandboxes: of(&|container| container.sandbox().is_some_and(|sandbox| sandbox == container.id)),
            pod_containers: of(&|container| {
                container.sandbox().is_some_and(|sandbox| sandbox != container.id)
            }),
            pods: pods.collect::<BTreeSet<_>>().into_iter().collect(),
            ..problem
        }
    }
}

impl<'t> Elsewhere<'t> {
    fn new(neighbours: &'t [Tables]) -> Self {
        let mut elsewhere = Self::default();
        for tables in neighbours {
            elsewhere.layers.extend(tables.layers.distinct().map(|layer| layer.id.as_str()));
            elsewhere.images.extend(tables.images.distinct().map(|image| image.id.as_str()));
            let tops = tables.images.distinct().flat_map(|image| image.top_layers());
            elsewhere.used.extend(tops);
            elsewhere.used.extend(tables.containers.distinct().map(|container| container.layer.as_str()));
            elsewhere.used.extend(tables.layers.distinct().filter_map(LayerRecord::parent));
            let unknown = tables.layers.incomplete().or_else(|| tables.images.incomplete());
            elsewhere.unknown = elsewhere.unknown.take().or(unknown);
        }
        elsewhere
    }

    fn presence(&self, is_here: bool, ids: &HashSet<&str>, id: &str) -> Presence {
        match &self.unknown {
            _ if is_here => Presence::Here,
            _ if ids.contains(id) => Presence::Elsewhere,
            None => Presence::Nowhere,
            Some(unknown) => Presence::Unknown(unknown.clone()),
        }
    }
}

/// The names of an image, or its id where it has none.
pub(super) fn names_of(image: &ImageRecord) -> Vec<String> {
    let names = image.names();
    if names.is_empty() { vec![image.id.clone()] } else { names }
}
