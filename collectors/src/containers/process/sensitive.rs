//! Paths of the node that no container should see.

use crate::host::Host;
use crate::listing;
use crate::mounts::host_mounts::holds;

/// Directories with which a container holds the node, or the secrets of every other one.
const DIRECTORIES: [&str; 41] = [
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/etc/cni/net.d",
    "/etc/containerd",
    "/etc/crio",
    "/etc/docker",
    "/etc/kubernetes",
    "/etc/kubernetes/manifests",
    "/etc/kubernetes/pki",
    "/etc/rancher",
    "/etc/rancher/k3s",
    "/etc/rancher/rke2",
    "/home",
    "/lib",
    "/lib64",
    "/opt/cni/bin",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/sys",
    "/usr",
    "/usr/bin",
    "/var",
    "/var/lib",
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/docker",
    "/var/lib/etcd",
    "/var/lib/k0s",
    "/var/lib/k0s/pki",
    "/var/lib/kubelet",
    "/var/lib/kubelet/pki",
    "/var/lib/kubelet/pods",
    "/var/lib/rancher/k3s/server/tls",
    "/var/lib/rancher/rke2/server/tls",
    "/var/run",
    "/var/snap/microk8s/common",
    "/var/snap/microk8s/current/certs",
];

/// Where packages and distributions have the sockets that runtimes take orders at: who may use one is root of
/// the node.
const SOCKETS: [&str; 16] = [
    "/run/buildkit/buildkitd.sock",
    "/run/containerd/containerd.sock",
    "/run/containerd/containerd.sock.ttrpc",
    "/run/cri-dockerd.sock",
    "/run/crio/crio.sock",
    "/run/docker.sock",
    "/run/docker/containerd/containerd.sock",
    "/run/dockershim.sock",
    "/run/host-containerd/containerd.sock",
    "/run/k0s/containerd.sock",
    "/run/k0s/containerd/containerd.sock",
    "/run/k3s/containerd/containerd.sock",
    "/run/k3s/cri-dockerd/cri-dockerd.sock",
    "/run/podman/podman.sock",
    "/var/snap/microk8s/common/run/containerd.sock",
    "/var/snap/microk8s/common/run/containerd.sock.ttrpc",
];

/// Where the runtimes of users without root have theirs, below the directory of each user.
const USERS: &str = "/run/user";
const SOCKETS_OF_USER: [&str; 3] = ["containerd/containerd.sock", "docker.sock", "podman/podman.sock"];

/// How many users are looked at.
const MAX_USERS: usize = 1000;

/// Whether the node's `path` is one of the directories, holds one, or is there to hold a runtime's socket.
pub(super) fn is_directory(path: &str) -> bool {
    let known = || DIRECTORIES.iter().chain(&SOCKETS);
    DIRECTORIES.contains(&path) || known().any(|inner| holds(path, inner)) || is_users(path)
}

/// `/run/user`, the directory of a user in it, and those that hold his sockets.
fn is_users(path: &str) -> bool {
    let Some(rest) = path.strip_prefix(USERS) else { return false };
    let rest = rest.trim_start_matches('/');
    let (user, below) = rest.split_once('/').unwrap_or((rest, ""));
    user.bytes().all(|byte| byte.is_ascii_digit())
        && (below.is_empty() || SOCKETS_OF_USER.iter().any(|socket| holds(below, socket)))
}

/// Whether the node's `path` has the name of a runtime's socket, wherever it lies.
pub(super) fn is_socket(path: &str) -> bool {
    let name = |path: &str| path.rsplit('/').next().map(str::to_owned);
    name(path).is_some_and(|own| {
        SOCKETS.iter().chain(&SOCKETS_OF_USER).any(|socket| name(socket).is_some_and(|other| other == own))
    })
}

/// The runtimes' sockets that are there, at their known places, sorted.
pub(in super::super) fn sockets(host: &Host) -> Vec<String> {
    let users = listing::names(host, USERS).unwrap_or_default();
    let of_users = users
        .iter()
        .take(MAX_USERS)
        .flat_map(|user| SOCKETS_OF_USER.iter().map(move |socket| format!("{USERS}/{user}/{socket}")));
    let known = SOCKETS.iter().map(|socket| (*socket).to_owned()).chain(of_users);
    // One that is hidden from this user may be there.
    known.filter(|socket| host.exists(socket).unwrap_or(true)).collect()
}

/// Whether a file system of type `fs_type` at `target` is one that every runtime mounts for a container.
pub(super) fn is_everyones(fs_type: &str, target: &str) -> bool {
    let below = |directory: &str| {
        target.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    match fs_type {
        "proc" => below("/proc"),
        "sysfs" | "cgroup" | "cgroup2" => below("/sys"),
        "devpts" | "mqueue" => below("/dev"),
        "tmpfs" => target == "/dev/shm",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_those_that_are_named_and_those_around_them() {
        for path in [
            "/",
            "/etc",
            "/etc/cni",
            "/etc/rancher",
            "/opt/cni",
            "/run/containerd",
            "/run/crio",
            "/run/docker",
            "/run/k3s",
            "/run/k3s/containerd",
            "/run/podman",
            "/run/user",
            "/run/user/1000",
            "/run/user/1000/podman",
            "/var/lib/k0s",
            "/var/lib/kubelet/pki",
            "/var/lib/kubelet/pods",
            "/var/lib/rancher",
            "/var/lib/rancher/k3s/server",
            "/var/snap/microk8s",
        ] {
            assert!(is_directory(path), "{path}");
        }
        for path in [
            "/etc/localtime",
            "/etc/crictl",
            "/run/user/1000/pulse",
            "/run/user/x",
            "/run/users",
            "/srv",
            "/var/lib/docker/volumes/data/_data",
            "/var/lib/kubelet/pods/u/volumes/kubernetes.io~empty-dir/data",
        ] {
            assert!(!is_directory(path), "{path}");
        }
    }

    #[test]
    fn sockets_are_known_by_their_names_anywhere() {
        assert!(is_socket("/srv/x/containerd.sock") && is_socket("/run/user/7/podman/podman.sock"));
        assert!(!is_socket("/run/docker.sock.d") && !is_socket("/"));
    }

    #[test]
    fn sockets_that_are_there_are_found_at_their_places() {
        let tree =
            crate::tree::Tree::new().file("run/docker.sock", "").file("run/user/7/podman/podman.sock", "");
        assert_eq!(sockets(&tree.host()), ["/run/docker.sock", "/run/user/7/podman/podman.sock"]);
    }

    #[test]
    fn what_every_container_has_is_told_from_the_nodes() {
        assert!(is_everyones("proc", "/proc/sys") && is_everyones("sysfs", "/sys"));
        assert!(!is_everyones("proc", "/host/proc") && !is_everyones("sysfs", "/system"));
        assert!(!is_everyones("ext4", "/sys"));
    }
}
