//! podman's facts of whole trees.

use std::time::{Duration, Instant};

use plimsoll_engine::demand::Demand;
use plimsoll_engine::snapshot::Layer;
use serde_json::json;

use super::*;
use crate::context::Options;
use crate::tree::Tree;

fn facts(tree: &Tree) -> Podman {
    let (demand, options) = (Demand::everything(), Options::default());
    let deadline = Instant::now() + Duration::from_secs(3600);
    let host = tree.host();
    match collect(&Context { host: &host, demand: &demand, options: &options, deadline }) {
        Fact::Known(facts) => facts,
        other => panic!("{other:?}"),
    }
}

#[test]
fn later_files_win_and_say_what_they_override() {
    let tree = Tree::new()
        .executable("usr/bin/podman")
        .file("usr/share/containers/containers.conf", "[engine]\nruntime = \"crun\"\nhooks_dir = [\"/a\"]\n")
        .file("etc/containers/containers.conf", "[engine]\nruntime = \"runc\"\n")
        .file("etc/containers/containers.conf.d/10.conf", "[engine]\nruntime = \"kata\"\nhooks_dir = [\"/b\", {append = true}]\n[engine.runtimes]\nkata = [\"/opt/kata\"]\n")
        .file("opt/kata", "");
    let facts = facts(&tree);
    let config = facts.config.known().unwrap();
    let runtime = config.get("engine", "runtime").unwrap();
    assert_eq!(
        (&runtime.value, runtime.origin.layer, runtime.origin.line),
        (&json!("kata"), Layer::DropIn, Some(2))
    );
    let overridden: Vec<_> = runtime.origin.overrides.iter().map(|lost| &lost.value).collect();
    assert_eq!(overridden, [&json!("runc"), &json!("crun")]);
    assert_eq!(config.get("engine", "hooks_dir").unwrap().value, json!(["/a", "/b"]));
    assert_eq!(facts.runtime.known().unwrap().path, Fact::Known("/opt/kata".into()));
    assert_eq!((facts.installed, facts.conmon), (Fact::Known(true), Fact::Absent));
}

#[test]
fn capabilities_that_are_added_are_added_to_podmans_own() {
    let capabilities = |text: &str| {
        let tree = Tree::new().executable("usr/bin/podman").file("etc/containers/containers.conf", text);
        let facts = facts(&tree);
        let found = facts.config.known().unwrap().texts("containers", "default_capabilities");
        found.map(|names| names.into_iter().map(|name| name.value).collect::<Vec<_>>())
    };
    assert_eq!(capabilities("[engine]\n"), None);
    assert_eq!(capabilities("[containers]\ndefault_capabilities = ['KILL']\n").unwrap(), ["KILL"]);
    let more = capabilities("[containers]\ndefault_capabilities = ['NET_RAW', {append = true}]\n").unwrap();
    assert_eq!((more.len(), more.first().map(String::as_str)), (12, Some("CAP_CHOWN")));
}

#[test]
fn without_configured_paths_a_runtime_is_looked_for_in_podmans_own_order() {
    let tree = Tree::new().executable("usr/sbin/runc").link("usr/bin/runc", "../sbin/runc");
    let facts = facts(&tree.executable("usr/bin/podman"));
    let runtime = facts.runtime.known().unwrap();
    assert_eq!(runtime.name.value, "runc");
    assert_eq!(runtime.path, Fact::Known("/usr/bin/runc".into()));
}

#[test]
fn a_file_that_podman_refuses_makes_the_configuration_unknown() {
    let tree = Tree::new()
        .file("etc/containers/containers.conf", "[engine]\nruntime = \"runc\"\n")
        .file("etc/containers/containers.conf.d/10.conf", "[engine]\nnum_locks = \"x\"\n");
    let facts = facts(&tree);
    assert!(matches!(facts.config, Fact::Gap(_)) && matches!(facts.runtime, Fact::Gap(_)));
    let files = facts.config_files.known().unwrap();
    assert_eq!(files.iter().map(|file| file.known().unwrap().valid).collect::<Vec<_>>(), [true, false]);
    assert_eq!(files[1].known().unwrap().error.known().unwrap().origin.line, Some(2));
}

#[test]
fn secrets_of_the_environment_stay_on_the_node() {
    let tree = Tree::new().file(
        "etc/containers/containers.conf",
        "[containers]\nenv = [\"TOPSECRET=hunter2\", \"PLAIN\"]\n[engine]\nremote_uri = \"ssh://u:hunter2@h/x\"\n",
    );
    let facts = facts(&tree);
    assert_eq!(
        facts.config.known().unwrap().get("containers", "env").unwrap().value,
        json!(["TOPSECRET", "PLAIN"])
    );
    assert!(!serde_json::to_string(&facts).unwrap().contains("hunter2"));
}

/// What podman 4.3.1 refuses, and what it takes.
#[test]
fn values_that_podman_refuses_are_told() {
    let refused = |text: &str| {
        let facts = facts(&Tree::new().file("etc/containers/containers.conf", text));
        facts.refused_values.known().unwrap().iter().map(|value| value.key.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        refused(
            "[containers]\nlog_driver = \"bogus\"\nlog_size_max = 10\ncgroups = \"bogus\"\numask = \"999\"\ndefault_ulimits = [\"bogus\", \"nofile=1:2\"]\n"
        ),
        [
            "containers.cgroups",
            "containers.log_driver",
            "containers.log_size_max",
            "containers.umask",
            "containers.default_ulimits"
        ]
    );
    assert_eq!(
        refused(
            "[engine]\nevents_logger = \"bogus\"\npull_policy = \"bogus\"\n[network]\nnetwork_backend = \"bogus\"\n"
        ),
        ["engine.events_logger", "engine.pull_policy", "network.network_backend"]
    );
    assert_eq!(
        refused(
            "[engine]\npull_policy = \"Always\"\nhooks_dir = []\n[containers]\nlog_size_max = -1\ndefault_ulimits = [\"host\"]\n"
        ),
        [""; 0]
    );
}

#[test]
fn users_without_root_are_found_by_their_stores() {
    let tree = Tree::new()
        .file("etc/passwd", "root:x:0:0::/root:/bin/sh\nci:x:1000:1000::/home/ci:/bin/sh\nnew:x:1001:1001::/home/new:/bin/sh\n")
        .file("etc/subuid", "ci:100000:65536\n")
        .dir("home/ci/.local/share/containers/storage")
        .dir("root/.local/share/containers/storage")
        .file("var/lib/systemd/linger/ci", "");
    let facts = facts(&tree);
    let users = facts.rootless_users.known().unwrap();
    let [Fact::Known(user)] = users.as_slice() else { panic!("{users:?}") };
    assert_eq!(
        (user.name.as_str(), &user.subuid_count, &user.subgid_count),
        ("ci", &Fact::Known(65536), &Fact::Known(0))
    );
    assert_eq!((&user.lingers, &user.configured), (&Fact::Known(true), &Fact::Known(false)));
}
