//! A store: where it is, what it holds, what is wrong with it.

use schemars::JsonSchema;
use serde::Serialize;

use super::check::Problems;
use super::engine::Engine;
use super::usage::Usage;
use crate::fact::Fact;
use crate::filesystem::FileSystem;

/// The format of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StoreKind {
    /// docker's own image store and graph drivers (`/var/lib/docker`).
    Docker,
    /// containers/storage, of podman, buildah and CRI-O (`/var/lib/containers/storage`).
    ContainersStorage,
    /// containerd's content store and snapshotters (`/var/lib/containerd`), docker's image store among them
    /// where docker uses containerd's.
    Containerd,
    /// An OCI image layout: a directory with a file `oci-layout`.
    OciLayout,
}

/// A store of images and containers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Store {
    /// The store's directory, from the target's root.
    ///
    /// Source: the directory's contents
    pub path: String,
    /// Its format.
    ///
    /// Source: the directory's contents
    pub kind: StoreKind,
    /// The storage driver or snapshotter, `overlay2`, `overlay`, `overlayfs`, `vfs`; several joined by `+`;
    /// absent for an OCI layout.
    ///
    /// Source: the directory's contents
    pub driver: Option<String>,
    /// Whether plimsoll knows the driver's layout. One that it does not know is not checked, which is no
    /// word on whether it is sound.
    ///
    /// Source: the directory's contents
    pub checked: bool,
    /// The user whose rootless store it is; absent for a store of the node's.
    ///
    /// Source: /etc/passwd
    pub user: Option<String>,
    /// The engine that it belongs to; absent for a copy that no engine of the node uses, and for an OCI layout.
    ///
    /// Source: the engines' command lines and configurations
    pub engine: Option<Engine>,
    /// Whether a program that writes the store runs, of docker's the dockerd whose data root it is: then what is
    /// young may be in the making, and is no problem.
    ///
    /// Source: /proc/PID/comm, dockerd's command line and configuration
    pub in_use: Fact<bool>,
    /// The file system that holds the store's directory.
    pub filesystem: Fact<FileSystem>,
    /// How many objects of each kind it holds.
    pub counts: Counts,
    /// The images, sorted by name and id.
    ///
    /// Source: the store's metadata
    pub images: Fact<Vec<Image>>,
    /// What is wrong, by check.
    pub problems: Problems,
    /// How many problems are not told because there are too many of their kind.
    ///
    /// Source: the checks
    pub problems_omitted: u64,
}

/// How many objects of each kind a store holds. What a kind of store has none of is absent.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Counts {
    /// Images.
    ///
    /// Source: the store's metadata
    pub images: Fact<u64>,
    /// Layers or snapshots, read-only and writable.
    ///
    /// Source: the store's metadata
    pub layers: Fact<u64>,
    /// Containers.
    ///
    /// Source: the store's metadata
    pub containers: Fact<u64>,
    /// Blobs of a content store.
    ///
    /// Source: the store's metadata
    pub blobs: Fact<u64>,
}

/// An image in a store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Image {
    /// Its names, sorted: `docker.io/library/busybox:1`.
    ///
    /// Source: the store's metadata
    pub names: Vec<String>,
    /// Its id or the digest of its manifest.
    ///
    /// Source: the store's metadata
    pub id: String,
    /// The namespace of containerd that it is in.
    ///
    /// Source: the store's metadata
    pub namespace: Option<String>,
    /// How many layers it has.
    ///
    /// Source: the image's configuration
    pub layers: Option<u64>,
    /// How large its layers are together, as the metadata has it.
    ///
    /// Unit: bytes
    ///
    /// Source: the store's metadata
    pub bytes: Option<u64>,
    /// How large those of its layers are that no other image and no container uses: what removing it would
    /// free.
    ///
    /// Unit: bytes
    ///
    /// Source: the store's metadata
    pub unique_bytes: Option<u64>,
    /// How many containers there are of it.
    ///
    /// Source: the store's metadata
    pub containers: u64,
}

/// A layer of a store, and what it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Layer {
    /// Its directory, from the target's root: that of `diff`, `fs` or of the blob.
    ///
    /// Source: the store's metadata
    pub path: String,
    /// The store that it is in.
    ///
    /// Source: the store's metadata
    pub store: String,
    /// The namespace of containerd that it is in; absent in other stores.
    ///
    /// Source: the store's metadata
    pub namespace: Option<String>,
    /// What its engine calls it: a chain id, a layer id, the key of a snapshot.
    ///
    /// Source: the store's metadata
    pub id: String,
    /// The name of its directory: a cache id, a layer id, the number of a snapshot.
    ///
    /// Source: the store's metadata
    pub directory: String,
    /// The layer below it, as its engine calls it.
    ///
    /// Source: the store's metadata
    pub parent: Option<String>,
    /// The digest of its uncompressed archive.
    ///
    /// Source: the store's metadata
    pub diff_id: Option<String>,
    /// The names of the images that it is part of, or their ids; sorted.
    ///
    /// Source: the store's metadata
    pub images: Vec<String>,
    /// The container whose writable layer it is.
    ///
    /// Source: the store's metadata
    pub container: Option<String>,
}

/// The writable layer of a container.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RwLayer {
    /// Its directory, from the target's root.
    ///
    /// Source: the store's metadata
    pub path: String,
    /// The store that it is in.
    ///
    /// Source: the store's metadata
    pub store: String,
    /// The container's id.
    ///
    /// Source: the store's metadata
    pub container: String,
    /// The container's name, if the store has it.
    ///
    /// Source: the store's metadata
    pub name: Option<String>,
    /// The container's pod, `namespace/name`, if the store has it.
    ///
    /// Source: the store's metadata
    pub pod: Option<String>,
    /// What it takes.
    #[serde(flatten)]
    pub usage: Usage,
}
