//! A real dockerd with deliberate faults: each is a finding that points at its line, and putting it right
//! clears the finding. Needs root and the Debian packages `docker.io`, `containerd` and `runc`, which
//! `.ci/run` installs: `cargo test --test dockerd -- --ignored`.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the test starts dockerd, runs the binary, and fails by panicking"
)]

mod daemon;
#[path = "../support/dockerd.rs"]
mod dockerd;

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use daemon::Daemon;
use serde_json::Value;

const FAULTY: &str = r#"{
  "live-restore": false,
  "insecure-registries": ["registry.example:5000"],
  "registry-mirrors": ["http://mirror.example:5000"],
  "log-level": "debug",
  "default-ulimits": { "core": { "Name": "core", "Hard": -1, "Soft": -1 } }
}
"#;

const SOUND: &str = r#"{
  "live-restore": true,
  "log-opts": { "max-size": "10m", "max-file": "3" },
  "default-ulimits": { "core": { "Name": "core", "Hard": 0, "Soft": 0 } }
}
"#;

/// Each fault's rule, and the line of `FAULTY` that it has to point at.
const FAULTS: [(&str, u64); 5] = [
    ("docker-live-restore-off", 2),
    ("docker-insecure-registry", 3),
    ("docker-registry-mirror-insecure", 4),
    ("docker-debug-logging", 5),
    ("docker-core-dumps-unlimited", 6),
];

fn plimsoll(arguments: &[&str]) -> (Option<i32>, Value) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_plimsoll")).args(arguments).args(["--format", "json"]).output();
    let output = output.unwrap();
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code(), report)
}

fn failures<'r>(report: &'r Value, rule: &str) -> Vec<&'r Value> {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().filter(|finding| finding["rule"] == rule && finding["outcome"] == "fail").collect()
}

#[test]
#[ignore = "needs root and a real dockerd, which .ci/run installs"]
fn faults_point_at_their_lines_and_clear_when_put_right() {
    let daemon = Daemon::start(FAULTY);
    let (code, report) = plimsoll(&["check", "--profile", "docker-host"]);
    for (rule, line) in FAULTS {
        let found = failures(&report, rule);
        let finding = found.first().unwrap_or_else(|| panic!("{rule} did not fail: {report:#}"));
        let origin = &finding["evidence"][0]["origin"];
        assert_eq!(origin["file"].as_str(), daemon.config_file().to_str(), "{finding:#}");
        assert_eq!(origin["line"].as_u64(), Some(line), "{finding:#}");
        assert_eq!(
            origin["text"].as_str(),
            FAULTY.lines().nth(usize::try_from(line).unwrap() - 1),
            "{finding:#}"
        );
    }
    assert_eq!(code, Some(1));
    drop(daemon);

    let _daemon = Daemon::start(SOUND);
    let (_, report) = plimsoll(&["check", "--profile", "docker-host"]);
    for (rule, _) in FAULTS {
        assert!(failures(&report, rule).is_empty(), "{rule} still fails");
    }
}

#[test]
#[ignore = "needs root and a real dockerd, which .ci/run installs"]
fn the_engine_is_what_docker_info_says() {
    let daemon = Daemon::start(SOUND);
    let (_, report) = plimsoll_query("$.docker.engine");
    let engine = &report[0];
    let info = daemon.info();
    for (fact, field) in [
        ("version", "ServerVersion"),
        ("storage_driver", "Driver"),
        ("cgroup_driver", "CgroupDriver"),
        ("logging_driver", "LoggingDriver"),
        ("default_runtime", "DefaultRuntime"),
        ("live_restore", "LiveRestoreEnabled"),
        ("images", "Images"),
        ("root_dir", "DockerRootDir"),
    ] {
        assert_eq!(engine[fact], info[field], "{fact}");
    }
    assert_eq!(engine["containers"]["total"], info["Containers"]);
    assert_eq!(engine["responding"], true);
}

fn plimsoll_query(path: &str) -> (Option<i32>, Value) {
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll")).args(["query", path]).output().unwrap();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
#[ignore = "needs root and a real dockerd, which .ci/run installs"]
fn a_stopped_dockerd_does_not_hold_up_the_scan() {
    let daemon = Daemon::start(SOUND);
    daemon.stop();
    let started = Instant::now();
    let (code, report) = plimsoll(&["check", "--profile", "docker-host", "--timeout", "5s"]);
    let took = started.elapsed();
    daemon.resume();
    assert!(took < Duration::from_secs(15), "the scan took {took:?}");
    let found = failures(&report, "docker-not-responding");
    let [finding] = &found[..] else { panic!("{report:#}") };
    let dump = format!("kill -USR1 {}", daemon.pid().as_raw_nonzero());
    assert!(finding.to_string().contains(&dump), "{finding:#}");
    assert_eq!(code, Some(1));
}

#[test]
#[ignore = "needs root and a real dockerd, which .ci/run installs"]
fn dockerd_and_the_containerd_that_it_starts_are_asked_at_their_own_sockets() {
    let daemon = Daemon::start(SOUND);
    let (_, told) = plimsoll_query("$.runtimes.daemons");
    let exec_root = daemon.config_file().with_file_name("exec");
    let own = |socket: PathBuf| {
        let daemons = told[0].as_array().unwrap();
        daemons.iter().find(|daemon| daemon["socket"].as_str() == socket.to_str()).cloned()
    };
    for (socket, name) in [
        (daemon.config_file().with_file_name("docker.sock"), "docker"),
        (exec_root.join("containerd/containerd.sock"), "containerd"),
    ] {
        let found = own(socket).unwrap_or_else(|| panic!("{told:#}"));
        assert_eq!((&found["name"], &found["responding"]), (&name.into(), &true.into()), "{told:#}");
    }
}
