//! A real dockerd's store: sound, it has no problem, and each way to break it is found, told with the right
//! object, and put right by the commands that the finding prints. Needs root, curl, busybox-static and the
//! Debian packages `docker.io`, `containerd` and `runc`:
//! `cargo test --test storage_docker -- --ignored --test-threads=1`.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "the test runs dockerd and the binary, breaks stores, and fails by panicking"
)]

#[path = "../support/churn.rs"]
mod churn;
mod corruptions;
mod daemon;
#[path = "../support/dockerd.rs"]
mod dockerd;
mod store;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use corruptions::{ALL, commands};
use daemon::{Daemon, STORE};
use serde_json::Value;
use store::Store;
use tempfile::TempDir;

/// How often somebody does as the findings tell, at most: what was hidden by another may come to light.
const ROUNDS: usize = 4;

/// The finding after which there are images without names, which nobody but a registry knows.
const NAMES_LOST: &str = "docker-storage-repositories-unreadable";

const DEPTHS: [&[&str]; 3] = [&[], &["--deep=stat"], &["--deep=digest"]];

/// What `plimsoll check` reports of docker's store.
fn check(arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["check", "--only", "docker-storage-*", "--format", "json", "--timeout", "10m"])
        .args(arguments)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// The findings that are no pass, as rule, subject and message.
fn findings(report: &Value) -> Vec<&Value> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings.filter(|finding| matches!(finding["outcome"].as_str(), Some("fail" | "unknown"))).collect()
}

fn in_words(findings: &[&Value]) -> String {
    let lines = findings
        .iter()
        .map(|finding| format!("{} {}: {}\n", finding["outcome"], finding["rule"], finding["message"]));
    lines.collect()
}

fn run(script: &str, directory: &Path) {
    let status = Command::new("sh").args(["-ec", script]).current_dir(directory).status().unwrap();
    assert!(status.success(), "{script}");
}

/// A store with images of several layers, of docker's and of BuildKit's making, stopped containers and one
/// that was running when docker was stopped.
struct Sound {
    directory: TempDir,
}

impl Sound {
    fn make() -> Self {
        let sound = Self { directory: tempfile::tempdir().unwrap() };
        sound.make_root_file_system();
        let daemon = sound.start();
        sound.fill(&daemon);
        sound
    }

    fn target(&self) -> PathBuf {
        self.directory.path().join("target")
    }

    /// The images, as a registry would have them.
    fn archive(&self) -> PathBuf {
        self.directory.path().join("images.tar")
    }

    fn start(&self) -> Daemon {
        Daemon::start(&self.target()).unwrap_or_else(|said| panic!("{said}"))
    }

    fn make_root_file_system(&self) {
        let commands = "mkdir -p context/bb/bin context/bb/data target; cp /bin/busybox context/bb/bin/
            for name in sh ls sleep cat seq tail; do ln -s busybox context/bb/bin/$name; done
            printf x > context/bb/data/$(printf 'caf\\351')
            printf 'FROM scratch\\nCOPY bb /\\nRUN seq 10 > /data/1\\nRUN seq 9 > /data/2\\n' > context/Dockerfile
            tar -C context/bb -cf bb.tar .; tar -C context -cf context.tar .";
        run(commands, self.directory.path());
    }

    fn fill(&self, daemon: &Daemon) {
        let path = |name: &str| self.directory.path().join(name);
        daemon.must(&format!("import {} bb:1", path("bb.tar").display()));
        daemon.must("run --net=host --name c1 bb:1 sh -c 'seq 1000 > /data/a; seq 5 > /data/gone'");
        daemon.must("commit c1 bb:2");
        daemon.must("run --net=host --name c2 bb:2 sh -c 'seq 2000 > /data/b; /bin/busybox rm /data/gone'");
        daemon.must("commit c2 bb:3");
        daemon.build(&path("context.tar"), "built:1");
        let labels = "--label io.kubernetes.pod.namespace=shop --label io.kubernetes.pod.name=web";
        // The first process of a container does not heed the signal to end, and a dockerd that stops waits for it.
        daemon.must(&format!("run -d --net=host --stop-signal KILL --name c3 {labels} bb:3 sleep 100000"));
        daemon.must(&format!("save -o {} bb:1 bb:2 bb:3 built:1", self.archive().display()));
    }
}

#[test]
#[ignore = "needs root and a real dockerd"]
fn a_sound_store_has_no_problem_at_any_depth() {
    let sound = Sound::make();
    let target = sound.target();
    let root = ["--root", target.to_str().unwrap()];
    let daemon = sound.start();
    for depth in DEPTHS {
        for arguments in [depth.to_vec(), [depth, &root[..]].concat()] {
            let report = check(&arguments);
            assert_eq!(in_words(&findings(&report)), "", "{arguments:?}, docker runs");
        }
    }
    drop(daemon);
    for depth in DEPTHS {
        let report = check(&[depth, &root[..]].concat());
        assert_eq!(in_words(&findings(&report)), "", "{depth:?}, docker is stopped");
    }
}

#[test]
#[ignore = "needs root and a real dockerd"]
fn each_way_to_break_a_store_is_found_and_its_remedy_works() {
    let sound = Sound::make();
    let original = Store::at(&sound.target());
    let copy = sound.directory.path().join("copy");
    let mut wrong = String::new();
    for corruption in ALL {
        let store = original.copy(&copy);
        let id = (corruption.act)(&store);
        let report = check(&["--root", copy.to_str().unwrap(), "--deep=digest"]);
        let rule = format!("docker-storage-{}", corruption.check);
        let found = findings(&report);
        let told = found.iter().find(|finding| finding["rule"] == rule && finding["subject"] == id.as_str());
        match told {
            None => {
                wrong += &format!("{}: {rule} {id} was not found, but\n{}", corruption.name, in_words(&found))
            }
            Some(_) => {
                if let Err(error) = remedy(&sound, &copy, &rule, &report) {
                    wrong += &format!("{}: {error}\n", corruption.name);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Runs the commands of the findings of the corruption's check, then those of what is left, as somebody would
/// who does as told, until the store is sound. Then the engine has to work.
fn remedy(sound: &Sound, target: &Path, rule: &str, report: &Value) -> Result<(), String> {
    let mut left: Vec<Value> =
        findings(report).into_iter().filter(|of| of["rule"] == rule).cloned().collect();
    for _ in 0..ROUNDS {
        act(sound, target, &left)?;
        let again = check(&["--root", target.to_str().unwrap(), "--deep=digest"]);
        left = findings(&again).into_iter().cloned().collect();
        if left.is_empty() {
            return works(sound, target, rule == NAMES_LOST);
        }
    }
    Err(format!("the commands were run, and there is\n{}", in_words(&left.iter().collect::<Vec<_>>())))
}

/// Runs the commands of the findings: those for a stopped docker first.
fn act(sound: &Sound, target: &Path, findings: &[Value]) -> Result<(), String> {
    let (stopped, running): (Vec<_>, Vec<_>) = findings.iter().map(commands).unzip();
    let in_target = |command: &String| {
        let command = command.replace(STORE, daemon::store(target).to_str().unwrap());
        command.replace("/var/tmp", target.to_str().unwrap())
    };
    for command in stopped.concat().iter().map(in_target) {
        let output = Command::new("timeout").args(["60", "sh", "-c", &command]).output().unwrap();
        if !output.status.success() {
            return Err(format!("{command}: {}", String::from_utf8_lossy(&output.stderr)));
        }
    }
    let daemon = Daemon::start(target)?;
    for command in running.concat() {
        let (succeeded, said) = daemon.shell(&command, &sound.archive());
        if !succeeded {
            return Err(format!("{command}: {said}"));
        }
    }
    Ok(())
}

/// Whether docker runs, starts and saves what is in the store, once images that lost their names are pulled.
fn works(sound: &Sound, target: &Path, names_are_lost: bool) -> Result<(), String> {
    let daemon = Daemon::start(target)?;
    if names_are_lost {
        daemon.shell("docker pull bb:3", &sound.archive());
    }
    let (_, said) = daemon.docker("run --rm --net=host bb:3 tail -n 1 /data/b");
    if said.trim() != "2000" {
        return Err(format!("bb:3 does not run: {said}"));
    }
    let (_, containers) = daemon.docker("ps --all --quiet");
    for container in containers.lines() {
        let (started, said) = daemon.docker(&format!("start {container}"));
        if !started {
            return Err(format!("{container} does not start: {said}"));
        }
    }
    let archive = sound.directory.path().join("again.tar");
    let (saved, said) = daemon.docker(&format!("save -o {} bb:3", archive.display()));
    if saved { Ok(()) } else { Err(format!("bb:3 cannot be saved: {said}")) }
}

#[test]
#[ignore = "needs root and a real dockerd"]
fn nothing_is_found_while_docker_works() {
    let sound = Sound::make();
    let daemon = sound.start();
    let archive = sound.archive();
    let work = || {
        daemon.docker("run --net=host --name churn bb:3 sh -c 'seq 3000 > /data/c'");
        daemon.docker("commit churn churn:1");
        daemon.docker("rm -f churn");
        daemon.docker("rmi churn:1");
        daemon.docker("rmi -f built:1");
        daemon.docker(&format!("load -i {}", archive.display()));
    };
    let mut wrong = String::new();
    let scans = churn::scan_during(work, |scans| {
        let report = check(if scans % 4 == 3 { &["--deep=digest"] } else { &[] });
        let fails: Vec<&Value> =
            findings(&report).into_iter().filter(|finding| finding["outcome"] == "fail").collect();
        wrong += &in_words(&fails);
        true
    });
    assert_eq!(wrong, "", "in {scans} scans");
    fs::remove_file(&archive).unwrap();
}
