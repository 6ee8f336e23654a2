//! Any bytes as any file that a collector reads. The first byte chooses the file; the target is a tree of
//! files captured from a node, of which that one is replaced.
#![no_main]

use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use plimsoll_collectors::host::Host;
use plimsoll_collectors::{Options, scan, target};
use plimsoll_engine::demand::Demand;
use tempfile::TempDir;

/// Every file, with the collector that reads it and, for keyed facts, the keys to ask for.
const FILES: &[(&str, &[&str])] = &[
    ("/etc/os-release", &["os"]),
    ("/etc/machine-id", &["os"]),
    ("/etc/hostname", &["os"]),
    ("/proc/cmdline", &["kernel"]),
    ("/boot/config-6.1.0", &["kernel", "config", "CONFIG_SECCOMP"]),
    ("/proc/config.gz", &["kernel", "config", "CONFIG_SECCOMP"]),
    ("/proc/modules", &["kernel", "modules", "overlay"]),
    ("/lib/modules/6.1.0/modules.dep", &["kernel", "modules", "overlay"]),
    ("/lib/modules/6.1.0/modules.builtin", &["kernel", "modules", "overlay"]),
    ("/etc/modprobe.d/x.conf", &["kernel", "modules", "overlay"]),
    ("/proc/filesystems", &["kernel"]),
    ("/sys/kernel/security/lockdown", &["kernel"]),
    ("/etc/sysctl.d/x.conf", &["sysctl", "net.ipv4.ip_forward"]),
    ("/etc/sysctl.conf", &["sysctl", "net.ipv4.ip_forward"]),
    ("/proc/sys/net/ipv4/ip_forward", &["sysctl", "net.ipv4.ip_forward"]),
    ("/proc/1/mountinfo", &["mounts"]),
    ("/proc/1/mountinfo", &["filesystem", "/var/lib/docker"]),
    ("/proc/1/mountinfo", &["cgroup"]),
    ("/proc/cgroups", &["cgroup"]),
    ("/sys/fs/cgroup/cgroup.controllers", &["cgroup"]),
    ("/sys/fs/cgroup/cgroup.stat", &["cgroup"]),
    ("/proc/meminfo", &["memory"]),
    ("/proc/pressure/memory", &["memory"]),
    ("/proc/vmstat", &["memory"]),
    ("/proc/swaps", &["swap"]),
    ("/etc/fstab", &["swap"]),
    ("/etc/systemd/system/dev-x.swap", &["swap"]),
    ("/etc/systemd/zram-generator.conf", &["swap"]),
    ("/proc/cpuinfo", &["cpu"]),
    ("/sys/devices/system/cpu/online", &["cpu"]),
    ("/proc/loadavg", &["cpu"]),
    ("/proc/sys/fs/file-nr", &["limits"]),
    ("/etc/systemd/system.conf", &["limits"]),
    ("/proc/1/limits", &["limits"]),
    ("/etc/adjtime", &["time"]),
    ("/proc/sys/kernel/seccomp/actions_avail", &["seccomp"]),
    ("/var/lib/kubelet/seccomp/x.json", &["seccomp"]),
    ("/usr/share/containers/oci/hooks.d/x.json", &["oci_hooks"]),
    ("/etc/containers/containers.conf", &["podman"]),
    ("/etc/containers/storage.conf", &["podman"]),
    ("/etc/containers/policy.json", &["registries"]),
    ("/etc/containers/registries.conf", &["registries"]),
    ("/etc/containers/registries.conf.d/x.conf", &["registries"]),
    ("/var/lib/kubelet/config.json", &["registries"]),
    ("/sys/kernel/security/apparmor/profiles", &["apparmor"]),
    ("/etc/selinux/config", &["selinux"]),
    ("/etc/docker/daemon.json", &["docker"]),
    ("/etc/systemd/system/docker.service", &["docker"]),
    ("/etc/default/docker", &["docker"]),
    ("/proc/7/cmdline", &["docker"]),
    ("/etc/group", &["docker"]),
    ("/var/lib/kubelet/config.yaml", &["kubelet"]),
    ("/etc/kubernetes/kubelet.conf.d/10-x.conf", &["kubelet"]),
    ("/etc/systemd/system/kubelet.service", &["kubelet"]),
    ("/var/lib/kubelet/kubeadm-flags.env", &["kubelet"]),
    ("/etc/kubernetes/kubelet.conf", &["kubelet"]),
    ("/var/lib/kubelet/pki/kubelet.crt", &["kubelet"]),
    ("/etc/kubernetes/manifests/x.yaml", &["kubelet"]),
    ("/etc/cni/net.d/10-x.conflist", &["cni"]),
    ("/etc/crictl.yaml", &["crictl"]),
    ("/etc/containerd/conf.d/x.toml", &["containerd"]),
    ("/etc/containerd/certs.d/docker.io/hosts.toml", &["containerd"]),
    ("/proc/5/cmdline", &["containerd"]),
    ("/etc/crio/crio.conf", &["crio"]),
    ("/etc/crio/crio.conf.d/x.conf", &["crio"]),
    ("/etc/crio/seccomp.json", &["seccomp", "profiles"]),
    ("/proc/6/cmdline", &["crio"]),
    ("/proc/1/net/tcp", &["network"]),
    ("/proc/1/net/udp6", &["network"]),
    ("/proc/1/net/route", &["network"]),
    ("/proc/1/net/ipv6_route", &["network"]),
    ("/proc/1/net/fib_trie", &["network"]),
    ("/proc/1/net/if_inet6", &["network"]),
    ("/etc/resolv.conf", &["network"]),
    ("/etc/hosts", &["network"]),
    ("/etc/passwd", &["files", "/etc/passwd", "owner"]),
    ("/etc/systemd/system/x.service", &["units", "x.service"]),
    ("/etc/systemd/system/x.service.d/y.conf", &["units", "x.service"]),
    ("/var/lib/dpkg/status", &["packages", "conntrack"]),
    ("/var/log/kern.log", &["kernel_log"]),
    ("/var/log/audit/audit.log", &["denials"]),
    ("/var/log/kern.log", &["denials"]),
    ("/lib/apk/db/installed", &["packages", "conntrack"]),
    ("/var/lib/rpm/rpmdb.sqlite", &["packages", "conntrack"]),
    ("/var/lib/rpm/Packages.db", &["packages", "conntrack"]),
    ("/var/lib/rpm/Packages", &["packages", "conntrack"]),
    ("/proc/8/cgroup", &["containers"]),
    ("/proc/9/status", &["containers"]),
    ("/proc/9/mountinfo", &["containers"]),
    ("/proc/9/uid_map", &["containers"]),
    ("/var/lib/docker/containers/a3f1c0d2e4b5968778695a4b3c2d1e0fa3f1c0d2e4b5968778695a4b3c2d1e0f/config.v2.json", &["containers"]),
    ("/run/containerd/io.containerd.runtime.v2.task/default/c1/config.json", &["containers"]),
    ("/var/lib/containers/storage/overlay-containers/containers.json", &["containers"]),
    ("/run/runc/c1/state.json", &["containers"]),
    ("/run/crun/c1/status", &["containers"]),
    ("/etc/containers/storage.conf", &["storage"]),
    ("/etc/crio/crio.conf", &["storage"]),
    ("/var/lib/containers/storage/overlay-layers/layers.json", &["storage"]),
    ("/var/lib/containers/storage/overlay-images/images.json", &["storage"]),
    ("/var/lib/containers/storage/overlay-containers/containers.json", &["storage"]),
    ("/var/lib/containers/storage/overlay/a/link", &["storage"]),
    ("/var/lib/containers/storage/overlay/b/lower", &["storage"]),
    ("/run/containers/storage/overlay-layers/mountpoints.json", &["storage"]),
    ("/proc/locks", &["storage"]),
];

/// What other files say, so that the fuzzed one is reached.
const SURROUNDINGS: &[(&str, &str)] = &[
    ("/proc/sys/kernel/osrelease", "6.1.0\n"),
    ("/proc/7/comm", "dockerd\n"),
    ("/proc/1/comm", "systemd\n"),
    ("/proc/7/status", "Name:\tdockerd\nPPid:\t1\nUid:\t0\t0\t0\t0\n"),
    ("/proc/8/comm", "sleep\n"),
    ("/proc/9/comm", "sleep\n"),
    ("/proc/9/cgroup", "0::/docker/a3f1c0d2e4b5968778695a4b3c2d1e0fa3f1c0d2e4b5968778695a4b3c2d1e0f\n"),
    ("/usr/bin/dockerd", ""),
    ("/usr/bin/kubelet", ""),
    ("/etc/kubernetes/kubelet.conf.d/README", ""),
    ("/usr/lib/systemd/system/kubelet.service", KUBELET),
    ("/proc/5/comm", "containerd\n"),
    ("/proc/5/status", "Name:\tcontainerd\nPPid:\t1\nUid:\t0\t0\t0\t0\n"),
    ("/proc/5/environ", "PATH=/usr/bin\0"),
    (
        "/etc/containerd/config.toml",
        "imports = ['conf.d/*.toml']\n[plugins.cri.registry]\nconfig_path = '/etc/containerd/certs.d'\n",
    ),
    ("/proc/6/comm", "crio\n"),
    ("/proc/6/status", "Name:\tcrio\nPPid:\t1\nUid:\t0\t0\t0\t0\n"),
    ("/proc/6/environ", "PATH=/usr/bin\0"),
    ("/etc/crio/crio.conf.d/10-crio.conf", "[crio.runtime]\nseccomp_profile = '/etc/crio/seccomp.json'\n"),
    (
        "/var/lib/containers/storage/overlay-layers/volatile-layers.json",
        r#"[{"id": "a"}, {"id": "b", "parent": "a", "diff-digest": "sha256:00"}]"#,
    ),
    ("/var/lib/containers/storage/overlay/a/diff/x", ""),
    ("/var/lib/containers/storage/overlay/b/diff/x", ""),
    ("/var/lib/containers/storage/overlay/staging/x/staging.lock", ""),
    ("/sys/module/apparmor/parameters/enabled", "Y\n"),
];

/// As kubeadm's packages start the kubelet.
const KUBELET: &str = "[Service]\nEnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env\n\
    ExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml --config-dir=/etc/kubernetes/kubelet.conf.d \
    --kubeconfig=/etc/kubernetes/kubelet.conf --pod-manifest-path=/etc/kubernetes/manifests $KUBELET_KUBEADM_ARGS\n";

static TREE: LazyLock<TempDir> = LazyLock::new(|| {
    let tree = TempDir::new_in("/dev/shm").expect("a directory in memory");
    for (path, text) in SURROUNDINGS {
        write(&tree, path, text.as_bytes());
    }
    tree
});

fuzz_target!(|input: &[u8]| {
    let Some((choice, content)) = input.split_first() else { return };
    let (path, wanted) = FILES[usize::from(*choice) % FILES.len()];
    write(&TREE, path, content);
    let mut demand = Demand::default();
    demand.add_path(wanted);
    let host = Host::captured(TREE.path()).expect("the tree opens");
    let name = target::of(&host, Some(TREE.path()));
    let options = Options { timeout: Duration::from_secs(20), sockets: false, ..Options::default() };
    let snapshot = scan::snapshot(&Arc::new(host), &Arc::new(demand), &options, name, String::new());
    for gap in &snapshot.gaps {
        // The scan's own words; details of other gaps quote what the fuzzer wrote.
        assert!(!gap.detail.starts_with("the collector "), "{path}: {gap:?}");
    }
    fs::remove_file(TREE.path().join(path.trim_start_matches('/'))).expect("the file was written");
});

fn write(tree: &TempDir, path: &str, content: &[u8]) {
    let file = tree.path().join(path.trim_start_matches('/'));
    fs::create_dir_all(file.parent().unwrap_or(Path::new("/"))).expect("a directory in memory");
    fs::write(file, content).expect("a file in memory");
}
