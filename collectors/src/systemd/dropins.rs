//! Drop-ins: the `*.conf` files beside a unit that change it, systemd.unit(5).

use std::collections::BTreeMap;

use crate::fact::Unknown;
use crate::host::FileKind;

use super::name;
use super::search::{UnitFiles, resolve};

impl UnitFiles<'_> {
    /// The drop-ins of a unit with these names (its own and its aliases), in the order in which they apply:
    /// by file name, whatever directory they are in. Of several with the same name the one in the most
    /// specific place counts; if that one is a link to `/dev/null`, none.
    pub(super) fn drop_ins(&self, names: &[String]) -> Result<Vec<String>, Unknown> {
        let mut files: BTreeMap<String, Option<String>> = BTreeMap::new();
        for directory in self.drop_in_directories(names) {
            for entry in self.host.read_dir(&directory)? {
                let Ok(name) = entry.name.into_string() else { continue };
                if !name.ends_with(".conf") || name.starts_with('.') || files.contains_key(&name) {
                    continue;
                }
                let path = format!("{directory}/{name}");
                let file = match entry.kind {
                    FileKind::Regular => Some(path),
                    FileKind::Symlink if self.is_null(&directory, &path)? => None,
                    FileKind::Symlink if self.host.exists(&path)? => Some(path),
                    _ => continue,
                };
                files.insert(name, file);
            }
        }
        Ok(files.into_values().flatten().collect())
    }

    /// The drop-in directories that are there, the most specific first; those of the unit's type last.
    fn drop_in_directories(&self, names: &[String]) -> Vec<String> {
        let mut directories = Vec::new();
        let mut add = |level: &str, directory: &super::search::Directory| {
            let name = format!("{level}.d");
            if matches!(directory.entries.get(&name), Some(FileKind::Directory | FileKind::Symlink)) {
                directories.push(format!("{}/{name}", directory.path));
            }
        };
        for unit in names {
            for directory in self.directories() {
                name::levels(unit).iter().for_each(|level| add(level, directory));
            }
        }
        if let Some(unit_type) = names.last().and_then(|unit| name::unit_type(unit)) {
            self.directories().iter().for_each(|directory| add(unit_type, directory));
        }
        directories
    }

    fn is_null(&self, directory: &str, path: &str) -> Result<bool, Unknown> {
        Ok(resolve(directory, &self.host.read_link(path)?) == "/dev/null")
    }
}
