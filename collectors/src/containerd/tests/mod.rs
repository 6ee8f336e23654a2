//! Nodes with containerd, as its packages lay them out.

mod distributions;

use std::time::{Duration, Instant};

use plimsoll_engine::demand::Demand;
use plimsoll_engine::snapshot::{GapReason, Layer};

use super::{Containerd, Manager, collect};
use crate::context::{Context, Options};
use crate::fact::{Fact, Sourced};
use crate::host::Host;
use crate::tree::Tree;

fn facts(host: &Host) -> Containerd {
    let (demand, options) = (Demand::everything(), Options::default());
    let deadline = Instant::now() + Duration::from_secs(3600);
    match collect(&Context { host, demand: &demand, options: &options, deadline }) {
        Fact::Known(facts) => facts,
        other => panic!("{other:?}"),
    }
}

fn value<T: Clone>(fact: &Fact<Sourced<T>>) -> Option<T> {
    fact.known().map(|sourced| sourced.value.clone())
}

/// A node with the package of containerd of a version, and a configuration.
fn node(version: &str, config: &str) -> Tree {
    Tree::new()
        .executable("usr/bin/containerd")
        .executable("usr/bin/containerd-shim-runc-v2")
        .executable("usr/sbin/runc")
        .file(
            "var/lib/dpkg/status",
            format!("Package: containerd.io\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n\n"),
        )
        .file("etc/containerd/config.toml", config)
}

const VERSION_2: &str = r#"version = 2
root = "/data/containerd"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.9"
  enable_selinux = true
  stream_server_address = "0.0.0.0"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
    discard_unpacked_layers = true
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = true
  [plugins."io.containerd.grpc.v1.cri".registry.mirrors."docker.io"]
    endpoint = ["http://mirror:5000"]
  [plugins."io.containerd.grpc.v1.cri".registry.configs."mirror:5000".tls]
    insecure_skip_verify = true
  [plugins."io.containerd.grpc.v1.cri".registry.configs."mirror:5000".auth]
    password = "hunter2"
[plugins."io.containerd.metadata.v1.bolt"]
  no_sync = true
"#;

const VERSION_3: &str = r#"version = 3
root = "/data/containerd"
[plugins."io.containerd.grpc.v1.cri"]
  stream_server_address = "0.0.0.0"
[plugins."io.containerd.cri.v1.images"]
  snapshotter = "native"
  discard_unpacked_layers = true
  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = "registry.k8s.io/pause:3.9"
  [plugins."io.containerd.cri.v1.images".registry.mirrors."docker.io"]
    endpoint = ["http://mirror:5000"]
  [plugins."io.containerd.cri.v1.images".registry.configs."mirror:5000".tls]
    insecure_skip_verify = true
  [plugins."io.containerd.cri.v1.images".registry.configs."mirror:5000".auth]
    password = "hunter2"
[plugins."io.containerd.cri.v1.runtime"]
  enable_selinux = true
  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
      SystemdCgroup = true
[plugins."io.containerd.metadata.v1.bolt"]
  no_sync = true
"#;

fn version_1() -> String {
    VERSION_2
        .replace("version = 2\n", "")
        .replace("\"io.containerd.grpc.v1.cri\"", "cri")
        .replace("\"io.containerd.metadata.v1.bolt\"", "bolt")
}

#[test]
fn every_version_of_the_file_comes_out_in_one_shape() {
    for (release, config) in [
        ("1.6.20", version_1().as_str()),
        ("1.7.27-1", VERSION_2),
        ("2.0.5", VERSION_2),
        ("2.1.0", VERSION_3),
    ] {
        let facts = facts(&node(release, config).host());
        let cri = facts.cri.known().unwrap_or_else(|| panic!("{release} {:?}", facts.config_file));
        assert_eq!(value(&cri.sandbox_image).as_deref(), Some("registry.k8s.io/pause:3.9"), "{release}");
        assert_eq!(value(&cri.systemd_cgroup), Some(true), "{release}");
        assert_eq!(value(&cri.enable_selinux), Some(true), "{release}");
        assert_eq!(value(&cri.snapshotter).as_deref(), Some("native"), "{release}");
        assert_eq!(value(&cri.discard_unpacked_layers), Some(true), "{release}");
        assert_eq!(value(&cri.stream_server_address).as_deref(), Some("0.0.0.0"), "{release}");
        assert_eq!(value(&cri.registry.mirrors[0].endpoints).unwrap(), ["http://mirror:5000"], "{release}");
        assert_eq!(value(&cri.registry.configs[0].insecure_skip_verify), Some(true), "{release}");
        assert!(cri.registry.configs[0].has_credentials, "{release}");
        assert_eq!(value(&facts.no_sync), Some(true), "{release}");
        assert_eq!(value(&facts.root).as_deref(), Some("/data/containerd"), "{release}");
        assert_eq!(facts.ignored_settings, Fact::Known(Vec::new()), "{release}");
        assert!(!facts.deprecated.known().unwrap().is_empty(), "{release}");
        assert!(!serde_json::to_string(&facts).unwrap().contains("hunter2"), "{release}");
    }
}

#[test]
fn without_a_file_the_defaults_of_the_release_hold() {
    let facts = facts(&node("1.7.27-1", "").remove("etc/containerd/config.toml").host());
    let cri = facts.cri.known().unwrap();
    assert_eq!(value(&cri.sandbox_image).as_deref(), Some("registry.k8s.io/pause:3.8"));
    assert_eq!((value(&cri.systemd_cgroup), value(&cri.enabled)), (Some(false), Some(true)));
    assert_eq!(cri.default_runtime_defined, Fact::Known(true));
    let [runc] = cri.runtimes.known().unwrap().as_slice() else { panic!() };
    assert_eq!(runc.binary_path, Fact::Known("/usr/sbin/runc".to_owned()));
    assert_eq!(runc.shim_path, Fact::Known("/usr/bin/containerd-shim-runc-v2".to_owned()));
    assert_eq!(facts.config_version_supported, Fact::Known(2));
    assert_eq!(facts.config_file.known().unwrap().exists, Fact::Known(false));
    assert_eq!(cri.systemd_cgroup.known().unwrap().origin.layer, Layer::Default);
}

#[test]
fn the_package_of_docker_disables_the_plugin() {
    for config in
        ["disabled_plugins = [\"cri\"]", "version = 2\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]"]
    {
        let facts = facts(&node("1.7.27-1", config).host());
        let enabled = facts.cri.known().unwrap().enabled.known().unwrap().clone();
        assert!(!enabled.value);
        assert_eq!(enabled.origin.file.as_deref(), Some("/etc/containerd/config.toml"));
    }
}

#[test]
fn containerd_1_forgets_its_runc_once_another_runtime_is_configured() {
    let config = "version = 2\n[plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.kata]\nruntime_type = 'io.containerd.kata.v2'\n";
    let names = |release: &str| {
        let facts = facts(&node(release, config).host());
        let cri = facts.cri.known().unwrap().clone();
        let names =
            cri.runtimes.known().unwrap().iter().map(|runtime| runtime.name.clone()).collect::<Vec<_>>();
        (names, cri.default_runtime_defined)
    };
    assert_eq!(names("1.6.20"), (vec!["kata".to_owned()], Fact::Known(false)));
    assert_eq!(names("2.0.5"), (vec!["kata".to_owned(), "runc".to_owned()], Fact::Known(true)));
}

#[test]
fn a_runtime_without_a_type_is_whole_only_in_containerd_2() {
    let config = "version = 2\n[plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc.options]\nSystemdCgroup = true\n";
    let runtime_type = |release: &str| {
        let facts = facts(&node(release, config).host());
        facts.cri.known().unwrap().runtimes.known().unwrap()[0].runtime_type.clone()
    };
    assert_eq!(runtime_type("1.6.20"), Fact::Absent);
    assert_eq!(value(&runtime_type("2.0.5")).as_deref(), Some("io.containerd.runc.v2"));
}

#[test]
fn tables_of_another_version_are_ignored_and_told() {
    let facts_1 = facts(&node("1.7.27-1", VERSION_3).host());
    assert_eq!(value(&facts_1.cri.known().unwrap().systemd_cgroup), Some(false));
    let ignored = facts_1.ignored_settings.known().unwrap();
    assert!(ignored.iter().any(|setting| setting.value.ends_with("runc.options.SystemdCgroup")));
    let facts_2 = facts(&node("2.0.5", &VERSION_2.replace("version = 2", "version = 3")).host());
    assert_eq!(value(&facts_2.cri.known().unwrap().systemd_cgroup), Some(false));
    assert!(!facts_2.ignored_settings.known().unwrap().is_empty());
    assert_eq!(value(&facts_2.cri.known().unwrap().stream_server_address).as_deref(), Some("0.0.0.0"));
}

#[test]
fn the_nodes_containerd_is_preferred_to_dockers_own() {
    let process = |tree: Tree, pid: u32, parent: u32, command: &str| {
        tree.file(&format!("proc/{pid}/comm"), "containerd\n")
            .file(&format!("proc/{pid}/status"), format!("PPid:\t{parent}\nUid:\t0\t0\t0\t0\n"))
            .file(&format!("proc/{pid}/cmdline"), command.replace(' ', "\0") + "\0")
            .file(&format!("proc/{pid}/environ"), "PATH=/usr/bin:/usr/sbin\0https_proxy=http://p:1\0")
    };
    let tree =
        node("1.7.27-1", "").file("proc/1/comm", "systemd\n").file("proc/1/status", "PPid:\t0\nUid:\t0\n");
    let tree = process(tree, 50, 40, "containerd --config /var/run/docker/containerd/containerd.toml").file(
        "var/run/docker/containerd/containerd.toml",
        "version = 2\ndisabled_plugins = ['io.containerd.grpc.v1.cri']\n",
    );
    let dockers = facts(&tree.running());
    assert_eq!((dockers.pid, dockers.managed_by), (Fact::Known(50), Fact::Known(Manager::Docker)));
    let tree = process(tree, 60, 1, "/usr/bin/containerd --log-level debug");
    let facts = facts(&tree.running());
    assert_eq!((facts.pid, facts.managed_by), (Fact::Known(60), Fact::Absent));
    assert_eq!(value(&facts.log_level).as_deref(), Some("debug"));
    assert_eq!(facts.proxy.known().unwrap().variables, Fact::Known(vec!["https_proxy".to_owned()]));
}

#[test]
fn a_refused_file_leaves_nothing_but_itself_known() {
    let facts = facts(&node("1.7.27-1", "version = 2\n[grpc]\naddress = 5\n").host());
    assert_eq!(facts.config_file.known().unwrap().valid, Fact::Known(false));
    for gap in [facts.cri.map(|_| ()), facts.root.map(|_| ()), facts.socket.map(|_| ())] {
        assert!(matches!(gap, Fact::Gap(unknown) if unknown.reason == GapReason::Malformed));
    }
}

#[test]
fn no_containerd_is_no_containerd() {
    let facts = facts(&Tree::new().host());
    assert_eq!(facts.installed, Fact::Known(false));
    assert!(matches!(facts.cri, Fact::Absent));
}
