//! What lies in a store and belongs to nothing: directories without a record, and those of pulls and
//! removals that were interrupted.

use std::collections::HashSet;

use rustix::process::FlockType;

use super::catalog::Presence;
use super::checks::{CONTAINER_DIRECTORY_UNKNOWN, DIRECTORY_UNKNOWN, IMAGE_DIRECTORY_UNKNOWN, STAGING_STALE};
use super::look::{Look, absent, is_id};
use crate::fact::Unknown;
use crate::host::Host;
use crate::storage::check::Check;

/// How old a directory of a pull or a removal is on a running node before it is told of, in seconds; the
/// engines take as long before they remove it.
const STAGING_GRACE: u64 = 24 * 3600;

impl Look<'_> {
    /// Checks the directories of the store for those that belong to nothing.
    pub(super) fn check_leftovers(&mut self) {
        if self.area.driver == "overlay" {
            self.check_layer_directories();
            self.check_staging();
        }
        let area = self.area;
        let images: HashSet<&str> = self.tables.images.distinct().map(|image| image.id.as_str()).collect();
        self.check_data_directories(&IMAGE_DIRECTORY_UNKNOWN, &area.images_dir(), &images);
        let containers: HashSet<&str> =
            self.tables.containers.distinct().map(|container| container.id.as_str()).collect();
        self.check_data_directories(&CONTAINER_DIRECTORY_UNKNOWN, &area.containers_dir(), &containers);
    }

    fn check_layer_directories(&mut self) {
        let path = self.area.driver_dir();
        let directories = match self.directories(&path) {
            Ok(directories) => directories,
            Err(unknown) => return self.record.impossible(&DIRECTORY_UNKNOWN, &unknown),
        };
        for name in directories.iter().filter(|name| !is_working_directory(name)) {
            match self.catalog.layer_presence(name) {
                Presence::Here | Presence::Elsewhere => {}
                Presence::Nowhere => {
                    self.unknown_directory(&DIRECTORY_UNKNOWN, &path, name, "no record tells of this layer");
                }
                Presence::Unknown(unknown) => self.record.missed(&DIRECTORY_UNKNOWN, unknown),
            }
        }
    }

    fn check_data_directories(&mut self, check: &Check, path: &str, known: &HashSet<&str>) {
        match self.directories(path) {
            Ok(directories) => {
                for name in directories.iter().filter(|name| is_id(name) && !known.contains(name.as_str())) {
                    self.unknown_directory(check, path, name, "no record tells of what it belongs to");
                }
            }
            Err(unknown) => self.record.impossible(check, &unknown),
        }
    }

    fn unknown_directory(&mut self, check: &Check, parent: &str, name: &str, detail: &str) {
        let path = format!("{parent}/{name}");
        match absent(self.survey.ctx.host.symlink_metadata(&path)) {
            Ok(Some(metadata)) => {
                let age = self.survey.age(&metadata);
                if !self.is_young(age) {
                    let mut problem = self.catalog.problem(name, path, detail);
                    problem.age = Some(age);
                    self.record.found(check, problem);
                }
            }
            Ok(None) => {}
            Err(error) => self.record.missed(check, error.into()),
        }
    }

    /// A pull in parts unpacks into `staging/NAME`, a removal moves into `tempdirs/temp-dir-ID`; both keep a
    /// lock meanwhile.
    fn check_staging(&mut self) {
        let driver = self.area.driver_dir();
        for (folder, prefix) in [("staging", ""), ("tempdirs", "temp-dir-")] {
            let path = format!("{driver}/{folder}");
            let directories = match self.directories(&path) {
                Ok(directories) => directories,
                Err(unknown) => return self.record.impossible(&STAGING_STALE, &unknown),
            };
            for name in directories.iter().filter(|name| name.starts_with(prefix)) {
                let lock = match name.strip_prefix("temp-dir-") {
                    Some(id) if folder == "tempdirs" => format!("{path}/lock-{id}"),
                    _ => format!("{path}/{name}/staging.lock"),
                };
                self.check_staged(&path, name, &lock);
            }
        }
    }

    fn check_staged(&mut self, parent: &str, name: &str, lock: &str) {
        let host = self.survey.ctx.host;
        let path = format!("{parent}/{name}");
        let directory = match absent(host.symlink_metadata(&path)) {
            Ok(Some(directory)) => directory,
            Ok(None) => return,
            Err(error) => return self.record.missed(&STAGING_STALE, error.into()),
        };
        let age = self.survey.age(&directory);
        if host.is_running() && age <= STAGING_GRACE {
            return;
        }
        match is_held(host, lock) {
            Ok(true) => {}
            Err(unknown) => self.record.missed(&STAGING_STALE, unknown),
            Ok(false) => {
                let mut problem = self.catalog.problem(name, path, "whoever made it is gone");
                problem.age = Some(age);
                self.record.found(&STAGING_STALE, problem);
            }
        }
    }
}

/// Whether the directory `name` of the driver's is no layer's: the driver's own, or one in which an engine
/// tries out what the kernel can do.
pub(super) fn is_working_directory(name: &str) -> bool {
    matches!(name, "l" | "staging" | "tempdirs") || name.starts_with("compat") || name.contains("-check")
}

/// Whether a process holds the lock `path`; none does that is not there.
fn is_held(host: &Host, path: &str) -> Result<bool, Unknown> {
    let lock = absent(host.open_file(path))?;
    Ok(lock.map(|lock| lock.is_locked_against(FlockType::WriteLock)).transpose()?.unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn working_directories_are_no_layers() {
        for name in ["l", "staging", "tempdirs", "compat123", "metacopy-check9", "opaque-bug-check1"] {
            assert!(is_working_directory(name), "{name}");
        }
        assert!(!is_working_directory("cc2ad842bf39d2e0dae0c9a7e26fcedf22c0510767889f98c1f36cc9e3c74596"));
    }
}
