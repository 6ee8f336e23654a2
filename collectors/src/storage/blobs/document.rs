//! Indexes, manifests and configurations of images, of OCI's and of Docker's media types.

use serde::Deserialize;

/// A reference to a blob.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::storage) struct Descriptor {
    /// What it is.
    #[serde(default)]
    pub(in crate::storage) media_type: String,
    /// Its digest.
    pub(in crate::storage) digest: String,
    /// Its size in bytes.
    #[serde(default)]
    pub(in crate::storage) size: u64,
    /// Notes, of which a layout's index has the names of its images.
    #[serde(default)]
    pub(in crate::storage) annotations: std::collections::BTreeMap<String, String>,
}

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::storage) enum Kind {
    /// A list of manifests, one for each platform.
    Index,
    /// An image of one platform: its configuration and its layers.
    Manifest,
    /// Something else: a layer, or what other programs keep in the store.
    Other,
}

/// A list of manifests.
#[derive(Debug, Deserialize)]
pub(in crate::storage) struct Index {
    /// The manifests.
    pub(in crate::storage) manifests: Vec<Descriptor>,
}

/// An image of one platform.
#[derive(Debug, Deserialize)]
pub(in crate::storage) struct Manifest {
    /// Its configuration.
    pub(in crate::storage) config: Descriptor,
    /// Its layers, the lowest first.
    #[serde(default)]
    pub(in crate::storage) layers: Vec<Descriptor>,
}

/// The part of an image's configuration that tells of its layers.
#[derive(Debug, Deserialize)]
pub(in crate::storage) struct Configuration {
    rootfs: RootFs,
}

#[derive(Debug, Deserialize)]
struct RootFs {
    #[serde(default)]
    diff_ids: Vec<String>,
}

impl Kind {
    /// What a descriptor's media type says.
    pub(in crate::storage) fn of(media_type: &str) -> Self {
        match media_type {
            "application/vnd.oci.image.index.v1+json"
            | "application/vnd.docker.distribution.manifest.list.v2+json" => Self::Index,
            "application/vnd.oci.image.manifest.v1+json"
            | "application/vnd.docker.distribution.manifest.v2+json" => Self::Manifest,
            _ => Self::Other,
        }
    }
}

impl Configuration {
    /// Whether a manifest's configuration of this media type is an image's, and not that of an artifact.
    pub(in crate::storage) fn is_of_image(media_type: &str) -> bool {
        matches!(
            media_type,
            "application/vnd.oci.image.config.v1+json" | "application/vnd.docker.container.image.v1+json"
        )
    }

    /// The digests of the layers' uncompressed archives, the lowest first.
    pub(in crate::storage) fn diff_ids(self) -> Vec<String> {
        self.rootfs.diff_ids
    }
}
