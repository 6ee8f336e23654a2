//! What a host is, for the head of a snapshot.

use std::path::Path;

use plimsoll_engine::snapshot::{Target, TargetKind};

use crate::host::Host;
use crate::os::host_name;

/// How `host` is looked at, and its name: the node's host name, or of an offline root the name of the
/// directory `root` that it was opened at.
pub fn of(host: &Host, root: Option<&Path>) -> Target {
    let directory = || root.unwrap_or(Path::new("/")).display().to_string();
    if host.is_running() {
        let name = host_name(host).known().cloned().unwrap_or_else(directory);
        Target { kind: TargetKind::Live, name }
    } else {
        Target { kind: TargetKind::Root, name: directory() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offline_root_is_named_by_its_directory() {
        let tree = tempfile::tempdir().unwrap();
        let host = Host::at(tree.path()).unwrap();
        let target = of(&host, Some(tree.path()));
        assert_eq!(target, Target { kind: TargetKind::Root, name: tree.path().display().to_string() });
    }
}
