//! A dockerd of the test's own: its files lie in a directory that goes away with it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// One dockerd at a time: the scanner looks at the node's.
static ONLY_ONE: Mutex<()> = Mutex::new(());

pub(crate) struct Daemon {
    process: Child,
    directory: TempDir,
    _only_one: MutexGuard<'static, ()>,
}

impl Daemon {
    /// Starts dockerd with this `daemon.json` and waits until it answers.
    pub(crate) fn start(config: &str) -> Self {
        let only_one = ONLY_ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        std::fs::write(path("daemon.json"), config).unwrap();
        let process = Command::new("dockerd")
            .arg("--config-file")
            .arg(path("daemon.json"))
            .arg("--data-root")
            .arg(path("data"))
            .arg("--exec-root")
            .arg(path("exec"))
            .arg("--pidfile")
            .arg(path("pid"))
            .arg("--host")
            .arg(socket(directory.path()))
            .args(["--iptables=false", "--bridge=none"])
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(path("log")).unwrap())
            .spawn()
            .expect("dockerd is installed (apt-get install docker.io containerd runc)");
        let mut daemon = Self { process, directory, _only_one: only_one };
        daemon.wait_until_it_answers();
        daemon
    }

    fn wait_until_it_answers(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(120);
        while self.docker(&["version"]).is_none() {
            let log = || std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default();
            assert!(self.process.try_wait().unwrap().is_none(), "dockerd ended: {}", log());
            assert!(Instant::now() < deadline, "dockerd does not answer: {}", log());
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// The path of its `daemon.json`.
    pub(crate) fn config_file(&self) -> PathBuf {
        self.directory.path().join("daemon.json")
    }

    /// What `docker info` says.
    pub(crate) fn info(&self) -> Value {
        let info = self.docker(&["info", "--format", "{{json .}}"]).unwrap();
        serde_json::from_str(&info).unwrap()
    }

    /// Stops it as a hang would: it accepts connections and never answers.
    pub(crate) fn stop(&self) {
        kill_process(self.pid(), Signal::STOP).unwrap();
    }

    /// Lets it go on.
    pub(crate) fn resume(&self) {
        kill_process(self.pid(), Signal::CONT).unwrap();
    }

    fn docker(&self, arguments: &[&str]) -> Option<String> {
        let output = Command::new("docker")
            .arg("--host")
            .arg(socket(self.directory.path()))
            .args(arguments)
            .output()
            .unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.process)
    }
}

fn socket(directory: &Path) -> String {
    format!("unix://{}", directory.join("docker.sock").display())
}

impl Drop for Daemon {
    /// Ends it, and with it the containerd that it started.
    fn drop(&mut self) {
        let _ = kill_process(self.pid(), Signal::CONT);
        let _ = kill_process(self.pid(), Signal::TERM);
        let _ = self.process.wait();
    }
}
