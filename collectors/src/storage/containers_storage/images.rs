//! Whether the images of a store have their layers and data.

use std::collections::HashMap;

use super::big_data::{file_name, other_digest};
use super::catalog::Presence;
use super::checks::{IMAGE_DATA_DIGEST, IMAGE_DATA_MISSING, IMAGE_DATA_SIZE, IMAGE_LAYER_MISSING};
use super::look::{Look, absent, directory_in};
use super::records::ImageRecord;
use crate::fact::Unknown;
use crate::host::{Dir, FileKind};
use crate::storage::problem::Problem;

/// The most that is read of a manifest or configuration, in bytes.
const CAP: usize = 64 << 20;

const DATA: &[crate::storage::check::Check] = &[IMAGE_DATA_MISSING, IMAGE_DATA_SIZE, IMAGE_DATA_DIGEST];

impl Look<'_> {
    /// Checks the records of images against the layers and against the images' directories.
    pub(super) fn check_images(&mut self) {
        let (tables, path) = (self.tables, self.area.images_dir());
        let (directory, incomplete) = (self.directory(&path), self.catalog.incomplete_chains());
        if let Err(unknown) = &directory {
            self.all_impossible(DATA, unknown);
        }
        for image in tables.images.distinct() {
            if self.is_over(&[IMAGE_LAYER_MISSING, IMAGE_DATA_MISSING, IMAGE_DATA_SIZE, IMAGE_DATA_DIGEST]) {
                return;
            }
            self.check_image_layers(image, &incomplete);
            if let Ok(Some(directory)) = &directory {
                self.check_image_data(directory, image);
            }
        }
    }

    /// An image needs its uppermost layer, and all below it. What is missing below is told of the layer
    /// upon it, too; here it is told which image cannot be used.
    fn check_image_layers(&mut self, image: &ImageRecord, incomplete: &HashMap<&str, &str>) {
        for top in image.top_layers() {
            match self.catalog.layer_presence(top) {
                Presence::Nowhere => self.image_layer_missing(image, top, top),
                Presence::Unknown(unknown) => self.record.missed(&IMAGE_LAYER_MISSING, unknown),
                Presence::Here | Presence::Elsewhere => {
                    if let Some(missing) = incomplete.get(top) {
                        self.image_layer_missing(image, top, missing);
                    }
                }
            }
        }
    }

    fn image_layer_missing(&mut self, image: &ImageRecord, top: &str, missing: &str) {
        let what = if top == missing { "its uppermost layer" } else { "the layer below" };
        let path = self.area.image_files().concat();
        let mut problem = self.catalog.of_image(image, path, format!("{what} {missing} is not there"));
        problem.expected = Some(missing.to_owned());
        self.record.found(&IMAGE_LAYER_MISSING, problem);
    }

    fn check_image_data(&mut self, images: &Dir, image: &ImageRecord) {
        let directory = match directory_in(images, &image.id) {
            Ok(directory) => directory,
            Err(error) => return self.all_missed(DATA, &error.into()),
        };
        for key in image.data.names() {
            let metadata = directory.as_ref().map(|directory| absent(directory.metadata(file_name(key))));
            match metadata.transpose().map(Option::flatten) {
                Ok(Some(file)) if file.kind == FileKind::Regular => {
                    if let Some(size) = image.data.size(key).filter(|size| *size != file.size) {
                        let detail = format!("{key} holds {} bytes, not {size}", file.size);
                        let mut problem = self.data_problem(image, key, detail);
                        (problem.expected, problem.actual) =
                            (Some(size.to_string()), Some(file.size.to_string()));
                        self.record.found(&IMAGE_DATA_SIZE, problem);
                    }
                    if let Some(directory) = &directory {
                        self.check_image_digest(directory, image, key);
                    }
                }
                Ok(found) => {
                    let what = found.map_or("not there".to_owned(), |file| file.kind.to_string());
                    let problem = self.data_problem(image, key, format!("the file of {key} is {what}"));
                    self.record.found(&IMAGE_DATA_MISSING, problem);
                }
                Err(error) => self.all_missed(DATA, &Unknown::from(error)),
            }
        }
    }

    fn check_image_digest(&mut self, directory: &Dir, image: &ImageRecord, key: &str) {
        if !self.record.makes(&IMAGE_DATA_DIGEST) {
            return;
        }
        let contents = match directory.read_capped(file_name(key), CAP) {
            Ok(contents) => contents,
            Err(error) => return self.record.missed(&IMAGE_DATA_DIGEST, error.into()),
        };
        match other_digest(key, image.data.digest(key), &contents) {
            Ok(None) => {}
            Ok(Some((expected, actual))) => {
                let mut problem = self.data_problem(image, key, format!("{key} has the digest {actual}"));
                (problem.expected, problem.actual) = (Some(expected), Some(actual));
                self.record.found(&IMAGE_DATA_DIGEST, problem);
            }
            Err(detail) => {
                let reason = plimsoll_engine::snapshot::GapReason::Unsupported;
                self.record.missed(&IMAGE_DATA_DIGEST, Unknown::new(reason, &image.id, detail));
            }
        }
        self.survey.ctx.options.progress.add(1, contents.len() as u64);
    }

    fn data_problem(&self, image: &ImageRecord, key: &str, detail: String) -> Problem {
        let path = format!("{}/{}/{}", self.area.images_dir(), image.id, file_name(key));
        self.catalog.of_image(image, path, detail)
    }
}
