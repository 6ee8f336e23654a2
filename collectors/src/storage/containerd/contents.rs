//! A store of containerd as its databases tell of it, and who uses what.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_engine::snapshot::GapReason;

use super::super::blobs::document::Descriptor;
use super::super::blobs::tree::{Platform, Tree};
use super::super::blobs::{Blobs, sha256};
use super::super::problem::Problem;
use super::super::survey::Survey;
use super::database::Database;
use super::metadata::{Container, Metadata, Namespace};
use super::snapshotter::{self, Snapshot, Snapshots};
use crate::fact::{Fact, Unknown};
use crate::host::{HostError, Metadata as Inode};

/// The snapshotter whose layout is known.
pub(super) const OVERLAYFS: &str = "overlayfs";

/// How many owners snapshots have together at most: each image and each container is one of every snapshot
/// that it lies on. A node with a thousand of each has some ten thousand.
const MAX_OWNERS: usize = 1_000_000;

/// The namespace of the containers that the CRI plugin makes.
const KUBERNETES: &str = "k8s.io";

/// A store of containerd.
#[derive(Debug)]
pub(super) struct Contents<'a> {
    pub(super) survey: &'a Survey<'a>,
    pub(super) path: &'a str,
    pub(super) in_use: Fact<bool>,
    pub(super) blobs: Blobs,
    pub(super) snapshots: Database<Snapshots>,
    pub(super) metadata: Database<Metadata>,
}

/// An image of one namespace, under all of its names.
#[derive(Debug)]
pub(super) struct Image<'a> {
    pub(super) namespace: &'a str,
    pub(super) target: &'a Descriptor,
    /// Sorted.
    pub(super) names: Vec<&'a str>,
    pub(super) tree: Tree,
    /// The platform of which the store has the layers, or else the first one.
    pub(super) platform: Option<Platform>,
    /// The keys of its layers' snapshots, the lowest first.
    pub(super) chain: Vec<String>,
}

/// Whom an object belongs to.
#[derive(Debug, Clone, Default)]
pub(super) struct Owners {
    pub(super) images: BTreeSet<String>,
    pub(super) containers: BTreeSet<String>,
    /// Those that are sandboxes of pods, and the others in pods.
    sandboxes: BTreeSet<String>,
    pod_containers: BTreeSet<String>,
    pub(super) pods: BTreeSet<String>,
    pub(super) namespace: Option<String>,
}

impl<'a> Contents<'a> {
    /// Reads the store at `path`, which an engine may be at work on (`in_use`). The snapshotter's database comes
    /// first: what is new in the other one by then is young, and nothing that it tells can be gone from the
    /// snapshotter.
    pub(super) fn read(survey: &'a Survey<'a>, path: &'a str, in_use: Fact<bool>) -> Result<Self, HostError> {
        let blobs = Blobs::open(survey.ctx.host, format!("{path}/io.containerd.content.v1.content/blobs"))?;
        let snapshots = Database::open(survey, &snapshots_path(path), snapshotter::read);
        let mut metadata = Database::open(survey, &metadata_path(path), Metadata::read);
        if matches!((&metadata, &snapshots), (Database::Missing, Database::Missing))
            && blobs.list()?.is_empty()
        {
            // A store that nothing was ever put in.
            metadata = Database::Read(Metadata::default());
        }
        Ok(Self { survey, path, in_use, blobs, snapshots, metadata })
    }

    /// The namespaces, if the database that has them could be read.
    pub(super) fn namespaces(&self) -> impl Iterator<Item = (&str, &Namespace)> {
        let namespaces = self.metadata.read().into_iter().flat_map(|metadata| &metadata.namespaces);
        namespaces.map(|(name, namespace)| (name.as_str(), namespace))
    }

    /// Whether a namespace has snapshots of the snapshotter whose layout is known.
    pub(super) fn has_snapshots(&self) -> bool {
        let mut keys = self.namespaces().flat_map(|(_, namespace)| namespace.snapshots.keys());
        keys.any(|(snapshotter, _)| snapshotter == OVERLAYFS)
    }

    /// The snapshotters that hold snapshots.
    pub(super) fn snapshotters(&self) -> BTreeSet<&str> {
        let snapshots = self.namespaces().flat_map(|(_, namespace)| namespace.snapshots.keys());
        let mut snapshotters: BTreeSet<&str> =
            snapshots.map(|(snapshotter, _)| snapshotter.as_str()).collect();
        if self.snapshots.read().is_some_and(|snapshots| !snapshots.is_empty()) {
            snapshotters.insert(OVERLAYFS);
        }
        snapshotters
    }

    /// The images of all namespaces, with what they refer to.
    ///
    /// # Errors
    ///
    /// If the time is over.
    pub(super) fn images(&self) -> Result<Vec<Image<'_>>, Unknown> {
        let mut images = Vec::new();
        for (name, namespace) in self.namespaces() {
            let mut names: BTreeMap<&str, (&Descriptor, Vec<&str>)> = BTreeMap::new();
            for (image, target) in &namespace.images {
                names.entry(&target.digest).or_insert((target, Vec::new())).1.push(image);
            }
            for (target, names) in names.into_values() {
                self.within_time()?;
                images.push(self.image(name, namespace, target, names));
            }
        }
        Ok(images)
    }

    /// # Errors
    ///
    /// If the time is over.
    fn within_time(&self) -> Result<(), Unknown> {
        self.survey.out_of_time(self.path).map_or(Ok(()), Err)
    }

    fn image<'i>(
        &self,
        name: &'i str,
        namespace: &Namespace,
        target: &'i Descriptor,
        names: Vec<&'i str>,
    ) -> Image<'i> {
        let tree = Tree::below(target, &self.blobs, &|digest: &str| namespace.blobs.contains_key(digest));
        let chains = tree.images.iter().map(|platform| (platform, chain(&platform.diff_ids)));
        let is_unpacked =
            |chain: &[String]| chain.last().is_some_and(|top| namespace.snapshot(OVERLAYFS, top).is_some());
        // Of several the first one that is unpacked.
        let chosen = chains.min_by_key(|(_, chain)| !is_unpacked(chain));
        let (platform, chain) = match chosen {
            Some((platform, chain)) => (Some(platform.clone()), chain),
            None => (None, Vec::new()),
        };
        Image { namespace: name, target, names, tree, platform, chain }
    }

    /// Whom each snapshot belongs to, by its name.
    ///
    /// # Errors
    ///
    /// If the time is over, or the snapshots have more owners than any real store's.
    pub(super) fn owners_of_snapshots(
        &self,
        images: &[Image<'_>],
    ) -> Result<BTreeMap<String, Owners>, Unknown> {
        let mut owners: BTreeMap<String, Owners> = BTreeMap::new();
        let mut left = MAX_OWNERS;
        let mut one_more = || {
            left = left.checked_sub(1).ok_or_else(|| {
                let detail = format!("its snapshots have more than {MAX_OWNERS} owners together");
                Unknown::new(GapReason::Unsupported, metadata_path(self.path), detail)
            })?;
            Ok::<(), Unknown>(())
        };
        let namespaces: BTreeMap<&str, &Namespace> = self.namespaces().collect();
        for image in images {
            self.within_time()?;
            let Some(namespace) = namespaces.get(image.namespace) else { continue };
            for record in image.chain.iter().filter_map(|key| namespace.snapshot(OVERLAYFS, key)) {
                one_more()?;
                let owners = owners.entry(record.name.clone()).or_default();
                owners.images.extend(image.names.iter().map(|&name| name.to_owned()));
                owners.namespace = Some(image.namespace.to_owned());
            }
        }
        for (name, namespace) in self.namespaces() {
            for (id, container) in &namespace.containers {
                self.within_time()?;
                for record in lower(namespace, container) {
                    one_more()?;
                    owners.entry(record.to_owned()).or_default().add_container(name, id, container);
                }
            }
        }
        Ok(owners)
    }

    /// The directory of a snapshot.
    pub(super) fn directory(&self, snapshot: &Snapshot) -> String {
        format!("{}/{}", self.snapshots_directory(), snapshot.id)
    }

    /// The directory of all of them.
    pub(super) fn snapshots_directory(&self) -> String {
        format!("{}/io.containerd.snapshotter.v1.overlayfs/snapshots", self.path)
    }

    /// Whether something that was made at this time, in seconds since 1970, may be in the making still.
    pub(super) fn is_young(&self, created: Option<i64>) -> bool {
        created.is_some_and(|created| {
            self.survey.may_be_in_the_making(self.survey.age_at(created), &self.in_use)
        })
    }

    /// Whether what `inode` was changed lately and may be in the making still.
    pub(super) fn is_fresh(&self, inode: &Inode) -> bool {
        self.survey.may_be_in_the_making(self.survey.age(inode), &self.in_use)
    }

    /// The store's directory.
    pub(super) fn store(&self) -> String {
        if self.path.is_empty() { "/".to_owned() } else { self.path.to_owned() }
    }

    /// A problem of this store.
    pub(super) fn problem(
        &self,
        id: impl Into<String>,
        path: impl Into<String>,
        detail: impl Into<String>,
    ) -> Problem {
        let (id, path, detail) = (id.into(), path.into(), detail.into());
        Problem { id, path, detail, store: self.store(), ..Problem::default() }
    }
}

impl Owners {
    /// Those of an image.
    pub(super) fn of(image: &Image<'_>) -> Self {
        let images = image.names.iter().map(|&name| name.to_owned()).collect();
        Self { images, namespace: Some(image.namespace.to_owned()), ..Self::default() }
    }

    pub(super) fn add_container(&mut self, namespace: &str, id: &str, container: &Container) {
        self.containers.insert(id.to_owned());
        if namespace == KUBERNETES && container.is_sandbox {
            self.sandboxes.insert(id.to_owned());
        } else if namespace == KUBERNETES && container.pod.is_some() {
            self.pod_containers.insert(id.to_owned());
        }
        self.pods.extend(container.pod.clone());
        self.namespace = Some(namespace.to_owned());
    }

    /// `problem` with those that it concerns.
    pub(super) fn of_problem(&self, problem: Problem) -> Problem {
        Problem {
            images: self.images.iter().cloned().collect(),
            containers: self.containers.iter().cloned().collect(),
            sandboxes: self.sandboxes.iter().cloned().collect(),
            pod_containers: self.pod_containers.iter().cloned().collect(),
            pods: self.pods.iter().cloned().collect(),
            namespace: self.namespace.clone(),
            ..problem
        }
    }
}

/// Where the database with the namespaces is.
pub(super) fn metadata_path(store: &str) -> String {
    format!("{store}/io.containerd.metadata.v1.bolt/meta.db")
}

/// Where the snapshotter's database is.
pub(super) fn snapshots_path(store: &str) -> String {
    format!("{store}/io.containerd.snapshotter.v1.overlayfs/metadata.db")
}

/// The names of the snapshots that a container runs on, its own first.
fn lower<'a>(namespace: &'a Namespace, container: &'a Container) -> impl Iterator<Item = &'a str> {
    let of = |key: &str| namespace.snapshot(OVERLAYFS, key);
    let own = (container.snapshotter == OVERLAYFS).then(|| of(&container.snapshot)).flatten();
    // A chain that has no end is told elsewhere.
    std::iter::successors(own, move |record| of(record.parent.as_deref()?))
        .take(snapshotter::MAX_CHAIN)
        .map(|record| record.name.as_str())
}

/// The keys of the snapshots of layers: each names all the layers up to it.
fn chain(diff_ids: &[String]) -> Vec<String> {
    let mut chain: Vec<String> = Vec::with_capacity(diff_ids.len());
    for diff_id in diff_ids {
        let key = match chain.last() {
            Some(below) => sha256(format!("{below} {diff_id}").as_bytes()),
            None => diff_id.clone(),
        };
        chain.push(key);
    }
    chain
}
