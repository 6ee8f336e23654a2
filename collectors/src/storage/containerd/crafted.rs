//! Stores whose databases are made by hand: what no containerd writes, and somebody may, and the snapshotters
//! that are not checked.

use std::time::{Duration, Instant};

use plimsoll_engine::demand::Demand;
use plimsoll_engine::snapshot::GapReason;
use serde_json::{Value, json};

use super::super::survey::Survey;
use super::checks::OF_OVERLAYFS;
use super::examine;
use crate::assemble::Assembly;
use crate::bolt::craft::{Keys, database, put};
use crate::context::{Context, Options};
use crate::depth::Depth;
use crate::fact::Fact;
use crate::tree::Tree;

const COMMITTED: u8 = 3;
const ACTIVE: u8 = 2;

/// Both databases of a store, and the directories of its snapshots.
#[derive(Default)]
struct Crafted {
    metadata: Keys,
    snapshots: Keys,
    count: u16,
    tree: Option<Tree>,
}

impl Crafted {
    /// With a snapshot of overlayfs in the namespace `default`, upon `parent`.
    fn snapshot(mut self, key: &str, kind: u8, parent: Option<&str>) -> Self {
        let (name, number) = (format!("default/0/{key}"), self.next());
        let record = |field| ["v1", "default", "snapshots", "overlayfs", key, field];
        put(&mut self.metadata, &record("name"), name.as_bytes());
        put(&mut self.snapshots, &["v1", "snapshots", &name, "id"], &number);
        put(&mut self.snapshots, &["v1", "snapshots", &name, "kind"], &[kind]);
        if let Some(parent) = parent {
            put(&mut self.metadata, &record("parent"), parent.as_bytes());
            let parent = format!("default/0/{parent}");
            put(&mut self.snapshots, &["v1", "snapshots", &name, "parent"], parent.as_bytes());
        }
        self
    }

    /// With a container on the snapshot `key` of `snapshotter`.
    fn container(mut self, id: &str, snapshotter: &str, key: &str) -> Self {
        for (field, value) in [("snapshotter", snapshotter), ("snapshotKey", key), ("image", "a:1")] {
            put(&mut self.metadata, &["v1", "default", "containers", id, field], value.as_bytes());
        }
        self
    }

    /// The number of the next snapshot, as a varint of two bytes, and its directories.
    fn next(&mut self) -> [u8; 2] {
        self.count += 1;
        let number = self.count;
        let path = format!("var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/{number}");
        let tree = self.tree.take().unwrap_or_else(Tree::new);
        self.tree = Some(tree.dir(&format!("{path}/fs")).dir(&format!("{path}/work")));
        [(number & 0x7f) as u8 | 0x80, (number >> 7) as u8]
    }

    /// The facts of the store, with its gaps, looked at for as long.
    fn look(self, depth: Depth, time: Duration) -> Result<Assembly, GapReason> {
        let tree = self.tree.unwrap_or_else(Tree::new);
        let tree =
            tree.file("var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db", database(&self.metadata));
        let path = "var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/metadata.db";
        let tree = if self.snapshots.is_empty() { tree } else { tree.file(path, database(&self.snapshots)) };
        let host = tree.host();
        let (demand, options) = (Demand::default(), Options { depth, ..Options::default() });
        let ctx =
            Context { host: &host, demand: &demand, options: &options, deadline: Instant::now() + time };
        match examine(&Survey::new(&ctx), "/var/lib/containerd") {
            Fact::Known(examined) => {
                let mut assembly = Assembly::default();
                assembly.add("store", serde_json::to_value(examined.store).unwrap());
                Ok(assembly)
            }
            Fact::Gap(unknown) => Err(unknown.reason),
            Fact::Absent => panic!("there is a store"),
        }
    }

    /// What is wrong: check, object and detail.
    fn problems(self) -> Vec<(String, String, String)> {
        let assembly = self.look(Depth::Metadata, Duration::from_secs(3600)).unwrap();
        let checks = assembly.facts["store"]["problems"].as_object().unwrap().clone();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let found = checks.iter().flat_map(|(check, found)| {
            let found = found.as_array().into_iter().flatten();
            let tell = |of: &Value| (check.clone(), text(&of["id"]), text(&of["detail"]));
            found.map(tell).collect::<Vec<_>>()
        });
        found.collect()
    }
}

#[test]
fn a_snapshot_lies_on_a_committed_one() {
    let sound = || {
        Crafted::default().snapshot("a", COMMITTED, None).snapshot("b", COMMITTED, Some("a")).snapshot(
            "run",
            ACTIVE,
            Some("b"),
        )
    };
    assert_eq!(sound().container("run", "overlayfs", "run").problems(), []);
    let found = sound().snapshot("on", ACTIVE, Some("run")).snapshot("off", ACTIVE, Some("gone")).problems();
    let ids: Vec<_> = found.iter().map(|(check, id, _)| (check.as_str(), id.as_str())).collect();
    let broken = "containerd-snapshot-parent-broken";
    assert_eq!(ids, [(broken, "off"), (broken, "on")]);
    assert!(found[1].2.ends_with("is not committed"), "{found:?}");
}

#[test]
fn cycles_and_long_chains_end() {
    let mut store = Crafted::default().snapshot("self", COMMITTED, Some("self"));
    // Longer than any chain that is followed.
    for number in 0..1200 {
        let below = format!("c{:04}", (number + 1) % 1200);
        store = store.snapshot(&format!("c{number:04}"), COMMITTED, Some(&below));
    }
    // A long way down, and one that ends in the circle.
    store = store.snapshot("s0", COMMITTED, None).snapshot("t0", COMMITTED, Some("c0000"));
    for number in 1..500 {
        let below = number - 1;
        store = store.snapshot(&format!("s{number}"), COMMITTED, Some(&format!("s{below}")));
        store = store.snapshot(&format!("t{number}"), COMMITTED, Some(&format!("t{below}")));
    }
    store = store.snapshot("run", ACTIVE, Some("t499")).container("run", "overlayfs", "run");
    let began = Instant::now();
    let facts = store.look(Depth::Metadata, Duration::from_secs(3600)).unwrap().facts["store"].clone();
    assert!(began.elapsed() < Duration::from_secs(60));
    let broken = facts["problems"]["containerd-snapshot-parent-broken"].as_array().unwrap();
    assert_eq!((broken.len(), &facts["problems_omitted"]), (200, &json!(1201 - 200)));
    assert!(broken.iter().all(|of| of["detail"].as_str().unwrap().starts_with("it lies above itself")));
}

#[test]
fn names_that_no_client_gives_are_told_as_they_are() {
    let name = "a\nb\u{1b}[31m";
    let store = Crafted::default().snapshot(name, ACTIVE, Some("gone")).container(name, "overlayfs", "gone");
    let found = store.problems();
    let has = |check: &str, id: &str| found.iter().any(|of| of.0 == check && of.1 == id);
    assert!(has("containerd-snapshot-parent-broken", name), "{found:?}");
    assert!(has("containerd-container-snapshot-missing", name), "{found:?}");
}

#[test]
fn sandboxes_of_pods_are_told_from_their_containers() {
    let mut store = Crafted::default();
    for (namespace, id, kind) in
        [("k8s.io", "app", "container"), ("k8s.io", "box", "sandbox"), ("default", "own", "sandbox")]
    {
        let container = |field| ["v1", namespace, "containers", id, field];
        put(&mut store.metadata, &container("snapshotter"), b"overlayfs");
        put(&mut store.metadata, &container("snapshotKey"), b"gone");
        for (label, value) in [
            ("io.cri-containerd.kind", kind),
            ("io.kubernetes.pod.namespace", "shop"),
            ("io.kubernetes.pod.name", "web"),
        ] {
            let path = ["v1", namespace, "containers", id, "labels", label];
            put(&mut store.metadata, &path, value.as_bytes());
        }
    }
    let assembly = store.look(Depth::Metadata, Duration::from_secs(3600)).unwrap();
    let found = &assembly.facts["store"]["problems"]["containerd-container-snapshot-missing"];
    let of = |id: &str, field: &str| {
        let mut found = found.as_array().unwrap().iter();
        found.find(|of| of["id"] == id).unwrap()[field].clone()
    };
    assert_eq!((of("app", "pod_containers"), of("app", "sandboxes")), (json!(["app"]), json!([])));
    assert_eq!((of("box", "sandboxes"), of("box", "other_containers")), (json!(["box"]), json!([])));
    assert_eq!(of("own", "other_containers"), json!(["own"]), "no pod's, whatever it is labelled");
}

#[test]
fn snapshots_of_a_snapshotter_that_is_not_known_are_no_sound_ones() {
    let mut store = Crafted::default().container("run", "overlaybd", "run");
    put(&mut store.metadata, &["v1", "default", "snapshots", "overlaybd", "run", "name"], b"default/1/run");
    let assembly = store.look(Depth::Stat, Duration::from_secs(3600)).unwrap();
    let facts = &assembly.facts["store"];
    assert_eq!((&facts["driver"], &facts["checked"]), (&json!("overlaybd"), &json!(false)));
    for check in OF_OVERLAYFS {
        let gap = assembly.gaps.iter().find(|gap| gap.path.to_string().contains(check.id));
        assert_eq!(gap.map(|gap| gap.reason), Some(GapReason::Unsupported), "{}", check.id);
    }
    assert_eq!(facts["problems"]["containerd-container-snapshot-missing"], json!([]));
}

#[test]
fn one_beside_overlayfs_leaves_what_was_found_there() {
    let mut store = Crafted::default().snapshot("run", ACTIVE, Some("gone"));
    put(&mut store.metadata, &["v1", "default", "snapshots", "stargz", "x", "name"], b"default/9/x");
    let assembly = store.look(Depth::Metadata, Duration::from_secs(3600)).unwrap();
    let broken = assembly.facts["store"]["problems"]["containerd-snapshot-parent-broken"].as_array().unwrap();
    assert_eq!(broken.iter().filter(|of| of["id"] == "run").count(), 1);
    assert!(assembly.gaps.iter().any(|gap| gap.path.to_string().contains("parent-broken")));
}

#[test]
fn the_time_that_is_over_costs_no_more_than_the_store() {
    let store = Crafted::default().snapshot("a", COMMITTED, None).container("a", "overlayfs", "a");
    let assembly = store.look(Depth::Metadata, Duration::ZERO).unwrap();
    let problems = &assembly.facts["store"]["problems"];
    for check in ["blob-missing", "snapshot-parent-broken", "container-snapshot-missing"] {
        assert_eq!(problems[format!("containerd-{check}")], Value::Null);
    }
    let timeouts = assembly.gaps.iter().filter(|gap| gap.reason == GapReason::Timeout);
    assert!(timeouts.count() > OF_OVERLAYFS.len());
}
