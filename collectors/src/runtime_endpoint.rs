//! The socket of a container runtime, as the kubelet and crictl name it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::{Fact, Unknown};
use crate::host::{FileKind, Host};

/// The unix socket that an endpoint names.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RuntimeSocket {
    /// Its path; `/var/run` is written as `/run`, of which it is another name.
    ///
    /// Source: the endpoint, such as `unix:///run/containerd/containerd.sock`
    pub path: String,
    /// Whether a socket is there.
    ///
    /// Source: the file's inode
    pub exists: Fact<bool>,
}

impl RuntimeSocket {
    /// The socket of `endpoint`; `None` if that names none (`tcp://`, `npipe://`). What lies in `/run` is
    /// there only while the node runs.
    pub(crate) fn at(host: &Host, endpoint: &str) -> Option<Self> {
        let path = path_of(endpoint)?;
        let volatile = path.starts_with("/run/");
        let exists = if volatile && !host.is_running() {
            Fact::Gap(Unknown::offline(&path))
        } else {
            let inode = Fact::from(host.metadata(&path));
            inode.map(|inode| inode.kind == FileKind::Socket).or_absent(false)
        };
        Some(Self { path, exists })
    }
}

/// The path of the unix socket that `endpoint` names; `None` if it names none.
pub(crate) fn path_of(endpoint: &str) -> Option<String> {
    let path = match endpoint.strip_prefix("unix:") {
        Some(path) => path.trim_start_matches('/'),
        None => endpoint.strip_prefix('/')?,
    };
    (!path.is_empty()).then(|| without_var(&format!("/{path}")))
}

/// A path without its last slash, and with `/run` for its other name `/var/run`, so that it counts once.
pub(crate) fn without_var(path: &str) -> String {
    let path = path.trim_end_matches('/');
    path.strip_prefix("/var").filter(|rest| rest.starts_with("/run/")).unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_name_a_socket_is_understood() {
        for endpoint in
            ["unix:///run/a.sock", "unix:///var/run/a.sock", "/var/run/a.sock", "unix:/run/a.sock"]
        {
            assert_eq!(path_of(endpoint).as_deref(), Some("/run/a.sock"), "{endpoint}");
        }
        for endpoint in ["", "tcp://localhost:1", "npipe:////./pipe/x", "unix://", "run/a.sock"] {
            assert_eq!(path_of(endpoint), None, "{endpoint}");
        }
    }
}
