//! A node's root with podman's files in it, and the real podman, which sees them in the place of the system's.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// The directories of the root that podman sees at these paths.
const SEEN: [&str; 2] = ["/etc/containers", "/usr/share/containers"];

pub(crate) struct Node(TempDir);

impl Node {
    /// A node whose configuration is sound, with an image `busybox` and the same image in a directory.
    pub(crate) fn new() -> Self {
        let node = Self(tempfile::tempdir().unwrap());
        for directory in SEEN {
            std::fs::create_dir_all(node.at(directory)).unwrap();
        }
        std::fs::create_dir_all(node.at("/home")).unwrap();
        for program in ["/usr/bin/podman", "/usr/bin/conmon", "/usr/bin/crun"] {
            node.write(program, "");
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(node.at(program), mode).unwrap();
        }
        node.write("/etc/containers/policy.json", r#"{"default": [{"type": "insecureAcceptAnything"}]}"#);
        let programs = tempfile::tempdir().unwrap();
        std::fs::create_dir(programs.path().join("bin")).unwrap();
        std::fs::copy("/bin/busybox", programs.path().join("bin/busybox"))
            .expect("busybox-static is installed");
        std::os::unix::fs::symlink("busybox", programs.path().join("bin/true")).unwrap();
        let archive = node.at("/busybox.tar");
        let tar =
            Command::new("tar").arg("-C").arg(programs.path()).arg("-cf").arg(&archive).arg(".").status();
        assert!(tar.unwrap().success());
        node.succeeds(&["import", archive.to_str().unwrap(), "busybox"]);
        let directory = node.at("/image");
        node.succeeds(&["save", "--format", "docker-dir", "-o", directory.to_str().unwrap(), "busybox"]);
        node
    }

    /// Writes the file at `path` of the node.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let file = self.at(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    /// Removes the file at `path` of the node.
    pub(crate) fn remove(&self, path: &str) {
        std::fs::remove_file(self.at(path)).unwrap();
    }

    /// Where `path` of the node is on this machine.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path.trim_start_matches('/'))
    }

    /// What podman of the node does: its own mounts are gone when it ends.
    pub(crate) fn podman(&self, arguments: &[&str]) -> Output {
        let binds = SEEN.map(|path| format!("mount --bind {} {path}", self.at(path).display())).join(" && ");
        let flags = [("--root", "/graph"), ("--runroot", "/run"), ("--tmpdir", "/tmp")];
        let flags = flags.map(|(flag, path)| format!("{flag} {}", self.at(path).display())).join(" ");
        let podman = format!(
            "{binds} && exec podman {flags} --storage-driver vfs --cgroup-manager cgroupfs --runtime {} \"$@\"",
            runtime()
        );
        Command::new("unshare")
            .args(["--mount", "sh", "-c", &podman, "sh"])
            .args(arguments)
            .env("HOME", self.at("/home"))
            .output()
            .expect("podman and util-linux are installed (apt-get install podman runc)")
    }

    fn succeeds(&self, arguments: &[&str]) {
        let output = self.podman(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Whether the rule fails on the node.
    pub(crate) fn finds(&self, rule: &str) -> bool {
        let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
            .args(["check", "--format", "json", "--only", rule, "--root"])
            .arg(self.0.path())
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        let findings = report["findings"].as_array().unwrap();
        findings.iter().any(|finding| finding["rule"] == rule && finding["outcome"] == "fail")
    }
}

/// The runtime of this machine.
fn runtime() -> &'static str {
    let places = ["/usr/sbin/runc", "/usr/bin/runc", "/usr/bin/crun"];
    places.into_iter().find(|path| Path::new(path).exists()).expect("runc or crun is installed")
}
