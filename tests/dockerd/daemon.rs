//! A dockerd of the test's own: its files lie in a directory that goes away with it.

use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::dockerd;

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
        let process = dockerd::start(directory.path(), &directory.path().join("data"), config)
            .unwrap_or_else(|said| panic!("{said}"));
        Self { process, directory, _only_one: only_one }
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
            .arg(dockerd::host(self.directory.path()))
            .args(arguments)
            .output()
            .unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.process)
    }
}

impl Drop for Daemon {
    /// Ends it, and with it the containerd that it started.
    fn drop(&mut self) {
        let _ = kill_process(self.pid(), Signal::CONT);
        let _ = kill_process(self.pid(), Signal::TERM);
        let _ = self.process.wait();
    }
}
