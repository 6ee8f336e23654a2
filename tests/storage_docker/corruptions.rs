//! Every way in which a docker store was seen to break, done to a copy of a sound one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::store::Store;

/// A way to break a store.
pub(crate) struct Corruption {
    pub(crate) name: &'static str,
    /// The check that finds it.
    pub(crate) check: &'static str,
    /// Breaks the store; the id of the object that is broken.
    pub(crate) act: fn(&Store) -> String,
}

const fn corruption(name: &'static str, check: &'static str, act: fn(&Store) -> String) -> Corruption {
    Corruption { name, check, act }
}

pub(crate) const ALL: &[Corruption] = &[
    corruption("a short name is missing", "link-lost", |store| {
        let id = store.cache_id("bb:1", 0);
        fs::remove_file(store.overlay("l").join(store.link(&id))).unwrap();
        id
    }),
    corruption("a short name leads elsewhere", "link-lost", |store| {
        let (id, other) = (store.cache_id("bb:1", 0), store.cache_id("bb:2", 1));
        let name = store.overlay("l").join(store.link(&id));
        fs::remove_file(&name).unwrap();
        std::os::unix::fs::symlink(format!("../{other}/diff"), name).unwrap();
        id
    }),
    corruption("a second short name", "link-duplicate", |store| {
        let id = store.cache_id("bb:1", 0);
        let name = store.overlay("l").join("AAAAAAAAAAAAAAAAAAAAAAAAAA");
        std::os::unix::fs::symlink(format!("../{id}/diff"), name).unwrap();
        id
    }),
    corruption("a short name that leads to nothing", "link-dangling", |store| {
        let name = "AAAAAAAAAAAAAAAAAAAAAAAAAA";
        std::os::unix::fs::symlink("../gone/diff", store.overlay("l").join(name)).unwrap();
        name.to_owned()
    }),
    corruption("an empty link", "link-empty", |store| {
        let id = store.cache_id("bb:2", 1);
        fs::write(store.overlay(&id).join("link"), "").unwrap();
        id
    }),
    corruption("no link", "link-empty", |store| {
        let id = store.cache_id("bb:2", 1);
        fs::remove_file(store.overlay(&id).join("link")).unwrap();
        id
    }),
    corruption("a FIFO for a link", "link-empty", |store| {
        let id = store.cache_id("bb:2", 1);
        replace_by_fifo(&store.overlay(&id).join("link"));
        id
    }),
    corruption("an empty lower", "lower-broken", |store| {
        let id = store.cache_id("bb:2", 1);
        fs::write(store.overlay(&id).join("lower"), "").unwrap();
        id
    }),
    corruption("a lower of a child of an empty link", "lower-broken", |store| {
        let id = store.cache_id("bb:3", 2);
        let lower = store.overlay(&id).join("lower");
        let of_parent = fs::read_to_string(&lower).unwrap();
        let (_, below) = of_parent.split_once(':').unwrap();
        fs::write(lower, format!("l:{below}")).unwrap();
        id
    }),
    corruption("a lower in another order", "lower-broken", |store| {
        let id = store.cache_id("bb:3", 2);
        let lower = store.overlay(&id).join("lower");
        let text = fs::read_to_string(&lower).unwrap();
        let (first, second) = text.split_once(':').unwrap();
        fs::write(&lower, format!("{second}:{first}")).unwrap();
        id
    }),
    corruption("a directory of a layer is gone", "layer-directory-missing", |store| {
        let id = store.cache_id("bb:2", 1);
        fs::remove_dir_all(store.overlay(&id)).unwrap();
        id
    }),
    corruption("a directory of a container is gone", "layer-directory-missing", |store| {
        let id = store.mount_id("c1");
        fs::remove_dir_all(store.overlay(&id)).unwrap();
        id
    }),
    corruption("diff is gone", "layer-contents-missing", |store| {
        let id = store.cache_id("bb:2", 1);
        fs::remove_dir_all(store.overlay(&id).join("diff")).unwrap();
        id
    }),
    corruption("diff is emptied", "layer-files-differ", |store| {
        empty(&store.overlay(&store.cache_id("bb:2", 1)).join("diff"));
        store.chain("bb:2", 1)
    }),
    corruption("diff is emptied, by size", "layer-size-mismatch", |store| {
        empty(&store.overlay(&store.cache_id("bb:2", 1)).join("diff"));
        store.chain("bb:2", 1)
    }),
    corruption("a file has lost its contents", "layer-files-differ", |store| {
        fs::write(store.overlay(&store.cache_id("bb:1", 0)).join("diff/bin/busybox"), "").unwrap();
        store.chain("bb:1", 0)
    }),
    corruption("a byte of a file is another", "layer-digest-mismatch", |store| {
        let file = store.overlay(&store.cache_id("bb:2", 1)).join("diff/data/a");
        let mut bytes = fs::read(&file).unwrap();
        bytes[0] ^= 1;
        fs::write(file, bytes).unwrap();
        store.chain("bb:2", 1)
    }),
    corruption("no tar-split", "layer-metadata-incomplete", |store| {
        fs::remove_file(store.layer("bb:2", 1).join("tar-split.json.gz")).unwrap();
        store.chain("bb:2", 1)
    }),
    corruption("a tar-split that is cut off", "layer-metadata-incomplete", |store| {
        let file = store.layer("bb:2", 1).join("tar-split.json.gz");
        let bytes = fs::read(&file).unwrap();
        fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
        store.chain("bb:2", 1)
    }),
    corruption("an empty cache-id", "layer-metadata-incomplete", |store| {
        fs::write(store.layer("bb:2", 1).join("cache-id"), "").unwrap();
        store.chain("bb:2", 1)
    }),
    corruption("no diff", "layer-metadata-incomplete", |store| {
        fs::remove_file(store.layer("bb:1", 0).join("diff")).unwrap();
        store.chain("bb:1", 0)
    }),
    corruption("a size that is none", "layer-metadata-incomplete", |store| {
        fs::write(store.layer("bb:2", 1).join("size"), "many").unwrap();
        store.chain("bb:2", 1)
    }),
    corruption("an empty parent", "layer-metadata-incomplete", |store| {
        fs::write(store.layer("bb:2", 1).join("parent"), "").unwrap();
        store.chain("bb:2", 1)
    }),
    corruption("no parent", "layer-chain-mismatch", |store| {
        fs::remove_file(store.layer("bb:2", 1).join("parent")).unwrap();
        store.chain("bb:2", 1)
    }),
    corruption("an empty record", "layer-metadata-incomplete", |store| {
        empty(&store.layer("bb:3", 2));
        store.chain("bb:3", 2)
    }),
    corruption("the record of a parent is gone", "layer-parent-missing", |store| {
        fs::remove_dir_all(store.layer("bb:1", 0)).unwrap();
        store.chain("bb:2", 1)
    }),
    corruption("the layer of an image is gone", "image-layer-missing", |store| {
        fs::remove_dir_all(store.layer("bb:3", 2)).unwrap();
        store.image("bb:3")
    }),
    corruption("a layer that is its own parent", "layer-parent-cycle", |store| {
        let chain = store.chain("bb:2", 1);
        fs::write(store.layer("bb:2", 1).join("parent"), &chain).unwrap();
        chain
    }),
    corruption("one directory of two layers", "layer-directory-shared", |store| {
        fs::write(store.layer("bb:2", 1).join("cache-id"), store.cache_id("bb:3", 2)).unwrap();
        store.chain("bb:2", 1)
    }),
    corruption("an empty configuration of an image", "image-digest-mismatch", |store| {
        fs::write(store.image_config("bb:3"), "").unwrap();
        store.image("bb:3")
    }),
    corruption("another configuration of an image", "image-digest-mismatch", |store| {
        let file = store.image_config("bb:3");
        let text = fs::read_to_string(&file).unwrap();
        fs::write(file, text.replacen("linux", "Linux", 1)).unwrap();
        store.image("bb:3")
    }),
    corruption("empty names of images", "repositories-unreadable", |store| {
        fs::write(store.repositories(), "").unwrap();
        "repositories.json".to_owned()
    }),
    corruption("names of images that are cut off", "repositories-unreadable", |store| {
        let text = fs::read_to_string(store.repositories()).unwrap();
        fs::write(store.repositories(), &text[..text.len() / 2]).unwrap();
        "repositories.json".to_owned()
    }),
    corruption("a name of nothing", "repository-image-missing", |store| {
        fs::remove_file(store.image_config("bb:3")).unwrap();
        "bb:3".to_owned()
    }),
    corruption("an empty config.v2.json", "container-config-broken", |store| {
        let id = store.container_id("c1");
        fs::write(store.container("c1").join("config.v2.json"), "").unwrap();
        id
    }),
    corruption("an empty hostconfig.json", "container-config-broken", |store| {
        fs::write(store.container("c1").join("hostconfig.json"), "").unwrap();
        store.container_id("c1")
    }),
    corruption("a container of another name", "container-config-broken", |store| {
        let file = store.container("c1").join("config.v2.json");
        let text = fs::read_to_string(&file).unwrap();
        let id = store.container_id("c1");
        fs::write(file, text.replace(&id, &store.container_id("c2"))).unwrap();
        id
    }),
    corruption("a removal that did not end", "container-removal-stale", |store| {
        let file = store.container("c1").join("config.v2.json");
        let text = fs::read_to_string(&file).unwrap();
        fs::write(file, text.replace("\"Dead\":false", "\"Dead\":true")).unwrap();
        store.container_id("c1")
    }),
    corruption("no record of a writable layer", "container-mount-missing", |store| {
        fs::remove_dir_all(store.mount("c1")).unwrap();
        store.container_id("c1")
    }),
    corruption("an empty mount-id", "container-mount-missing", |store| {
        fs::write(store.mount("c1").join("mount-id"), "").unwrap();
        store.container_id("c1")
    }),
    corruption("a container is gone", "mount-without-container", |store| {
        let id = store.container_id("c1");
        fs::remove_dir_all(store.container("c1")).unwrap();
        id
    }),
    corruption("the image of a container is gone", "container-image-missing", |store| {
        fs::remove_file(store.image_config("bb:3")).unwrap();
        store.container_id("c3")
    }),
    corruption("a directory of nobody", "directory-orphaned", |store| {
        let id = "5".repeat(64);
        fs::create_dir_all(store.overlay(&id).join("diff")).unwrap();
        id
    }),
    corruption("a directory of no container", "init-directory-orphaned", |store| {
        let id = format!("{}-init", "5".repeat(64));
        fs::create_dir_all(store.overlay(&id).join("diff")).unwrap();
        id
    }),
    corruption("a removal of a layer that did not end", "layer-removal-stale", |store| {
        let name = format!("{}-1-removing", "5".repeat(64));
        fs::create_dir(store.layerdb().join("sha256").join(&name)).unwrap();
        name
    }),
    corruption("a cache-id of zeros", "layer-metadata-incomplete", |store| {
        // As a power cut leaves files whose blocks never reached the disk.
        fs::write(store.layer("bb:2", 1).join("cache-id"), [0; 64]).unwrap();
        store.chain("bb:2", 1)
    }),
    corruption("a registration that did not end", "layer-registration-stale", |store| {
        fs::create_dir_all(store.layerdb().join("tmp/write-set-1")).unwrap();
        "write-set-1".to_owned()
    }),
];

fn empty(directory: &Path) {
    fs::remove_dir_all(directory).unwrap();
    fs::create_dir(directory).unwrap();
}

fn replace_by_fifo(path: &PathBuf) {
    fs::remove_file(path).unwrap();
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// The commands that a finding prints, those for the time in which docker is stopped first.
pub(crate) fn commands(finding: &Value) -> (Vec<String>, Vec<String>) {
    let steps = finding["remediation"]["steps"].as_array().unwrap();
    let runs = steps.iter().map(|step| step["run"].as_str().unwrap().to_owned());
    let commands = runs.filter(|run| !run.starts_with("systemctl ") && !run.starts_with("rc-service "));
    commands.partition(|run| !run.contains("docker "))
}
