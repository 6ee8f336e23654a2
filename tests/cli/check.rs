//! `plimsoll check`: targets, exit codes, waivers, baselines.

use std::os::unix::process::CommandExt;

use serde_json::Value;

use crate::run::{command, finish, plimsoll, tree, write};

/// The outcome of a rule in a JSON report.
fn outcome<'r>(report: &'r Value, rule: &str) -> &'r str {
    let findings = report["findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["rule"] == rule);
    finding.map_or("missing", |finding| finding["outcome"].as_str().unwrap())
}

const IMAGE: &[(&str, &str)] = &[
    ("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n"),
    ("etc/docker/daemon.json", "{\n  \"live-restore\": false,\n  \"log-driver\": \"json-file\"\n}\n"),
    ("etc/sysctl.d/99-k8s.conf", "net.ipv4.ip_forward = 0\n"),
    ("etc/fstab", "/dev/sda2 none swap sw 0 0\n"),
    ("usr/bin/dockerd", "#!/bin/false\n"),
];

#[test]
fn an_offline_root_has_findings_with_the_line_of_its_own_file() {
    let image = tree(IMAGE);
    let ran =
        plimsoll(&["check", "--root", image.path().to_str().unwrap(), "--only", "docker-live-restore-off"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("[/etc/docker/daemon.json:2:3]"), "{}", ran.out);
    assert!(ran.out.contains("2 │   \"live-restore\": false,\n"), "{}", ran.out);
    assert!(ran.out.contains("·   ─────────────────────\n"), "{}", ran.out);
}

#[test]
fn what_needs_a_running_node_does_not_apply_to_an_offline_root() {
    let image = tree(IMAGE);
    let ran = plimsoll(&["check", "--root", image.path().to_str().unwrap(), "--format", "json"]);
    assert_eq!(outcome(&ran.json(), "cgroup-v1-in-use"), "not-applicable");
    assert_eq!(ran.json()["target"]["kind"], "root");
}

#[test]
fn this_node_through_root_slash_is_this_node() {
    let arguments = ["check", "--format", "json", "--only", "kernel-*", "--only", "cgroup-*"];
    let (live, mounted) = (plimsoll(&arguments), plimsoll(&[&arguments[..], &["--root", "/"]].concat()));
    assert_eq!(live.json()["findings"], mounted.json()["findings"]);
    assert_eq!(mounted.json()["target"]["kind"], "live");
}

#[test]
fn an_ordinary_user_is_told_what_could_not_be_seen_and_how_to_see_it() {
    if !rustix::process::geteuid().is_root() {
        let ran = plimsoll(&["check", "--fail-on", "critical"]);
        assert!(ran.out.contains("run as root"), "{}", ran.out);
        return;
    }
    // A copy that others may run: the build directory may be closed to them.
    let directory = tempfile::tempdir_in("/tmp").unwrap();
    let copy = directory.path().join("plimsoll");
    std::fs::copy(env!("CARGO_BIN_EXE_plimsoll"), &copy).unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(directory.path(), open).unwrap();
    let mut command = std::process::Command::new(copy);
    command.args(["check", "--only", "apparmor-profile-*", "--only", "docker-not-responding"]).env_clear();
    command.uid(65534).gid(65534).current_dir("/");
    let ran = finish(command);
    assert!(ran.code == 0 || ran.code == 3, "{}{}", ran.out, ran.err);
    let mut command = std::process::Command::new(directory.path().join("plimsoll"));
    command.args(["query", "$.files['/etc/shadow'].text"]).env_clear().uid(65534).gid(65534).current_dir("/");
    let ran = finish(command);
    assert_eq!((ran.code, ran.out.trim()), (3, "[\n  null\n]"), "{}", ran.err);
    assert!(ran.err.contains("denied"), "{}", ran.err);
}

#[test]
fn exit_codes_follow_severity_and_certainty() {
    let image = tree(IMAGE);
    let root = image.path().to_str().unwrap();
    let check = |more: &[&str]| {
        plimsoll(&[&["check", "--root", root, "--only", "docker-live-restore-off"], more].concat())
    };
    assert_eq!(check(&[]).code, 1);
    assert_eq!(check(&["--fail-on", "critical"]).code, 0);
    assert_eq!(plimsoll(&["check", "--fail-on", "terrible"]).code, 2);
    assert_eq!(plimsoll(&["check", "--root", "/nonexistent"]).code, 2);
    assert_eq!(plimsoll(&["frobnicate"]).code, 2);
    assert_eq!(plimsoll(&["--help"]).code, 0);
}

#[test]
fn a_malformed_file_is_unknown_and_not_a_pass() {
    let image = tree(&[("etc/docker/daemon.json", "{ \"live-restore\": tru"), ("usr/bin/dockerd", "")]);
    let root = image.path().to_str().unwrap();
    let ran = plimsoll(&["check", "--root", root, "--format", "json", "--only", "docker-*"]);
    assert_eq!(outcome(&ran.json(), "docker-live-restore-off"), "unknown");
    assert_eq!(outcome(&ran.json(), "docker-config-invalid"), "fail");
}

#[test]
fn waivers_accept_expire_and_are_missed() {
    let image = tree(IMAGE);
    let root = image.path().to_str().unwrap();
    let waiver = |expires: &str| {
        format!(
            "waivers:\n  - rule: docker-live-restore-off\n    justification: moves soon\n    owner: ada\n    expires: {expires}\n"
        )
    };
    let file = image.path().join("waivers.yaml");
    let check = || {
        let only = "docker-live-restore-off";
        plimsoll(&[
            "check",
            "--root",
            root,
            "--only",
            only,
            "--format",
            "json",
            "--waivers",
            file.to_str().unwrap(),
        ])
    };
    write(&file, waiver("2999-01-01"));
    let ran = check();
    assert_eq!((ran.code, outcome(&ran.json(), "docker-live-restore-off")), (0, "waived"));
    write(&file, waiver("2020-01-01"));
    let ran = check();
    assert_eq!((ran.code, outcome(&ran.json(), "docker-live-restore-off")), (1, "fail"));
    assert!(ran.json()["warnings"][0].as_str().unwrap().contains("expired"), "{}", ran.out);
    write(&file, "waivers:\n  - { rule: docker-live-restore-off, owner: ada, expires: 2999-01-01 }\n");
    let ran = check();
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("justification"), "{}", ran.err);
}

#[test]
fn failures_of_the_baseline_do_not_count() {
    let image = tree(IMAGE);
    let root = image.path().to_str().unwrap();
    let baseline = image.path().join("last.json");
    let baseline = baseline.to_str().unwrap();
    let check = ["check", "--root", root, "--only", "docker-live-restore-off", "--format", "json"];
    assert_eq!(plimsoll(&[&check[..], &["-o", baseline]].concat()).code, 1);
    let ran = plimsoll(&[&check[..], &["--baseline", baseline]].concat());
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert_eq!(ran.json()["findings"][0]["baseline"], "unchanged");
    let told =
        plimsoll(&["check", "--root", root, "--only", "docker-live-restore-off", "--baseline", baseline]);
    assert!(told.out.contains("1 of them in the baseline"), "{}", told.out);
    write(&image.path().join("none.json"), "{}");
    let none = image.path().join("none.json");
    assert_eq!(plimsoll(&[&check[..], &["--baseline", none.to_str().unwrap()]].concat()).code, 2);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    use std::process::Stdio;
    let mut child = command(&["facts"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_hostile_root_neither_hangs_nor_leads_out() {
    let image = tree(&[("usr/bin/dockerd", ""), ("etc/passwd", "")]);
    let etc = image.path().join("etc");
    std::fs::create_dir_all(etc.join("docker")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        etc.join("docker/daemon.json"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o644),
        0,
    )
    .unwrap();
    std::os::unix::fs::symlink("/../../../../etc/shadow", etc.join("fstab")).unwrap();
    std::os::unix::fs::symlink("/proc/self/environ", etc.join("os-release")).unwrap();
    let root = image.path().to_str().unwrap();
    let ran = plimsoll(&["collect", "--root", root]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let snapshot = ran.json();
    let gaps = snapshot["gaps"].as_array().unwrap();
    let daemon = gaps.iter().find(|gap| gap["path"].as_str().unwrap().starts_with("/docker/config"));
    assert!(daemon.is_some(), "{gaps:#?}");
    let shadow = std::fs::read_to_string("/etc/shadow").unwrap_or_default();
    if let Some(line) = shadow.lines().next() {
        assert!(!ran.out.contains(line), "the node's own /etc/shadow leaked");
    }
}

#[test]
fn a_check_of_no_rule_is_no_success() {
    let ran = plimsoll(&["check", "--skip", "*"]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("no rule is left to check"), "{}", ran.err);
}
