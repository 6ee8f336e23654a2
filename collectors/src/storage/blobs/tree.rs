//! All that an image refers to, from its index down to its layers.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;

use super::document::{Configuration, Descriptor, Index, Kind, Manifest};
use super::{Blobs, DocumentError};

/// How many documents of one image are read at most; an index of all platforms has some dozens.
const MAX_DOCUMENTS: usize = 1000;

/// What an image refers to, as far as its documents are there.
#[derive(Debug, Default)]
pub(in crate::storage) struct Tree {
    /// The index, the manifests and the configurations.
    pub(in crate::storage) documents: Vec<Descriptor>,
    /// The layers, and what else manifests name.
    pub(in crate::storage) layers: Vec<Descriptor>,
    /// The images of single platforms whose documents are there.
    pub(in crate::storage) images: Vec<Platform>,
    /// The documents that are needed and not there or not sound.
    pub(in crate::storage) faults: Vec<(Descriptor, DocumentError)>,
}

/// An image of one platform.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::storage) struct Platform {
    /// Its layers' blobs, the lowest first.
    pub(in crate::storage) layers: Vec<Descriptor>,
    /// The digests of its layers' uncompressed archives, the lowest first.
    pub(in crate::storage) diff_ids: Vec<String>,
}

impl Tree {
    /// Follows `root` through `blobs`. Of an index, the manifests that are there count: those of other
    /// platforms need not be. `is_known` says whether the store knows of a blob, for a file alone is not
    /// enough.
    pub(in crate::storage) fn below(
        root: &Descriptor,
        blobs: &Blobs,
        is_known: &dyn Fn(&str) -> bool,
    ) -> Self {
        let mut walk = Walk { blobs, is_known, seen: BTreeSet::new(), tree: Self::default() };
        let mut ahead = vec![root.clone()];
        while let Some(descriptor) = ahead.pop() {
            walk.enter(&descriptor, &mut ahead);
        }
        walk.tree
    }

    /// Every blob that the image refers to and that it can be expected to have.
    pub(in crate::storage) fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        self.documents.iter().chain(&self.layers)
    }
}

struct Walk<'a> {
    blobs: &'a Blobs,
    is_known: &'a dyn Fn(&str) -> bool,
    seen: BTreeSet<String>,
    tree: Tree,
}

impl Walk<'_> {
    fn enter(&mut self, descriptor: &Descriptor, ahead: &mut Vec<Descriptor>) {
        if !self.seen.insert(descriptor.digest.clone()) {
            return;
        }
        let kind = Kind::of(&descriptor.media_type);
        if kind == Kind::Other {
            self.tree.layers.push(descriptor.clone());
            return;
        }
        if self.tree.documents.len() >= MAX_DOCUMENTS {
            let error = DocumentError::Invalid(format!("more than {MAX_DOCUMENTS} documents lead to it"));
            self.tree.faults.push((descriptor.clone(), error));
            return;
        }
        self.tree.documents.push(descriptor.clone());
        let entered = match kind {
            Kind::Index => self.index(descriptor, ahead),
            _ => self.manifest(descriptor),
        };
        if let Err(error) = entered {
            self.tree.faults.push((descriptor.clone(), error));
        }
    }

    fn index(&mut self, descriptor: &Descriptor, ahead: &mut Vec<Descriptor>) -> Result<(), DocumentError> {
        let index: Index = self.read(&descriptor.digest)?;
        let first = index.manifests.first().cloned();
        let mut there = Vec::new();
        for child in index.manifests {
            if self.is_there(&child.digest)? {
                there.push(child);
            }
        }
        if let Some(first) = first.filter(|_| there.is_empty()) {
            // One stands for all of them.
            self.tree.documents.push(first.clone());
            self.tree.faults.push((first, DocumentError::Missing));
        }
        ahead.append(&mut there);
        Ok(())
    }

    fn manifest(&mut self, descriptor: &Descriptor) -> Result<(), DocumentError> {
        let manifest: Manifest = self.read(&descriptor.digest)?;
        for layer in &manifest.layers {
            if self.seen.insert(layer.digest.clone()) {
                self.tree.layers.push(layer.clone());
            }
        }
        let config = manifest.config;
        if !Configuration::is_of_image(&config.media_type) {
            self.tree.layers.push(config);
            return Ok(());
        }
        if self.seen.insert(config.digest.clone()) {
            self.tree.documents.push(config.clone());
        }
        match self.read::<Configuration>(&config.digest) {
            Ok(configuration) => {
                let diff_ids = configuration.diff_ids();
                self.tree.images.push(Platform { layers: manifest.layers, diff_ids });
            }
            Err(error) => self.tree.faults.push((config, error)),
        }
        Ok(())
    }

    fn is_there(&self, digest: &str) -> Result<bool, DocumentError> {
        let metadata = self.blobs.metadata(digest).map_err(|error| DocumentError::Unknown(error.into()))?;
        Ok(metadata.is_some() && (self.is_known)(digest))
    }

    fn read<T: DeserializeOwned>(&self, digest: &str) -> Result<T, DocumentError> {
        if !(self.is_known)(digest) {
            return Err(DocumentError::Missing);
        }
        let bytes = self.blobs.document(digest)?;
        serde_json::from_slice(&bytes).map_err(|error| DocumentError::Invalid(error.to_string()))
    }
}
