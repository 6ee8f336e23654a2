//! The checks on a store of a real containerd, whose databases are real and whose files are as large as
//! they should be, and on what can become of it.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a test builds its own target")]

use std::fs;
use std::io::Read as _;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use plimsoll_engine::demand::Demand;
use serde_json::Value;
use tempfile::TempDir;

use super::metadata::Metadata;
use super::snapshotter;
use crate::bolt;
use crate::context::{Context, Options};
use crate::depth::Depth;
use crate::host::Host;

const META: &[u8] = include_bytes!("../../../tests/fixtures/containerd/meta.db.gz");
const SNAPSHOTS: &[u8] = include_bytes!("../../../tests/fixtures/containerd/metadata.db.gz");
const INDEX: &str = "io.containerd.metadata.v1.bolt/meta.db";
const OVERLAYFS: &str = "io.containerd.snapshotter.v1.overlayfs";
const BLOBS: &str = "io.containerd.content.v1.content/blobs/sha256";
const MANIFEST_OF_ONE: &str = "1b418ff412d59d0f779573a9938875d82bacf35212ba874018236302c42743e2";
const CONFIGURATION_OF_ONE: &str = "88df9b4291e0cf81c3ad85423f67ba4624f16e9868da19419f7935d36b6ac8cb";
const BASE_LAYER: &str = "6f45c7af450c5778d21ca4b55bf941c5c7f04f64bf393395eddb5e454b54ff63";

/// The manifests and configurations.
const DOCUMENTS: [(&str, &[u8]); 4] = [
    (
        "00c5b9da3f9778073d531d5fb26816644d9cab3b57308cbf92d0ae02e50c4737",
        include_bytes!(
            "../../../tests/fixtures/containerd/blobs/00c5b9da3f9778073d531d5fb26816644d9cab3b57308cbf92d0ae02e50c4737"
        ),
    ),
    (
        MANIFEST_OF_ONE,
        include_bytes!(
            "../../../tests/fixtures/containerd/blobs/1b418ff412d59d0f779573a9938875d82bacf35212ba874018236302c42743e2"
        ),
    ),
    (
        CONFIGURATION_OF_ONE,
        include_bytes!(
            "../../../tests/fixtures/containerd/blobs/88df9b4291e0cf81c3ad85423f67ba4624f16e9868da19419f7935d36b6ac8cb"
        ),
    ),
    (
        "e41fb76023d6f79926610c37c429034ee2c8ca9c4658d66669bc93438fd9b060",
        include_bytes!(
            "../../../tests/fixtures/containerd/blobs/e41fb76023d6f79926610c37c429034ee2c8ca9c4658d66669bc93438fd9b060"
        ),
    ),
];

/// A target with a store at containerd's usual place.
struct Target(TempDir);

impl Target {
    fn new() -> Self {
        let target = Self(tempfile::tempdir().unwrap());
        target.write(INDEX, unpacked(META));
        target.write(&format!("{OVERLAYFS}/metadata.db"), unpacked(SNAPSHOTS));
        let host = Host::at(target.0.path()).unwrap();
        let open = |path: &str| host.open_file(format!("/var/lib/containerd/{path}")).unwrap();
        let snapshots =
            bolt::read(&open(&format!("{OVERLAYFS}/metadata.db")), &|| false, snapshotter::read).unwrap();
        for snapshot in snapshots.values() {
            for part in ["fs", "work"] {
                let directory = format!("{OVERLAYFS}/snapshots/{}/{part}", snapshot.id);
                fs::create_dir_all(target.path(&directory)).unwrap();
            }
        }
        let metadata = bolt::read(&open(INDEX), &|| false, Metadata::read).unwrap();
        for (digest, size) in metadata.namespaces.values().flat_map(|namespace| &namespace.blobs) {
            let path = format!("{BLOBS}/{}", digest.strip_prefix("sha256:").unwrap());
            target.write(&path, "");
            fs::File::options().write(true).open(target.path(&path)).unwrap().set_len(*size).unwrap();
        }
        for (name, bytes) in DOCUMENTS {
            target.write(&format!("{BLOBS}/{name}"), bytes);
        }
        target
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join("var/lib/containerd").join(path)
    }

    fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        fs::write(self.path(path), bytes).unwrap();
    }

    fn remove(&self, path: &str) {
        fs::remove_file(self.path(path)).unwrap();
    }

    /// Puts `new` in the place of `old` wherever that is in the file.
    fn replace(&self, path: &str, old: &str, new: &str) {
        assert_eq!(old.len(), new.len());
        let mut bytes = fs::read(self.path(path)).unwrap();
        let places: Vec<usize> =
            (0..bytes.len() - old.len()).filter(|at| bytes[*at..].starts_with(old.as_bytes())).collect();
        assert!(!places.is_empty());
        for at in places {
            bytes[at..at + new.len()].copy_from_slice(new.as_bytes());
        }
        self.write(path, bytes);
    }

    /// The facts of the store.
    fn store(&self, depth: Depth) -> Value {
        let host = Host::at(self.0.path()).unwrap();
        let mut demand = Demand::default();
        demand.add_path(&["storage", "layers"]);
        demand.add_path(&["storage", "blobs"]);
        let options = Options { depth, ..Options::default() };
        let deadline = Instant::now() + Duration::from_secs(3600);
        let ctx = Context { host: &host, demand: &demand, options: &options, deadline };
        let survey = super::super::survey::Survey::new(&ctx);
        let examined = super::examine(&survey, "/var/lib/containerd");
        let examined = examined.known().unwrap();
        let mut store = serde_json::to_value(&examined.store).unwrap();
        store["layers"] = serde_json::to_value(&examined.layers).unwrap();
        store["blobs"] = serde_json::to_value(&examined.blobs).unwrap();
        store["rw_layers"] = serde_json::to_value(&examined.rw_layers).unwrap();
        store
    }

    /// What was found: check and object.
    fn problems(&self, depth: Depth) -> Vec<(String, String)> {
        let store = self.store(depth);
        let checks = store["problems"].as_object().unwrap().iter();
        let lists = checks
            .flat_map(|(check, found)| found.as_array().into_iter().flatten().map(move |of| (check, of)));
        lists.map(|(check, of)| (check.clone(), of["id"].as_str().unwrap_or("a gap").to_owned())).collect()
    }
}

fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut unpacked).unwrap();
    unpacked
}

fn found(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(check, id)| ((*check).to_owned(), (*id).to_owned())).collect()
}

#[test]
fn a_sound_store_has_no_problems_and_tells_what_it_holds() {
    let store = Target::new().store(Depth::Metadata);
    assert!(store["problems"].as_object().unwrap().values().all(|found| found == &serde_json::json!([])));
    assert_eq!((&store["driver"], &store["checked"]), (&"overlayfs".into(), &true.into()));
    let counts = &store["counts"];
    assert_eq!((&counts["images"], &counts["containers"]), (&3.into(), &4.into()), "{counts}");
    let names: Vec<_> = store["images"].as_array().unwrap().iter().map(|image| &image["names"][0]).collect();
    assert_eq!(names, ["docker.io/library/one:1", "docker.io/library/one:1", "docker.io/library/two:1"]);
    let two = &store["images"][2];
    assert_eq!(
        (&two["layers"], &two["containers"], &two["namespace"]),
        (&5.into(), &1.into(), &"k8s.io".into())
    );
    assert!(two["bytes"].as_u64().unwrap() > 1_000_000);
    let layers = store["layers"].as_array().unwrap();
    let own = layers.iter().find(|layer| layer["container"] == "run2").unwrap();
    assert_eq!(own["images"], serde_json::json!([]));
    assert!(own["parent"].as_str().unwrap().starts_with("sha256:"));
    let rw = store["rw_layers"].as_array().unwrap();
    let pod = rw.iter().find(|layer| layer["container"] == "run2").unwrap();
    assert_eq!(pod["pod"], "ns-a/pod-a");
    assert_eq!(rw.len(), 4);
}

#[test]
fn blobs_tell_what_they_are_and_whose() {
    let target = Target::new();
    target.write(&format!("{BLOBS}/{}", "0".repeat(64)), "nobody's");
    let store = target.store(Depth::Metadata);
    let blob = |digest: &str| {
        let blobs = store["blobs"].as_array().unwrap().iter();
        blobs.clone().find(|blob| blob["digest"] == format!("sha256:{digest}").as_str()).unwrap()
    };
    let layer = blob(BASE_LAYER);
    assert_eq!(layer["namespaces"], serde_json::json!(["default", "k8s.io"]));
    assert_eq!(layer["images"], serde_json::json!(["docker.io/library/one:1", "docker.io/library/two:1"]));
    assert_eq!(layer["path"], format!("/var/lib/containerd/{BLOBS}/{BASE_LAYER}").as_str());
    assert_eq!(blob(MANIFEST_OF_ONE)["media_type"], "application/vnd.oci.image.manifest.v1+json");
    let nobodys = blob(&"0".repeat(64));
    assert_eq!((&nobodys["media_type"], &nobodys["bytes"]), (&Value::Null, &8.into()));
    assert_eq!(
        (&nobodys["images"], &nobodys["namespaces"]),
        (&serde_json::json!([]), &serde_json::json!([]))
    );
}

#[test]
fn damaged_databases_are_told_and_what_needs_them_is_unknown() {
    for damage in [
        &(|target: &Target| target.write(INDEX, "")) as &dyn Fn(&Target),
        &|target| target.write(INDEX, vec![0; 262_144]),
        &|target| target.write(INDEX, &unpacked(META)[..100_000]),
        &|target| target.remove(INDEX),
        &|target| {
            target.remove(INDEX);
            rustix::fs::mkfifoat(rustix::fs::CWD, target.path(INDEX), rustix::fs::Mode::RUSR).unwrap();
        },
    ] {
        let target = Target::new();
        damage(&target);
        assert_eq!(
            target.problems(Depth::Digest)[0],
            found(&[("containerd-database-corrupt", "meta.db")])[0]
        );
        let store = target.store(Depth::Metadata);
        assert!(store["problems"]["containerd-blob-missing"].is_object(), "a gap");
        assert_eq!(store["problems"]["containerd-snapshot-directory-missing"], serde_json::json!([]));
    }
    let target = Target::new();
    target.write(&format!("{OVERLAYFS}/metadata.db"), "");
    assert_eq!(target.problems(Depth::Metadata), found(&[("containerd-database-corrupt", "metadata.db")]));
    fs::remove_dir_all(target.path(OVERLAYFS)).unwrap();
    assert_eq!(target.problems(Depth::Metadata), found(&[("containerd-database-corrupt", "metadata.db")]));
}

#[test]
fn an_empty_store_is_sound() {
    let target = Target::new();
    for path in [INDEX, &format!("{OVERLAYFS}/metadata.db")] {
        target.remove(path);
    }
    fs::remove_dir_all(target.path("io.containerd.content.v1.content")).unwrap();
    fs::remove_dir_all(target.path(OVERLAYFS)).unwrap();
    assert_eq!(target.problems(Depth::Digest), found(&[]));
}

#[test]
fn missing_files_are_told_with_their_object() {
    let layer = format!("sha256:{BASE_LAYER}");
    let manifest = format!("sha256:{MANIFEST_OF_ONE}");
    let target = Target::new();
    target.remove(&format!("{BLOBS}/{BASE_LAYER}"));
    let missing = ("containerd-blob-missing", layer.as_str());
    assert_eq!(target.problems(Depth::Metadata), found(&[missing, missing]), "of both namespaces");

    let target = Target::new();
    target.remove(&format!("{BLOBS}/{MANIFEST_OF_ONE}"));
    let problems = target.problems(Depth::Metadata);
    assert_eq!(problems[2..], found(&[("containerd-manifest-missing", manifest.as_str()); 2]));

    let target = Target::new();
    target.write(&format!("{BLOBS}/{CONFIGURATION_OF_ONE}"), "");
    let configuration = format!("sha256:{CONFIGURATION_OF_ONE}");
    let corrupt = ("containerd-manifest-corrupt", configuration.as_str());
    assert_eq!(target.problems(Depth::Metadata), found(&[corrupt, corrupt]));

    let target = Target::new();
    fs::remove_dir_all(target.path(&format!("{OVERLAYFS}/snapshots/4"))).unwrap();
    let store = target.store(Depth::Metadata);
    let missing = &store["problems"]["containerd-snapshot-directory-missing"][0];
    assert_eq!(missing["images"], serde_json::json!(["docker.io/library/two:1"]));
    assert_eq!(missing["containers"], serde_json::json!(["run2"]));
    assert_eq!(missing["pods"], serde_json::json!(["ns-a/pod-a"]));
    assert_eq!(missing["namespace"], "k8s.io");

    let target = Target::new();
    fs::remove_dir_all(target.path(&format!("{OVERLAYFS}/snapshots/4/fs"))).unwrap();
    assert_eq!(target.problems(Depth::Metadata)[0].0, "containerd-snapshot-directory-missing");
}

#[test]
fn what_nobody_knows_is_told() {
    let target = Target::new();
    let digest = "ab".repeat(32);
    target.write(&format!("{BLOBS}/{digest}"), "left over");
    for name in ["999", "new-123", "a\n\u{1b}[31m"] {
        fs::create_dir_all(target.path(&format!("{OVERLAYFS}/snapshots/{name}/fs"))).unwrap();
    }
    target.write("io.containerd.content.v1.content/ingest/0123/ref", "layer-sha256:beef");
    target.write("io.containerd.content.v1.content/ingest/0123/data", "part");
    assert_eq!(
        target.problems(Depth::Metadata),
        found(&[
            ("containerd-blob-orphaned", &format!("sha256:{digest}")),
            ("containerd-snapshot-orphaned", "999"),
            ("containerd-snapshot-orphaned", "a\n\u{1b}[31m"),
            ("containerd-snapshot-orphaned", "new-123"),
        ])
    );
    let long_ago = SystemTime::now() - Duration::from_secs(3 * 24 * 3600);
    for path in ["", "/data", "/ref"] {
        let path = target.path(&format!("io.containerd.content.v1.content/ingest/0123{path}"));
        fs::File::open(path).unwrap().set_modified(long_ago).unwrap();
    }
    assert!(
        target
            .problems(Depth::Metadata)
            .contains(&found(&[("containerd-ingest-stale", "layer-sha256:beef")])[0])
    );
}

#[test]
fn records_that_contradict_each_other_are_told() {
    // A database of another kind, without one snapshot.
    let target = Target::new();
    target.write(&format!("{OVERLAYFS}/metadata.db"), unpacked(META));
    let problems = target.problems(Depth::Metadata);
    let missing = problems.iter().filter(|(check, _)| check == "containerd-snapshot-record-missing").count();
    let orphaned = problems.iter().filter(|(check, _)| check == "containerd-snapshot-orphaned").count();
    assert_eq!((missing, orphaned, problems.len()), (14, 14, 28));

    let target = Target::new();
    target.replace(INDEX, "snapshotKeyrun2", "snapshotKeyrun9");
    assert_eq!(target.problems(Depth::Metadata), found(&[("containerd-container-snapshot-missing", "run2")]));

    let target = Target::new();
    target.replace(&format!("{OVERLAYFS}/metadata.db"), "parentk8s.io/", "parentk8s.iO/");
    let problems = target.problems(Depth::Metadata);
    assert!(problems.iter().all(|(check, _)| check == "containerd-snapshot-parent-broken"), "{problems:?}");
    assert!(problems.iter().any(|(_, id)| id == "run2"));
}

#[test]
fn states_of_containers_that_are_no_json_are_told() {
    let target = Target::new();
    let status = |id: &str| format!("io.containerd.grpc.v1.cri/containers/{id}/status");
    target.write(&status("run1"), "{\"Version\":\"v1\"}");
    target.write(&status("run2"), "");
    target.write(&status("run3"), "{");
    let corrupt = [("containerd-cri-status-corrupt", "run2"), ("containerd-cri-status-corrupt", "run3")];
    assert_eq!(target.problems(Depth::Metadata), found(&corrupt));
    assert_eq!(
        target.store(Depth::Metadata)["problems"]["containerd-cri-status-corrupt"][0]["pods"][0],
        "ns-a/pod-a"
    );
}

#[test]
fn sizes_and_contents_are_looked_at_only_as_deep_as_asked() {
    let target = Target::new();
    let layer = target.path(&format!("{BLOBS}/{BASE_LAYER}"));
    fs::File::options().write(true).open(layer).unwrap().set_len(7).unwrap();
    assert_eq!(target.problems(Depth::Metadata), found(&[]));
    let of = |depth, check: &str| {
        let problems = target.problems(depth).into_iter().filter(|(found, _)| found == check);
        problems.map(|(_, id)| id).collect::<Vec<_>>()
    };
    let layer = format!("sha256:{BASE_LAYER}");
    assert_eq!(of(Depth::Stat, "containerd-blob-size-mismatch"), [layer.clone(), layer.clone()]);
    // The directories of the snapshots are empty here.
    assert!(of(Depth::Stat, "containerd-snapshot-usage-mismatch").len() > 5);
    assert_eq!(of(Depth::Stat, "containerd-blob-digest-mismatch"), [""; 0]);
    let digests = of(Depth::Digest, "containerd-blob-digest-mismatch");
    assert!(digests.contains(&layer) && digests.len() == 7, "the layers, which are zeros here: {digests:?}");
}
