//! Where container storage is: known places, configured ones, and others that are found by what lies in them.

use std::collections::BTreeSet;

use super::store::StoreKind;
use super::survey::{Examined, Survey};
use super::{containerd, containers_storage, docker, elsewhere, oci_layout};
use crate::fact::{Fact, Unknown};
use crate::host::{Host, HostError, HostErrorKind};

/// Where the engines and distributions put their stores.
const KNOWN_PLACES: [&str; 10] = [
    "/var/lib/docker",
    "/var/snap/docker/common/var-lib-docker",
    "/var/lib/containers/storage",
    "/var/lib/containerd",
    "/var/lib/rancher/k3s/agent/containerd",
    "/var/lib/rancher/rke2/agent/containerd",
    "/var/lib/k0s/containerd",
    "/var/snap/microk8s/common/var/lib/containerd",
    "/var/lib/docker/containerd/daemon",
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
        match stores_at(survey.ctx.host, &path) {
            Ok(found) => stores.extend(found),
            Err(error) => unknown.push(error.into()),
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
