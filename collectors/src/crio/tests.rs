//! Nodes with CRI-O, as its packages lay them out.

use std::time::{Duration, Instant};

use plimsoll_engine::demand::Demand;
use plimsoll_engine::snapshot::GapReason;
use serde_json::json;

use super::{Crio, collect};
use crate::context::{Context, Options};
use crate::fact::Fact;
use crate::host::Host;
use crate::tree::Tree;

fn facts(host: &Host) -> Crio {
    let (demand, options) = (Demand::everything(), Options::default());
    let deadline = Instant::now() + Duration::from_secs(3600);
    match collect(&Context { host, demand: &demand, options: &options, deadline }) {
        Fact::Known(facts) => facts,
        other => panic!("{other:?}"),
    }
}

/// What the packages of CRI-O 1.32 leave on a node.
fn packaged() -> Tree {
    Tree::new()
        .executable("usr/bin/crio")
        .executable("usr/libexec/crio/crun")
        .executable("usr/libexec/crio/runc")
        .file(
            "usr/lib/systemd/system/crio.service",
            "[Service]\nEnvironmentFile=-/etc/sysconfig/crio\nExecStart=/usr/bin/crio $CRIO_CONFIG_OPTIONS $CRIO_RUNTIME_OPTIONS\n",
        )
        .file(
            "etc/crio/crio.conf.d/10-crio.conf",
            "[crio.image]\nsignature_policy = \"/etc/crio/policy.json\"\n\n[crio.runtime]\ndefault_runtime = \"crun\"\n\n[crio.runtime.runtimes.crun]\nruntime_path = \"/usr/libexec/crio/crun\"\nruntime_root = \"/run/crun\"\nmonitor_path = \"/usr/libexec/crio/conmon\"\nallowed_annotations = [\n    \"io.containers.trace-syscall\",\n]\n\n[crio.runtime.runtimes.runc]\nruntime_path = \"/usr/libexec/crio/runc\"\n",
        )
        .file(
            "var/lib/dpkg/status",
            "Package: cri-o\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.32.1-1.1\n\n",
        )
}

#[test]
fn a_packaged_crio_is_read_whole() {
    let facts = facts(&packaged().host());
    assert_eq!((facts.installed, facts.version), (Fact::Known(true), Fact::Known("1.32.1-1.1".to_owned())));
    let runtimes = facts.runtimes.known().unwrap();
    let found: Vec<_> =
        runtimes.iter().map(|runtime| (runtime.name.as_str(), runtime.path.known().is_some())).collect();
    assert_eq!(found, [("crun", true), ("runc", true)]);
    assert_eq!(facts.default_runtime_defined, Fact::Known(true));
    assert_eq!(facts.unknown_keys, Fact::Known(Vec::new()));
    let config = serde_json::to_value(&facts.config).unwrap();
    assert!(config["default_runtime"].to_string().contains("10-crio.conf"));
    assert_eq!(facts.missing_hooks_dirs, Fact::Known(Vec::new()));
    assert_eq!(facts.missing_auth_files, Fact::Known(Vec::new()));
}

#[test]
fn a_file_of_logins_that_is_not_there_is_told_with_its_place() {
    let tree = packaged()
        .file("etc/crio/crio.conf.d/20-auth.conf", "[crio.image]\nglobal_auth_file = \"/srv/auth.json\"\n");
    let missing = |tree: &Tree| {
        let facts = facts(&tree.host());
        let missing = facts.missing_auth_files.known().unwrap().clone();
        missing.into_iter().map(|file| (file.value, file.origin.line)).collect::<Vec<_>>()
    };
    assert_eq!(missing(&tree), [("/srv/auth.json".to_owned(), Some(2))]);
    assert!(missing(&tree.file("srv/auth.json", "{}")).is_empty());
}

#[test]
fn flags_of_the_unit_and_its_environment_count() {
    let tree = packaged()
        .file("etc/sysconfig/crio", "CRIO_RUNTIME_OPTIONS=\"--log-level debug --hooks-dir /none\"\nCONTAINER_PIDS_LIMIT=7\nHTTPS_PROXY=http://u:p@proxy:3128\n");
    let facts = facts(&tree.host());
    let config = facts.config.known().unwrap();
    let level = config.get("log_level").known().copied().unwrap();
    assert_eq!((&level.value, level.origin.file.as_deref()), (&json!("debug"), Some("/etc/sysconfig/crio")));
    assert_eq!(config.get("pids_limit").known().unwrap().value, json!(7));
    assert_eq!(facts.missing_hooks_dirs, Fact::Known(vec!["/none".to_owned()]));
    assert_eq!(facts.proxy.known().unwrap().https.known().unwrap().value, "http://***@proxy:3128");
}

#[test]
fn an_end_without_its_file_is_unclean_unless_crio_runs() {
    let unclean = |tree: &Tree| facts(&tree.host()).shutdown.known().unwrap().unclean.clone();
    let tree = packaged();
    assert_eq!(unclean(&tree), Fact::Known(false));
    let tree = tree.file("var/lib/crio/clean.shutdown.supported", "");
    assert_eq!(unclean(&tree), Fact::Known(true));
    let tree = tree.file("var/lib/crio/clean.shutdown", "");
    assert_eq!(unclean(&tree), Fact::Known(false));
    let running = tree
        .remove("var/lib/crio/clean.shutdown")
        .file("proc/1/comm", "systemd\n")
        .file("proc/1/status", "PPid:\t0\nUid:\t0\t0\t0\t0\n")
        .file("proc/70/comm", "crio\n")
        .file("proc/70/status", "PPid:\t1\nUid:\t0\t0\t0\t0\n")
        .file("proc/70/cmdline", b"/usr/bin/crio\0")
        .file("proc/70/environ", b"PATH=/usr/bin\0");
    let facts = facts(&running.running());
    assert_eq!(facts.running, Fact::Known(true));
    assert_eq!(facts.shutdown.known().unwrap().unclean, Fact::Known(false));
}

#[test]
fn a_broken_drop_in_makes_the_configuration_unknown() {
    let tree = packaged().file("etc/crio/crio.conf.d/20-mine.conf~", "[crio.runtime\n");
    let facts = facts(&tree.host());
    assert!(matches!(&facts.config, Fact::Gap(unknown) if unknown.reason == GapReason::Malformed));
    let drop_ins = facts.drop_ins.known().unwrap();
    assert_eq!(drop_ins[1].valid, Fact::Known(false));
    assert_eq!(drop_ins[1].error.known().unwrap().origin.line, Some(1));
}

#[test]
fn a_missing_program_is_told_and_limits_are_read() {
    let tree = packaged()
        .remove("usr/libexec/crio/runc")
        .file("etc/crio/crio.conf", "[crio.runtime]\ndefault_ulimits = ['nofile=1:2', 'x']\n");
    let facts = facts(&tree.host());
    assert_eq!(facts.runtimes.known().unwrap()[1].path, Fact::Absent);
    let ulimits = facts.default_ulimits.known().unwrap();
    assert_eq!((ulimits[0].hard.clone(), ulimits[1].name.clone()), (Fact::Known(2), Fact::Absent));
}

#[test]
fn no_crio_is_no_crio() {
    let facts = facts(&Tree::new().host());
    assert_eq!((facts.installed, facts.running), (Fact::Known(false), Fact::Known(false)));
    assert!(matches!(facts.config, Fact::Absent));
}
