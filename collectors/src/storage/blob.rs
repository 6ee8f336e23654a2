//! A blob of a store, and what it belongs to.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::blobs::Blobs;
use super::blobs::tree::Tree;
use crate::fact::Fact;

/// A blob of containerd's content store or of an OCI image layout.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Blob {
    /// Its file, from the target's root.
    ///
    /// Source: the store's directory
    pub path: String,
    /// The store that it is in.
    ///
    /// Source: the store's directory
    pub store: String,
    /// What its contents hash to: `sha256:…`.
    ///
    /// Source: the file's name, else the store's metadata
    pub digest: String,
    /// What it is, as the image says that refers to it; absent if none does.
    ///
    /// Source: the image's index and manifests
    pub media_type: Option<String>,
    /// How large its file is; absent if there is none.
    ///
    /// Unit: bytes
    ///
    /// Source: st_size
    pub bytes: Fact<u64>,
    /// The namespaces of containerd that have it, sorted.
    ///
    /// Source: the store's metadata
    pub namespaces: Vec<String>,
    /// The names of the images that refer to it, or their digests; sorted.
    ///
    /// Source: the images' indexes and manifests
    pub images: Vec<String>,
}

/// Whom the blobs of a store belong to, by digest.
#[derive(Debug, Default)]
pub(super) struct Belongings<'a>(BTreeMap<&'a str, Belonging<'a>>);

#[derive(Debug, Default)]
struct Belonging<'a> {
    media_type: Option<&'a str>,
    namespaces: BTreeSet<&'a str>,
    images: BTreeSet<&'a str>,
}

impl<'a> Belongings<'a> {
    /// There is a blob `digest`.
    pub(super) fn add(&mut self, digest: &'a str) {
        self.0.entry(digest).or_default();
    }

    /// The namespace `name` of containerd has the blob `digest`.
    pub(super) fn add_to_namespace(&mut self, digest: &'a str, name: &'a str) {
        self.0.entry(digest).or_default().namespaces.insert(name);
    }

    /// The image of these names refers to all blobs of `tree`.
    pub(super) fn add_image(&mut self, tree: &'a Tree, names: impl IntoIterator<Item = &'a str> + Clone) {
        for descriptor in tree.blobs() {
            let belonging = self.0.entry(&descriptor.digest).or_default();
            belonging.media_type = Some(&descriptor.media_type);
            belonging.images.extend(names.clone());
        }
    }

    /// The blobs of the store `store`, whose files are `blobs`.
    pub(super) fn facts(&self, store: &str, blobs: &Blobs) -> Vec<Blob> {
        let owned = |names: &BTreeSet<&str>| names.iter().map(|&name| name.to_owned()).collect();
        let blob = |(digest, belonging): (&&str, &Belonging<'_>)| Blob {
            path: blobs.path(digest),
            store: store.to_owned(),
            digest: (*digest).to_owned(),
            media_type: belonging.media_type.map(str::to_owned),
            bytes: match blobs.metadata(digest) {
                Ok(Some(inode)) => Fact::Known(inode.size),
                Ok(None) => Fact::Absent,
                Err(error) => Fact::Gap(error.into()),
            },
            namespaces: owned(&belonging.namespaces),
            images: owned(&belonging.images),
        };
        self.0.iter().map(blob).collect()
    }
}
