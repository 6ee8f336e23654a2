//! Where runtimes keep their records: what is configured, what monitors lead to, and where packages put them.

use std::collections::BTreeSet;

use crate::context::Context;
use crate::docker as engine;
use crate::fact::Fact;
use crate::listing;

use super::super::container::Runtime;
use super::monitors::{Directory, Monitor};
use super::{Records, mounted};

/// containerd's tasks: of its packages, of docker's own, of k3s, k0s and MicroK8s.
const TASKS: [&str; 5] = [
    "/run/containerd/io.containerd.runtime.v2.task",
    "/run/docker/containerd/daemon/io.containerd.runtime.v2.task",
    "/run/k3s/containerd/io.containerd.runtime.v2.task",
    "/run/k0s/containerd/io.containerd.runtime.v2.task",
    "/var/snap/microk8s/common/run/containerd/io.containerd.runtime.v2.task",
];

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

/// The state of runc and crun that somebody started without a daemon, or podman or CRI-O.
const RUNC: [&str; 3] = ["/run/runc", "/run/crun", "/run/crio/runc"];

/// The state of runc that containerd starts, by namespace.
const RUNC_OF_CONTAINERD: [&str; 3] =
    ["/run/containerd/runc", "/run/docker/runtime-runc", "/run/k3s/containerd/runc"];

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
            containerd: TASKS.into_iter().map(str::to_owned).collect(),
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
        for root in engine::data_roots(ctx) {
            match root {
                Fact::Known(root) => places.docker.extend(engine::with_remapped(ctx.host, root)),
                Fact::Absent => {}
                Fact::Gap(unknown) => records.gap(unknown),
            }
        }
        mounted::add(ctx, &mut places);
        let users = listing::names(ctx.host, "/home").unwrap_or_default();
        places.storage.extend(users.iter().map(|user| format!("/home/{user}/{STORAGE_OF_USER}")));
        places.runc = RUNC
            .map(|path| RuntimeDirectory { path: path.to_owned(), runtime: None, namespace: None })
            .into();
        for directory in RUNC_OF_CONTAINERD {
            places.add_namespaces(ctx, directory);
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
