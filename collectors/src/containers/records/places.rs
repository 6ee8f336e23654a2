//! Where runtimes keep their records: what is configured, what monitors lead to, and where packages put them.

use std::collections::BTreeSet;

use crate::containerd;
use crate::context::Context;
use crate::docker as engine;
use crate::fact::Fact;
use crate::listing;
use crate::oci_roots::OCI_ROOTS;
use crate::runtime_endpoint::without_var;
use crate::storage::configured_stores;

use super::super::container::Runtime;
use super::monitors::{Directory, Monitor};
use super::{Records, mounted};

/// Where containerd has its tasks, below each of its directories of what runs.
const TASKS: &str = "io.containerd.runtime.v2.task";

/// The roots of containerd: of its packages, of k3s and rke2, of k0s and MicroK8s.
const ROOTS: [&str; 5] = [
    "/var/lib/containerd",
    "/var/lib/rancher/k3s/agent/containerd",
    "/var/lib/rancher/rke2/agent/containerd",
    "/var/lib/k0s/containerd",
    "/var/snap/microk8s/common/var/lib/containerd",
];

/// The storage of podman and CRI-O, of root and of each user.
const STORAGE: &str = "/var/lib/containers/storage";
const STORAGE_OF_USER: &str = ".local/share/containers/storage";

/// The state of the runc that docker has started, by namespace.
const RUNC_OF_DOCKER: &str = "/run/docker/runtime-runc";

/// The places.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// docker's data roots.
    pub(super) docker: BTreeSet<String>,
    /// containerd's tasks.
    pub(super) containerd: BTreeSet<String>,
    /// The roots of containerd, with its metadata.
    pub(super) metadata: BTreeSet<String>,
    /// The roots of containers' storage.
    pub(super) storage: BTreeSet<String>,
    /// The state directories of runc and crun.
    pub(super) runc: Vec<RuntimeDirectory>,
}

/// A directory in which runc or crun keeps a directory for each container.
#[derive(Debug)]
pub(super) struct RuntimeDirectory {
    pub(super) path: String,
    /// Whose containers these are, if that can be told from the place.
    pub(super) runtime: Option<Runtime>,
    pub(super) namespace: Option<String>,
}

impl Places {
    pub(super) fn find(ctx: &Context<'_>, monitors: &[Monitor], records: &mut Records) -> Self {
        let mut places = Self {
            metadata: ROOTS.into_iter().map(str::to_owned).collect(),
            storage: [STORAGE.to_owned()].into(),
            ..Self::default()
        };
        for monitor in monitors {
            match &monitor.directory {
                Directory::Tasks(tasks) => drop(places.containerd.insert(tasks.clone())),
                Directory::Storage(root) => drop(places.storage.insert(root.clone())),
                Directory::None => {}
            }
        }
        for dockerd in engine::instances(ctx).iter() {
            match &dockerd.data_root {
                Fact::Known(root) => {
                    places.docker.extend(engine::with_remapped(ctx.host, root.value.clone()));
                }
                Fact::Absent => {}
                Fact::Gap(unknown) => records.gap(unknown.clone()),
            }
        }
        let mut states: BTreeSet<String> = containerd::STATES.map(str::to_owned).into();
        for instance in containerd::instances(ctx).iter() {
            for (directory, known) in [(&instance.root, &mut places.metadata), (&instance.state, &mut states)]
            {
                match directory {
                    Fact::Known(path) => drop(known.insert(without_var(&path.value))),
                    Fact::Absent => {}
                    Fact::Gap(unknown) => records.gap(unknown.clone()),
                }
            }
        }
        places.containerd.extend(states.iter().map(|state| format!("{state}/{TASKS}")));
        mounted::add(ctx, &mut places);
        let (stores, gaps) = configured_stores(ctx.host);
        places.storage.extend(stores);
        records.gaps.extend(gaps);
        // Users of a directory service are in no list of the node's.
        let users = listing::names(ctx.host, "/home").unwrap_or_default();
        places.storage.extend(users.iter().map(|user| format!("/home/{user}/{STORAGE_OF_USER}")));
        places.runc = OCI_ROOTS
            .map(|path| RuntimeDirectory { path: path.to_owned(), runtime: None, namespace: None })
            .into();
        for directory in states.iter().map(|state| format!("{state}/runc")).chain([RUNC_OF_DOCKER.to_owned()])
        {
            places.add_namespaces(ctx, &directory);
        }
        places
    }

    fn add_namespaces(&mut self, ctx: &Context<'_>, directory: &str) {
        for namespace in listing::names(ctx.host, directory).unwrap_or_default() {
            let runtime = if namespace == "moby" { Runtime::Docker } else { Runtime::Containerd };
            self.runc.push(RuntimeDirectory {
                path: format!("{directory}/{namespace}"),
                runtime: Some(runtime),
                namespace: Some(namespace),
            });
        }
    }
}
