//! Stores made by hand: what is left alone, what cannot be told, and what is made to break a reader. Those
//! of a real dockerd are in `tests/storage_docker`.

use std::time::{Duration, Instant};

use plimsoll_engine::demand::Demand;
use plimsoll_engine::snapshot::GapReason;
use serde_json::{Value, json};

use super::super::survey::Survey;
use super::images::chain_id;
use super::{CHECKS, examine};
use crate::assemble::Assembly;
use crate::context::{Context, Options};
use crate::depth::Depth;
use crate::fact::Fact;
use crate::host::Host;
use crate::tree::Tree;

const STORE: &str = "var/lib/docker";
const LINK: &str = "AAAAAAAAAAAAAAAAAAAAAAAAA2";

fn id(digit: &str) -> String {
    digit.repeat(64)
}

fn path(path: &str) -> String {
    format!("{STORE}/{path}")
}

fn record(chain: &str, file: &str) -> String {
    path(&format!("image/overlay2/layerdb/sha256/{chain}/{file}"))
}

/// With a layer whose files were never looked at.
fn layer(tree: Tree, chain: &str, diff: &str, parent: Option<&str>, directory: &str) -> Tree {
    let tree = match parent {
        Some(parent) => tree.file(&record(chain, "parent"), format!("sha256:{parent}")),
        None => tree,
    };
    tree.file(&record(chain, "diff"), format!("sha256:{diff}"))
        .file(&record(chain, "size"), "0")
        .file(&record(chain, "cache-id"), directory)
        .file(&record(chain, "tar-split.json.gz"), "x")
}

/// A store of one layer.
fn sound() -> Tree {
    let tree = layer(Tree::new(), &id("a"), &id("a"), None, &id("d"));
    tree.file(&path(&format!("overlay2/{}/link", id("d"))), LINK)
        .dir(&path(&format!("overlay2/{}/diff", id("d"))))
        .link(&path(&format!("overlay2/l/{LINK}")), &format!("../{}/diff", id("d")))
}

/// The facts of the store, and the gaps.
fn facts(host: &Host, depth: Depth) -> Assembly {
    let (demand, options) = (Demand::default(), Options { depth, ..Options::default() });
    let deadline = Instant::now() + Duration::from_secs(3600);
    let ctx = Context { host, demand: &demand, options: &options, deadline };
    let Fact::Known(examined) = examine(&Survey::new(&ctx), "/var/lib/docker") else {
        panic!("the store was not looked at");
    };
    let mut assembly = Assembly::default();
    assembly.add("store", serde_json::to_value(examined.store).unwrap());
    assembly
}

/// The problems of the store, by check.
fn problems(host: &Host, depth: Depth) -> Vec<(String, Value)> {
    let facts = facts(host, depth).facts["store"].clone();
    let checks = facts["problems"].as_object().unwrap().iter();
    let found = checks.flat_map(|(check, problems)| {
        let problems = problems.as_array().cloned().unwrap_or_default();
        let name = check.strip_prefix("docker-storage-").unwrap().to_owned();
        problems.into_iter().map(move |problem| (name.clone(), problem))
    });
    found.collect()
}

fn names(host: &Host) -> Vec<String> {
    problems(host, Depth::Metadata).into_iter().map(|(check, _)| check).collect()
}

#[test]
fn a_sound_store_has_no_problem() {
    assert_eq!(names(&sound().host()), [""; 0]);
    assert_eq!(facts(&sound().host(), Depth::Metadata).facts["store"]["counts"]["layers"], 1);
}

#[test]
fn what_is_young_is_left_alone_while_dockerd_runs() {
    let tree =
        sound().dir(&path(&format!("overlay2/{}/diff", id("e")))).dir(&path("image/overlay2/layerdb/tmp/w"));
    let tree = tree.file(&path(&format!("image/overlay2/layerdb/sha256/{}/size", id("f"))), "");
    let found = ["directory-orphaned", "layer-metadata-incomplete", "layer-registration-stale"];
    assert_eq!(names(&tree.host()), found);
    let tree = tree.file("proc/1/comm", "systemd\n");
    let dockerd = |tree: Tree, uid: u32, arguments: &str| {
        tree.file("proc/7/comm", "dockerd\n")
            .file("proc/7/status", format!("State:\tS\nPPid:\t1\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n"))
            .file("proc/7/cmdline", arguments)
    };
    let tree = dockerd(tree, 0, "dockerd\0");
    assert_eq!(names(&tree.running()), [""; 0]);
    let tree = dockerd(tree, 0, "dockerd\0--data-root\0/data\0");
    assert_eq!(names(&tree.running()), found, "the dockerd of another store");
    let tree = dockerd(tree, 1000, "dockerd\0");
    assert_eq!(names(&tree.running()), [""; 0], "nobody can tell which");
}

#[test]
fn without_buildkits_records_no_directory_is_an_orphan() {
    let tree = sound().dir(&path("overlay2/xyz/diff")).file(&path("buildkit/snapshots.db"), "no database");
    let facts = facts(&tree.host(), Depth::Metadata);
    assert_eq!(facts.facts["store"]["problems"]["docker-storage-directory-orphaned"], Value::Null);
    let gap = facts.gaps.iter().find(|gap| gap.path.ends_with("directory-orphaned")).unwrap();
    assert_eq!(gap.reason, GapReason::Malformed);
}

#[test]
fn another_graph_driver_is_not_checked() {
    let tree = Tree::new().dir(&path("image/vfs/layerdb/sha256"));
    let facts = facts(&tree.host(), Depth::Digest);
    assert_eq!(
        (&facts.facts["store"]["driver"], &facts.facts["store"]["checked"]),
        (&json!("vfs"), &json!(false))
    );
    let unsupported = facts.gaps.iter().filter(|gap| gap.reason == GapReason::Unsupported);
    assert_eq!(unsupported.count(), CHECKS.len());
}

#[test]
fn links_and_fifos_in_the_place_of_files_are_told_and_not_opened() {
    let tree = sound()
        .remove(&record(&id("a"), "size"))
        .fifo(&record(&id("a"), "size"))
        .remove(&path(&format!("overlay2/{}/link", id("d"))))
        .link(&path(&format!("overlay2/{}/link", id("d"))), "/etc/passwd")
        .fifo(&path("image/overlay2/repositories.json"))
        .fifo(&path(&format!("image/overlay2/imagedb/content/sha256/{}", id("1"))))
        .fifo(&path(&format!("containers/{}/config.v2.json", id("c"))))
        .fifo(&path(&format!("overlay2/{}", id("e"))))
        .link(&path("overlay2/l/a\nb\x1b[31m"), "../../../../etc/diff");
    let found = names(&tree.host());
    for check in [
        "layer-metadata-incomplete",
        "link-empty",
        "link-dangling",
        "repositories-unreadable",
        "image-digest-mismatch",
        "container-config-broken",
    ] {
        assert!(found.iter().any(|name| name == check), "{check}: {found:?}");
    }
}

#[test]
fn a_store_of_empty_files_is_read_to_its_end() {
    let mut tree = sound().file(&path("image/overlay2/repositories.json"), "");
    for number in 0..50 {
        let id = format!("{number:064x}");
        for file in ["diff", "size", "cache-id", "parent", "tar-split.json.gz"] {
            tree = tree.file(&record(&id, file), "");
        }
        tree = tree
            .file(&path(&format!("overlay2/{id}/link")), "")
            .file(&path(&format!("containers/{id}/x")), "");
        tree = tree.file(&path(&format!("image/overlay2/imagedb/content/sha256/{id}")), "");
    }
    let found = problems(&tree.host(), Depth::Digest);
    let count = |check: &str| found.iter().filter(|(name, _)| name == check).count();
    assert_eq!((count("layer-metadata-incomplete"), count("image-digest-mismatch")), (51, 50));
    assert_eq!((count("directory-orphaned"), count("container-config-broken")), (50, 50));
}

#[test]
fn cycles_and_a_chain_of_500_end() {
    let tree = layer(sound(), &id("b"), &id("1"), Some(&id("c")), &id("2"));
    let tree = layer(tree, &id("c"), &id("1"), Some(&id("b")), &id("3"));
    let tree = layer(tree, &id("e"), &id("1"), Some(&id("e")), &id("4"));
    let mut tree = layer(tree, &id("f"), &id("1"), Some(&id("e")), &id("5"));
    let mut parent = id("a");
    for number in 1..500 {
        let chain = chain_id(Some(&parent), &id("7"));
        tree = layer(tree, &chain, &id("7"), Some(&parent), &format!("{number:064x}"));
        parent = chain;
    }
    let found = problems(&tree.host(), Depth::Metadata);
    let ids = |check: &str| {
        let problems = found.iter().filter(|(name, _)| name == check);
        problems.map(|(_, problem)| problem["id"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids("layer-parent-cycle"), [id("b"), id("c"), id("e")].map(|id| format!("sha256:{id}")));
    assert_eq!(ids("layer-chain-mismatch"), [format!("sha256:{}", id("f"))]);
    assert_eq!(ids("layers-too-many").len(), 200, "the others are counted");
}

#[test]
fn a_lost_parent_is_found_by_the_name_of_the_layer() {
    let child = chain_id(Some(&id("a")), &id("b"));
    let tree = layer(sound(), &child, &id("b"), None, &id("2"));
    let found = problems(&tree.host(), Depth::Metadata);
    let (_, problem) = found.iter().find(|(check, _)| check == "layer-chain-mismatch").unwrap();
    assert_eq!(problem["expected"], format!("sha256:{}", id("a")));
}

#[test]
fn more_entries_than_are_listed_are_unknown_and_never_sound() {
    let mut tree = sound();
    for number in 0..=crate::host::MAX_ENTRIES {
        tree = tree.link(&path(&format!("overlay2/l/{number}")), "../gone/diff");
    }
    let facts = facts(&tree.host(), Depth::Metadata);
    for check in ["link-lost", "link-dangling", "link-duplicate"] {
        let check = format!("docker-storage-{check}");
        assert_eq!(facts.facts["store"]["problems"][&check], Value::Null, "{check}");
        assert!(facts.gaps.iter().any(|gap| gap.path.ends_with(&check)), "{check}");
    }
}

#[test]
fn with_containerds_image_store_the_containers_are_checked() {
    let (sound, broken, running) = (id("a"), id("b"), id("c"));
    let config = |id: &str, state: &str| {
        format!(r#"{{"ID":"{id}","Image":"sha256:{id}","Driver":"overlayfs","State":{{{state}}}}}"#)
    };
    let container = |tree: Tree, id: &str, config: String| {
        tree.file(&path(&format!("containers/{id}/config.v2.json")), config)
            .file(&path(&format!("containers/{id}/hostconfig.json")), "{}")
    };
    let tree = Tree::new().file(&path("engine-id"), "0d").dir(&path(&format!("rootfs/overlayfs/{sound}")));
    let tree = container(tree, &sound, config(&sound, ""));
    let store = facts(&tree.host(), Depth::Digest).facts["store"].clone();
    assert_eq!((&store["driver"], &store["checked"]), (&json!("overlayfs"), &json!(true)));
    assert_eq!((&store["counts"]["images"], &store["counts"]["containers"]), (&Value::Null, &json!(1)));
    assert_eq!(names(&tree.host()), [""; 0]);
    let tree = container(tree, &broken, String::new());
    assert_eq!(names(&tree.host()), ["container-config-broken"]);
    let tree = container(tree, &running, config(&running, r#""Running":true,"Pid":77"#));
    let tree = tree.remove(&path(&format!("containers/{broken}/config.v2.json")));
    let tree = container(tree, &broken, config(&broken, r#""Dead":true"#));
    let tree = tree.process(1, 0, "systemd", "systemd").process(7, 1, "dockerd", "dockerd");
    assert_eq!(names(&tree.running()), ["container-state-drifted"], "what is dead was changed just now");
    let tree = tree.process(7, 1, "dockerd", "dockerd --data-root=/data");
    assert_eq!(names(&tree.running()), ["container-removal-stale"], "the dockerd of another store");
}
