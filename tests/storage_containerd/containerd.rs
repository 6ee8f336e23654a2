//! A containerd of the test's own, on a store in a target's root: `<target>/var/lib/containerd`.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Where a target has containerd's store.
pub(crate) const STORE: &str = "/var/lib/containerd";

pub(crate) struct Containerd {
    process: Option<Child>,
    /// The target, unless it is elsewhere, and all that is not in the store.
    directory: TempDir,
}

impl Containerd {
    /// One that does not run yet, and whose store is empty.
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let containerd = Self { process: None, directory };
        let path = |name: &str| containerd.path(name).display().to_string();
        let config = format!(
            "version = 2\nroot = '{}'\nstate = '{}'\ndisabled_plugins = ['io.containerd.grpc.v1.cri']\n\
             [grpc]\naddress = '{}'\n[plugins.'io.containerd.internal.v1.opt']\npath = '{}'\n",
            containerd.store().display(),
            path("state"),
            path("sock"),
            path("opt"),
        );
        std::fs::create_dir_all(containerd.store().parent().unwrap()).unwrap();
        // What a finding advises depends on the programs that the node has, and on what starts them.
        let target = containerd.target();
        for directory in ["usr/bin", "sbin", "usr/lib/systemd/system"] {
            std::fs::create_dir_all(target.join(directory)).unwrap();
        }
        std::fs::copy("/bin/true", target.join("usr/bin/containerd")).unwrap();
        std::fs::write(target.join("usr/lib/systemd/systemd"), "").unwrap();
        std::os::unix::fs::symlink("/usr/lib/systemd/systemd", target.join("sbin/init")).unwrap();
        std::fs::write(target.join("usr/lib/systemd/system/containerd.service"), "[Service]\n").unwrap();
        std::fs::write(path("config.toml"), config).unwrap();
        containerd
    }

    /// One that does not run, with a copy of this one's store.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::new();
        let copied = Command::new("cp").arg("-a").args([self.store(), copy.store()]).status().unwrap();
        assert!(copied.success());
        copy
    }

    /// Starts it and waits until it answers.
    ///
    /// # Errors
    ///
    /// If it ends instead: what it said last.
    pub(crate) fn start(&mut self) -> Result<(), String> {
        if self.process.is_some() {
            return Ok(());
        }
        let log = self.path("log");
        let process = Command::new("containerd")
            .arg("--config")
            .arg(self.path("config.toml"))
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .expect("containerd is installed (apt-get install containerd runc)");
        let process = self.process.insert(process);
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            let has_ended = process.try_wait().unwrap().is_some();
            if has_ended || Instant::now() > deadline {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                self.stop();
                return Err(format!(
                    "containerd does not answer: {}",
                    said.lines().last().unwrap_or_default()
                ));
            }
            // A store whose database is damaged is served without its images.
            if ctr(&self.directory.path().join("sock"), &["images", "ls"]).status.success() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The id of a container that no other containerd of this node has, for runc knows of them all.
    pub(crate) fn own(&self, name: &str) -> String {
        format!("{name}-{}", self.suffix())
    }

    fn suffix(&self) -> String {
        let directory = self.directory.path().file_name().unwrap().to_string_lossy();
        directory.trim_start_matches('.').to_owned()
    }

    /// The root of the target.
    pub(crate) fn target(&self) -> PathBuf {
        self.path("target")
    }

    /// The directory of its store.
    pub(crate) fn store(&self) -> PathBuf {
        self.target().join(STORE.trim_start_matches('/'))
    }

    /// Runs `ctr`, which has to succeed.
    pub(crate) fn ctr(&self, arguments: &[&str]) -> String {
        let output = ctr(&self.path("sock"), arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs `ctr`, whether it succeeds or not.
    pub(crate) fn try_ctr(&self, arguments: &[&str]) -> bool {
        ctr(&self.path("sock"), arguments).status.success()
    }

    /// Runs the shell's `script`, in which `ctr` is that of this containerd and takes what it pulls from
    /// `<images>/<name>.tar`, for there is no registry.
    ///
    /// # Errors
    ///
    /// If it fails: what it says.
    pub(crate) fn shell(&self, script: &str, images: &Path) -> Result<(), String> {
        let script = script.replace(STORE, self.store().to_str().unwrap());
        let pull = "ctr() { if [ \"$3 $4\" = 'images pull' ]; then name=${5##*/};
                    command ctr -a \"$SOCKET\" -n \"$2\" images import \"$IMAGES/${name%:*}.tar\";
                    else command ctr -a \"$SOCKET\" \"$@\"; fi; }";
        let output = Command::new("sh")
            .args(["-c", &format!("{pull}\n{script}")])
            .env("SOCKET", self.path("sock"))
            .env("IMAGES", images)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(()) } else { Err(format!("{script}: {said}")) }
    }

    /// Ends the daemon; its containers run on.
    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = kill_process(Pid::from_child(&process), Signal::TERM);
            let _ = process.wait();
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

fn ctr(socket: &Path, arguments: &[&str]) -> Output {
    Command::new("ctr").arg("--address").arg(socket).args(arguments).output().expect("ctr is installed")
}

impl Drop for Containerd {
    fn drop(&mut self) {
        self.stop();
        end_processes_of(self.directory.path());
        forget_containers(&self.suffix());
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

/// Lets runc forget the containers whose ids end so.
fn forget_containers(suffix: &str) {
    let namespaces = std::fs::read_dir("/run/containerd/runc").into_iter().flatten().flatten();
    for namespace in namespaces.map(|namespace| namespace.path()) {
        for container in std::fs::read_dir(&namespace).into_iter().flatten().flatten() {
            let id = container.file_name();
            if id.to_string_lossy().ends_with(suffix) {
                let _ = Command::new("runc")
                    .arg("--root")
                    .arg(&namespace)
                    .args(["delete", "--force"])
                    .arg(id)
                    .status();
            }
        }
    }
}
