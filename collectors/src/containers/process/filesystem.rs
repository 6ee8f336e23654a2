//! The files of a container: its root, and what of the node is mounted in it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::{Fact, Unknown};
use crate::host::{Dir, Host};
use crate::mounts::host_mounts::{HostMounts, holds};
use crate::mounts::mountinfo::{self, Malformed, MountInfo, Propagation};
use crate::mounts::overlay::Overlay;

use super::layers;
use super::sensitive::{is_directory, is_everyones, is_socket};

const FILE: &str = "/proc/PID/mountinfo";

/// The files of a container.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Filesystem {
    /// Its root, as the node reaches it.
    ///
    /// Source: /proc/PID/root
    pub root: String,
    /// The directory that its first process works in, as the container sees it.
    ///
    /// Source: /proc/PID/cwd
    pub working_dir: Fact<String>,
    /// The type of the file system of its root.
    ///
    /// Source: /proc/PID/mountinfo
    pub fs_type: Fact<String>,
    /// Whether nothing can be written in its root.
    ///
    /// Source: /proc/PID/mountinfo, options of `/`
    pub read_only: Fact<bool>,
    /// The directory of the node that holds what it wrote; absent without overlay.
    ///
    /// Source: /proc/PID/mountinfo, `upperdir` of `/`
    pub upper_dir: Fact<String>,
    /// The directory of the node where its layers are mounted together; absent without overlay, and if the node
    /// does not see the mount.
    ///
    /// Source: /proc/1/mountinfo, the mount of the same file system
    pub merged_dir: Fact<String>,
    /// The directories of the node that hold its image's layers, the uppermost first.
    ///
    /// Source: /proc/PID/mountinfo, `lowerdir` of `/`
    pub lower_dirs: Fact<Vec<String>>,
    /// Directories of the node with which it holds the node, or the secrets of other containers, and those around
    /// such a directory or around a runtime's socket.
    ///
    /// Source: /proc/PID/mountinfo
    pub sensitive_mounts: Vec<HostMount>,
    /// Sockets at which runtimes take orders: mounted by themselves, or in a directory that is.
    ///
    /// Source: /proc/PID/mountinfo, the usual places of the sockets
    pub runtime_sockets: Vec<HostMount>,
    /// Where it passes on to the node what is mounted below: its mounts whose propagation is shared.
    ///
    /// Source: /proc/PID/mountinfo, optional fields
    pub shared_mounts: Vec<String>,
}

/// A part of the node that is mounted in a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HostMount {
    /// Its path on the node.
    ///
    /// Source: /proc/PID/mountinfo, /proc/1/mountinfo
    pub source: String,
    /// Its path in the container.
    ///
    /// Source: /proc/PID/mountinfo
    pub target: String,
    /// Whether the container cannot write there. A socket takes orders all the same.
    ///
    /// Source: /proc/PID/mountinfo
    pub read_only: bool,
}

impl Filesystem {
    /// Of the process `pid`, whose directory in procfs is `process`.
    pub(in super::super) fn read(
        pid: u32,
        process: &Dir,
        mounts: &Result<HostMounts, Unknown>,
        sockets: &[String],
        host: &Host,
    ) -> Fact<Self> {
        let mounts = match mounts {
            Ok(mounts) => mounts,
            Err(unknown) => return Fact::Gap(unknown.clone()),
        };
        Fact::from(process.read("mountinfo")).and_then(|bytes| {
            let facts = Self::of(pid, &String::from_utf8_lossy(&bytes), mounts, sockets);
            facts
                .map_err(|malformed| malformed.gap(FILE))
                .map(|facts| Self { working_dir: process.read_link("cwd").into(), ..facts })
                .map(|facts| facts.with_layers_resolved(host))
                .into()
        })
    }

    fn with_layers_resolved(self, host: &Host) -> Self {
        let upper = self.upper_dir.known().cloned();
        let resolve = |directory| layers::resolved(host, directory, upper.as_deref());
        Self { lower_dirs: self.lower_dirs.map(|lower| lower.into_iter().map(resolve).collect()), ..self }
    }

    /// # Errors
    ///
    /// The first malformed line: it may be about anything.
    fn of(pid: u32, text: &str, host: &HostMounts, known: &[String]) -> Result<Self, Malformed> {
        let mounts = mountinfo::parse(text).collect::<Result<Vec<_>, _>>()?;
        // Of mounts upon one another the last one is seen.
        let root = mounts.iter().rev().find(|mount| mount.target == "/");
        let overlay = root.and_then(Overlay::of);
        let of_node = |is_such: fn(&str) -> bool| {
            let part = |mount: &MountInfo<'_>| host_mount(mount, host).filter(|part| is_such(&part.source));
            mounts.iter().filter_map(part).collect()
        };
        let is_shared = |mount: &&MountInfo<'_>| mount.propagation == Propagation::Shared;
        Ok(Self {
            root: format!("/proc/{pid}/root"),
            working_dir: Fact::Absent,
            fs_type: root.map(|root| root.fs_type.clone().into_owned()).into(),
            read_only: match root {
                Some(root) => Fact::Known(root.is_read_only()),
                None => Fact::Gap(Unknown::malformed(FILE, "there is no mount at /")),
            },
            upper_dir: overlay.as_ref().and_then(|overlay| overlay.upper.clone()).into(),
            merged_dir: root
                .filter(|root| root.fs_type == "overlay")
                .and_then(|root| host.path(root.device, &root.root))
                .into(),
            lower_dirs: overlay.map(|overlay| overlay.lower).filter(|lower| !lower.is_empty()).into(),
            sensitive_mounts: of_node(is_directory),
            runtime_sockets: mounts
                .iter()
                .filter_map(|mount| host_mount(mount, host))
                .flat_map(|part| sockets(part, host, known))
                .collect(),
            shared_mounts: mounts
                .iter()
                .filter(is_shared)
                .map(|mount| mount.target.clone().into_owned())
                .collect(),
        })
    }
}

/// The runtimes' sockets that `part` of the node is or holds; `known` are those that are there.
fn sockets(part: HostMount, host: &HostMounts, known: &[String]) -> Vec<HostMount> {
    if is_socket(&part.source) {
        return vec![part];
    }
    let below = |socket: &str| {
        let rest = socket.strip_prefix(part.source.trim_end_matches('/')).unwrap_or_default();
        HostMount { source: socket.to_owned(), target: format!("{}{rest}", part.target), ..part.clone() }
    };
    let seen = |socket: &&String| holds(&part.source, socket) && host.is_one(&part.source, socket);
    known.iter().filter(seen).map(|socket| below(socket)).collect()
}

fn host_mount(mount: &MountInfo<'_>, host: &HostMounts) -> Option<HostMount> {
    if mount.target == "/" || is_everyones(&mount.fs_type, &mount.target) {
        return None;
    }
    let source = host.path(mount.device, &mount.root)?;
    Some(HostMount { source, target: mount.target.clone().into_owned(), read_only: mount.is_read_only() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: &str = "\
        27 1 254:0 / / rw - ext4 /dev/vda rw\n\
        30 27 0:25 / /run rw - tmpfs tmpfs rw\n\
        31 27 0:22 / /proc rw - proc proc rw\n\
        32 27 254:16 / /data rw - ext4 /dev/vdb rw\n\
        40 27 0:60 / /var/lib/docker/overlay2/c1/merged rw - overlay overlay rw\n";

    /// Of a container of docker 20.10 with `-v /:/host -v /run/docker.sock:/var/run/docker.sock:ro`; shortened.
    const CONTAINER: &str = "\
        90 80 0:60 / / rw,relatime - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/A:/var/lib/docker/overlay2/l/B,upperdir=/var/lib/docker/overlay2/c1/diff,workdir=/var/lib/docker/overlay2/c1/work\n\
        91 90 0:70 / /proc rw - proc proc rw\n\
        92 90 254:0 /etc/hosts /etc/hosts rw - ext4 /dev/vda rw\n\
        93 90 254:0 / /host ro,relatime shared:1 - ext4 /dev/vda rw\n\
        94 90 0:25 /docker.sock /var/run/docker.sock ro - tmpfs tmpfs rw\n\
        95 90 0:22 / /host/proc rw - proc proc rw\n\
        96 90 254:16 /a /etc rw - ext4 /dev/vdb rw\n";

    fn read(container: &str) -> Filesystem {
        let sockets = ["/run/docker.sock".to_owned()];
        Filesystem::of(7, container, &HostMounts::of(NODE).unwrap(), &sockets).unwrap()
    }

    #[test]
    fn a_containers_layers_lie_where_the_node_has_them() {
        let files = read(CONTAINER);
        assert_eq!(files.root, "/proc/7/root");
        assert_eq!(files.read_only, Fact::Known(false));
        assert_eq!(files.upper_dir, Fact::Known("/var/lib/docker/overlay2/c1/diff".to_owned()));
        assert_eq!(files.merged_dir, Fact::Known("/var/lib/docker/overlay2/c1/merged".to_owned()));
        let lower = ["/var/lib/docker/overlay2/l/A", "/var/lib/docker/overlay2/l/B"].map(str::to_owned);
        assert_eq!(files.lower_dirs, Fact::Known(lower.to_vec()));
    }

    #[test]
    fn what_of_the_node_is_mounted_is_named_by_the_nodes_path() {
        let files = read(CONTAINER);
        let paths = |mounts: &[HostMount]| -> Vec<String> {
            mounts.iter().map(|m| format!("{}>{}", m.source, m.target)).collect()
        };
        assert_eq!(paths(&files.sensitive_mounts), ["/>/host", "/proc>/host/proc"]);
        assert!(files.sensitive_mounts[0].read_only);
        assert_eq!(paths(&files.runtime_sockets), ["/run/docker.sock>/var/run/docker.sock"]);
        assert_eq!(files.shared_mounts, ["/host"]);
    }

    #[test]
    fn a_socket_in_a_directory_that_is_mounted_is_the_runtimes_all_the_same() {
        let whole = CONTAINER.replace("0:25 /docker.sock /var/run/docker.sock ro", "0:25 / /host/run ro");
        let files = read(&whole);
        let [socket] = &files.runtime_sockets[..] else { panic!("{:?}", files.runtime_sockets) };
        assert_eq!(
            (socket.source.as_str(), socket.target.as_str()),
            ("/run/docker.sock", "/host/run/docker.sock")
        );
        assert!(files.sensitive_mounts.iter().any(|mount| mount.source == "/run"));
    }

    #[test]
    fn a_read_only_root_is_read_only_and_none_is_a_gap() {
        let read_only = CONTAINER.replace("90 80 0:60 / / rw", "90 80 0:60 / / ro");
        assert_eq!(read(&read_only).read_only, Fact::Known(true));
        assert!(matches!(read("").read_only, Fact::Gap(_)));
        assert!(Filesystem::of(7, "garbage\n", &HostMounts::of(NODE).unwrap(), &[]).is_err());
    }
}
