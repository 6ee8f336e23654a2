//! The control group of one container in each hierarchy.

use std::path::Path;

use crate::cgroup::hierarchies::Hierarchies;
use crate::fact::{Fact, Unknown};
use crate::host::{Dir, Host};

use super::super::cgroup_path::Place;
use super::super::container::Qos;
use super::super::membership::Membership;

/// The file that tells which controllers a group of version 2 has.
const CONTROLLERS: &str = "cgroup.controllers";

/// A container's control group.
#[derive(Debug)]
pub(in super::super) struct Group<'c> {
    host: &'c Host,
    hierarchies: &'c Hierarchies,
    membership: &'c Membership,
    place: &'c Place,
    /// Its directory in version 2, and the controllers that it has there.
    v2: Fact<V2>,
}

#[derive(Debug)]
struct V2 {
    mount: String,
    directory: String,
    controllers: Vec<String>,
}

/// The directory of a group in the hierarchy that has a controller.
#[derive(Debug)]
pub(super) struct Controller {
    /// 1 or 2.
    pub(super) version: u8,
    pub(super) path: String,
    pub(super) directory: Dir,
    /// Where the hierarchy is mounted.
    mount: String,
}

impl<'c> Group<'c> {
    /// The group at `place` of a container whose first process is in the groups `membership`.
    pub(in super::super) fn new(
        host: &'c Host,
        hierarchies: &'c Hierarchies,
        membership: &'c Membership,
        place: &'c Place,
    ) -> Self {
        let mut group = Self { host, hierarchies, membership, place, v2: Fact::Absent };
        group.v2 = group.find_v2();
        group
    }

    pub(super) fn path(&self) -> &str {
        &self.place.cgroup
    }

    /// The class of its pod, which tells what its figures mean; `None` if it is of no pod of Kubernetes.
    pub(super) fn qos(&self) -> Option<Qos> {
        self.place.qos
    }

    pub(super) fn is_mismatch(&self) -> bool {
        self.place.is_mismatch
    }

    /// The directory that has the files of `controller`; absent if the container has no group of its own there.
    pub(super) fn controller(&self, controller: &str) -> Fact<Controller> {
        match self.v1(controller) {
            Fact::Absent => self.v2.as_ref().and_then(|v2| {
                let has = v2.controllers.iter().any(|name| name == controller);
                if has { self.open(2, &v2.mount, v2.directory.clone()) } else { Fact::Absent }
            }),
            found => found,
        }
    }

    /// The directory in the hierarchy of version 1 that has `controller`.
    pub(super) fn v1(&self, controller: &str) -> Fact<Controller> {
        let Some(mount) = self.hierarchies.v1_mount(controller) else { return Fact::Absent };
        match self.membership.v1(controller).and_then(|path| self.cut(path)) {
            Some(path) => self.open(1, mount, format!("{mount}{path}")),
            None => Fact::Absent,
        }
    }

    /// The directory in version 2, whatever controllers it has.
    pub(super) fn v2(&self) -> Fact<Controller> {
        self.v2.as_ref().and_then(|v2| self.open(2, &v2.mount, v2.directory.clone()))
    }

    /// The least limit in the file `name` of the groups that hold the one of `controller`; absent if none has one.
    pub(super) fn least_above(&self, controller: &Controller, name: &str) -> Fact<u64> {
        let path = Path::new(&controller.path);
        let mount = Path::new(&controller.mount);
        let mut least: Fact<u64> = Fact::Absent;
        for group in path.ancestors().skip(1).take_while(|above| *above != mount) {
            let path = group.to_string_lossy().into_owned();
            let above =
                self.open(controller.version, &controller.mount, path).and_then(|above| above.limit(name));
            least = match (least, above) {
                (_, Fact::Gap(unknown)) => return Fact::Gap(unknown),
                (Fact::Known(a), Fact::Known(b)) => Fact::Known(a.min(b)),
                (least, Fact::Absent) => least,
                (_, above) => above,
            };
        }
        least
    }

    fn find_v2(&self) -> Fact<V2> {
        let Some(mount) = self.hierarchies.unified_mount() else { return Fact::Absent };
        let Some(path) = self.membership.v2().and_then(|path| self.cut(path)) else { return Fact::Absent };
        let directory = format!("{mount}{path}");
        Fact::from(self.host.read_text(format!("{directory}/{CONTROLLERS}"))).map(|text| V2 {
            mount: mount.to_owned(),
            controllers: text.split_whitespace().map(str::to_owned).collect(),
            directory,
        })
    }

    /// The part of `path` up to the container's own group; `None` if the container has none there.
    fn cut<'p>(&self, path: &'p str) -> Option<&'p str> {
        let name = self.place.cgroup.rsplit('/').next()?;
        let mut end = 0;
        for component in path.split('/') {
            end += component.len();
            if component == name {
                return path.get(..end);
            }
            end += 1;
        }
        None
    }

    fn open(&self, version: u8, mount: &str, path: String) -> Fact<Controller> {
        match self.host.open_dir(&path) {
            Ok(directory) => Fact::Known(Controller { version, path, directory, mount: mount.to_owned() }),
            Err(error) => Fact::Gap(Unknown::from(error)),
        }
    }
}
