//! OCI image layouts: a directory of blobs with an index of the images among them.

mod checks;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashSet};

use serde::Deserialize;

use super::blob::{Belongings, Blob};
use super::blobs::digests::{Mismatch, mismatches};
use super::blobs::document::{Descriptor, Index, Kind};
use super::blobs::tree::Tree;
use super::blobs::{Blobs, DocumentError};
use super::check::Record;
use super::engine::Keeper;
use super::problem::Problem;
use super::store::{Counts, Image, Store, StoreKind};
use super::survey::{Examined, Survey};
use crate::fact::Fact;
use crate::host::HostErrorKind;
pub(super) use checks::CHECKS;
use checks::{
    BLOB_DIGEST_MISMATCH, BLOB_MISSING, BLOB_SIZE_MISMATCH, BLOB_UNREFERENCED, DOCUMENT_CORRUPT,
    INDEX_INVALID, MEDIA_TYPE_UNKNOWN, NEED_INDEX, VERSION_UNSUPPORTED,
};

/// Any of these in a directory makes it such a store.
pub(super) const MARKS: &[&str] = &["oci-layout"];

/// The version of layouts that there is.
const VERSION: &str = "1.0.0";

/// The annotation with an image's name.
const NAME: &str = "org.opencontainers.image.ref.name";

/// The file `oci-layout`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layout {
    image_layout_version: String,
}

/// Looks at the store at `path`.
pub(super) fn examine(survey: &Survey<'_>, path: &str) -> Fact<Examined> {
    let path = path.trim_end_matches('/');
    let blobs = match Blobs::open(survey.ctx.host, format!("{path}/blobs")) {
        Ok(blobs) => blobs,
        Err(error) => return Fact::Gap(error.into()),
    };
    let record = Record::new(CHECKS, survey.ctx.options.depth);
    let mut look = Look { survey, path, blobs, record };
    look.version();
    let images = look.index().map(|manifests| look.trees(manifests)).unwrap_or_default();
    look.files(&images);
    look.digests();
    Fact::Known(look.examined(&images))
}

/// An image that the index names.
struct Named {
    descriptor: Descriptor,
    tree: Tree,
}

struct Look<'a> {
    survey: &'a Survey<'a>,
    path: &'a str,
    blobs: Blobs,
    record: Record,
}

impl Look<'_> {
    /// The file that makes the directory a layout has the version that there is.
    fn version(&mut self) {
        let path = format!("{}/oci-layout", self.path);
        let detail = match self.survey.ctx.host.read(&path) {
            Ok(bytes) => match serde_json::from_slice::<Layout>(&bytes) {
                Ok(layout) if layout.image_layout_version == VERSION => return,
                Ok(layout) => format!("it is of version {}, not {VERSION}", layout.image_layout_version),
                Err(error) => format!("it has no version: {error}"),
            },
            Err(error) => match error.kind {
                HostErrorKind::NotRegular(kind) => format!("it is {kind}"),
                _ => return self.record.impossible(&VERSION_UNSUPPORTED, &error.into()),
            },
        };
        let problem = self.problem("oci-layout", path, detail);
        self.record.found(&VERSION_UNSUPPORTED, problem);
    }

    /// The manifests that the index names.
    fn index(&mut self) -> Option<Vec<Descriptor>> {
        let path = format!("{}/index.json", self.path);
        let detail = match self.survey.ctx.host.read(&path) {
            Ok(bytes) => match serde_json::from_slice::<Index>(&bytes) {
                Ok(index) => return Some(index.manifests),
                Err(error) => format!("it is no index: {error}"),
            },
            Err(error) => match error.kind {
                HostErrorKind::NotFound => "it is not there".to_owned(),
                HostErrorKind::NotRegular(kind) => format!("it is {kind}"),
                _ => {
                    let unknown = error.into();
                    self.record.impossible(&INDEX_INVALID, &unknown);
                    NEED_INDEX.iter().for_each(|check| self.record.impossible(check, &unknown));
                    return None;
                }
            },
        };
        let unknown = crate::fact::Unknown::malformed(&path, detail.clone());
        NEED_INDEX.iter().for_each(|check| self.record.impossible(check, &unknown));
        let problem = self.problem("index.json", path, detail);
        self.record.found(&INDEX_INVALID, problem);
        None
    }

    /// What each of `manifests` refers to.
    fn trees(&mut self, manifests: Vec<Descriptor>) -> Vec<Named> {
        let mut images = Vec::with_capacity(manifests.len());
        for descriptor in manifests {
            if let Some(unknown) = self.survey.out_of_time(self.path) {
                NEED_INDEX.iter().for_each(|check| self.record.impossible(check, &unknown));
                break;
            }
            let tree = Tree::below(&descriptor, &self.blobs, &|_: &str| true);
            let named = Named { descriptor, tree };
            if Kind::of(&named.descriptor.media_type) == Kind::Other {
                let detail = format!("its media type is {:?}", named.descriptor.media_type);
                let problem = self.of_image(&named, &named.descriptor.digest, detail);
                self.record.found(&MEDIA_TYPE_UNKNOWN, problem);
            }
            self.faults(&named);
            images.push(named);
        }
        images
    }

    fn faults(&mut self, image: &Named) {
        for (descriptor, error) in &image.tree.faults {
            match error {
                // As of the blobs that are no documents.
                DocumentError::Missing => {}
                DocumentError::Invalid(what) => {
                    let detail = format!("{}: {what}", descriptor.media_type);
                    let problem = self.of_image(image, &descriptor.digest, detail);
                    self.record.found(&DOCUMENT_CORRUPT, problem);
                }
                DocumentError::Unknown(unknown) => self.record.missed(&DOCUMENT_CORRUPT, unknown.clone()),
            }
        }
    }

    /// Every blob that is referred to is there and as large as it should be; every one that is there is
    /// referred to.
    fn files(&mut self, images: &[Named]) {
        let mut referenced = BTreeSet::new();
        for image in images {
            for descriptor in image.tree.blobs() {
                if referenced.insert(&descriptor.digest) {
                    self.file(image, descriptor);
                }
            }
        }
        let digests = match self.blobs.list() {
            Ok(digests) => digests,
            Err(error) => return self.record.impossible(&BLOB_UNREFERENCED, &error.into()),
        };
        // Whoever copies an image into a layout writes the index last. Any program may.
        let may_be_written = Fact::Known(self.survey.ctx.host.is_running());
        for digest in digests.iter().filter(|digest| !referenced.contains(digest)) {
            let inode = self.blobs.metadata(digest).ok().flatten();
            let age = inode.as_ref().map(|inode| self.survey.age(inode));
            if age.is_some_and(|age| self.survey.may_be_in_the_making(age, &may_be_written)) {
                continue;
            }
            let mut problem = self.problem(digest, self.blobs.path(digest), "no image of the index has it");
            problem.bytes = inode.map(|inode| inode.allocated);
            problem.age = age;
            self.record.found(&BLOB_UNREFERENCED, problem);
        }
    }

    fn file(&mut self, image: &Named, descriptor: &Descriptor) {
        match self.blobs.metadata(&descriptor.digest) {
            Ok(None) => {
                let problem = self.of_image(image, &descriptor.digest, "its file is not there".to_owned());
                self.record.found(&BLOB_MISSING, problem);
            }
            Ok(Some(inode)) if inode.size != descriptor.size => {
                let detail = format!("it has {} bytes, not {}", inode.size, descriptor.size);
                let mut problem = self.of_image(image, &descriptor.digest, detail);
                problem.expected = Some(descriptor.size.to_string());
                problem.actual = Some(inode.size.to_string());
                self.record.found(&BLOB_SIZE_MISMATCH, problem);
            }
            Ok(Some(_)) => {}
            Err(error) => {
                self.record.missed(&BLOB_MISSING, error.clone().into());
                self.record.missed(&BLOB_SIZE_MISMATCH, error.into());
            }
        }
    }

    /// Every blob contains what its digest says.
    fn digests(&mut self) {
        if !self.record.makes(&BLOB_DIGEST_MISMATCH) {
            return;
        }
        let digests = match self.blobs.list() {
            Ok(digests) => digests,
            Err(error) => return self.record.impossible(&BLOB_DIGEST_MISMATCH, &error.into()),
        };
        for (digest, found) in mismatches(self.survey, &self.blobs, digests) {
            match found {
                Mismatch::Actual(actual) => {
                    let detail = format!("its contents have the digest {actual}");
                    let problem = self.problem(&digest, self.blobs.path(&digest), detail);
                    let problem = Problem { expected: Some(digest), actual: Some(actual), ..problem };
                    self.record.found(&BLOB_DIGEST_MISMATCH, problem);
                }
                Mismatch::Unknown(unknown) => self.record.missed(&BLOB_DIGEST_MISMATCH, unknown),
            }
        }
    }

    fn of_image(&self, image: &Named, digest: &str, detail: String) -> Problem {
        let images = vec![image.name()];
        Problem { images, ..self.problem(digest, self.blobs.path(digest), detail) }
    }

    fn problem(&self, id: impl Into<String>, path: impl Into<String>, detail: impl Into<String>) -> Problem {
        let (id, path, detail) = (id.into(), path.into(), detail.into());
        Problem { id, path, detail, store: self.store(), ..Problem::default() }
    }

    fn store(&self) -> String {
        if self.path.is_empty() { "/".to_owned() } else { self.path.to_owned() }
    }

    fn examined(self, images: &[Named]) -> Examined {
        let count = self.blobs.list().map(|digests| digests.len() as u64);
        let path = self.store();
        let (problems, problems_omitted) = self.record.close(StoreKind::OciLayout, &Keeper::default());
        let mut facts: Vec<Image> = images.iter().map(Named::fact).collect();
        facts.sort();
        let store = Store {
            kind: StoreKind::OciLayout,
            driver: None,
            checked: true,
            user: None,
            engine: None,
            filesystem: self.survey.filesystem(&path),
            path,
            in_use: Fact::Known(false),
            counts: Counts {
                images: Fact::Known(facts.len() as u64),
                layers: Fact::Absent,
                containers: Fact::Absent,
                blobs: Fact::from(count),
            },
            images: Fact::Known(facts),
            problems,
            problems_omitted,
        };
        let blobs =
            if self.survey.wants_blobs() { blobs(&self.blobs, &store.path, images) } else { Vec::new() };
        Examined { store, layers: Vec::new(), blobs, rw_layers: Vec::new(), kept: Ok(HashSet::new()) }
    }
}

/// The blobs that there are files of or that an image refers to. What cannot be listed is a gap of the checks.
fn blobs(files: &Blobs, store: &str, images: &[Named]) -> Vec<Blob> {
    let digests = files.list().unwrap_or_default();
    let mut belongings = Belongings::default();
    digests.iter().for_each(|digest| belongings.add(digest));
    let names: Vec<String> = images.iter().map(Named::name).collect();
    for (image, name) in images.iter().zip(&names) {
        belongings.add_image(&image.tree, [name.as_str()]);
    }
    belongings.facts(store, files)
}

impl Named {
    /// The image's name in the layout, or its digest.
    fn name(&self) -> String {
        self.descriptor.annotations.get(NAME).unwrap_or(&self.descriptor.digest).clone()
    }

    fn fact(&self) -> Image {
        let platform = self.tree.images.first();
        let bytes = |layers: &[Descriptor]| layers.iter().fold(0_u64, |sum, of| sum.saturating_add(of.size));
        Image {
            names: self.descriptor.annotations.get(NAME).cloned().into_iter().collect(),
            id: self.descriptor.digest.clone(),
            namespace: None,
            layers: platform.map(|platform| platform.layers.len() as u64),
            bytes: platform.map(|platform| bytes(&platform.layers)),
            unique_bytes: None,
            containers: 0,
        }
    }
}
