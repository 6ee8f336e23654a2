//! Where container storage is: known places, configured ones, and others that are found by what lies in them.

use std::collections::BTreeSet;

use super::store::StoreKind;
use super::survey::{Examined, Survey};
use super::{containerd, containers_storage, docker, elsewhere, oci_layout};
use crate::fact::{Fact, Unknown};
use crate::host::{Host, HostError, HostErrorKind};

/// Where the engines and distributions put their stores.
const KNOWN_PLACES: [&str; 9] = [
    "/var/lib/docker",
    "/var/snap/docker/common/var-lib-docker",
    "/var/lib/containers/storage",
    "/var/lib/containerd",
    "/var/lib/rancher/k3s/agent/containerd",
    "/var/lib/rancher/rke2/agent/containerd",
    "/var/lib/k0s/containerd",
    "/var/snap/microk8s/common/var/lib/containerd",
    // The target may be a disk that holds nothing but a store.
    "/",
];

/// What makes a directory a store of each kind: any of these in it.
pub(super) const MARKS: [(StoreKind, &[&str]); 4] = [
    (StoreKind::Docker, docker::MARKS),
    (StoreKind::ContainersStorage, containers_storage::MARKS),
    (StoreKind::Containerd, containerd::MARKS),
    (StoreKind::OciLayout, oci_layout::MARKS),
];

/// What configurations say of the places of a kind of store.
#[derive(Debug, Default)]
pub(super) struct Configured {
    /// Directories that may hold a store.
    pub(super) paths: Vec<String>,
    /// Why there may be others, once for each configuration that could not be read.
    pub(super) unknown: Vec<Unknown>,
}

impl Configured {
    /// Adds what is configured elsewhere.
    fn extend(&mut self, other: Self) {
        self.paths.extend(other.paths);
        self.unknown.extend(other.unknown);
    }
}

/// Where a store is, or may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A store was found.
    Store { path: String, kind: StoreKind },
    /// A configuration that may name one could not be read.
    Unknown(Unknown),
}

/// The places of stores: those that cannot be told first, then those that were found, sorted by path.
pub(super) fn places(survey: &Survey<'_>) -> Vec<Place> {
    let mut configured = containers_storage::configured(survey);
    configured.extend(containerd::configured(survey));
    configured.extend(docker::configured(survey));
    configured.extend(elsewhere::candidates(survey));
    let mut unknown = configured.unknown;
    let mut stores = BTreeSet::new();
    for path in KNOWN_PLACES.into_iter().map(str::to_owned).chain(configured.paths) {
        // Any of them may be a data root of docker's.
        let of_dockerd = format!("{}/{}", path.trim_end_matches('/'), containerd::OF_DOCKERD);
        for path in [path, of_dockerd] {
            match stores_at(survey.ctx.host, &path) {
                Ok(found) => stores.extend(found),
                Err(error) => unknown.push(error.into()),
            }
        }
    }
    let stores = stores.into_iter().map(|(path, kind)| Place::Store { path, kind });
    unknown.into_iter().map(Place::Unknown).chain(stores).collect()
}

/// The stores whose directory `path` is, by the name that it has without symbolic links, for a store may be
/// known by several.
fn stores_at(host: &Host, path: &str) -> Result<Vec<(String, StoreKind)>, HostError> {
    let path = match host.canonicalize(path) {
        Ok(path) => path.to_string_lossy().into_owned(),
        Err(error) if error.kind == HostErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut stores = Vec::new();
    for (kind, marks) in MARKS {
        for mark in marks {
            if host.exists(format!("{}/{mark}", path.trim_end_matches('/')))? {
                stores.push((path.clone(), kind));
            }
        }
    }
    Ok(stores)
}

impl Place {
    /// The directory of the store that was found.
    pub(super) fn path(&self) -> Option<&str> {
        match self {
            Self::Store { path, .. } => Some(path),
            Self::Unknown(_) => None,
        }
    }

    /// Looks at the store.
    pub(super) fn examine(&self, survey: &Survey<'_>) -> Fact<Examined> {
        match self {
            Self::Store { path, kind: StoreKind::Docker } => docker::examine(survey, path),
            Self::Store { path, kind: StoreKind::ContainersStorage } => {
                containers_storage::examine(survey, path)
            }
            Self::Store { path, kind: StoreKind::Containerd } => containerd::examine(survey, path),
            Self::Store { path, kind: StoreKind::OciLayout } => oci_layout::examine(survey, path),
            Self::Unknown(unknown) => Fact::Gap(unknown.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{Context, Options};
    use crate::tree::Tree;
    use plimsoll_engine::demand::Demand;
    use std::time::{Duration, Instant};

    fn found(tree: &Tree) -> Vec<(String, StoreKind)> {
        let host = tree.host();
        let (demand, options) = (Demand::default(), Options::default());
        let deadline = Instant::now() + Duration::from_secs(3600);
        let ctx = Context { host: &host, demand: &demand, options: &options, deadline };
        let stores = places(&Survey::new(&ctx)).into_iter().map(|place| match place {
            Place::Store { path, kind } => (path, kind),
            Place::Unknown(unknown) => panic!("{unknown:?}"),
        });
        stores.collect()
    }

    #[test]
    fn the_containerd_of_dockerd_is_found_in_every_data_root() {
        let mark = "containerd/daemon/io.containerd.content.v1.content";
        let tree = Tree::new()
            .file("etc/docker/daemon.json", r#"{"data-root": "/data/docker"}"#)
            .dir(&format!("data/docker/{mark}"))
            .dir("srv/old/rootfs/overlayfs")
            .dir(&format!("srv/old/{mark}"))
            .dir(&format!("var/lib/docker/{mark}"));
        let containerd = |root: &str| (format!("{root}/containerd/daemon"), StoreKind::Containerd);
        let docker = ("/srv/old".to_owned(), StoreKind::Docker);
        let expected =
            [containerd("/data/docker"), docker, containerd("/srv/old"), containerd("/var/lib/docker")];
        assert_eq!(found(&tree), expected);
    }

    #[test]
    fn the_stores_of_users_are_found_whichever_engine_they_have() {
        let home = "home/ann/.local/share";
        let tree = Tree::new()
            .file("etc/passwd", "ann:x:1000:1000::/home/ann:/bin/sh\n")
            .dir(&format!("{home}/docker/overlay2/l"))
            .dir(&format!("{home}/docker/containerd/daemon/io.containerd.content.v1.content"))
            .dir(&format!("{home}/containerd/io.containerd.metadata.v1.bolt"))
            .dir(&format!("{home}/containers/storage/overlay-layers"));
        let expected = [
            ("containerd", StoreKind::Containerd),
            ("containers/storage", StoreKind::ContainersStorage),
            ("docker", StoreKind::Docker),
            ("docker/containerd/daemon", StoreKind::Containerd),
        ];
        assert_eq!(found(&tree), expected.map(|(path, kind)| (format!("/{home}/{path}"), kind)));
    }
}
