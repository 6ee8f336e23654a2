//! Whether the directories of the driver `overlay` agree with the records of layers.

use std::collections::HashMap;

use plimsoll_engine::snapshot::GapReason;

use super::checks::{DIRECTORY_MISSING, LINK_INVALID, LINK_LOST, LOWER_INVALID, OF_OVERLAY};
use super::look::{Look, absent, directory_in};
use super::records::LayerRecord;
use crate::fact::Unknown;
use crate::host::{Dir, FileKind};
use crate::storage::overlay_links::{Links, Names};

/// What is looked at in each layer's directory.
const CHECKS: &[crate::storage::check::Check] = &[DIRECTORY_MISSING, LINK_INVALID, LINK_LOST, LOWER_INVALID];

impl Look<'_> {
    /// Checks the layers' directories.
    pub(super) fn check_overlay(&mut self) {
        let tables = self.tables;
        if self.area.driver != "overlay" {
            if tables.layers.distinct().next().is_some() {
                let detail = format!("the layers of the driver {} are not checked", self.area.driver);
                let unknown = Unknown::new(GapReason::Unsupported, self.area.driver_dir(), detail);
                self.all_missed(OF_OVERLAY, &unknown);
            }
            return;
        }
        let driver = match self.directory(&self.area.driver_dir()) {
            Ok(driver) => driver,
            Err(unknown) => return self.all_impossible(OF_OVERLAY, &unknown),
        };
        let names = driver.as_ref().map_or_else(|| Ok(Names::default()), Names::read);
        let mut links = HashMap::new();
        for layer in tables.layers.distinct().filter(|layer| !layer.is_incomplete()) {
            if self.is_over(CHECKS) {
                return;
            }
            if let Some(directory) = self.check_directory(driver.as_ref(), layer) {
                links.insert(layer.id.as_str(), Links::read(&directory));
                self.check_volatile(&directory, layer);
            }
        }
        self.check_links(&names, &links);
    }

    /// The layer's directory, if it is there and holds its `diff`.
    fn check_directory(&mut self, driver: Option<&Dir>, layer: &LayerRecord) -> Option<Dir> {
        let opened = match driver.map(|driver| directory_in(driver, &layer.id)).transpose() {
            Ok(opened) => opened.flatten(),
            Err(error) => {
                self.all_missed(CHECKS, &error.into());
                return None;
            }
        };
        let Some(directory) = opened else {
            let problem = self.layer_problem(layer, "its directory is not there");
            self.record.found(&DIRECTORY_MISSING, problem);
            return None;
        };
        match absent(directory.metadata("diff")) {
            // A link leads into an additional layer store.
            Ok(Some(diff)) if matches!(diff.kind, FileKind::Directory | FileKind::Symlink) => Some(directory),
            Ok(_) => {
                let mut problem = self.layer_problem(layer, "it has no directory diff");
                problem.path.push_str("/diff");
                self.record.found(&DIRECTORY_MISSING, problem);
                None
            }
            Err(error) => {
                self.all_missed(CHECKS, &error.into());
                None
            }
        }
    }
}
