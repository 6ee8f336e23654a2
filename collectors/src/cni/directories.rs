//! Where network configurations and plugins are.

use plimsoll_engine::snapshot::Layer;

use crate::containerd;
use crate::context::Context;
use crate::crio;
use crate::fact::{Fact, Sourced, Unknown};
use crate::origin;

/// The directories of one node.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Directories {
    pub(super) configurations: Sourced<String>,
    pub(super) plugins: Vec<String>,
}

/// The directories of configurations of distributions that have their own, with those of their plugins.
const DISTRIBUTIONS: [(&str, &[&str]); 2] = [
    (
        "/var/lib/rancher/k3s/agent/etc/cni/net.d",
        &["/var/lib/rancher/k3s/data/current/bin", "/var/lib/rancher/k3s/data/cni", "/opt/cni/bin"],
    ),
    (
        "/var/snap/microk8s/current/args/cni-network",
        &["/var/snap/microk8s/current/opt/cni/bin", "/snap/microk8s/current/opt/cni/bin"],
    ),
];

/// Those of containerd and CRI-O, and where Debian, Red Hat and SUSE put the plugins.
const DEFAULT: (&str, &[&str]) = (
    "/etc/cni/net.d",
    &["/opt/cni/bin", "/usr/libexec/cni", "/usr/lib/cni", "/var/lib/rancher/rke2/data/current/bin"],
);

impl Directories {
    /// Those that a runtime is told of, else those of the distribution that is on the node, else the defaults.
    ///
    /// # Errors
    ///
    /// If it cannot be told what a runtime is configured with, or which distribution is on the node.
    pub(super) fn find(ctx: &Context<'_>) -> Result<Self, Unknown> {
        for (configurations, plugins) in [of_containerd(ctx), of_crio(ctx)] {
            match configurations {
                Fact::Known(configurations) if is_said(&configurations) => {
                    return Ok(Self::said(configurations, plugins));
                }
                Fact::Gap(unknown) => return Err(unknown),
                Fact::Known(_) | Fact::Absent => {}
            }
        }
        for (configurations, plugins) in DISTRIBUTIONS {
            if ctx.host.exists(configurations)? {
                return Ok(Self::of(configurations, plugins));
            }
        }
        Ok(Self::of(DEFAULT.0, DEFAULT.1))
    }

    /// Those of a configuration. Packages put plugins elsewhere, too, and say so by links or flags.
    fn said(configurations: Sourced<String>, plugins: Vec<Sourced<String>>) -> Self {
        let plain = |path: String| path.trim_end_matches('/').to_owned();
        let configurations = Sourced { value: plain(configurations.value), ..configurations };
        let usual = DISTRIBUTIONS.iter().find(|(directory, _)| *directory == configurations.value);
        let mut directories: Vec<String> =
            plugins.into_iter().filter(is_said).map(|plugins| plain(plugins.value)).collect();
        for usual in usual.unwrap_or(&DEFAULT).1 {
            if !directories.iter().any(|known| known == usual) {
                directories.push((*usual).to_owned());
            }
        }
        Self { configurations, plugins: directories }
    }

    fn of(configurations: &str, plugins: &[&str]) -> Self {
        let plugins = plugins.iter().map(|path| (*path).to_owned()).collect();
        let configurations = Sourced { value: configurations.to_owned(), origin: origin::default() };
        Self { configurations, plugins }
    }
}

type Told = (Fact<Sourced<String>>, Vec<Sourced<String>>);

/// The node's containerd; dockerd's own runs no pods.
fn of_containerd(ctx: &Context<'_>) -> Told {
    match containerd::instances(ctx).first() {
        Some(instance) => {
            let plugins = instance.cni_bin_dirs.known().into_iter().flat_map(|list| {
                list.value.iter().map(|path| Sourced { value: path.clone(), origin: list.origin.clone() })
            });
            (instance.cni_conf_dir.clone(), plugins.collect())
        }
        None => (Fact::Absent, Vec::new()),
    }
}

fn of_crio(ctx: &Context<'_>) -> Told {
    match crio::network_directories(ctx) {
        Fact::Known((configurations, plugins)) => (Fact::Known(configurations), plugins),
        Fact::Absent => (Fact::Absent, Vec::new()),
        Fact::Gap(unknown) => (Fact::Gap(unknown), Vec::new()),
    }
}

/// Whether somebody said so, in full; templates hold variables.
fn is_said(path: &Sourced<String>) -> bool {
    path.origin.layer != Layer::Default && path.value.starts_with('/')
}
