//! Whether the directories of the driver `overlay` agree with the records of layers.

use std::collections::HashMap;

use plimsoll_engine::snapshot::GapReason;

use super::checks::{DIRECTORY_MISSING, LINK_INVALID, LINK_LOST, LOWER_INVALID, OF_OVERLAY};
use super::links::{Links, Names};
use super::look::{Look, absent, directory_in};
use super::records::LayerRecord;
use crate::fact::Unknown;
use crate::host::{Dir, FileKind, HostErrorKind};

/// What is looked at in each layer's directory.
const CHECKS: &[crate::storage::check::Check] = &[DIRECTORY_MISSING, LINK_INVALID, LINK_LOST, LOWER_INVALID];

/// The most that is read of `link` and `lower`, in bytes: 500 names of 29 bytes.
const CAP: usize = 64 << 10;

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
        let names = Names::read(driver.as_ref());
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

/// The text of the small file `name`; `None` if it is not there. If something else is there, the words that
/// say what stand for it: they are no text that such a file can have.
pub(super) fn text(directory: &Dir, name: &str) -> Result<Option<String>, Unknown> {
    match absent(directory.read_capped(name, CAP)) {
        Ok(text) => Ok(text.map(|text| String::from_utf8_lossy(&text).into_owned())),
        Err(error) if matches!(error.kind, HostErrorKind::NotRegular(_) | HostErrorKind::TooLarge { .. }) => {
            Ok(Some(error.kind.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}
