//! Where network configurations and plugins are.

use crate::host::{Host, HostError};

/// The directories of one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Directories {
    pub(super) configurations: String,
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
    /// Those of the distribution that is on the node.
    ///
    /// # Errors
    ///
    /// If it cannot be told which one is.
    pub(super) fn find(host: &Host) -> Result<Self, HostError> {
        for (configurations, plugins) in DISTRIBUTIONS {
            if host.exists(configurations)? {
                return Ok(Self::of(configurations, plugins));
            }
        }
        Ok(Self::of(DEFAULT.0, DEFAULT.1))
    }

    fn of(configurations: &str, plugins: &[&str]) -> Self {
        let plugins = plugins.iter().map(|path| (*path).to_owned()).collect();
        Self { configurations: configurations.to_owned(), plugins }
    }
}
