//! Whether the containers of a store have their layer, image and data.

use super::big_data::file_name;
use super::catalog::Presence;
use super::checks::{CONTAINER_DATA_MISSING, CONTAINER_IMAGE_MISSING, CONTAINER_LAYER_MISSING};
use super::look::{Look, absent, directory_in};
use super::records::ContainerRecord;
use crate::host::{Dir, FileKind};

const CHECKS: &[crate::storage::check::Check] =
    &[CONTAINER_DATA_MISSING, CONTAINER_IMAGE_MISSING, CONTAINER_LAYER_MISSING];

impl Look<'_> {
    /// Checks the records of containers.
    pub(super) fn check_containers(&mut self) {
        let (tables, path) = (self.tables, self.area.containers_dir());
        let directory = self.directory(&path);
        if let Err(unknown) = &directory {
            self.record.impossible(&CONTAINER_DATA_MISSING, unknown);
        }
        for container in tables.containers.distinct() {
            if self.is_over(CHECKS) {
                return;
            }
            self.check_container_layer(container);
            self.check_container_image(container);
            if let Ok(Some(directory)) = &directory {
                self.check_container_data(directory, container);
            }
        }
    }

    fn check_container_layer(&mut self, container: &ContainerRecord) {
        match self.catalog.layer_presence(&container.layer) {
            Presence::Here | Presence::Elsewhere => {}
            Presence::Nowhere => {
                let detail = format!("its writable layer {} is not there", container.layer);
                let mut problem = self.catalog.of_container(container, self.containers_file(), detail);
                problem.expected = Some(container.layer.clone());
                self.record.found(&CONTAINER_LAYER_MISSING, problem);
            }
            Presence::Unknown(unknown) => self.record.missed(&CONTAINER_LAYER_MISSING, unknown),
        }
    }

    fn check_container_image(&mut self, container: &ContainerRecord) {
        let Some(image) = container.image() else { return };
        match self.catalog.image_presence(image) {
            Presence::Here | Presence::Elsewhere => {}
            Presence::Nowhere => {
                let detail = format!("its image {image} is not there");
                let mut problem = self.catalog.of_container(container, self.containers_file(), detail);
                problem.expected = Some(image.to_owned());
                self.record.found(&CONTAINER_IMAGE_MISSING, problem);
            }
            Presence::Unknown(unknown) => self.record.missed(&CONTAINER_IMAGE_MISSING, unknown),
        }
    }

    fn check_container_data(&mut self, containers: &Dir, container: &ContainerRecord) {
        let directory = match directory_in(containers, &container.id) {
            Ok(directory) => directory,
            Err(error) => return self.record.missed(&CONTAINER_DATA_MISSING, error.into()),
        };
        for key in container.data.names() {
            let metadata = directory.as_ref().map(|directory| absent(directory.metadata(file_name(key))));
            let detail = match metadata.transpose().map(Option::flatten) {
                Ok(Some(file)) if file.kind == FileKind::Regular => {
                    let Some(size) = container.data.size(key).filter(|size| *size != file.size) else {
                        continue;
                    };
                    format!("{key} holds {} bytes, not {size}", file.size)
                }
                Ok(_) => format!("the file of {key} is not there"),
                Err(error) => {
                    self.record.missed(&CONTAINER_DATA_MISSING, error.into());
                    continue;
                }
            };
            let path = format!("{}/{}/{}", self.area.containers_dir(), container.id, file_name(key));
            let problem = self.catalog.of_container(container, path, detail);
            self.record.found(&CONTAINER_DATA_MISSING, problem);
        }
    }

    fn containers_file(&self) -> String {
        format!("{}/containers.json", self.area.containers_dir())
    }
}
