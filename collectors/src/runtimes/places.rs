//! The directories in which runtimes keep what they know: those that running daemons name, and the usual ones.

use std::collections::BTreeSet;

use super::daemon::{DaemonName, Found};

/// State directories of containerd: packages, dockerd's own, k3s and RKE2, k0s, MicroK8s.
const CONTAINERD_STATES: [&str; 5] = [
    "/run/containerd",
    "/run/docker/containerd/daemon",
    "/run/k3s/containerd",
    "/run/k0s/containerd",
    "/var/snap/microk8s/common/run/containerd",
];

/// Directories of the OCI runtimes' own.
const OCI_ROOTS: [&str; 3] = ["/run/runc", "/run/crun", "/run/docker/runtime-runc/moby"];

/// Where rootless runtimes keep theirs, in the directory of each user.
pub(super) const USERS: &str = "/run/user";

/// The directories to look at, each once.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) containerd_states: BTreeSet<String>,
    /// Directories whose entries are containers of an OCI runtime.
    pub(super) oci_roots: BTreeSet<String>,
}

impl Places {
    pub(super) fn of(daemons: &[Found]) -> Self {
        let of = |name: DaemonName, directory: fn(&Found) -> Option<&String>| {
            daemons
                .iter()
                .filter(move |daemon| daemon.name == name)
                .filter_map(directory)
                .map(|path| run(path))
        };
        let own = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect::<BTreeSet<String>>();
        let mut places = Self { containerd_states: own(&CONTAINERD_STATES), oci_roots: own(&OCI_ROOTS) };
        places.containerd_states.extend(of(DaemonName::Containerd, |found| found.state.as_ref()));
        let exec_roots = of(DaemonName::Docker, |found| found.state.as_ref());
        places.oci_roots.extend(exec_roots.map(|root| format!("{root}/runtime-runc/moby")));
        places
    }
}

/// `/var/run` is `/run` wherever a runtime runs; so that a directory counts once.
fn run(path: &str) -> String {
    let path = path.trim_end_matches('/');
    path.strip_prefix("/var").filter(|rest| rest.starts_with("/run/")).unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Fact;

    #[test]
    fn what_daemons_name_is_looked_at_beside_the_usual_places() {
        let docker = Found {
            name: DaemonName::Docker,
            pid: 1,
            socket: Fact::Absent,
            state: Some("/srv/exec/".into()),
        };
        let containerd = Found {
            name: DaemonName::Containerd,
            state: Some("/var/run/docker/containerd/daemon".into()),
            ..docker.clone()
        };
        let places = Places::of(&[docker, containerd]);
        assert!(places.oci_roots.contains("/srv/exec/runtime-runc/moby"));
        assert_eq!(places.containerd_states.len(), CONTAINERD_STATES.len());
    }
}
