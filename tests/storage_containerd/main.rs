//! The store of a real containerd: sound, it has no problem, whether its daemon runs or not; and each way
//! to damage a copy of it is found. Needs root and the Debian packages `containerd`, `runc` and
//! `busybox-static`: `cargo test --test storage_containerd -- --ignored`.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the test starts containerd, runs the binary, and fails by panicking"
)]

mod containerd;
mod image;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use containerd::Containerd;
use serde_json::Value;

const OVERLAYFS: &str = "io.containerd.snapshotter.v1.overlayfs";
const META: &str = "io.containerd.metadata.v1.bolt/meta.db";
const BLOBS: &str = "io.containerd.content.v1.content/blobs/sha256";
const INGEST: &str = "io.containerd.content.v1.content/ingest";

/// A containerd with two images in two namespaces, and containers that run, that never ran, and one that
/// has ended.
fn with_images() -> Containerd {
    let containerd = Containerd::start();
    let directory = tempfile::tempdir().unwrap();
    let archive = |name: &str| directory.path().join(name).display().to_string();
    image::write(directory.path(), "docker.io/library/one:1", 3, Path::new(&archive("one.tar")));
    image::write(directory.path(), "docker.io/library/two:1", 5, Path::new(&archive("two.tar")));
    for (namespace, file) in [("k8s.io", "one.tar"), ("k8s.io", "two.tar"), ("default", "one.tar")] {
        containerd.ctr(&["--namespace", namespace, "images", "import", &archive(file)]);
    }
    let run = |namespace: &str, image: &str, id: &str, seconds: &str| {
        containerd.ctr(&[
            "--namespace",
            namespace,
            "run",
            "--detach",
            "--net-host",
            image,
            id,
            "/bin/sleep",
            seconds,
        ]);
    };
    run("k8s.io", "docker.io/library/two:1", "running", "100000");
    run("default", "docker.io/library/one:1", "ended", "0");
    containerd.ctr(&[
        "--namespace",
        "k8s.io",
        "containers",
        "create",
        "--net-host",
        "docker.io/library/one:1",
        "created",
        "/bin/sh",
    ]);
    containerd
}

/// What `plimsoll query PATH --deep digest` prints.
fn query(arguments: &[&str]) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["query", "$.storage.stores[*]", "--deep", "digest"])
        .args(arguments)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The problems of a store: check and object.
fn problems(store: &Value) -> Vec<(String, String)> {
    let checks = store["problems"].as_object().unwrap().iter();
    let lists = checks.flat_map(|(check, found)| {
        let found = found.as_array().into_iter().flatten();
        found.map(move |problem| (check.clone(), problem["id"].as_str().unwrap_or("unknown").to_owned()))
    });
    lists.collect()
}

/// A target with nothing but a copy of the store, at its usual place.
struct Copy(tempfile::TempDir);

impl Copy {
    fn of(root: &Path) -> Self {
        let copy = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(copy.0.path().join("var/lib")).unwrap();
        let status = Command::new("cp").args(["--archive"]).arg(root).arg(copy.store()).status().unwrap();
        assert!(status.success());
        copy
    }

    fn store(&self) -> PathBuf {
        self.0.path().join("var/lib/containerd")
    }

    fn problems(&self) -> Vec<(String, String)> {
        let stores = query(&["--root", &self.0.path().display().to_string()]);
        problems(&stores[0])
    }
}

/// Where the layer with busybox was unpacked: the smallest number that has it.
fn busybox(store: &Path) -> PathBuf {
    let mut snapshots: Vec<u64> = fs::read_dir(store.join(OVERLAYFS).join("snapshots"))
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_string_lossy().parse().ok())
        .collect();
    snapshots.sort_unstable();
    let path = |number: u64| store.join(OVERLAYFS).join(format!("snapshots/{number}"));
    snapshots.into_iter().map(path).find(|path| path.join("fs/bin/busybox").exists()).unwrap()
}

/// A blob that begins like a document, or one that does not.
fn blob(store: &Path, is_document: bool) -> PathBuf {
    let mut blobs: Vec<PathBuf> =
        fs::read_dir(store.join(BLOBS)).unwrap().map(|entry| entry.unwrap().path()).collect();
    blobs.sort();
    let begins = |path: &PathBuf| fs::read(path).unwrap().starts_with(b"{") == is_document;
    blobs.into_iter().find(begins).unwrap()
}

fn overwrite(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

fn long_ago(path: &Path) {
    let status = Command::new("touch").args(["--date", "3 days ago"]).arg(path).status().unwrap();
    assert!(status.success());
}

type Damage = (&'static str, &'static str, fn(&Path));

/// Each damage, with the check that finds it and what its object's name contains.
const DAMAGES: &[Damage] = &[
    ("containerd-database-corrupt", "meta.db", |store| fs::write(store.join(META), "").unwrap()),
    ("containerd-database-corrupt", "meta.db", |store| {
        overwrite(&store.join(META), |bytes| bytes.truncate(20_000))
    }),
    ("containerd-database-corrupt", "meta.db", |store| {
        overwrite(&store.join(META), |bytes| bytes[..8192].fill(0))
    }),
    ("containerd-database-corrupt", "metadata.db", |store| {
        overwrite(&store.join(OVERLAYFS).join("metadata.db"), |bytes| bytes[..8192].fill(0));
    }),
    ("containerd-database-corrupt", "metadata.db", |store| {
        fs::remove_file(store.join(OVERLAYFS).join("metadata.db")).unwrap();
    }),
    ("containerd-snapshot-record-missing", "sha256:", |store| {
        fs::copy(store.join(META), store.join(OVERLAYFS).join("metadata.db")).unwrap();
    }),
    ("containerd-snapshot-directory-missing", "sha256:", |store| fs::remove_dir_all(busybox(store)).unwrap()),
    ("containerd-snapshot-directory-missing", "sha256:", |store| {
        fs::remove_dir_all(busybox(store).join("fs")).unwrap();
    }),
    ("containerd-snapshot-orphaned", "999", |store| {
        fs::create_dir_all(store.join(OVERLAYFS).join("snapshots/999/fs")).unwrap();
    }),
    ("containerd-snapshot-orphaned", "new-123", |store| {
        fs::create_dir_all(store.join(OVERLAYFS).join("snapshots/new-123/fs")).unwrap();
    }),
    ("containerd-snapshot-usage-mismatch", "sha256:", |store| {
        fs::remove_dir_all(busybox(store).join("fs/bin")).unwrap();
    }),
    ("containerd-snapshot-usage-mismatch", "sha256:", |store| {
        fs::write(busybox(store).join("fs/bin/busybox"), "").unwrap();
    }),
    ("containerd-executables-empty", "sha256:", |store| {
        let busybox = busybox(store).join("fs/bin/busybox");
        fs::write(&busybox, "").unwrap();
        for program in ["cat", "ls"] {
            fs::copy(&busybox, busybox.with_file_name(program)).unwrap();
        }
    }),
    ("containerd-blob-missing", "sha256:", |store| fs::remove_file(blob(store, false)).unwrap()),
    ("containerd-blob-size-mismatch", "sha256:", |store| {
        overwrite(&blob(store, false), |bytes| bytes.truncate(7));
    }),
    ("containerd-blob-digest-mismatch", "sha256:", |store| {
        overwrite(&blob(store, false), |bytes| bytes[100] ^= 1);
    }),
    ("containerd-manifest-missing", "sha256:", |store| fs::remove_file(blob(store, true)).unwrap()),
    ("containerd-manifest-corrupt", "sha256:", |store| overwrite(&blob(store, true), Vec::clear)),
    ("containerd-blob-orphaned", "sha256:abab", |store| {
        fs::write(store.join(BLOBS).join("ab".repeat(32)), "left over").unwrap();
    }),
    ("containerd-ingest-stale", "layer-x", |store| {
        let ingest = store.join(INGEST).join("0123");
        fs::create_dir_all(&ingest).unwrap();
        fs::write(ingest.join("ref"), "layer-x").unwrap();
        fs::write(ingest.join("data"), "part").unwrap();
        long_ago(&ingest.join("data"));
        long_ago(&ingest);
    }),
    ("containerd-cri-status-corrupt", "running", |store| {
        let container = store.join("io.containerd.grpc.v1.cri/containers/running");
        fs::create_dir_all(&container).unwrap();
        fs::write(container.join("status"), "").unwrap();
    }),
];

#[test]
#[ignore = "needs root and a real containerd, which .ci/run installs"]
fn a_sound_store_has_no_problem_and_every_damage_is_found() {
    let mut containerd = with_images();
    let root = containerd.root();
    let live = || {
        let stores = query(&[]);
        stores.into_iter().find(|store| store["path"] == root.display().to_string()).unwrap()
    };
    let running = live();
    assert_eq!(problems(&running), [], "while containerd runs");
    assert_eq!(running["in_use"], true);
    assert_eq!(running["counts"]["containers"], 3);
    assert_eq!(running["images"].as_array().unwrap().len(), 3);
    let sound = Copy::of(&root);
    assert_eq!(sound.problems(), [], "in a copy");
    containerd.kill();
    assert_eq!(Copy::of(&root).problems(), [], "without its daemon");

    for (number, (check, object, damage)) in DAMAGES.iter().enumerate() {
        let copy = Copy::of(&root);
        damage(&copy.store());
        let found = copy.problems();
        let is_found = |(of, id): &(String, String)| of == check && id.contains(object);
        assert!(found.iter().any(is_found), "damage {number}: no {check} of {object} in {found:#?}");
    }
}
