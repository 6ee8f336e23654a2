//! Images of several layers, made with nothing but busybox and tar.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

/// Writes an archive of the image `name` that has `layers` layers, the first of them a busybox.
pub(crate) fn write(directory: &Path, name: &str, layers: usize, archive: &Path) {
    let layout = directory.join("layout");
    std::fs::create_dir_all(layout.join("blobs/sha256")).unwrap();
    let mut diff_ids = Vec::new();
    let mut descriptors = Vec::new();
    for number in 0..layers {
        let tree = directory.join("layer");
        fill(&tree, name, number);
        let file = directory.join("layer.tar");
        tar(&tree, &file);
        let layer = add(&layout, &std::fs::read(&file).unwrap(), "application/vnd.oci.image.layer.v1.tar");
        diff_ids.push(layer["digest"].clone());
        descriptors.push(layer);
        std::fs::remove_dir_all(&tree).unwrap();
    }
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "config": { "Cmd": ["/bin/sh"], "Env": ["PATH=/bin"] },
        "rootfs": { "type": "layers", "diff_ids": diff_ids },
    });
    let config = add(&layout, config.to_string().as_bytes(), "application/vnd.oci.image.config.v1+json");
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config,
        "layers": descriptors,
    });
    let mut manifest =
        add(&layout, manifest.to_string().as_bytes(), "application/vnd.oci.image.manifest.v1+json");
    manifest["annotations"] = json!({ "io.containerd.image.name": name });
    let index = json!({ "schemaVersion": 2, "manifests": [manifest] });
    std::fs::write(layout.join("index.json"), index.to_string()).unwrap();
    std::fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    tar(&layout, archive);
    std::fs::remove_dir_all(&layout).unwrap();
}

fn fill(tree: &Path, name: &str, number: usize) {
    if number == 0 {
        for directory in ["bin", "etc", "proc", "tmp"] {
            std::fs::create_dir_all(tree.join(directory)).unwrap();
        }
        std::fs::copy("/bin/busybox", tree.join("bin/busybox")).expect("busybox-static is installed");
        for program in ["sh", "sleep"] {
            std::os::unix::fs::symlink("busybox", tree.join("bin").join(program)).unwrap();
        }
        return;
    }
    std::fs::create_dir_all(tree.join("data")).unwrap();
    std::fs::write(tree.join(format!("data/{number}")), format!("{name} {number}\n").repeat(5000)).unwrap();
}

/// Adds a blob, and describes it.
fn add(layout: &Path, bytes: &[u8], media_type: &str) -> Value {
    let file = layout.join("blobs/new");
    std::fs::write(&file, bytes).unwrap();
    let output = Command::new("sha256sum").arg(&file).output().unwrap();
    let digest = String::from_utf8(output.stdout).unwrap().chars().take(64).collect::<String>();
    std::fs::rename(&file, layout.join("blobs/sha256").join(&digest)).unwrap();
    json!({ "mediaType": media_type, "digest": format!("sha256:{digest}"), "size": bytes.len() })
}

fn tar(tree: &Path, archive: &Path) {
    let status = Command::new("tar").arg("-C").arg(tree).arg("-cf").arg(archive).arg(".").status();
    assert!(status.unwrap().success());
}
