//! What a store holds, for the snapshot.

use std::collections::{BTreeSet, HashMap, HashSet};

use plimsoll_engine::snapshot::GapReason;

use super::catalog::{Catalog, names_of};
use super::read::{Contents, list};
use super::records::{ContainerRecord, ImageRecord, LayerRecord, MountRecord};
use super::{PROGRAMS, Part, Store};
use crate::fact::{Fact, Unknown};
use crate::storage::check::Record;
use crate::storage::layer::parallel::each;
use crate::storage::overlays::Kept;
use crate::storage::store::{self, Counts, Image, Layer, RwLayer, StoreKind};
use crate::storage::survey::{Examined, Survey};
use crate::storage::usage::Usage;

/// How many steps from layer to layer are made for the sizes of images. No real store needs as many.
const MAX_STEPS: usize = 1_000_000;

/// The store, of which `record` tells what is wrong.
pub(super) fn examined(survey: &Survey<'_>, of: &Store<'_>, parts: &[Part<'_>], record: Record) -> Examined {
    let (problems, problems_omitted) = record.close(StoreKind::ContainersStorage, &of.keeper);
    let (mut images, mut layers, mut rw_layers) = (Vec::new(), Vec::new(), Vec::new());
    for part in parts {
        let catalog = part.catalog(of.path);
        images.extend(image_facts(part, &catalog));
        rw_layers.extend(rw_layer_facts(survey, part, &catalog));
        if survey.wants_layers() {
            layers.extend(layer_facts(part, &catalog));
        }
    }
    images.sort();
    let kept = parts.iter().map(|part| kept(survey, part)).try_fold(HashSet::new(), |mut all, part| {
        all.extend(part?);
        Ok(all)
    });
    let drivers: Vec<&str> = parts.iter().map(|part| part.area.driver).collect();
    let store = store::Store {
        path: of.path.to_owned(),
        kind: StoreKind::ContainersStorage,
        driver: Some(drivers.join("+")),
        checked: parts.iter().all(Part::is_checked),
        user: of.keeper.user.clone(),
        engine: of.keeper.engine.clone(),
        filesystem: survey.filesystem(of.path),
        in_use: survey.runs(PROGRAMS),
        counts: counts(parts),
        images: incomplete(parts, |part| part.tables.images.incomplete())
            .map_or(Fact::Known(images), Fact::Gap),
        problems,
        problems_omitted,
    };
    Examined { store, layers, blobs: Vec::new(), rw_layers, kept }
}

impl Part<'_> {
    /// Whether the layers are of the driver whose directories are checked, or there are none.
    fn is_checked(&self) -> bool {
        self.area.driver == "overlay" || self.tables.layers.distinct().next().is_none()
    }
}

fn counts(parts: &[Part<'_>]) -> Counts {
    Counts {
        images: count(parts, |part| (part.tables.images.distinct().count(), part.tables.images.incomplete())),
        layers: count(parts, |part| (part.tables.layers.distinct().count(), part.tables.layers.incomplete())),
        containers: count(parts, |part| {
            (part.tables.containers.distinct().count(), part.tables.containers.incomplete())
        }),
        blobs: Fact::Absent,
    }
}

fn count(parts: &[Part<'_>], of: impl Fn(&Part<'_>) -> (usize, Option<Unknown>)) -> Fact<u64> {
    match incomplete(parts, |part| of(part).1) {
        Some(unknown) => Fact::Gap(unknown),
        None => Fact::Known(parts.iter().map(|part| of(part).0 as u64).sum()),
    }
}

fn incomplete(parts: &[Part<'_>], of: impl Fn(&Part<'_>) -> Option<Unknown>) -> Option<Unknown> {
    parts.iter().find_map(of)
}

fn image_facts(part: &Part<'_>, catalog: &Catalog<'_>) -> Vec<Image> {
    let images: Vec<&ImageRecord> = part.tables.images.distinct().collect();
    let mut steps = MAX_STEPS;
    let chains: Vec<Option<Vec<&LayerRecord>>> =
        images.iter().map(|image| chain_of(catalog, image, &mut steps)).collect();
    let mut images_of_layer: HashMap<&str, usize> = HashMap::new();
    for layer in chains.iter().flatten().flatten() {
        *images_of_layer.entry(&layer.id).or_default() += 1;
    }
    let of_containers = layers_of_containers(catalog);
    let is_own = |layer: &&&LayerRecord| {
        images_of_layer.get(layer.id.as_str()) == Some(&1) && !of_containers.contains(layer.id.as_str())
    };
    let all_told = chains.iter().all(Option::is_some);
    let fact = |(image, chain): (&&ImageRecord, &Option<Vec<&LayerRecord>>)| Image {
        names: image.names(),
        id: image.id.clone(),
        namespace: None,
        layers: chain.as_ref().map(|chain| chain.len() as u64),
        bytes: chain.as_ref().and_then(|chain| size(chain.iter())),
        unique_bytes: chain.as_ref().filter(|_| all_told).and_then(|chain| size(chain.iter().filter(is_own))),
        containers: catalog.containers_of(image).len() as u64,
    };
    images.iter().zip(&chains).map(fact).collect()
}

/// How large layers are together, as their records have it.
fn size<'l>(mut layers: impl Iterator<Item = &'l &'l LayerRecord>) -> Option<u64> {
    layers.try_fold(0_u64, |sum, layer| sum.checked_add(layer.diff_size()?))
}

/// The layers of an image, if all of them are in this store.
fn chain_of<'t>(
    catalog: &Catalog<'t>,
    image: &'t ImageRecord,
    steps: &mut usize,
) -> Option<Vec<&'t LayerRecord>> {
    let Some(top) = image.layer() else { return Some(Vec::new()) };
    catalog.chain(top, steps)
}

fn layers_of_containers<'t>(catalog: &Catalog<'t>) -> HashSet<&'t str> {
    let mut layers = HashSet::new();
    for container in catalog.containers() {
        let mut next = Some(container.layer.as_str());
        while let Some(layer) = next.filter(|id| layers.insert(*id)).and_then(|id| catalog.layer(id)) {
            next = layer.parent();
        }
    }
    layers
}

fn layer_facts(part: &Part<'_>, catalog: &Catalog<'_>) -> Vec<Layer> {
    let images = images_by_layer(part, catalog);
    let fact = |layer: &LayerRecord| Layer {
        path: diff(part, &layer.id),
        store: part.area.store.clone(),
        namespace: None,
        id: layer.id.clone(),
        directory: layer.id.clone(),
        parent: layer.parent().map(str::to_owned),
        diff_id: layer.diff_digest().map(str::to_owned),
        images: images.get(layer.id.as_str()).into_iter().flatten().cloned().collect(),
        container: catalog.containers_on(&layer.id).first().map(|container| container.id.clone()),
    };
    part.tables.layers.distinct().map(fact).collect()
}

/// The names of the images that each layer is part of.
fn images_by_layer<'p>(part: &'p Part<'_>, catalog: &Catalog<'p>) -> HashMap<&'p str, BTreeSet<String>> {
    let (mut images, mut steps) = (HashMap::<_, BTreeSet<String>>::new(), MAX_STEPS);
    for image in part.tables.images.distinct() {
        let chains = image.top_layers().filter_map(|top| catalog.chain(top, &mut steps));
        for layer in chains.flatten() {
            images.entry(layer.id.as_str()).or_default().extend(names_of(image));
        }
    }
    images
}

fn rw_layer_facts(survey: &Survey<'_>, part: &Part<'_>, catalog: &Catalog<'_>) -> Vec<RwLayer> {
    let containers = catalog.containers();
    let usages =
        each(containers, |container| Usage::of(survey, &part.area.store, &diff(part, &container.layer)));
    let fact = |(container, usage): (&&ContainerRecord, Usage)| RwLayer {
        path: diff(part, &container.layer),
        store: part.area.store.clone(),
        container: container.id.clone(),
        name: container.name(),
        pod: catalog.pod(container),
        usage,
    };
    containers.iter().zip(usages).map(fact).collect()
}

/// The directories of the layers that count as mounted. Each mount counts, for a container or for whoever looks
/// at its files.
fn kept(survey: &Survey<'_>, part: &Part<'_>) -> Kept {
    let host = survey.ctx.host;
    let Some(file) = part.area.mounts_file() else {
        let detail = "no configuration tells where the counts of the mounts of this store are";
        return Err(Unknown::new(GapReason::Unsupported, part.area.store.as_str(), detail));
    };
    match list::<MountRecord>(host, &file) {
        Contents::Records(records) => {
            let counted = records.iter().filter(|record| record.count > 0);
            Ok(counted.map(|record| diff(part, &record.id)).collect())
        }
        Contents::Absent | Contents::Empty => Ok(HashSet::new()),
        Contents::Invalid(detail) => Err(Unknown::malformed(file, detail)),
        Contents::Unknown(unknown) => Err(unknown),
    }
}

/// The directory of a layer's files.
fn diff(part: &Part<'_>, layer: &str) -> String {
    match part.area.driver {
        "overlay" => format!("{}/{layer}/diff", part.area.driver_dir()),
        _ => format!("{}/dir/{layer}", part.area.driver_dir()),
    }
}
