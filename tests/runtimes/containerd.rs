//! A containerd of the test's own: its files lie in a directory that goes away with it.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

pub(crate) struct Containerd {
    process: Child,
    directory: TempDir,
}

impl Containerd {
    /// Starts containerd with its CRI plugin and waits until it answers.
    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let config = format!(
            "version = 2\nroot = {root:?}\nstate = {state:?}\n[grpc]\naddress = {socket:?}\n\
             [plugins.\"io.containerd.internal.v1.opt\"]\npath = {opt:?}\n\
             [plugins.\"io.containerd.grpc.v1.cri\".cni]\nconf_dir = {cni:?}\n",
            root = path("root"),
            state = path("state"),
            socket = path("containerd.sock"),
            opt = path("opt"),
            cni = path("cni"),
        );
        std::fs::write(path("config.toml"), config).unwrap();
        let process = Command::new("containerd")
            .arg("--config")
            .arg(path("config.toml"))
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(path("log")).unwrap())
            .spawn()
            .expect("containerd is installed (apt-get install containerd runc busybox-static)");
        let mut daemon = Self { process, directory };
        let deadline = Instant::now() + Duration::from_secs(120);
        while !daemon.ctr(&["version"]).status.success() {
            let log = || std::fs::read_to_string(daemon.directory.path().join("log")).unwrap_or_default();
            assert!(daemon.process.try_wait().unwrap().is_none(), "containerd ended: {}", log());
            assert!(Instant::now() < deadline, "containerd does not answer: {}", log());
            std::thread::sleep(Duration::from_millis(200));
        }
        daemon
    }

    /// Its socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.path().join("containerd.sock")
    }

    /// Starts a container that sleeps, of nothing but a busybox.
    pub(crate) fn run(&self, id: &str) {
        let rootfs = self.directory.path().join(format!("rootfs-{id}"));
        std::fs::create_dir_all(rootfs.join("bin")).unwrap();
        std::fs::copy("/bin/busybox", rootfs.join("bin/sleep")).expect("busybox-static is installed");
        let rootfs = rootfs.to_str().unwrap();
        let output =
            self.ctr(&["run", "--detach", "--net-host", "--rootfs", rootfs, id, "/bin/sleep", "1000"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// What `ctr` does with this containerd.
    pub(crate) fn ctr(&self, arguments: &[&str]) -> Output {
        Command::new("ctr").arg("--address").arg(self.socket()).args(arguments).output().unwrap()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.process)
    }
}

impl Drop for Containerd {
    /// Ends its containers, and it.
    fn drop(&mut self) {
        let _ = kill_process(self.pid(), Signal::CONT);
        let tasks = self.ctr(&["tasks", "list", "--quiet"]);
        for id in String::from_utf8_lossy(&tasks.stdout).lines() {
            let _ = self.ctr(&["tasks", "resume", id]);
            let _ = self.ctr(&["tasks", "delete", "--force", id]);
            let _ = self.ctr(&["containers", "delete", id]);
        }
        let _ = kill_process(self.pid(), Signal::TERM);
        let _ = self.process.wait();
    }
}
