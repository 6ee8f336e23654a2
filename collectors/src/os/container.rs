//! Whether the scanned root is a container's: then a finding about "the node" would be about the container.
//!
//! A file such as `/.dockerenv` does not say that alone: a virtual machine whose disk was made from a
//! container image has it, too. What a runtime cannot do without are its mounts: the root that it stacks
//! from layers, and the files that it puts over `/etc/hosts` and its like. A process that was put from a
//! container into the node's root (`chroot /host`) does not see them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::Fact;
use crate::host::Host;
use crate::mounts::mountinfo;

/// What runs a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ContainerKind {
    /// Docker.
    Docker,
    /// Podman.
    Podman,
    /// A pod of Kubernetes, whatever its runtime.
    Kubernetes,
    /// LXC, LXD, Incus.
    Lxc,
    /// systemd-nspawn.
    SystemdNspawn,
    /// Something else.
    Other,
}

/// Where the manager of a container says its name (systemd's container interface).
const MANAGER_FILES: [&str; 2] = ["/run/host/container-manager", "/run/systemd/container"];

/// Files that runtimes mount over the image's own.
const MOUNTED_FILES: [&str; 5] =
    ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/dev/termination-log", "/run/.containerenv"];

/// File systems that stack layers.
const LAYERED: [&str; 3] = ["overlay", "aufs", "fuse.fuse-overlayfs"];

/// The mount of a line of mountinfo, as far as it matters here.
struct Mount<'t> {
    /// The part of its file system that is mounted.
    root: &'t str,
    target: &'t str,
    fs_type: &'t str,
    options: &'t str,
}

/// What the scanned root is a container of; absent if it is none, which is also said of an offline root
/// and of one that is seen through a mount.
pub(super) fn read(ctx: &Context<'_>) -> Fact<ContainerKind> {
    if !ctx.host.is_running() || !ctx.host.is_own_root() {
        return Fact::Absent;
    }
    Fact::from(mountinfo::read(ctx.host)).and_then(|text| {
        let mounts: Vec<Mount<'_>> = text.lines().filter_map(Mount::parse).collect();
        by_mounts(&mounts, ctx.host)
            .or_else(|| by_manager(&mounts, ctx.host))
            .or_else(|| by_environment(ctx.host))
            .into()
    })
}

fn by_mounts(mounts: &[Mount<'_>], host: &Host) -> Option<ContainerKind> {
    let files = || mounts.iter().filter(|mount| MOUNTED_FILES.contains(&mount.target));
    if files().any(|mount| mount.root.contains("/pods/") || mount.root.contains("kubernetes.io")) {
        return Some(ContainerKind::Kubernetes);
    }
    if let Some(kind) = files().find_map(|mount| by_path(mount.root)) {
        return Some(kind);
    }
    if mounts.iter().any(|mount| mount.fs_type == "fuse.lxcfs") {
        return Some(ContainerKind::Lxc);
    }
    // The last mount on `/` is the one that is seen.
    let root = mounts.iter().rfind(|mount| mount.target == "/")?;
    if !LAYERED.contains(&root.fs_type) {
        return by_path(root.root);
    }
    by_path(root.options).or_else(|| by_marker(host))
}

/// The runtime that keeps its containers at `path`.
fn by_path(path: &str) -> Option<ContainerKind> {
    let holds = |part: &str| path.contains(part);
    if holds("/docker/") {
        Some(ContainerKind::Docker)
    } else if holds("/overlay-containers/") || holds("/containers/storage/") {
        Some(ContainerKind::Podman)
    } else if holds("/io.containerd.") || holds("/nerdctl/") {
        Some(ContainerKind::Other)
    } else {
        None
    }
}

/// The runtime that left its mark in a root that is made of layers.
fn by_marker(host: &Host) -> Option<ContainerKind> {
    let there = |path: &str| host.exists(path).unwrap_or(false);
    if there("/run/.containerenv") {
        Some(ContainerKind::Podman)
    } else if there("/.dockerenv") {
        Some(ContainerKind::Docker)
    } else {
        None
    }
}

/// What a manager wrote below `/run`, if that is a mount and so was not part of an image.
fn by_manager(mounts: &[Mount<'_>], host: &Host) -> Option<ContainerKind> {
    let fresh = |file: &&&str| {
        mounts.iter().any(|mount| {
            mount.target == "/run" || mount.target == "/run/host" && file.starts_with("/run/host/")
        })
    };
    let name = MANAGER_FILES.iter().filter(fresh).find_map(|file| host.read_text(file).ok())?;
    by_name(name.trim())
}

/// The variable that managers give to the first process. Only root may read it; nobody else is told more.
fn by_environment(host: &Host) -> Option<ContainerKind> {
    let environment = host.read_text("/proc/1/environ").ok()?;
    by_name(environment.split('\0').find_map(|variable| variable.strip_prefix("container="))?)
}

fn by_name(name: &str) -> Option<ContainerKind> {
    Some(match name {
        "" => return None,
        "docker" => ContainerKind::Docker,
        "podman" => ContainerKind::Podman,
        "lxc" | "lxc-libvirt" => ContainerKind::Lxc,
        "systemd-nspawn" => ContainerKind::SystemdNspawn,
        "kube" | "kubernetes" => ContainerKind::Kubernetes,
        _ => ContainerKind::Other,
    })
}

impl<'t> Mount<'t> {
    /// `27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw`; nothing that is looked for here has
    /// characters that the kernel escapes.
    fn parse(line: &'t str) -> Option<Self> {
        let (own, file_system) = line.split_once(" - ")?;
        let mut own = own.split(' ').skip(3);
        let mut file_system = file_system.split(' ');
        Some(Self {
            root: own.next()?,
            target: own.next()?,
            fs_type: file_system.next()?,
            options: file_system.nth(1).unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    fn kind(mountinfo: &str, tree: Tree) -> Option<ContainerKind> {
        let mounts: Vec<Mount<'_>> = mountinfo.lines().filter_map(Mount::parse).collect();
        let host = tree.host();
        by_mounts(&mounts, &host).or_else(|| by_manager(&mounts, &host))
    }

    const VM: &str = "\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
";

    #[test]
    fn a_machine_whose_disk_was_an_image_is_no_container() {
        let leftovers = || {
            Tree::new()
                .file(".dockerenv", "")
                .file("run/.containerenv", "")
                .file("run/systemd/container", "docker")
        };
        assert_eq!(kind(VM, leftovers()), None);
        // A live system's root is made of layers, too.
        let live = "24 1 0:22 / / rw,relatime - overlay overlayfs-root rw,lowerdir=/run/rootfsbase,upperdir=/run/overlay\n";
        assert_eq!(kind(live, Tree::new()), None);
        // A host that runs containers sees their roots below its own.
        let host = format!(
            "{VM}90 27 0:50 / /var/lib/docker/overlay2/ab/merged rw - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/X\n"
        );
        assert_eq!(kind(&host, leftovers()), None);
    }

    #[test]
    fn runtimes_are_known_by_their_mounts() {
        let docker = "\
1187 1034 0:80 / / rw,relatime master:405 - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/A:/var/lib/docker/overlay2/l/B,upperdir=/x
1201 1187 8:1 /var/lib/docker/containers/0f1c/hostname /etc/hostname rw,relatime - ext4 /dev/sda1 rw
";
        assert_eq!(kind(docker, Tree::new()), Some(ContainerKind::Docker));
        let docker_on_btrfs =
            "40 30 0:20 /@/var/lib/docker/btrfs/subvolumes/0f1c / rw - btrfs /dev/sda2 rw,subvolid=300\n";
        assert_eq!(kind(docker_on_btrfs, Tree::new()), Some(ContainerKind::Docker));
        let podman = "\
700 600 0:60 / / rw - overlay overlay rw,lowerdir=/home/u/.local/share/containers/storage/overlay/l/A
701 700 0:61 /containers/overlay-containers/1f/userdata/.containerenv /run/.containerenv rw - tmpfs tmpfs rw
";
        assert_eq!(kind(podman, Tree::new()), Some(ContainerKind::Podman));
        let pod = "\
900 800 0:90 / / ro - overlay overlay rw,lowerdir=/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/9/fs
910 900 8:1 /var/lib/kubelet/pods/7d1c/etc-hosts /etc/hosts rw - ext4 /dev/sda1 rw
";
        assert_eq!(kind(pod, Tree::new()), Some(ContainerKind::Kubernetes));
        let lxc = "500 400 8:3 /rootfs / rw - ext4 /dev/sda3 rw\n510 500 0:44 /proc/meminfo /proc/meminfo rw - fuse.lxcfs lxcfs rw\n";
        assert_eq!(kind(lxc, Tree::new()), Some(ContainerKind::Lxc));
        let nspawn = "600 500 8:3 / / rw - ext4 /dev/sda3 rw\n601 600 0:30 / /run rw - tmpfs tmpfs rw\n";
        let tree = Tree::new().file("run/host/container-manager", "systemd-nspawn\n");
        assert_eq!(kind(nspawn, tree), Some(ContainerKind::SystemdNspawn));
        let elsewhere = "700 600 0:60 / / rw - overlay overlay rw,lowerdir=/data/overlay2/l/A\n";
        assert_eq!(kind(elsewhere, Tree::new().file(".dockerenv", "")), Some(ContainerKind::Docker));
    }

    #[test]
    fn odd_lines_are_passed_over() {
        assert_eq!(kind("\n1 2 3\n - \n1 2 3 4 5 - \n", Tree::new()), None);
    }
}
