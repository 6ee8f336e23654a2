//! A dockerd of the test's own, on a store in a target's root: `<directory>/var/lib/docker`.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::dockerd;

/// Where a target has docker's store.
pub(crate) const STORE: &str = "/var/lib/docker";

pub(crate) struct Daemon {
    process: Child,
    /// Its own files, of no other daemon before or after it.
    run: TempDir,
}

impl Daemon {
    /// Starts dockerd on the store of `target` and waits until it answers; else what it said.
    pub(crate) fn start(target: &Path) -> Result<Self, String> {
        let run = tempfile::tempdir().unwrap();
        let process = dockerd::start(run.path(), &store(target), r#"{ "storage-driver": "overlay2" }"#)?;
        Ok(Self { process, run })
    }

    /// Whether the shell's `docker <command>` succeeds, and what it says. `docker pull` takes the image
    /// from the archive `$ARCHIVE`, for there is no registry.
    pub(crate) fn docker(&self, command: &str) -> (bool, String) {
        self.shell(&format!("docker {command}"), Path::new("/nowhere"))
    }

    /// As [`Daemon::docker`], of a shell's whole `script`.
    pub(crate) fn shell(&self, script: &str, archive: &Path) -> (bool, String) {
        let pull = "docker() { if [ \"$1\" = pull ]; then command docker load -q -i \"$ARCHIVE\"; \
                    else command docker \"$@\"; fi; }";
        let output = Command::new("sh")
            .args(["-c", &format!("{pull}\n{script}")])
            .env("DOCKER_HOST", dockerd::host(self.run.path()))
            .env("ARCHIVE", archive)
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    }

    /// As [`Daemon::docker`], of what has to succeed: what it says.
    pub(crate) fn must(&self, command: &str) -> String {
        let (succeeded, said) = self.docker(command);
        assert!(succeeded, "docker {command}: {said}");
        said
    }

    /// Builds an image with BuildKit out of `archive`, without a client that could.
    pub(crate) fn build(&self, archive: &Path, tag: &str) {
        let output = Command::new("curl")
            .args(["--silent", "--fail", "--header", "Content-Type: application/x-tar", "--unix-socket"])
            .arg(self.run.path().join("docker.sock"))
            .arg("--data-binary")
            .arg(format!("@{}", archive.display()))
            .arg(format!("http://docker/v1.41/build?version=2&t={tag}&networkmode=host"))
            .output()
            .expect("curl is installed (apt-get install curl)");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self.must(&format!("image inspect {tag}"));
    }
}

/// The store of `target`.
pub(crate) fn store(target: &Path) -> PathBuf {
    target.join(STORE.trim_start_matches('/'))
}

impl Drop for Daemon {
    /// Ends it, and with it the containerd that it started and its containers.
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.process), Signal::TERM);
        let _ = self.process.wait();
    }
}
