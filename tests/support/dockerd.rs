//! A dockerd of a test's own.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long it may take until it answers.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where it listens, in the words of docker's clients.
pub(crate) fn host(directory: &Path) -> String {
    format!("unix://{}", directory.join("docker.sock").display())
}

/// Starts dockerd with this `daemon.json`, its own files in `directory` and its store in `store`, and waits until
/// it answers; else what it said last.
pub(crate) fn start(directory: &Path, store: &Path, config: &str) -> Result<Child, String> {
    let path = |name: &str| directory.join(name);
    std::fs::write(path("daemon.json"), config).unwrap();
    let mut process = Command::new("dockerd")
        .arg("--config-file")
        .arg(path("daemon.json"))
        .arg("--data-root")
        .arg(store)
        .arg("--exec-root")
        .arg(path("exec"))
        .arg("--pidfile")
        .arg(path("pid"))
        .arg("--host")
        .arg(host(directory))
        .args(["--iptables=false", "--bridge=none"])
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(path("log")).unwrap())
        .spawn()
        .expect("dockerd is installed (apt-get install docker.io containerd runc)");
    let deadline = Instant::now() + PATIENCE;
    while !answers(directory) {
        if process.try_wait().unwrap().is_some() || Instant::now() > deadline {
            let said = std::fs::read_to_string(path("log")).unwrap_or_default();
            return Err(format!("dockerd does not answer: {}", said.lines().last().unwrap_or_default()));
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    Ok(process)
}

fn answers(directory: &Path) -> bool {
    Command::new("docker")
        .arg("--host")
        .arg(host(directory))
        .arg("version")
        .output()
        .unwrap()
        .status
        .success()
}
