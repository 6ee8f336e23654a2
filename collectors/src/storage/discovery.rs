//! Where container storage is: known places and configured ones, told apart by what lies in them.

use std::collections::BTreeMap;

use super::store::StoreKind;
use super::survey::{Examined, Survey};
use super::{containerd, containers_storage, docker, oci_layout};
use crate::fact::Fact;
use crate::host::Host;

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

/// A store that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) path: String,
    pub(super) kind: StoreKind,
}

/// The places of stores, sorted by path.
pub(super) fn places(survey: &Survey<'_>) -> Vec<Place> {
    let host = survey.ctx.host;
    let mut places = BTreeMap::new();
    for path in KNOWN_PLACES {
        for kind in kinds_at(host, path) {
            places.insert((path.to_owned(), kind), Place { path: path.to_owned(), kind });
        }
    }
    places.into_values().collect()
}

/// The stores whose directory `path` is.
fn kinds_at(host: &Host, path: &str) -> Vec<StoreKind> {
    let is = |marks: &[&str]| {
        marks
            .iter()
            .any(|mark| host.exists(format!("{}/{mark}", path.trim_end_matches('/'))).unwrap_or(false))
    };
    let kinds = [
        (StoreKind::Docker, docker::MARKS),
        (StoreKind::ContainersStorage, containers_storage::MARKS),
        (StoreKind::Containerd, containerd::MARKS),
        (StoreKind::OciLayout, oci_layout::MARKS),
    ];
    kinds.into_iter().filter(|(_, marks)| is(marks)).map(|(kind, _)| kind).collect()
}

impl Place {
    /// Looks at the store.
    pub(super) fn examine(&self, survey: &Survey<'_>) -> Fact<Examined> {
        match self.kind {
            StoreKind::Docker => docker::examine(survey, &self.path),
            StoreKind::ContainersStorage => containers_storage::examine(survey, &self.path),
            StoreKind::Containerd => containerd::examine(survey, &self.path),
            StoreKind::OciLayout => oci_layout::examine(survey, &self.path),
        }
    }
}
