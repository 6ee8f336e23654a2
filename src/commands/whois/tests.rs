use plimsoll_engine::snapshot::Snapshot;
use serde_json::{Value, json};

use super::device::{self, Devices};
use super::search::{By, Question, find};
use super::stored::Stored;
use crate::containers::{Container, Containers};

fn container(id: &str, name: &str, pid: u64, more: Value) -> Value {
    let mut facts = json!({
        "id": id, "label": name, "name": name, "state": "running", "runtime": "docker", "pid": pid,
        "processes": {"list": [{"pid": pid, "inner_pid": 1, "name": "sleep"}]},
        "writable_layer": format!("/var/lib/docker/overlay2/{name}0123456789/diff"),
        "filesystem": {"lower_dirs": ["/var/lib/docker/overlay2/base0123456789/diff"]},
        "log_path": format!("/var/lib/docker/containers/{id}/{id}-json.log"),
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        facts[key] = value.clone();
    }
    facts
}

fn containers() -> Vec<Container> {
    let pod = |name: &str| json!({"pod": {"name": name, "namespace": "shop", "uid": "u1"}});
    let facts = [
        container("aa11", "web", 10, json!({"monitor": 9, "cgroup": {"path": "/docker/aa11"}})),
        container("aa22", "db", 20, json!({"namespaces": {"inodes": {"pid": 4_026_532_412_u64}}})),
        container("bb33", "front", 30, pod("web-0")),
        container("bb44", "side", 40, pod("web-0")),
        container("cc55", "kind", 50, json!({"processes": {"list": [{"pid": 50}, {"pid": 60}]}})),
        container("cc66", "inner", 60, json!({"outer": "cc55"})),
    ];
    facts.into_iter().map(Container::of).collect()
}

fn ask(what: &str) -> (Option<By>, Vec<String>, bool) {
    let containers = containers();
    let devices = Devices::of(&snapshot());
    let found = find(&Question::parse(what), &containers, &devices);
    let names = found.containers.iter().map(|container| container.label().to_owned()).collect();
    (found.by, names, found.is_answer())
}

#[test]
fn one_container_is_found_by_whatever_is_its_own() {
    for (what, by, name) in [
        ("10", By::Process, "web"),
        ("/proc/20/root/etc", By::Process, "db"),
        ("pidns:4026532412", By::PidNamespace, "db"),
        ("aa11", By::Name, "web"),
        ("aa2", By::Name, "db"),
        ("db", By::Name, "db"),
        ("sid", By::Name, "side"),
        ("/var/lib/docker/overlay2/db0123456789/merged/etc", By::Path, "db"),
        ("/var/lib/docker/containers/aa11/aa11-json.log", By::Path, "web"),
        ("db0123456789", By::Layer, "db"),
        ("9", By::Process, "web"),
        ("/sys/fs/cgroup/memory/docker/aa11", By::Path, "web"),
        ("/sys/fs/cgroup/docker/aa11/memory.max", By::Path, "web"),
        ("dm-3", By::Device, "web"),
        ("/dev/dm-3", By::Device, "web"),
        ("/dev/mapper/docker-253:0-131-5f1a", By::Device, "web"),
    ] {
        assert_eq!(ask(what), (Some(by), vec![name.to_owned()], true), "{what}");
    }
}

#[test]
fn a_process_is_of_the_innermost_container() {
    assert_eq!(ask("60").1, ["inner"]);
    assert_eq!(ask("50").1, ["kind"]);
}

#[test]
fn a_whole_name_comes_before_beginnings_and_a_beginning_of_several_is_no_answer() {
    assert_eq!(ask("web"), (Some(By::Name), vec!["web".to_owned()], true));
    assert_eq!(ask("aa"), (Some(By::Name), vec!["web".to_owned(), "db".to_owned()], false));
}

#[test]
fn a_pod_and_a_shared_layer_have_several_containers() {
    let both = vec!["front".to_owned(), "side".to_owned()];
    for what in ["web-0", "shop/web-0", "u1"] {
        assert_eq!(ask(what), (Some(By::Pod), both.clone(), true), "{what}");
    }
    assert_eq!(ask("/var/lib/kubelet/pods/u1/volumes"), (Some(By::Path), both, true));
    assert_eq!(ask("base0123456789").1.len(), 6);
    assert_eq!(ask("/var/lib/docker/overlay2/base0123456789").1.len(), 6);
}

#[test]
fn what_nobody_has_is_not_found() {
    for what in ["999", "pidns:1", "/var/lib/docker", "/sys/fs/cgroup/docker/aa11x", "nothing", "basex"] {
        assert_eq!(ask(what), (None, vec![], false), "{what}");
    }
}

#[test]
fn a_device_of_no_container_is_told_by_its_owner() {
    let (containers, devices) = (containers(), Devices::of(&snapshot()));
    let found = find(&Question::parse("/dev/mapper/vg-root"), &containers, &devices);
    assert!(found.is_answer() && found.containers.is_empty());
    let text = device::text(found.device.unwrap());
    assert_eq!(text, "device      dm-0\nname        vg-root\nowner       lvm\nbytes       4096\n");
    assert_eq!(ask("dm-7"), (None, vec![], false));
}

#[test]
fn the_chain_leads_from_the_process_to_the_layers() {
    let containers = Containers { list: containers(), gaps: Vec::new() };
    let inner = containers.list.iter().find(|container| container.label() == "inner").unwrap();
    let text = super::chain::text(inner, Some(60), &containers.list);
    for line in [
        "process     60 sleep, 1 in the container",
        "container   inner",
        "runs in     kind",
        "writable    /var/lib/docker/overlay2/inner0123456789/diff",
        "layers      /var/lib/docker/overlay2/base0123456789/diff",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
}

/// A store with an image of two layers, of which a container has none.
fn snapshot() -> Snapshot {
    let layer = |id: &str, parent: Value| {
        json!({
            "path": format!("/s/overlay2/{id}/diff"), "store": "/s", "namespace": null, "id": format!("sha256:{id}"),
            "directory": id, "parent": parent, "diff_id": null, "images": ["shop:1"], "container": null,
        })
    };
    let blob = json!({
        "path": "/c/blobs/sha256/fedcba98", "store": "/c", "digest": "sha256:fedcba98", "media_type": null,
        "bytes": 7, "namespaces": ["k8s.io"], "images": [],
    });
    let image = json!({ "names": ["shop:1"], "id": "sha256:1d1d1d1d", "namespace": null, "containers": 0 });
    let storage = json!({
        "layers": [layer("aaaaaaaa", Value::Null), layer("bbbbbbbb", json!("sha256:aaaaaaaa"))],
        "blobs": [blob],
        "stores": [{ "path": "/s", "images": [image] }],
    });
    let devices = json!([
        { "device": "dm-0", "name": "vg-root", "owner": "lvm", "layer": null, "container": null, "size_bytes": 4096 },
        { "device": "dm-3", "name": "docker-253:0-131-5f1a", "owner": "docker-layer", "layer": "5f1a", "container": "aa11" },
    ]);
    let gap = json!({ "path": "/storage/stores/1", "reason": "denied", "detail": "d" });
    let snapshot = json!({
        "schema": 1, "tool": {"name": "plimsoll", "version": "0"}, "taken_at": "2026-01-01T00:00:00Z",
        "target": {"kind": "live", "name": "n"}, "facts": {"storage": storage, "devicemapper": {"devices": devices}}, "origins": {}, "gaps": [gap],
    });
    Snapshot::load(snapshot.to_string().as_bytes()).unwrap()
}

fn in_stores(what: &str) -> Stored {
    Stored::find(&Question::parse(what), &snapshot())
}

#[test]
fn what_no_container_has_is_found_in_the_stores() {
    for (what, line) in [
        ("shop:1", "layers      /s/overlay2/bbbbbbbb/diff"),
        ("sha256:1d1d1d1d", "image       shop:1"),
        ("bbbbbb", "parent      sha256:aaaaaaaa"),
        ("sha256:bbbbbbbb", "images      shop:1"),
        ("/s/overlay2/bbbbbbbb/diff/etc/passwd", "layer       sha256:bbbbbbbb"),
        ("fedcba98", "images      none"),
        ("/c/blobs/sha256/fedcba98", "bytes       7"),
    ] {
        let text = in_stores(what).text();
        assert!(text.lines().any(|found| found == line), "{what}: {line} is not in\n{text}");
    }
    assert!(in_stores("shop:1").text().ends_with("bbbbbbbb/diff\n            /s/overlay2/aaaaaaaa/diff\n"));
}

#[test]
fn what_no_store_has_may_be_in_one_that_could_not_be_read() {
    for what in ["shop", "bbbbb", "/s/overlay2", "/c/blobs/sha256", "pidns:1"] {
        let stored = in_stores(what);
        assert!(stored.is_empty(), "{what}: {}", stored.text());
        assert_eq!(stored.gaps.len(), 1);
    }
}
