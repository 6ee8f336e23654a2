//! Stores that no configuration names: looked for by their contents, a few directories deep, on each local
//! file system of the node. Only directories of the node's owner count: in one of somebody else a store can
//! be made up, with symbolic links in it, for an administrator to clean up what he must not.

use std::collections::{BTreeSet, VecDeque};

use super::discovery::{Configured, MARKS};
use super::survey::Survey;
use crate::fact::Unknown;
use crate::host::{FileKind, Metadata};
use crate::mounts::mountinfo;

/// The file systems that may hold a store and answer at once; one of the network may hang.
const FILE_SYSTEMS: [&str; 8] = ["ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "bcachefs"];

/// What lies directly below the root and is the distribution's, or is gone after a reboot.
const OF_THE_SYSTEM: [&str; 16] = [
    "bin",
    "boot",
    "dev",
    "etc",
    "lib",
    "lib32",
    "lib64",
    "libx32",
    "lost+found",
    "proc",
    "run",
    "sbin",
    "selinux",
    "sys",
    "tmp",
    "usr",
];

/// Below it are the volumes of pods, which are many and none of the node's own.
const VOLUMES: &str = "/var/lib/kubelet/";

/// How deep below the root of its file system a store is looked for: `/data/engines/docker`.
const DEPTH: usize = 3;

/// How many directories are looked into in all, those near the roots first.
const MOST: usize = 1000;

/// How many entries a directory may have that is looked into.
const ENTRIES: usize = 2000;

/// The permission of everybody to write (inode(7)).
const OTHERS_WRITE: u32 = 0o002;

/// The directories that have what a store has. What may not be looked into is left out: there is no end to
/// the places where a store might be.
pub(super) fn candidates(survey: &Survey<'_>) -> Configured {
    let mut found = Configured::default();
    let mounts = match mounts(survey) {
        Ok(mounts) => mounts,
        Err(unknown) => {
            found.unknown.push(unknown);
            Mounts::default()
        }
    };
    let Ok(owner) = survey.ctx.host.metadata("/").map(|root| root.uid) else { return found };
    let mut ahead: VecDeque<(String, usize)> = VecDeque::from([("/".to_owned(), 0)]);
    ahead.extend(mounts.roots.iter().filter(|root| *root != "/").map(|root| (root.clone(), 0)));
    for _ in 0..MOST {
        let Some((path, depth)) = ahead.pop_front() else { break };
        if survey.out_of_time(&path).is_some() {
            break;
        }
        let Ok(directory) = survey.ctx.host.open_dir(&path) else { continue };
        let is_own = |inode: Metadata| inode.uid == owner && inode.mode & OTHERS_WRITE == 0;
        if !directory.metadata_beneath(".").is_ok_and(is_own) {
            continue;
        }
        let Ok(entries) = directory.entries_capped(ENTRIES) else { continue };
        if entries.iter().any(|entry| is_mark(&entry.name.to_string_lossy())) {
            found.paths.push(path.clone());
            // What lies in a store is a container's.
            if path != "/" {
                continue;
            }
        }
        if depth == DEPTH {
            continue;
        }
        for entry in entries.into_iter().filter(|entry| entry.kind == FileKind::Directory) {
            let Some(name) = entry.name.to_str() else { continue };
            let child = format!("{}/{name}", path.trim_end_matches('/'));
            let is_of_the_system = path == "/" && OF_THE_SYSTEM.contains(&name);
            if !is_of_the_system && !mounts.all.contains(&child) {
                ahead.push_back((child, depth + 1));
            }
        }
    }
    found
}

/// Whether `name` is the beginning of a path that makes a directory a store.
fn is_mark(name: &str) -> bool {
    MARKS.iter().flat_map(|(_, marks)| *marks).any(|mark| mark.split('/').next() == Some(name))
}

/// Where file systems are mounted.
#[derive(Debug, Default)]
struct Mounts {
    all: BTreeSet<String>,
    /// Those whose directories are looked into, each file system once.
    roots: Vec<String>,
}

fn mounts(survey: &Survey<'_>) -> Result<Mounts, Unknown> {
    let mut mounts = Mounts::default();
    if !survey.ctx.host.is_running() {
        return Ok(mounts);
    }
    let text = mountinfo::read(survey.ctx.host)?;
    let mut seen = BTreeSet::new();
    for mount in mountinfo::parse(&text) {
        let mount = mount.map_err(|malformed| malformed.gap(mountinfo::file(survey.ctx.host)))?;
        mounts.all.insert(mount.target.to_string());
        if FILE_SYSTEMS.contains(&mount.fs_type.as_ref())
            && !mount.target.starts_with(VOLUMES)
            && seen.insert((mount.device.to_owned(), mount.root.to_string()))
        {
            mounts.roots.push(mount.target.to_string());
        }
    }
    Ok(mounts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{Context, Options};
    use crate::host::Host;
    use crate::tree::Tree;
    use plimsoll_engine::demand::Demand;
    use std::time::{Duration, Instant};

    fn found(host: &Host) -> Configured {
        let (demand, options) = (Demand::default(), Options::default());
        let deadline = Instant::now() + Duration::from_secs(3600);
        let ctx = Context { host, demand: &demand, options: &options, deadline };
        let mut found = candidates(&Survey::new(&ctx));
        found.paths.sort();
        found
    }

    #[test]
    fn a_store_is_found_where_no_configuration_names_it() {
        let tree = Tree::new()
            .dir("srv/engines/docker/overlay2/l")
            .dir("srv/engines/docker/overlay2/0d/diff/data/overlay-layers")
            .dir("data/containers/overlay-layers")
            .dir("data/io.containerd.content.v1.content")
            .dir("a/b/c/too/deep/overlay2/l")
            .dir("usr/lib/x/overlay2/l")
            .dir("shared/docker/overlay2/l")
            .mode("shared", 0o1777)
            .link("link", "srv/engines");
        assert_eq!(found(&tree.host()).paths, ["/data", "/srv/engines/docker"]);
    }

    #[test]
    fn each_local_file_system_is_looked_into_once_and_no_volume_of_a_pod() {
        let line = |number: u8, device: &str, root: &str, target: &str, kind: &str| {
            format!("{number} 1 {device} {root} {target} rw - {kind} /dev/x rw\n")
        };
        let pod = "/var/lib/kubelet/pods/0d/volumes/v";
        let lines = [
            line(1, "8:1", "/", "/", "ext4"),
            line(2, "8:2", "/", "/mnt/deep/below/big", "xfs"),
            line(3, "8:2", "/", "/mnt/deep/below/again", "xfs"),
            line(4, "0:40", "/", "/mnt/share", "nfs4"),
            line(5, "8:3", "/", pod, "ext4"),
        ];
        let tree = Tree::new()
            .file("proc/1/mountinfo", lines.concat())
            .dir("mnt/deep/below/big/x/overlay2/l")
            .dir("mnt/deep/below/again/x/overlay2/l")
            .dir("mnt/share/overlay2/l")
            .dir(&format!("{}/overlay2/l", pod.trim_start_matches('/')));
        assert_eq!(found(&tree.running()).paths, ["/mnt/deep/below/big/x"]);
        let broken = tree.file("proc/1/mountinfo", "no mount\n");
        assert_eq!(found(&broken.running()).unknown.len(), 1);
    }
}
