//! A containerd of the test's own: its files lie in a directory that goes away with it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

pub(crate) struct Containerd {
    process: Child,
    directory: TempDir,
}

impl Containerd {
    /// Starts containerd and waits until it answers.
    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).display().to_string();
        let config = format!(
            "version = 2\nroot = '{}'\nstate = '{}'\ndisabled_plugins = ['io.containerd.grpc.v1.cri']\n\
             [grpc]\naddress = '{}'\n[plugins.'io.containerd.internal.v1.opt']\npath = '{}'\n",
            path("root"),
            path("state"),
            path("sock"),
            path("opt"),
        );
        std::fs::write(path("config.toml"), config).unwrap();
        let process = Command::new("containerd")
            .args(["--config", &path("config.toml")])
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(path("log")).unwrap())
            .spawn()
            .expect("containerd is installed (apt-get install containerd runc)");
        let mut containerd = Self { process, directory };
        let deadline = Instant::now() + Duration::from_secs(120);
        while !containerd.try_ctr(&["version"]).status.success() {
            assert!(containerd.process.try_wait().unwrap().is_none(), "{}", containerd.log());
            assert!(Instant::now() < deadline, "containerd does not answer: {}", containerd.log());
            std::thread::sleep(Duration::from_millis(200));
        }
        containerd
    }

    /// The directory of its store.
    pub(crate) fn root(&self) -> PathBuf {
        self.directory.path().join("root")
    }

    /// Runs `ctr`, which has to succeed.
    pub(crate) fn ctr(&self, arguments: &[&str]) {
        let output = self.try_ctr(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Ends the daemon; its containers run on.
    pub(crate) fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    fn try_ctr(&self, arguments: &[&str]) -> Output {
        Command::new("ctr")
            .arg("--address")
            .arg(self.directory.path().join("sock"))
            .args(arguments)
            .output()
            .expect("ctr is installed")
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Containerd {
    fn drop(&mut self) {
        self.kill();
        end_processes_of(self.directory.path());
        let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
        let own = self.directory.path().display().to_string();
        for target in mounts.lines().filter_map(|line| line.split(' ').nth(1)) {
            if target.starts_with(&own) {
                let _ = Command::new("umount").args(["--lazy", target]).status();
            }
        }
    }
}

/// Ends the shims that were started for this directory, and the containers in their care.
fn end_processes_of(directory: &Path) {
    let directory = directory.display().to_string();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<i32>() else { continue };
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        if !line.contains("containerd-shim") || !line.contains(&directory) {
            continue;
        }
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        let children = children.unwrap_or_default();
        let pids = children.split_whitespace().filter_map(|child| child.parse().ok()).chain([pid]);
        for pid in pids.filter_map(Pid::from_raw) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}
