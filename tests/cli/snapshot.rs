//! Snapshots: what was collected once gives the same findings again, and hostile ones are refused.

use std::path::Path;

use serde_json::{Value, json};

use crate::run::{plimsoll, write};

/// A JSON report without its time.
fn timeless(report: &str) -> String {
    report.lines().filter(|line| !line.contains("\"taken_at\"")).collect::<Vec<_>>().join("\n")
}

/// A fact that changes while the test runs would differ between two scans of the live node, too: rules
/// that read such facts are left out.
const STEADY: [&str; 6] = ["--skip", "*nearly*", "--skip", "*pressure*", "--skip", "container-*"];

#[test]
fn a_snapshot_gives_the_findings_of_the_live_scan_byte_for_byte() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("node.json");
    let file = file.to_str().unwrap();
    assert_eq!(plimsoll(&["collect", "-o", file]).code, 0);
    for profile in ["default", "docker-host", "kubeadm-worker", "kubeadm-control-plane", "node-image"] {
        let arguments = [["check", "--profile", profile, "--format", "json"].as_slice(), &STEADY].concat();
        let live = plimsoll(&arguments);
        let saved = plimsoll(&[arguments.as_slice(), &["--snapshot", file]].concat());
        assert_eq!(timeless(&live.out), timeless(&saved.out), "{profile}");
        assert_eq!(live.code, saved.code, "{profile}");
    }
}

#[test]
fn the_same_snapshot_gives_the_same_bytes_in_every_format() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("node.json");
    let file = file.to_str().unwrap();
    assert_eq!(plimsoll(&["collect", "-o", file]).code, 0);
    for format in ["text", "json", "ndjson", "sarif", "junit"] {
        let scan = || plimsoll(&["check", "--snapshot", file, "--format", format, "--verbose"]).out;
        assert_eq!(scan(), scan(), "{format}");
    }
}

#[test]
fn what_a_snapshot_does_not_hold_is_unknown_and_not_a_pass() {
    let directory = tempfile::tempdir().unwrap();
    let snapshot = json!({
        "schema": 1,
        "tool": { "name": "plimsoll", "version": "0.1.0" },
        "taken_at": "2026-11-23T10:00:00Z",
        "target": { "kind": "live", "name": "node-7" },
        "facts": {},
    });
    let file = write(&directory.path().join("empty.json"), snapshot.to_string());
    let ran = plimsoll(&["check", "--snapshot", file.to_str().unwrap(), "--format", "json"]);
    let report: Value = ran.json();
    assert_eq!(report["summary"]["pass"], 0, "{report:#}");
    assert_eq!(report["summary"]["fail"], 0, "{report:#}");
    assert_eq!(ran.code, 3);
}

#[test]
fn snapshots_that_are_none_end_with_2() {
    let directory = tempfile::tempdir().unwrap();
    let refuses = |name: &str, content: &[u8], reason: &str| {
        let file = write(&directory.path().join(name), content);
        let ran = plimsoll(&["check", "--snapshot", file.to_str().unwrap()]);
        assert_eq!(ran.code, 2, "{name}: {}", ran.out);
        assert!(ran.err.replace('\n', " ").contains(reason), "{name}: {}", ran.err);
    };
    refuses("empty", b"", "not a snapshot");
    refuses("other.json", b"{\"schema\": 7}", "schema 7");
    refuses("list.json", b"[]", "not a snapshot");
    refuses("deep.json", "{\"facts\":".repeat(100_000).as_bytes(), "not a snapshot");
    refuses("binary", b"\x00\xff\xfe", "not a snapshot");
    refuses("large.json", &vec![b' '; 70 << 20], "too large");
    let ran = plimsoll(&["check", "--snapshot", directory.path().join("missing").to_str().unwrap()]);
    assert_eq!(ran.code, 2);
    let ran = plimsoll(&["check", "--snapshot", Path::new("/dev/null").to_str().unwrap()]);
    assert_eq!(ran.code, 2);
}
