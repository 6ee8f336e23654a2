//! Whether the files of records are there and of their format.

use super::checks::{METADATA_INVALID, METADATA_LOST, OF_CONTAINERS, OF_IMAGES, OF_LAYERS};
use super::leftovers::is_working_directory;
use super::look::{Look, is_id};
use super::read::{Contents, Table};
use super::records::Record;
use crate::fact::Unknown;
use crate::storage::check::Check;

impl Look<'_> {
    /// Tells of files of records that are lost or invalid. What needs their records cannot be checked then.
    pub(super) fn check_metadata(&mut self) {
        let tables = self.tables;
        self.check_table(&tables.layers, OF_LAYERS);
        self.check_table(&tables.images, OF_IMAGES);
        self.check_table(&tables.containers, OF_CONTAINERS);
        let (area, driver) = (self.area, self.area.driver_dir());
        if driver_keeps_directories(area.driver) {
            self.check_absent(&tables.layers, &driver, OF_LAYERS, |name| !is_working_directory(name));
        }
        self.check_absent(&tables.images, &area.images_dir(), OF_IMAGES, is_id);
    }

    fn check_table<T: Record>(&mut self, table: &Table<T>, needing: &[Check]) {
        for file in table.files() {
            let name = file.path.rsplit('/').next().unwrap_or_default();
            match &file.contents {
                Contents::Empty => {
                    let detail = "the file is empty, which reads as no records";
                    let problem = self.catalog.problem(name, file.path.clone(), detail);
                    self.record.found(&METADATA_LOST, problem);
                }
                Contents::Invalid(detail) => {
                    let problem = self.catalog.problem(name, file.path.clone(), detail);
                    self.record.found(&METADATA_INVALID, problem);
                }
                Contents::Unknown(unknown) => {
                    self.all_missed(&[METADATA_LOST, METADATA_INVALID], unknown);
                }
                Contents::Records(_) | Contents::Absent => {}
            }
        }
        if let Some(unknown) = table.incomplete() {
            self.all_impossible(needing, &unknown);
        }
    }

    /// A new store has no file of records yet. Without one, a directory of what it would tell of that is
    /// not quite new shows that it is lost.
    fn check_absent<T: Record>(
        &mut self,
        table: &Table<T>,
        directory: &str,
        needing: &[Check],
        is_object: impl Fn(&str) -> bool,
    ) {
        let Some(file) = table.files().first().filter(|file| matches!(file.contents, Contents::Absent))
        else {
            return;
        };
        // What cannot be listed is told where directories are checked.
        let objects = self.directories(directory).unwrap_or_default();
        let known = table.by_id();
        let unknown = objects.iter().filter(|name| is_object(name) && !known.contains_key(name.as_str()));
        let old = |name: &&String| {
            let metadata = self.survey.ctx.host.symlink_metadata(format!("{directory}/{name}"));
            metadata.is_ok_and(|metadata| !self.is_young(self.survey.age(&metadata)))
        };
        let lost = unknown.filter(old).count();
        if lost > 0 {
            let name = file.path.rsplit('/').next().unwrap_or_default();
            let detail = format!("the file is not there; {lost} directories in {directory} have no record");
            let problem = self.catalog.problem(name, file.path.clone(), detail);
            self.record.found(&METADATA_LOST, problem);
            self.all_impossible(needing, &Unknown::malformed(&file.path, "the file is not there"));
        }
    }
}

/// Whether a layer of the driver is a directory in the driver's.
fn driver_keeps_directories(driver: &str) -> bool {
    driver == "overlay"
}
