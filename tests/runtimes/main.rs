//! A real containerd with real containers: what is said of it agrees with `ctr`, and each fault is a finding.
//! Needs root and the Debian packages `containerd`, `runc` and `busybox-static`:
//! `cargo test --test runtimes -- --ignored`.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the test starts containerd, runs the binary, and fails by panicking"
)]

mod containerd;

use std::process::Command;
use std::time::{Duration, Instant};

use containerd::Containerd;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

fn plimsoll(arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll")).args(arguments).output().unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// The findings of `rule` that failed and mention `about`.
fn failures(rule: &str, about: &str) -> Vec<Value> {
    // What a runtime says over the CRI matters where Kubernetes runs.
    let profiles = ["--profile", "default", "--profile", "kubeadm-worker"];
    let report = plimsoll(&[&["check", "--only", rule, "--format", "json"][..], &profiles].concat());
    let findings = report["findings"].as_array().unwrap().clone();
    findings
        .into_iter()
        .filter(|finding| finding["outcome"] == "fail" && finding.to_string().contains(about))
        .collect()
}

fn fact(path: &str) -> Value {
    plimsoll(&["query", path])[0].clone()
}

/// The daemon of the test among the facts.
fn daemon(containerd: &Containerd) -> Value {
    let socket = containerd.socket();
    let daemons = fact("$.runtimes.daemons");
    let found =
        daemons.as_array().unwrap().iter().find(|daemon| daemon["socket"].as_str() == socket.to_str());
    found.unwrap_or_else(|| panic!("{daemons:#}")).clone()
}

#[test]
#[ignore = "needs root and a real containerd"]
fn what_it_says_is_what_ctr_says() {
    let containerd = Containerd::start();
    let told = daemon(&containerd);
    assert_eq!(told["responding"], true, "{told:#}");
    assert_eq!(told["cri"]["runtime"], "containerd", "{told:#}");
    let version = String::from_utf8(containerd.ctr(&["version"]).stdout).unwrap();
    assert!(version.contains(told["cri"]["version"].as_str().unwrap()), "{version}: {told:#}");
    assert_eq!(told["cri"]["runtime_ready"], true, "{told:#}");
    // There is no network plugin in its directory.
    assert_eq!(told["cri"]["network_ready"], false, "{told:#}");
    let socket = containerd.socket();
    assert_eq!(failures("cri-network-not-ready", socket.to_str().unwrap()).len(), 1);
}

#[test]
#[ignore = "needs root and a real containerd"]
fn a_stopped_containerd_is_found_in_time_and_how_to_dump_it() {
    let containerd = Containerd::start();
    containerd.signal(Signal::STOP);
    let started = Instant::now();
    let socket = containerd.socket();
    let found = failures("containerd-not-responding", socket.to_str().unwrap());
    let took = started.elapsed();
    containerd.signal(Signal::CONT);
    assert!(took < Duration::from_secs(15), "the scan took {took:?}");
    let [finding] = &found[..] else { panic!("{found:#?}") };
    let dump = format!("kill -USR1 {}", containerd.pid().as_raw_nonzero());
    assert!(finding.to_string().contains(&dump), "{finding:#}");
}

#[test]
#[ignore = "needs root and a real containerd"]
fn a_paused_container_is_found_and_cleared() {
    let containerd = Containerd::start();
    containerd.run("plimsoll-paused");
    assert!(failures("container-paused", "plimsoll-paused").is_empty());
    assert!(containerd.ctr(&["tasks", "pause", "plimsoll-paused"]).status.success());
    assert_eq!(failures("container-paused", "plimsoll-paused").len(), 1);
    assert!(containerd.ctr(&["tasks", "resume", "plimsoll-paused"]).status.success());
    assert!(failures("container-paused", "plimsoll-paused").is_empty());
}

#[test]
#[ignore = "needs root and a real containerd"]
fn a_killed_shim_leaves_a_finding() {
    let containerd = Containerd::start();
    containerd.run("plimsoll-shim");
    assert!(failures("container-without-shim", "plimsoll-shim").is_empty());
    let shims = fact("$.runtimes.shims");
    let shim = shims.as_array().unwrap().iter().find(|shim| shim["container"] == "plimsoll-shim").unwrap();
    assert_eq!(shim["has_process"], true, "{shim:#}");
    // containerd would clean up after it.
    containerd.signal(Signal::STOP);
    let pid = |value: &Value| Pid::from_raw(i32::try_from(value.as_u64().unwrap()).unwrap()).unwrap();
    kill_process(pid(&shim["pid"]), Signal::KILL).unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut found = failures("container-without-shim", "plimsoll-shim");
    while found.is_empty() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(200));
        found = failures("container-without-shim", "plimsoll-shim");
    }
    let bundles = fact("$.runtimes.bundles");
    let bundle = bundles.as_array().unwrap().iter().find(|bundle| bundle["id"] == "plimsoll-shim").unwrap();
    let _ = kill_process(pid(&bundle["pid"]), Signal::KILL);
    containerd.signal(Signal::CONT);
    assert_eq!(found.len(), 1, "{bundle:#}");
}
