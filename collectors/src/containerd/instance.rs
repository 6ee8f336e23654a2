//! Where the containerds of the node listen and keep their files: for collectors that look there.

use std::sync::Arc;

use super::merge::Merged;
use super::program::{self, CONTAINERD};
use super::reading::Reading;
use super::server::Server;
use super::view::{Table, View, or_default};
use crate::context::Context;
use crate::daemon::{self, Daemon};
use crate::fact::{Fact, Sourced};
use crate::settings;

/// Where images and snapshots are by default.
pub(super) const DEFAULT_ROOT: &str = "/var/lib/containerd";

/// Where that is by default which lives until the next boot.
pub(super) const DEFAULT_STATE: &str = "/run/containerd";

/// Where the packages, dockerd, k3s and RKE2, k0s and MicroK8s have what lives until the next boot.
pub(crate) const STATES: [&str; 5] = [
    DEFAULT_STATE,
    "/run/docker/containerd/daemon",
    "/run/k3s/containerd",
    "/run/k0s/containerd",
    "/var/snap/microk8s/common/run/containerd",
];

/// A containerd: its address and its directories as they come out of its flags, its files and the defaults.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Instance {
    /// The number of its process; `None` if it does not run.
    pub(crate) pid: Option<u32>,
    /// Whether the node has it; where nothing tells of a containerd, this is what one would be by default.
    pub(crate) is_there: bool,
    /// Its unix socket.
    pub(crate) address: Fact<Sourced<String>>,
    /// The directory of images and snapshots.
    pub(crate) root: Fact<Sourced<String>>,
    /// The directory of what runs.
    pub(crate) state: Fact<Sourced<String>>,
    /// The directory of network configurations of its CRI plugin.
    pub(crate) cni_conf_dir: Fact<Sourced<String>>,
    /// The directories of network plugins of its CRI plugin.
    pub(crate) cni_bin_dirs: Fact<Sourced<Vec<String>>>,
}

/// The containerd that is installed, or of its packages if none is, and every other one of root that runs.
pub(crate) fn instances(ctx: &Context<'_>) -> Arc<Vec<Instance>> {
    ctx.host.once(|| {
        let installed = Daemon::find(ctx, &CONTAINERD, program::is_of_node);
        let others = installed.others(ctx, &CONTAINERD);
        std::iter::once(installed).chain(others).map(|daemon| Instance::of(ctx, &daemon)).collect()
    })
}

impl Instance {
    /// That which runs as `process`.
    pub(crate) fn running(ctx: &Context<'_>, process: daemon::Process) -> Self {
        Self::of(ctx, &Daemon::running(ctx, &CONTAINERD, process))
    }

    fn of(ctx: &Context<'_>, daemon: &Daemon) -> Self {
        let merged = Reading::of(ctx, daemon).merged;
        let conf_dir = merged.as_ref().and_then(|merged| {
            View::new(merged).text(Table::Runtime, &["cni", "conf_dir"], "/etc/cni/net.d")
        });
        Self {
            is_there: daemon.is_there() == Fact::Known(true),
            pid: daemon.process.known().map(|process| process.pid),
            address: merged.as_ref().and_then(|merged| Server::of(merged).address),
            root: directory(&merged, "root", DEFAULT_ROOT),
            state: directory(&merged, "state", DEFAULT_STATE),
            cni_conf_dir: conf_dir,
            cni_bin_dirs: merged.as_ref().and_then(|merged| View::new(merged).cni_bin_dirs()),
        }
    }
}

/// A directory that containerd is told of at the top of its configuration.
pub(super) fn directory(merged: &Fact<Merged>, key: &str, default: &str) -> Fact<Sourced<String>> {
    merged
        .as_ref()
        .and_then(|merged| or_default(merged.settings.value(&[key], settings::text), default.to_owned()))
}
