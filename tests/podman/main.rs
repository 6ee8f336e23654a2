//! A real podman with deliberate faults in its files: what it refuses is found, and what it takes is not.
//! Needs root and the Debian packages `podman`, `runc` and `busybox-static`:
//! `cargo test --test podman -- --ignored`.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the test starts podman, runs the binary, and fails by panicking"
)]

mod node;

use node::Node;

const HOOK: &str = "/usr/share/containers/oci/hooks.d/hook.json";
const POLICY: &str = "/etc/containers/policy.json";
const REGISTRIES: &str = "/etc/containers/registries.conf";
const CONTAINERS: &str = "/etc/containers/containers.conf";
const PROFILE: &str = "/etc/containers/seccomp.json";

/// A container that does nothing. The limits are those of any node.
const RUN: [&str; 8] = [
    "run",
    "--rm",
    "--net=host",
    "--ulimit=nofile=1024:1024",
    "--ulimit=nproc=1024:1024",
    "--pull=never",
    "busybox",
    "/bin/true",
];

/// Writes each text to `path` and compares what podman does with what `rule` says.
fn compare(node: &Node, path: &str, rule: &str, command: &[&str], texts: &[(&str, bool)]) {
    for (text, is_sound) in texts {
        node.write(path, text);
        let output = node.podman(command);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), *is_sound, "podman, {text}: {said}");
        assert_eq!(node.finds(rule), !is_sound, "{rule}, {text}: {said}");
    }
    node.remove(path);
}

#[test]
#[ignore = "needs root and a real podman"]
fn hooks_are_judged_as_podman_does() {
    let node = Node::new();
    let hook = |rest: &str| format!(r#"{{"version": "1.0.0", "hook": {{"path": "/bin/true"}}, {rest}}}"#);
    let texts = [
        (hook(r#""when": {"always": true}, "stages": ["prestart"]"#), true),
        (hook(r#""when": {"always": true}, "stages": ["createRuntime", "poststop"], "bogus": 1"#), true),
        (
            hook(
                r#""when": {"commands": ["a{", "[[]", "\\Qa(\\E", "[a&&b]", "x{,2}", "(?P<n>x)"]}, "stages": []"#,
            ),
            true,
        ),
        (hook(r#""when": {"always": true}, "stages": ["nosuch"]"#), false),
        (hook(r#""when": {"always": true}"#), false),
        (hook(r#""when": {"always": "yes"}, "stages": ["prestart"]"#), false),
        (hook(r#""when": {"commands": ["(?=a)"]}, "stages": ["prestart"]"#), false),
        (hook(r#""when": {"commands": ["a**"]}, "stages": ["prestart"]"#), false),
        (hook(r#""when": {"annotations": {"a(": "b"}}, "stages": ["prestart"]"#), false),
        (r#"{"hook": "/bin/true", "stage": ["prestart"], "cmd": [".*"]}"#.to_owned(), true),
        (r#"{"hook": "/bin/true", "stage": ["prestart"], "stages": ["prestart"]}"#.to_owned(), false),
        (r#"{"version": "2.0.0"}"#.to_owned(), false),
        ("{}".to_owned(), false),
        (String::new(), false),
    ];
    let texts: Vec<(&str, bool)> = texts.iter().map(|(text, is_sound)| (text.as_str(), *is_sound)).collect();
    compare(&node, HOOK, "oci-hook-invalid", &RUN, &texts);
}

#[test]
#[ignore = "needs root and a real podman"]
fn policies_are_judged_as_podman_does() {
    let node = Node::new();
    let image = format!("dir:{}", node.at("/image").display());
    let scoped = |scope: &str| {
        format!(r#"{{"default": [{{"type": "insecureAcceptAnything"}}], "transports": {{{scope}}}}}"#)
    };
    let texts = [
        (scoped(""), true),
        (scoped(r#""nosuch": {"x": [{"type": "reject"}]}"#), true),
        (
            scoped(r#""docker": {"a": [{"type": "signedBy", "keyType": "GPGKeys", "keyPath": "/nokey"}]}"#),
            true,
        ),
        (scoped(r#""docker": {"a": [{"type": "signedBy", "keyType": "GPGKeys"}]}"#), false),
        (scoped(r#""docker": {"a": []}"#), false),
        (scoped(r#""dir": {"relative": [{"type": "reject"}]}"#), false),
        (r#"{"default": [{"type": "insecureAcceptAnything"}], "x": 1}"#.to_owned(), false),
        (r#"{"default": [{"type": "insecureAcceptAnything", "x": 1}]}"#.to_owned(), false),
        (r#"{"default": [{"type": "bogus"}]}"#.to_owned(), false),
        ("{}".to_owned(), false),
        (String::new(), false),
    ];
    let texts: Vec<(&str, bool)> = texts.iter().map(|(text, is_sound)| (text.as_str(), *is_sound)).collect();
    compare(&node, POLICY, "registry-policy-invalid", &["pull", &image], &texts);
    assert!(!node.podman(&["pull", &image]).status.success(), "podman pulls without a policy");
    assert!(node.finds("registry-policy-missing"));
}

#[test]
#[ignore = "needs root and a real podman"]
fn registries_are_judged_as_podman_does() {
    let node = Node::new();
    let texts = [
        ("", true),
        ("unqualified-search-registries = [\"localhost:1\"]\nbogus = 1\n", true),
        ("[registries.search]\nregistries = [\"localhost:2\"]\n", true),
        ("[[registry]]\nprefix = \"*.b.example\"\n", true),
        ("short-name-mode = \"Disabled\"\n", false),
        ("unqualified-search-registries = [\"http://localhost:1\"]\n", false),
        ("unqualified-search-registries = [\"localhost:1/foo\"]\n", false),
        ("unqualified-search-registries = \"localhost:1\"\n", false),
        ("[[registry]]\n", false),
        (
            "[[registry]]\nlocation = \"a\"\ninsecure = true\n[[registry]]\nprefix = \"b\"\nlocation = \"a\"\n",
            false,
        ),
        ("[[registry]]\nlocation = \"a\"\n[[registry.mirror]]\nlocation = \"\"\n", false),
        ("unqualified-search-registries = [\"a\"]\n[registries.search]\nregistries = [\"b\"]\n", false),
        ("[aliases]\nfoo = \"bar\"\n", false),
        ("x =\n", false),
    ];
    compare(&node, REGISTRIES, "registries-conf-invalid", &["info"], &texts);
}

#[test]
#[ignore = "needs root and a real podman"]
fn containers_conf_is_judged_as_podman_does() {
    let node = Node::new();
    let types = [
        ("[engine]\nbogus = 1\n[bogus]\nx = 1\n", true),
        ("[Engine]\nNum_Locks = 2048\n", true),
        ("[engine]\nnum_locks = \"x\"\n", false),
        ("[engine]\nnum_locks = -5\n", false),
        ("[engine]\nhooks_dir = \"x\"\n", false),
        ("[engine.runtimes]\nrunc = \"x\"\n", false),
        ("[containers]\nenv_host = \"true\"\n", false),
        ("[engine]\nx =\n", false),
    ];
    compare(&node, CONTAINERS, "podman-config-invalid", &RUN, &types);
    let values = [
        ("[containers]\nlog_size_max = -1\ncgroups = \"enabled\"\n", true),
        ("[engine]\nevents_logger = \"syslog\"\n", false),
        ("[engine]\npull_policy = \"sometimes\"\n", false),
        ("[network]\nnetwork_backend = \"bogus\"\n", false),
        ("[containers]\nlog_driver = \"bogus\"\n", false),
        ("[containers]\nlog_size_max = 10\n", false),
        ("[containers]\ncgroups = \"bogus\"\n", false),
        ("[containers]\ndefault_ulimits = [\"bogus\"]\n", false),
        ("[containers]\numask = \"999\"\n", false),
    ];
    compare(&node, CONTAINERS, "podman-config-value-refused", &RUN, &values);
}

#[test]
#[ignore = "needs root and a real podman"]
fn seccomp_profiles_are_judged_as_the_runtime_does() {
    let node = Node::new();
    let rule = |rest: &str| {
        format!(
            r#"{{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{{"names": ["mount"], "action": "SCMP_ACT_ERRNO"{rest}}}]}}"#
        )
    };
    let texts = [
        (rule(""), true),
        (rule(r#", "errnoRet": 38, "args": [{"index": 5, "value": 1, "op": "SCMP_CMP_EQ"}]"#), true),
        ("{}".to_owned(), true),
        (r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["nosuch"], "action": "SCMP_ACT_ERRNO"}]}"#.to_owned(), true),
        (r#"{"defaultAction": "SCMP_ACT_ALLOW", "archMap": [{"architecture": "BOGUS"}]}"#.to_owned(), true),
        (r#"{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["BOGUS"]}"#.to_owned(), false),
        (r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": [""], "action": "SCMP_ACT_ERRNO"}]}"#.to_owned(), false),
        (r#"{"defaultAction": "SCMP_ACT_DENY"}"#.to_owned(), false),
        (r#"{"defaultAction": "SCMP_ACT_NOTIFY"}"#.to_owned(), false),
        (r#"{"syscalls": [{"names": ["mount"], "action": "SCMP_ACT_ERRNO"}]}"#.to_owned(), false),
        (rule(r#", "args": [{"index": 7, "value": 1, "op": "SCMP_CMP_EQ"}]"#), false),
        (rule(r#", "args": [{"index": 1, "value": 1, "op": "BOGUS"}]"#), false),
        (rule(r#", "errno": "BOGUS""#), false),
        ("[]".to_owned(), false),
        (String::new(), false),
    ];
    let texts: Vec<(&str, bool)> = texts.iter().map(|(text, is_sound)| (text.as_str(), *is_sound)).collect();
    compare(&node, PROFILE, "seccomp-profile-invalid", &RUN, &texts);
    node.write(PROFILE, r#"{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38}"#);
    assert!(!node.podman(&RUN).status.success(), "a container runs that may do nothing");
    assert!(node.finds("seccomp-profile-allows-nothing"));
}
