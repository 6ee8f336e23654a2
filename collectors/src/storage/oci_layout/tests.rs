//! The checks on layouts that are sound, and on what can become of them.

use std::time::{Duration, Instant};

use plimsoll_engine::demand::Demand;
use serde_json::{Value, json};
use sha2::Digest as _;

use super::super::blobs::sha256;
use crate::context::{Context, Options};
use crate::depth::Depth;
use crate::tree::Tree;

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// A blob and its descriptor.
fn blob(media_type: &str, contents: &str) -> (String, Value) {
    let digest = sha256(contents.as_bytes());
    let path = format!("layout/blobs/{}", digest.replace(':', "/"));
    (path, json!({ "mediaType": media_type, "digest": digest, "size": contents.len() }))
}

/// A layout with an image of two layers below a nested index, one platform of which is not there.
struct Layout {
    tree: Tree,
    manifest: Value,
    layer: Value,
}

fn layout() -> Layout {
    let mut tree = Tree::new().file("layout/oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#);
    let mut add = |media_type: &str, contents: &str| {
        let (path, descriptor) = blob(media_type, contents);
        tree = std::mem::replace(&mut tree, Tree::new()).file(&path, contents);
        descriptor
    };
    let layers = [add(LAYER, "lower"), add(LAYER, "upper")];
    let config = add(
        CONFIG,
        &json!({ "rootfs": { "type": "layers", "diff_ids": ["sha256:a", "sha256:b"] } }).to_string(),
    );
    let manifest =
        add(MANIFEST, &json!({ "schemaVersion": 2, "config": config, "layers": layers }).to_string());
    let elsewhere = blob(MANIFEST, "another platform").1;
    let mut index =
        add(INDEX, &json!({ "schemaVersion": 2, "manifests": [manifest, elsewhere] }).to_string());
    index["annotations"] = json!({ "org.opencontainers.image.ref.name": "busybox:1" });
    let index = json!({ "schemaVersion": 2, "manifests": [index] }).to_string();
    let [_, layer] = layers;
    Layout { tree: tree.file("layout/index.json", index), manifest, layer }
}

fn store(tree: &Tree, depth: Depth) -> Value {
    let host = tree.host();
    let (demand, options) = (Demand::default(), Options { depth, ..Options::default() });
    let deadline = Instant::now() + Duration::from_secs(3600);
    let ctx = Context { host: &host, demand: &demand, options: &options, deadline };
    let examined = super::examine(&super::super::survey::Survey::new(&ctx), "/layout");
    serde_json::to_value(&examined.known().unwrap().store).unwrap()
}

fn problems(tree: &Tree, depth: Depth) -> Vec<(String, String)> {
    let store = store(tree, depth);
    let checks = store["problems"].as_object().unwrap().iter();
    let lists =
        checks.flat_map(|(check, found)| found.as_array().into_iter().flatten().map(move |of| (check, of)));
    lists.map(|(check, of)| (check.clone(), of["id"].as_str().unwrap_or("a gap").to_owned())).collect()
}

fn path_of(descriptor: &Value) -> String {
    format!("layout/blobs/{}", digest_of(descriptor).replace(':', "/"))
}

fn digest_of(descriptor: &Value) -> String {
    descriptor["digest"].as_str().unwrap().to_owned()
}

fn one(check: &str, id: impl Into<String>) -> Vec<(String, String)> {
    vec![(check.to_owned(), id.into())]
}

#[test]
fn a_sound_layout_has_no_problems_at_any_depth() {
    let Layout { tree, .. } = layout();
    for depth in [Depth::Metadata, Depth::Stat, Depth::Digest] {
        assert_eq!(problems(&tree, depth), Vec::new());
    }
    let image = &store(&tree, Depth::Metadata)["images"][0];
    assert_eq!(
        (&image["names"][0], &image["layers"], &image["bytes"]),
        (&"busybox:1".into(), &2.into(), &10.into())
    );
}

#[test]
fn every_damage_is_told_with_its_object() {
    let Layout { tree, layer, .. } = layout();
    let tree = tree.remove(&path_of(&layer));
    assert_eq!(problems(&tree, Depth::Metadata), one("oci-layout-blob-missing", digest_of(&layer)));

    let Layout { tree, layer, .. } = layout();
    let tree = tree.file(&path_of(&layer), "longer than that");
    assert_eq!(problems(&tree, Depth::Metadata), Vec::new());
    assert_eq!(problems(&tree, Depth::Stat), one("oci-layout-blob-size-mismatch", digest_of(&layer)));

    let Layout { tree, layer, .. } = layout();
    let tree = tree.file(&path_of(&layer), "UPPER");
    assert_eq!(problems(&tree, Depth::Stat), Vec::new());
    assert_eq!(problems(&tree, Depth::Digest), one("oci-layout-blob-digest-mismatch", digest_of(&layer)));

    let Layout { tree, manifest, .. } = layout();
    let tree = tree.file(&path_of(&manifest), "");
    let found = problems(&tree, Depth::Metadata);
    assert!(found.contains(&one("oci-layout-document-corrupt", digest_of(&manifest))[0]), "{found:?}");

    let Layout { tree, .. } = layout();
    let left_over = blob(LAYER, "left over").0;
    let tree = tree.file(&left_over, "left over");
    assert_eq!(problems(&tree, Depth::Metadata), one("oci-layout-blob-unreferenced", sha256(b"left over")));
    // Whoever copies an image into it writes the index last.
    let unreferenced = |tree: &Tree| {
        let host = tree.running();
        let (demand, options) = (Demand::default(), Options::default());
        let deadline = Instant::now() + Duration::from_secs(3600);
        let ctx = Context { host: &host, demand: &demand, options: &options, deadline };
        let examined = super::examine(&super::super::survey::Survey::new(&ctx), "/layout");
        let store = serde_json::to_value(&examined.known().unwrap().store).unwrap();
        store["problems"]["oci-layout-blob-unreferenced"].as_array().unwrap().len()
    };
    assert_eq!(unreferenced(&tree), 0);
    assert_eq!(unreferenced(&tree.aged(&left_over, Duration::from_secs(7200))), 1);
}

#[test]
fn contents_of_either_algorithm_are_compared() {
    let name = |contents: &str| {
        let digits: String =
            sha2::Sha512::digest(contents).iter().map(|byte| format!("{byte:02x}")).collect();
        (format!("layout/blobs/sha512/{digits}"), format!("sha512:{digits}"))
    };
    let Layout { tree, .. } = layout();
    let (sound, altered) = (name("sound"), name("altered"));
    let tree = tree.file(&sound.0, "sound").file(&altered.0, "other");
    let found = problems(&tree, Depth::Digest);
    let mismatch = found.iter().filter(|(check, _)| check == "oci-layout-blob-digest-mismatch");
    assert_eq!(mismatch.map(|(_, id)| id.clone()).collect::<Vec<_>>(), [altered.1]);
    let gaps = store(&tree, Depth::Digest)["problems"]["oci-layout-blob-digest-mismatch"].clone();
    assert_eq!(gaps.as_array().unwrap().len(), 1, "and nothing is unknown");
}

#[test]
fn a_layout_of_another_version_or_without_an_index_is_told() {
    for (contents, check) in [
        (r#"{"imageLayoutVersion":"2.0.0"}"#, "oci-layout-version-unsupported"),
        ("", "oci-layout-version-unsupported"),
        ("{}", "oci-layout-version-unsupported"),
    ] {
        let tree = layout().tree.file("layout/oci-layout", contents);
        assert_eq!(problems(&tree, Depth::Metadata), one(check, "oci-layout"), "{contents}");
    }
    for index in ["", "[]", "{\"manifests\":{}}"] {
        let tree = layout().tree.file("layout/index.json", index);
        assert_eq!(problems(&tree, Depth::Metadata), one("oci-layout-index-invalid", "index.json"));
        assert!(store(&tree, Depth::Metadata)["problems"]["oci-layout-blob-missing"].is_object(), "a gap");
    }
    let tree = layout().tree.remove("layout/index.json").fifo("layout/index.json");
    assert_eq!(problems(&tree, Depth::Metadata), one("oci-layout-index-invalid", "index.json"));
}

#[test]
fn what_an_index_names_may_be_anything() {
    let foreign =
        json!({ "mediaType": "text/\u{1b}[31m\n", "digest": "sha256:../../../etc/passwd", "size": 1 });
    let index = json!({ "schemaVersion": 2, "manifests": [foreign] }).to_string();
    let tree = Tree::new()
        .file("layout/oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#)
        .file("layout/index.json", index)
        .file("etc/passwd", "x");
    let found = problems(&tree, Depth::Digest);
    assert_eq!(found[0], one("oci-layout-blob-missing", "sha256:../../../etc/passwd")[0]);
    assert_eq!(found[1].0, "oci-layout-media-type-unknown");
}
