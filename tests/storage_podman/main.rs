//! A real podman's store: nothing is wrong with it; each way in which stores break is found as what it is;
//! and the commands that a finding names put it right. Needs root and the Debian packages `podman`, `runc`, `jq` and
//! `busybox-static`, which `.ci/run` installs: `cargo test --test storage_podman -- --ignored`.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the test starts podman, breaks its store, and fails by panicking"
)]

#[path = "../support/churn.rs"]
mod churn;
mod podman;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use plimsoll_collectors::depth::Depth;
use plimsoll_collectors::host::Host;
use plimsoll_collectors::{Options, scan, target};
use plimsoll_engine::demand::Demand;
use podman::Node;
use serde_json::Value;

/// The one store under `root`, and what of it is unknown.
fn look(root: &Path, depth: Depth) -> (Value, Vec<String>) {
    let mut demand = Demand::default();
    demand.add_path(&["storage"]);
    let options = Options { timeout: Duration::from_secs(600), depth, ..Options::default() };
    let host = Arc::new(Host::at(root).unwrap());
    let target = target::of(&host, Some(root));
    let snapshot = scan::snapshot(&host, &Arc::new(demand), &options, target, String::new());
    let stores = snapshot.facts["storage"]["stores"].as_array().unwrap();
    assert_eq!(stores.len(), 1, "{:?}", snapshot.gaps);
    let unknown = snapshot.gaps.iter().map(|gap| gap.path.to_string());
    (stores[0].clone(), unknown.filter(|path| path.starts_with("/storage/stores")).collect())
}

fn store(root: &Path, depth: Depth) -> Value {
    look(root, depth).0
}

/// What is wrong in a store: checks and objects.
fn wrong(store: &Value) -> Vec<(String, String)> {
    let problems = store["problems"].as_object().unwrap();
    let found = problems.iter().flat_map(|(check, found)| {
        let found = found.as_array().into_iter().flatten();
        // What could not be looked at is a gap in its place, and no problem.
        found.filter_map(move |problem| Some((check.clone(), problem["id"].as_str()?.to_owned())))
    });
    found.collect()
}

/// The findings of `rule` on the node, each with its commands.
fn commands(root: &Path, rule: &str) -> Vec<String> {
    commands_at(root, rule, &[])
}

/// As [`commands`], of files and contents, too.
fn deep_commands(root: &Path, rule: &str) -> Vec<String> {
    commands_at(root, rule, &["--deep", "digest"])
}

fn commands_at(root: &Path, rule: &str, depth: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["check", "--format", "json", "--only", rule])
        .args(depth)
        .arg("--root")
        .arg(root)
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let failed = findings.iter().filter(|finding| finding["outcome"] == "fail");
    let steps = failed.flat_map(|finding| finding["remediation"]["steps"].as_array().unwrap().clone());
    steps.map(|step| step["run"].as_str().unwrap().to_owned()).collect()
}

/// The layers of the image `localhost/bb:3`, from the uppermost down, and of the container c3.
struct Ids {
    image: String,
    layers: Vec<String>,
    container: String,
    rw: String,
}

impl Ids {
    fn of(node: &Node) -> Self {
        let read = |path: &str| -> Vec<Value> {
            serde_json::from_slice(&std::fs::read(node.store().join(path)).unwrap()).unwrap()
        };
        let text = |record: &Value, key: &str| record[key].as_str().unwrap_or_default().to_owned();
        let images = read("overlay-images/images.json");
        let image = images.iter().find(|image| image["names"][0] == "localhost/bb:3").unwrap();
        let containers = read("overlay-containers/containers.json");
        let container = containers.iter().find(|container| container["names"][0] == "c3").unwrap();
        let records = read("overlay-layers/layers.json");
        let mut layers = vec![text(image, "layer")];
        while let Some(layer) = records.iter().find(|layer| layer["id"] == layers[layers.len() - 1]) {
            match text(layer, "parent") {
                parent if parent.is_empty() => break,
                parent => layers.push(parent),
            }
        }
        Self {
            image: text(image, "id"),
            layers,
            container: text(container, "id"),
            rw: text(container, "layer"),
        }
    }
}

#[test]
#[ignore = "needs root and a real podman, which .ci/run installs"]
fn nothing_is_wrong_with_a_healthy_store() {
    let node = Node::new();
    for depth in [Depth::Metadata, Depth::Stat, Depth::Digest] {
        let (stopped, unknown) = look(&node.root(), depth);
        // How full a store's file system is and which layers are mounted can be told of a running node only.
        assert_eq!(
            unknown,
            [
                "/storage/stores/0/filesystem",
                "/storage/stores/0/problems/containers-storage-mount-count-stale"
            ]
        );
        assert_eq!(wrong(&stopped), [], "{depth:?}");
        assert_eq!(stopped["counts"]["images"], 3);
        assert_eq!(stopped["counts"]["containers"], 3);
    }
    node.running("c4");
    for depth in [Depth::Metadata, Depth::Stat, Depth::Digest] {
        assert_eq!(wrong(&store(&node.root(), depth)), [], "{depth:?}, while a container runs");
    }
}

#[test]
#[ignore = "needs root and a real podman, which .ci/run installs"]
fn each_fault_is_found_as_what_it_is() {
    let node = Node::new();
    let Ids { image, layers, container, rw } = Ids::of(&node);
    let [top, middle, base] = &layers[..] else { panic!("{layers:?}") };
    let config = "=*"; // The configuration's file; a manifest and a signature begin alike.
    let orphan = "f".repeat(64);
    let faults: Vec<(String, &str, &str)> = vec![
        (": > overlay-layers/layers.json".into(), "metadata-lost", "layers.json"),
        ("rm overlay-images/images.json".into(), "metadata-lost", "images.json"),
        ("truncate -s 40 overlay-images/images.json".into(), "metadata-invalid", "images.json"),
        (
            "rm overlay-containers/containers.json && mkfifo overlay-containers/containers.json".into(),
            "metadata-invalid",
            "containers.json",
        ),
        (format!("cp -a overlay/{top} overlay/{orphan}"), "layer-directory-unknown", &orphan),
        (format!("rm -r overlay/{middle}"), "layer-directory-missing", middle),
        (format!("rm -r overlay/{middle}/diff"), "layer-directory-missing", middle),
        (
            format!(
                "sed -i 's/\"id\":\"{top}\"/&,\"flags\":{{\"incomplete\":true}}/' overlay-layers/layers.json"
            ),
            "layer-incomplete",
            top,
        ),
        (
            format!("sed -i 's/{{\"id\":\"{middle}\"/{{\"id\":\"gone\"/' overlay-layers/layers.json"),
            "layer-parent-missing",
            top,
        ),
        (
            format!("sed -i 's/{{\"id\":\"{top}\"/{{\"id\":\"gone\"/' overlay-layers/layers.json"),
            "image-layer-missing",
            &image,
        ),
        (
            format!("sed -i 's/{{\"id\":\"{base}\"/&,\"parent\":\"{base}\"/' overlay-layers/layers.json"),
            "layer-parent-cycle",
            base,
        ),
        (format!("rm overlay-images/{image}/manifest"), "image-data-missing", &image),
        (format!(": > overlay-images/{image}/manifest"), "image-data-truncated", &image),
        (
            format!(
                "for f in overlay-images/{image}/{config}; do [ ! -s \"$f\" ] || printf X | dd of=\"$f\" conv=notrunc status=none; done"
            ),
            "image-data-altered",
            &image,
        ),
        (format!("mkdir overlay-images/{orphan}"), "image-directory-unknown", &orphan),
        (format!("mkdir overlay-containers/{orphan}"), "container-directory-unknown", &orphan),
        (
            format!("sed -i 's/{{\"id\":\"{rw}\"/{{\"id\":\"gone\"/' overlay-layers/layers.json"),
            "container-layer-missing",
            &container,
        ),
        (
            format!("sed -i 's/{{\"id\":\"{image}\"/{{\"id\":\"gone\"/' overlay-images/images.json"),
            "container-image-missing",
            &container,
        ),
        (format!(": > overlay/{base}/link"), "link-invalid", base),
        (format!("rm overlay/l/$(cat overlay/{middle}/link)"), "link-lost", middle),
        (format!(": > overlay/{top}/lower"), "lower-invalid", top),
        (format!("printf l > overlay/{rw}/lower"), "lower-invalid", &rw),
        (format!("rm overlay-layers/{top}.tar-split.gz"), "tar-split-missing", top),
        (
            "mkdir -p overlay/staging/x/dir && touch overlay/staging/x/staging.lock".into(),
            "staging-left-over",
            "x",
        ),
        (format!(": > overlay/{base}/diff/bin/busybox"), "layer-files-differ", base),
        (format!("rm overlay/{base}/diff/etc/motd"), "layer-files-differ", base),
        (
            format!("printf J | dd of=overlay/{base}/diff/etc/motd conv=notrunc status=none"),
            "layer-digest-mismatch",
            base,
        ),
    ];
    for (damage, check, object) in faults {
        let copy = node.copy();
        copy.damage(&damage);
        let wrong = wrong(&store(&copy.root(), Depth::Digest));
        let expected = (format!("containers-storage-{check}"), object.to_owned());
        assert!(wrong.contains(&expected), "{damage}: {expected:?} is not among {wrong:?}");
    }
}

/// Each fault that can be put right in place, podman's failure with it, and podman's success afterwards.
#[test]
#[ignore = "needs root and a real podman, which .ci/run installs"]
fn the_commands_of_a_finding_put_it_right() {
    let node = Node::new();
    let Ids { image, layers, rw, .. } = Ids::of(&node);
    let [top, middle, base] = &layers[..] else { panic!("{layers:?}") };
    let store_directory = "/var/lib/containers/storage";
    for (damage, check) in [
        (format!(": > overlay/{base}/link"), "containers-storage-link-invalid"),
        (format!("rm overlay/l/$(cat overlay/{middle}/link)"), "containers-storage-link-lost"),
        (format!(": > overlay/{top}/lower"), "containers-storage-lower-invalid"),
        (format!(": > overlay/{rw}/lower"), "containers-storage-lower-invalid"),
    ] {
        node.shell(&format!("cd {store_directory}; {damage}"));
        let commands = commands(&node.root(), check);
        assert!(!commands.is_empty(), "{damage}");
        node.shell(&commands.join("\n"));
        assert_eq!(wrong(&store(&node.root(), Depth::Metadata)), [], "{damage}, then {commands:?}");
        node.podman(&["start", "--attach", "c3"]);
    }
    let orphan = "f".repeat(64);
    for (damage, check) in [
        (format!("cp -a overlay/{top} overlay/{orphan}"), "containers-storage-layer-directory-unknown"),
        (format!("mkdir overlay-images/{orphan}"), "containers-storage-image-directory-unknown"),
        (format!("mkdir overlay-containers/{orphan}"), "containers-storage-container-directory-unknown"),
        (
            format!(
                "sed -i 's/\"id\":\"{rw}\"/&,\"flags\":{{\"incomplete\":true}}/' overlay-layers/layers.json"
            ),
            "containers-storage-layer-incomplete",
        ),
        (
            "mkdir -p overlay/staging/x/dir && touch overlay/staging/x/staging.lock".to_owned(),
            "containers-storage-staging-left-over",
        ),
        (format!("rm overlay-images/{image}/manifest"), "containers-storage-image-data-missing"),
    ] {
        node.shell(&format!("cd {store_directory}; {damage}"));
        let commands = commands(&node.root(), check);
        assert!(!commands.is_empty(), "{damage}");
        node.shell(&commands.join("\n"));
        // A container whose layer had to go is another finding.
        let wrong = wrong(&store(&node.root(), Depth::Metadata));
        assert!(wrong.iter().all(|(of, _)| of != check), "{damage}, then {commands:?}: {wrong:?}");
    }
    node.shell(&format!("rm -r {store_directory}/overlay/{middle}"));
    let output = node.try_podman(&["start", "--attach", "c3"]);
    assert!(!output.status.success(), "the container lost a layer");
    node.shell(&commands(&node.root(), "containers-storage-layer-directory-missing").join("\n"));
    assert_eq!(wrong(&store(&node.root(), Depth::Digest)), []);
    node.podman(&["start", "--attach", "c1"]);
}

/// The commands but those that need a registry or ask back.
fn without_registry(commands: &[String]) -> Vec<String> {
    let runs = commands.iter().filter(|command| !command.contains(" pull ") && !command.starts_with("jq "));
    runs.map(|command| command.replace("podman system reset", "echo y | podman system reset")).collect()
}

/// Each fault for which images and containers have to be removed, what is left, and a podman that works again. Nothing
/// can be pulled here; the images are made anew.
#[test]
#[ignore = "needs root and a real podman, which .ci/run installs"]
fn what_cannot_be_mended_is_removed_and_made_anew() {
    type Damage = fn(&Ids) -> String;
    /// Has the record of `id` in `file` tell of something else.
    fn lost(id: &str, file: &str) -> String {
        let other = "e".repeat(64);
        format!("sed -i 's/{{\"id\":\"{id}\"/{{\"id\":\"{other}\"/' {file}")
    }
    let faults: [(Damage, &str); 12] = [
        (|ids| format!("truncate -s 5 overlay-images/{}/manifest", ids.image), "image-data-altered"),
        (|ids| format!(": > overlay-images/{}/manifest", ids.image), "image-data-truncated"),
        (|ids| format!("rm overlay-layers/{}.tar-split.gz", ids.layers[0]), "tar-split-missing"),
        (|ids| format!(": > overlay/{}/diff/bin/busybox", ids.layers[2]), "layer-files-differ"),
        (
            |ids| {
                format!("printf J | dd of=overlay/{}/diff/etc/motd conv=notrunc status=none", ids.layers[2])
            },
            "layer-digest-mismatch",
        ),
        (|ids| lost(&ids.image, "overlay-images/images.json"), "container-image-missing"),
        (|ids| lost(&ids.layers[0], "overlay-layers/layers.json"), "image-layer-missing"),
        (|ids| lost(&ids.layers[1], "overlay-layers/layers.json"), "layer-parent-missing"),
        (|ids| lost(&ids.rw, "overlay-layers/layers.json"), "container-layer-missing"),
        (
            |ids| {
                let base = &ids.layers[2];
                format!("sed -i 's/\"id\":\"{base}\"/&,\"parent\":\"{base}\"/' overlay-layers/layers.json")
            },
            "layer-parent-cycle",
        ),
        (|_| ": > overlay-layers/layers.json".to_owned(), "metadata-lost"),
        (|_| "truncate -s 40 overlay-images/images.json".to_owned(), "metadata-invalid"),
    ];
    for (damage, check) in faults {
        let node = Node::new();
        let damage = damage(&Ids::of(&node));
        node.shell(&format!("cd /var/lib/containers/storage; {damage}"));
        let mut next = format!("containers-storage-{check}");
        // What was hidden by the fault comes to light when that is gone.
        for _ in 0..5 {
            let commands = deep_commands(&node.root(), &next);
            assert!(!commands.is_empty(), "{check}: {next}");
            node.shell(&without_registry(&commands).join("\n"));
            let is_there = node.store().join("overlay-layers").exists();
            let left = if is_there { wrong(&store(&node.root(), Depth::Digest)) } else { Vec::new() };
            match left.into_iter().next() {
                Some((left, _)) => next = left,
                None => next.clear(),
            }
            if next.is_empty() {
                break;
            }
        }
        assert_eq!(next, "", "{check}: {damage}");
        node.podman(&["rm", "--all", "--force"]);
        node.podman(&["rmi", "--all", "--force"]);
        node.fill();
        assert_eq!(wrong(&store(&node.root(), Depth::Digest)), [], "{check}, made anew");
    }
}

#[test]
#[ignore = "needs root and a real podman, which .ci/run installs"]
fn nothing_is_found_while_podman_works() {
    let node = Node::new();
    let running = node.boot();
    let archive = node.root().join("again.tar");
    let archive = archive.to_str().unwrap();
    let work = || {
        node.container("churn", 3, "echo c > /etc/d");
        node.try_podman(&["commit", "--quiet", "churn", "churn:1"]);
        node.try_podman(&["rm", "churn"]);
        node.try_podman(&["save", "--quiet", "--output", archive, "churn:1"]);
        node.try_podman(&["rmi", "churn:1"]);
        node.try_podman(&["load", "--quiet", "--input", archive]);
        node.try_podman(&["rmi", "churn:1"]);
        let _ = std::fs::remove_file(archive);
    };
    let mut found = Vec::new();
    let scans = churn::scan_during(work, |scans| {
        let depth = if scans % 4 == 0 { Depth::Digest } else { Depth::Metadata };
        let store = store(&node.root(), depth);
        // One that was written at every look is busy, which is no word on what is in it.
        let is_told = store.is_object();
        if is_told {
            found.extend(wrong(&store));
        }
        is_told
    });
    assert_eq!(found, [], "in {scans} scans");
    drop(running);
}
