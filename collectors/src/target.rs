//! What a host is, for the head of a snapshot.

use std::path::Path;

use plimsoll_engine::snapshot::{Target, TargetKind};

use crate::host::Host;

/// How `host` is looked at, and its name: the node's host name, or of an offline root the name of the
/// directory `root` that it was opened at.
pub fn of(host: &Host, root: Option<&Path>) -> Target {
    let directory = || root.unwrap_or(Path::new("/")).display().to_string();
    if host.is_running() {
        let name = node_name(host).unwrap_or_else(directory);
        Target { kind: TargetKind::Live, name }
    } else {
        Target { kind: TargetKind::Root, name: directory() }
    }
}

/// The node's host name.
///
/// `/proc/sys/kernel/hostname` answers for the UTS namespace of the process that reads it, whatever
/// mount it is read through: it tells this node's name and never another one's.
fn node_name(host: &Host) -> Option<String> {
    let source = if host.is_own_root() { "/proc/sys/kernel/hostname" } else { "/etc/hostname" };
    let text = host.read_text(source).ok()?;
    let name = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))?;
    Some(name.to_owned())
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
