//! Where containerd is, who brought it, and where its configuration lies.

use schemars::JsonSchema;
use serde::Serialize;

use super::flags::Flags;
use crate::daemon::{Process, Program};
use crate::fact::{Fact, Sourced};
use crate::host::{Host, HostError, HostErrorKind};
use crate::origin;

pub(super) const CONTAINERD: Program = Program {
    process: "containerd",
    pid_file: None,
    binaries: &[
        "/usr/bin/containerd",
        "/usr/local/bin/containerd",
        "/bin/containerd",
        "/opt/bin/containerd",
        "/var/lib/rancher/k3s/data/current/bin/containerd",
        "/var/lib/rancher/rke2/bin/containerd",
        "/var/lib/k0s/bin/containerd",
        "/snap/microk8s/current/bin/containerd",
        "/home/containerd/usr/local/bin/containerd",
    ],
    units: &["containerd.service", "snap.microk8s.daemon-containerd.service", "cri-containerd.service"],
};

/// The packages that bring containerd, by distribution.
pub(super) const PACKAGES: [&str; 5] =
    ["containerd.io", "containerd", "containerd-stable", "moby-containerd", "containerd2"];

/// Whose containerd it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Manager {
    /// dockerd starts it and writes its configuration anew each time.
    Docker,
    /// k3s starts it and writes its configuration out of a template.
    K3s,
    /// RKE2 starts it and writes its configuration out of a template.
    Rke2,
    /// k0s starts it; its own configuration is an import.
    K0s,
    /// MicroK8s starts it and writes its configuration out of a template.
    Microk8s,
    /// Talos starts it and writes its configuration out of the machine's.
    Talos,
}

/// Where the configuration lies unless a flag names it.
const DEFAULT: &str = "/etc/containerd/config.toml";

/// Where it is looked for when no flag names it and none runs, and whose it is then. Talos has one at the default
/// place, too: that of the containerd it keeps for its own services.
const CONFIG_FILES: [(&str, Option<Manager>); 6] = [
    ("/etc/cri/containerd.toml", Some(Manager::Talos)),
    (DEFAULT, None),
    ("/var/lib/rancher/k3s/agent/etc/containerd/config.toml", Some(Manager::K3s)),
    ("/var/lib/rancher/rke2/agent/etc/containerd/config.toml", Some(Manager::Rke2)),
    ("/var/snap/microk8s/current/args/containerd.toml", Some(Manager::Microk8s)),
    ("/etc/k0s/containerd.toml", Some(Manager::K0s)),
];

/// Whether a process is the node's containerd and not one that something keeps for itself: dockerd, Bottlerocket
/// for its host containers, Talos for its services.
pub(super) fn is_of_node(process: &Process) -> bool {
    let flags = Flags::parse(&process.arguments);
    let is_private = |path: String| is_dockers(&path) || path.starts_with("/etc/host-containerd/");
    !flags.config.is_some_and(is_private)
        && !flags.address.is_some_and(|address| address.starts_with("/system/run/"))
}

/// dockerd writes the file under its exec-root: `/var/run/docker/containerd/containerd.toml`.
fn is_dockers(path: &str) -> bool {
    path.ends_with("/containerd/containerd.toml")
}

/// Whose the containerd with this configuration file is; absent if it is a service of its own.
pub(super) fn manager(path: &str) -> Fact<Manager> {
    if is_dockers(path) {
        return Fact::Known(Manager::Docker);
    }
    let known = CONFIG_FILES.iter().find(|(file, _)| *file == path);
    let by_directory = || {
        let managers = [
            ("/rancher/k3s/", Manager::K3s),
            ("/rancher/rke2/", Manager::Rke2),
            ("/microk8s/", Manager::Microk8s),
            ("/k0s/", Manager::K0s),
            ("/etc/cri/", Manager::Talos),
        ];
        managers.into_iter().find(|(part, _)| path.contains(part)).map(|(_, manager)| manager)
    };
    known.map_or_else(by_directory, |(_, manager)| *manager).into()
}

/// The configuration file: the one that a flag names, else the default; where none runs, before that the first
/// of the usual places that has one.
pub(super) fn config_file(host: &Host, flag: Option<Sourced<String>>, runs: bool) -> Sourced<String> {
    let is_there =
        |path: &str| !matches!(host.metadata(path), Err(HostError { kind: HostErrorKind::NotFound, .. }));
    flag.unwrap_or_else(|| {
        let found = CONFIG_FILES.iter().find(|(path, _)| !runs && is_there(path));
        let path = found.map_or(DEFAULT, |(path, _)| path);
        Sourced { value: path.to_owned(), origin: origin::default() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn the_manager_is_told_by_the_configuration_file() {
        for (path, expected) in [
            ("/etc/containerd/config.toml", None),
            ("/var/run/docker/containerd/containerd.toml", Some(Manager::Docker)),
            ("/var/lib/rancher/k3s/agent/etc/containerd/config.toml", Some(Manager::K3s)),
            ("/data/rancher/rke2/agent/etc/containerd/config.toml", Some(Manager::Rke2)),
            ("/var/snap/microk8s/7394/args/containerd.toml", Some(Manager::Microk8s)),
        ] {
            assert_eq!(manager(path), expected.into(), "{path}");
        }
    }

    #[test]
    fn the_first_usual_place_that_has_a_file_counts_where_none_runs() {
        let k3s = "/var/lib/rancher/k3s/agent/etc/containerd/config.toml";
        let tree = Tree::new();
        let named = |host: &Host, runs| config_file(host, None, runs).value;
        assert_eq!(named(&tree.host(), false), "/etc/containerd/config.toml");
        let tree = tree.file(k3s.trim_start_matches('/'), "");
        assert_eq!(named(&tree.host(), false), k3s);
        assert_eq!(named(&tree.host(), true), "/etc/containerd/config.toml");
    }

    #[test]
    fn a_private_containerd_is_not_the_nodes() {
        let is_the_nodes = |command: &str| {
            is_of_node(&Process {
                pid: 7,
                arguments: command.split(' ').map(str::to_owned).collect(),
                executable: None,
                directory: None,
            })
        };
        for private in [
            "containerd --config /run/docker/containerd/containerd.toml",
            "/usr/bin/containerd --config /etc/host-containerd/config.toml",
            "/bin/containerd --address /system/run/containerd/containerd.sock --state /system/run/containerd",
        ] {
            assert!(!is_the_nodes(private), "{private}");
        }
        assert!(is_the_nodes("/usr/bin/containerd --config /etc/containerd/config.toml"));
        assert!(is_the_nodes(
            "/bin/containerd --address /run/containerd/containerd.sock --config /etc/cri/containerd.toml"
        ));
    }
}
