//! The directories in which runtimes keep what they know: those that running daemons name, and the usual ones.

use std::collections::BTreeSet;

use super::daemon::{DaemonName, Found};
use crate::containerd;
use crate::oci_roots::OCI_ROOTS;
use crate::runtime_endpoint::without_var;

/// Where the runc that docker starts has its containers.
const OF_DOCKER: &str = "/run/docker/runtime-runc/moby";

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
        let mut places = Self {
            containerd_states: containerd::STATES.map(str::to_owned).into(),
            oci_roots: OCI_ROOTS.into_iter().chain([OF_DOCKER]).map(str::to_owned).collect(),
        };
        for daemon in daemons {
            let Some(state) = daemon.state.as_deref().map(without_var) else { continue };
            match daemon.name {
                DaemonName::Containerd => drop(places.containerd_states.insert(state)),
                DaemonName::Docker => drop(places.oci_roots.insert(format!("{state}/runtime-runc/moby"))),
                DaemonName::CriDockerd | DaemonName::CriO | DaemonName::Podman => {}
            }
        }
        places
    }
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
        assert_eq!(places.containerd_states.len(), containerd::STATES.len());
    }
}
