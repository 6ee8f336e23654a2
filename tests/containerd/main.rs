//! The configuration of a real containerd: what comes out of its files is what `containerd config dump` says.
//! Needs the Debian package `containerd`, which `.ci/run` installs: `cargo test --test containerd -- --ignored`.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the test runs containerd and the binary, and fails by panicking"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const MAIN: &str = r#"version = 2
root = "/data/containerd"
oom_score = -5
disabled_plugins = ["io.containerd.snapshotter.v1.zfs"]
imports = ["conf.d/*.toml", "last.toml"]
[grpc]
  gid = 5
[debug]
  level = "warn"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.9"
  enable_selinux = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = true
[plugins."io.containerd.gc.v1.scheduler"]
  mutation_threshold = 50
[timeouts]
  "io.containerd.timeout.bolt.open" = "1s"
"#;

const DROP_IN: &str = r#"root = ""
oom_score = 0
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs"]
[grpc]
  uid = 7
[debug]
  format = "json"
[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "/etc/containerd/certs.d"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.kata]
  runtime_type = "io.containerd.kata.v2"
"#;

const LAST: &str =
    "state = \"/data/state\"\n[plugins.\"io.containerd.internal.v1.opt\"]\n  path = \"/opt/other\"\n";

const VERSION_1: &str = r#"disabled_plugins = ["zfs"]
[plugins.cri]
  sandbox_image = "registry.k8s.io/pause:3.9"
  max_concurrent_downloads = 7
  [plugins.cri.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins.cri.containerd.runtimes.runc.options]
      SystemdCgroup = true
[plugins.opt]
  path = "/opt/other"
"#;

/// The tables that version 1 calls by a short name.
const SHORT_NAMES: [(&str, &str); 2] =
    [("cri", "io.containerd.grpc.v1.cri"), ("opt", "io.containerd.internal.v1.opt")];

/// A normalised setting, and where `config dump` has it.
const SETTINGS: [(&str, &str); 9] = [
    ("/cri/sandbox_image", "/sandbox_image"),
    ("/cri/enable_selinux", "/enable_selinux"),
    ("/cri/snapshotter", "/containerd/snapshotter"),
    ("/cri/default_runtime", "/containerd/default_runtime_name"),
    ("/cri/discard_unpacked_layers", "/containerd/discard_unpacked_layers"),
    ("/cri/max_concurrent_downloads", "/max_concurrent_downloads"),
    ("/cri/max_container_log_line_size", "/max_container_log_line_size"),
    ("/cri/registry/config_path", "/registry/config_path"),
    ("/cri/stream_server_address", "/stream_server_address"),
];

/// A target with these files in /etc/containerd, and the real containerd's version as its package's.
struct Node(TempDir);

impl Node {
    fn new(files: &[(&str, &str)]) -> Self {
        let node = Self(TempDir::new().unwrap());
        let version = String::from_utf8(Command::new("containerd").arg("--version").output().unwrap().stdout);
        let version = version.unwrap().split_whitespace().nth(2).expect("a version").to_owned();
        let status = format!(
            "Package: containerd\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n\n"
        );
        node.write("var/lib/dpkg/status", &status);
        node.write("usr/bin/containerd", "");
        for (name, text) in files {
            node.write(&format!("etc/containerd/{name}"), text);
        }
        node
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// What containerd says of its configuration.
    fn dump(&self) -> Value {
        let output = self.containerd();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let table: toml::Table = toml::from_str(&String::from_utf8(output.stdout).unwrap()).unwrap();
        serde_json::to_value(table).unwrap()
    }

    /// `containerd config dump` in the target's root: systemd starts containerd in `/`, which some releases take
    /// relative patterns from.
    fn containerd(&self) -> Output {
        let root = self.0.path();
        let mut containerd = Command::new("containerd");
        containerd.current_dir(root).arg("--config").arg(root.join("etc/containerd/config.toml"));
        containerd.args(["config", "dump"]).output().unwrap()
    }

    /// What Plimsoll says of it.
    fn facts(&self) -> Value {
        facts(self.0.path())
    }
}

fn facts(root: &Path) -> Value {
    let mut plimsoll = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    let output = plimsoll.args(["query", "$.containerd", "--root"]).arg(root).output().unwrap();
    let facts: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    facts[0].clone()
}

/// Compares every value of `ours` with the one at the same place in the dump.
fn agree(ours: &Value, dump: &Value, path: &str) {
    match ours {
        Value::Object(members) => {
            for (name, value) in members {
                let full = SHORT_NAMES.iter().find(|(short, _)| path == "/plugins" && name == short);
                let full = full.map_or(name.as_str(), |(_, full)| full);
                // The dump tells the version that it is written in, and the files that were read.
                if !(path.is_empty() && ["version", "imports"].contains(&full)) {
                    agree(value, &dump[full], &format!("{path}/{full}"));
                }
            }
        }
        value => assert_eq!(value, dump, "{path}"),
    }
}

fn compare(files: &[(&str, &str)]) {
    let node = Node::new(files);
    let (facts, dump) = (node.facts(), node.dump());
    agree(&facts["config"], &dump, "");
    let cri = &dump["plugins"]["io.containerd.grpc.v1.cri"];
    for (ours, theirs) in SETTINGS {
        assert_eq!(facts.pointer(ours), cri.pointer(theirs), "{ours}");
    }
    for (ours, theirs) in [("/root", "/root"), ("/state", "/state"), ("/server/address", "/grpc/address")] {
        assert_eq!(facts.pointer(ours), dump.pointer(theirs), "{ours}");
    }
    let runtimes = facts["cri"]["runtimes"].as_array().unwrap();
    let theirs = cri["containerd"]["runtimes"].as_object().unwrap();
    let names: Vec<_> = runtimes.iter().map(|runtime| runtime["name"].as_str().unwrap()).collect();
    assert_eq!(names, theirs.keys().map(String::as_str).collect::<Vec<_>>());
    for runtime in runtimes {
        let theirs = &theirs[runtime["name"].as_str().unwrap()];
        assert_eq!(runtime["runtime_type"].as_str().unwrap_or_default(), theirs["runtime_type"]);
        let systemd_cgroup = theirs["options"].get("SystemdCgroup").cloned().unwrap_or(Value::Bool(false));
        assert_eq!(runtime["systemd_cgroup"], systemd_cgroup);
    }
}

#[test]
#[ignore = "needs a real containerd, which .ci/run installs"]
fn the_defaults_are_containerds() {
    compare(&[("config.toml", "version = 2\n")]);
}

#[test]
#[ignore = "needs a real containerd, which .ci/run installs"]
fn imports_come_together_as_containerd_merges_them() {
    let main = [("config.toml", MAIN), ("last.toml", LAST)];
    // Where releases up to 1.6.28 look for a relative pattern, and where later ones do.
    for drop_in in ["../../conf.d/10.toml", "conf.d/10.toml"] {
        compare(&[&main[..], &[(drop_in, DROP_IN)]].concat());
    }
}

#[test]
#[ignore = "needs a real containerd, which .ci/run installs"]
fn short_names_of_version_1_mean_what_they_mean() {
    compare(&[("config.toml", VERSION_1)]);
}

#[test]
#[ignore = "needs a real containerd, which .ci/run installs"]
fn a_runtime_without_a_type_loses_it() {
    compare(&[(
        "config.toml",
        "version = 2\n[plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc.options]\nSystemdCgroup = true\n",
    )]);
}

#[test]
#[ignore = "needs a real containerd, which .ci/run installs"]
fn what_containerd_refuses_is_invalid() {
    for files in [
        &[("config.toml", "version = 2\n[grpc]\naddress = 5\n")][..],
        &[("config.toml", "version = 2\nroot = 'a'\nroot = 'b'\n")],
        &[("config.toml", "version = 2\nimports = ['gone.toml']\n")],
        &[("config.toml", "version = 2\nimports = ['bad.toml']\n"), ("bad.toml", "[x\n")],
    ] {
        let node = Node::new(files);
        let output = node.containerd();
        assert!(!output.status.success(), "containerd takes {files:?}");
        let facts = node.facts();
        let imports = facts["imports"].as_array().cloned().unwrap_or_default();
        let mut files = std::iter::once(&facts["config_file"]).chain(&imports);
        assert!(files.any(|file| file["valid"] == false || file["exists"] == false), "{facts:#}");
    }
}
