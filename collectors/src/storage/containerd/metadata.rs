//! `meta.db`: the images, containers, snapshots and blobs of each namespace.

use std::collections::BTreeMap;

use crate::bolt::{BoltError, Bucket, Entry};
use crate::go_encoding::{seconds, signed};
use crate::storage::blobs::document::Descriptor;

/// How many records are read at most.
const MAX_RECORDS: usize = 500_000;

/// What the database holds.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    /// The namespaces, by name.
    pub(super) namespaces: BTreeMap<String, Namespace>,
}

/// A namespace: `k8s.io`, `moby`, `default`.
#[derive(Debug, Default)]
pub(super) struct Namespace {
    /// What each name of an image stands for.
    pub(super) images: BTreeMap<String, Descriptor>,
    /// The containers, by id.
    pub(super) containers: BTreeMap<String, Container>,
    /// The snapshots, by snapshotter and key.
    pub(super) snapshots: BTreeMap<(String, String), SnapshotRecord>,
    /// The blobs and their sizes, by digest.
    pub(super) blobs: BTreeMap<String, u64>,
}

/// A container.
#[derive(Debug, Default)]
pub(super) struct Container {
    /// The name of its image.
    pub(super) image: String,
    /// The snapshotter of its snapshot.
    pub(super) snapshotter: String,
    /// The key of its snapshot; empty if it has none.
    pub(super) snapshot: String,
    /// Its own name, as Kubernetes or nerdctl gave it.
    pub(super) name: Option<String>,
    /// The pod that it is of, `namespace/name`.
    pub(super) pod: Option<String>,
    /// Whether it is the sandbox of its pod.
    pub(super) is_sandbox: bool,
    /// When it was made, in seconds since 1970.
    pub(super) created: Option<i64>,
}

/// What the database says of a snapshot.
#[derive(Debug, Default)]
pub(super) struct SnapshotRecord {
    /// What the snapshotter calls it.
    pub(super) name: String,
    /// The key of the snapshot below.
    pub(super) parent: Option<String>,
    /// When it was made, in seconds since 1970.
    pub(super) created: Option<i64>,
}

impl Metadata {
    /// Reads the database whose root bucket is `root`.
    pub(super) fn read(root: &Bucket<'_>) -> Result<Self, BoltError> {
        let mut metadata = Self::default();
        let mut budget = MAX_RECORDS;
        if let Some(version) = root.bucket("v1")? {
            version.for_each_bucket(|name, namespace| {
                let namespace = Namespace::read(namespace, &mut budget)?;
                metadata.namespaces.insert(text(name), namespace);
                Ok(())
            })?;
        }
        Ok(metadata)
    }
}

impl Namespace {
    fn read(bucket: &Bucket<'_>, budget: &mut usize) -> Result<Self, BoltError> {
        let mut namespace = Self::default();
        each(bucket, &["images"], budget, |name, image| {
            if let Some(target) = image.bucket("target")? {
                namespace.images.insert(name, descriptor(&target)?);
            }
            Ok(())
        })?;
        each(bucket, &["containers"], budget, |id, container| {
            namespace.containers.insert(id, Container::read(container)?);
            Ok(())
        })?;
        each(bucket, &["content", "blob"], budget, |digest, blob| {
            let size = blob.value("size")?.and_then(|size| u64::try_from(signed(&size)?).ok());
            namespace.blobs.insert(digest, size.unwrap_or(0));
            Ok(())
        })?;
        if let Some(snapshotters) = bucket.bucket("snapshots")? {
            snapshotters.for_each_bucket(|snapshotter, snapshots| {
                each(snapshots, &[], budget, |key, snapshot| {
                    let record = SnapshotRecord::read(snapshot)?;
                    namespace.snapshots.insert((text(snapshotter), key), record);
                    Ok(())
                })
            })?;
        }
        Ok(namespace)
    }

    /// The snapshot of `snapshotter` that has this key.
    pub(super) fn snapshot(&self, snapshotter: &str, key: &str) -> Option<&SnapshotRecord> {
        self.snapshots.get(&(snapshotter.to_owned(), key.to_owned()))
    }
}

impl Container {
    fn read(bucket: &Bucket<'_>) -> Result<Self, BoltError> {
        let labels = bucket.bucket("labels")?;
        let label = |name: &str| -> Result<Option<String>, BoltError> {
            labels.as_ref().map_or(Ok(None), |labels| value(labels, name))
        };
        let pod = label("io.kubernetes.pod.namespace")?.zip(label("io.kubernetes.pod.name")?);
        Ok(Self {
            image: value(bucket, "image")?.unwrap_or_default(),
            snapshotter: value(bucket, "snapshotter")?.unwrap_or_default(),
            snapshot: value(bucket, "snapshotKey")?.unwrap_or_default(),
            name: label("io.kubernetes.container.name")?.or(label("nerdctl/name")?),
            is_sandbox: label("io.cri-containerd.kind")?.as_deref() == Some("sandbox"),
            pod: pod.map(|(namespace, name)| format!("{namespace}/{name}")),
            created: bucket.value("createdat")?.and_then(|time| seconds(&time)),
        })
    }
}

impl SnapshotRecord {
    fn read(bucket: &Bucket<'_>) -> Result<Self, BoltError> {
        Ok(Self {
            name: value(bucket, "name")?.unwrap_or_default(),
            parent: value(bucket, "parent")?.filter(|parent| !parent.is_empty()),
            created: bucket.value("createdat")?.and_then(|time| seconds(&time)),
        })
    }
}

fn descriptor(target: &Bucket<'_>) -> Result<Descriptor, BoltError> {
    let size = target.value("size")?.and_then(|size| u64::try_from(signed(&size)?).ok());
    Ok(Descriptor {
        media_type: value(target, "mediatype")?.unwrap_or_default(),
        digest: value(target, "digest")?.unwrap_or_default(),
        size: size.unwrap_or(0),
        annotations: BTreeMap::new(),
    })
}

/// Shows `visit` the buckets at `path`, as far as `budget` goes.
fn each(
    bucket: &Bucket<'_>,
    path: &[&str],
    budget: &mut usize,
    mut visit: impl FnMut(String, &Bucket<'_>) -> Result<(), BoltError>,
) -> Result<(), BoltError> {
    let Some(bucket) = bucket.at(path)? else { return Ok(()) };
    bucket.for_each(&mut |key, entry| {
        *budget = budget.checked_sub(1).ok_or(BoltError::TooLarge)?;
        match entry {
            Entry::Bucket(inner) => visit(text(key), &inner),
            Entry::Value(_) => Ok(()),
        }
    })
}

/// The text of `key`.
pub(super) fn value(bucket: &Bucket<'_>, key: &str) -> Result<Option<String>, BoltError> {
    Ok(bucket.value(key)?.map(|value| text(&value)))
}

/// Text, with U+FFFD for what is not UTF-8.
pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
