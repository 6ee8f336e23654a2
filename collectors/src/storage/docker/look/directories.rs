//! The directories of overlay2 against the records that name them.

use super::super::checks::*;
use super::Look;
use crate::host::FileKind;
use crate::storage::problem::Problem;

/// Who has a directory of overlay2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::storage::docker) enum Owner<'a> {
    /// The layer of this chain id.
    Layer(&'a str),
    /// The container of this id.
    Container(&'a str),
    /// A build.
    Build,
}

impl Look<'_> {
    pub(super) fn look_at_directories(&mut self) {
        let records = self.records;
        let Ok(directories) = &records.directories.all else { return };
        for (chain, layer) in records.layers() {
            if let Some(id) = layer.cache_id.known() {
                self.look_at_directory(id, Owner::Layer(chain), layer.age);
            }
        }
        for (container, mount) in records.mounts() {
            let is_there = records.containers.as_ref().is_ok_and(|containers| {
                containers.get(container).is_some_and(|container| !container.is_going())
            });
            // One whose container is gone is going, too, or told as such.
            if is_there {
                mount.directories().for_each(|id| {
                    self.look_at_directory(id, Owner::Container(container), mount.age);
                });
            }
        }
        for (name, directory) in directories {
            let is_known = self.owners.has(name) || directory.kind != FileKind::Directory;
            if !is_known && !self.is_moving(directory.age) {
                self.look_at_orphan(name, directory.age);
            }
        }
        self.look_for_what_was_left_behind();
    }

    /// A problem of the directory `id` and its owner.
    pub(super) fn directory_problem(&self, id: &str, owner: Owner<'_>, detail: impl Into<String>) -> Problem {
        let path = format!("{}/overlay2/{id}", self.store);
        let mut problem = self.problem(id, path, detail);
        match owner {
            Owner::Layer(chain) => self.owners.name_those_of_layer(chain, &mut problem),
            Owner::Container(container) => self.owners.name_those_of_container(container, &mut problem),
            Owner::Build => {}
        }
        problem
    }

    fn look_at_directory(&mut self, id: &str, owner: Owner<'_>, age: u64) {
        let records = self.records;
        let Ok(directories) = &records.directories.all else { return };
        let told = match directories.get(id) {
            None => Some((&DIRECTORY_MISSING, "its directory is not there".to_owned())),
            Some(directory) if directory.kind != FileKind::Directory => {
                Some((&DIRECTORY_MISSING, format!("{} is in its directory's place", directory.kind)))
            }
            Some(directory) => match &directory.has_diff {
                Ok(true) => None,
                Ok(false) => {
                    Some((&CONTENTS_MISSING, "there is no directory diff in its directory".to_owned()))
                }
                Err(unknown) => return self.missed(&CONTENTS_MISSING, unknown),
            },
        };
        let Some((check, detail)) = told.filter(|_| !self.is_moving(age)) else { return };
        let mut problem = self.directory_problem(id, owner, detail);
        problem.expected = match owner {
            Owner::Layer(chain) => Some(format!("sha256:{chain}")),
            Owner::Container(container) => Some(container.to_owned()),
            Owner::Build => None,
        };
        self.found(check, problem);
    }

    fn look_at_orphan(&mut self, name: &str, age: u64) {
        let path = format!("{}/overlay2/{name}", self.store);
        let (check, detail) = match name.ends_with("-init") {
            true => (&INIT_ORPHANED, "it belongs to no container"),
            false => (&DIRECTORY_ORPHANED, "it belongs to no layer, container or build"),
        };
        let mut problem = self.problem(name, path, detail);
        problem.age = Some(age);
        problem.expected = self.short_names(name);
        self.found(check, problem);
    }

    /// The short names that lead to a directory, which go with it.
    fn short_names(&self, directory: &str) -> Option<String> {
        let names = self.records.directories.names.as_ref().ok()?.of(directory);
        names.first().cloned()
    }

    /// docker with containerd's image store keeps the containers' mounts in `rootfs`, and none of the graph
    /// driver's containers is left.
    fn look_for_what_was_left_behind(&mut self) {
        let other = format!("{}/rootfs/overlayfs", self.store);
        let layerdb = format!("{}/image/overlay2/layerdb", self.store);
        let host = self.survey.ctx.host;
        let uses_another = self.records.containers().any(|(_, container)| !container.is_of_overlay2());
        let uses_this = self.records.containers().any(|(_, container)| container.is_of_overlay2())
            || self.records.mounts().next().is_some();
        if uses_this || !(uses_another || host.exists(&other).unwrap_or(false)) {
            return;
        }
        let age = host.metadata(layerdb).ok().map(|inode| self.survey.age(&inode));
        if age.is_some_and(|age| !self.may_be_a_build(age)) {
            let detail = "docker uses containerd's image store, and none of its containers this one";
            let mut problem = self.problem("overlay2", format!("{}/overlay2", self.store), detail);
            problem.age = age;
            problem.bytes = self.records.layers().map(|(_, layer)| layer.size.known()).sum::<Option<u64>>();
            self.found(&LEFT_BEHIND, problem);
        }
    }
}
