//! Paths of the node that no container should see.

/// Directories with which a container holds the node, or the secrets of every other one.
const DIRECTORIES: [&str; 31] = [
    "/",
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
    "/var/lib/kubelet",
    "/var/run",
];

/// The names of the sockets that runtimes take orders at: who may use one is root of the node.
const SOCKETS: [&str; 7] = [
    "docker.sock",
    "containerd.sock",
    "containerd.sock.ttrpc",
    "crio.sock",
    "cri-dockerd.sock",
    "dockershim.sock",
    "podman.sock",
];

/// Whether the node's `path` is one of the directories.
pub(super) fn is_directory(path: &str) -> bool {
    DIRECTORIES.contains(&path)
}

/// Whether the node's `path` is a runtime's socket.
pub(super) fn is_socket(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| SOCKETS.contains(&name))
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
    fn directories_are_named_exactly_and_sockets_anywhere() {
        assert!(is_directory("/") && is_directory("/etc") && !is_directory("/etc/localtime"));
        assert!(is_socket("/run/k3s/containerd/containerd.sock") && !is_socket("/run/docker.sock.d"));
    }

    #[test]
    fn what_every_container_has_is_told_from_the_nodes() {
        assert!(is_everyones("proc", "/proc/sys") && is_everyones("sysfs", "/sys"));
        assert!(!is_everyones("proc", "/host/proc") && !is_everyones("sysfs", "/system"));
        assert!(!is_everyones("ext4", "/sys"));
    }
}
