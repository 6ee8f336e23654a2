//! The places of a store's objects.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::daemon::store;

/// A store in a target's root.
pub(crate) struct Store {
    target: PathBuf,
}

impl Store {
    pub(crate) fn at(target: &Path) -> Self {
        Self { target: target.to_owned() }
    }

    /// A copy of it, in another target's root.
    pub(crate) fn copy(&self, target: &Path) -> Self {
        let _ = fs::remove_dir_all(target);
        fs::create_dir_all(store(target).parent().unwrap()).unwrap();
        let copied =
            Command::new("cp").arg("-a").args([store(&self.target), store(target)]).status().unwrap();
        assert!(copied.success());
        // What a finding advises depends on the programs that the node has.
        fs::create_dir_all(target.join("usr/bin")).unwrap();
        fs::copy("/bin/true", target.join("usr/bin/dockerd")).unwrap();
        Self::at(target)
    }

    pub(crate) fn overlay(&self, name: &str) -> PathBuf {
        self.path("overlay2").join(name)
    }

    pub(crate) fn layerdb(&self) -> PathBuf {
        self.path("image/overlay2/layerdb")
    }

    pub(crate) fn repositories(&self) -> PathBuf {
        self.path("image/overlay2/repositories.json")
    }

    /// The id of the image `name`, `sha256:…`.
    pub(crate) fn image(&self, name: &str) -> String {
        let file: Value = serde_json::from_slice(&fs::read(self.repositories()).unwrap()).unwrap();
        let repository = name.split(':').next().unwrap();
        file["Repositories"][repository][name].as_str().unwrap().to_owned()
    }

    pub(crate) fn image_config(&self, name: &str) -> PathBuf {
        self.path("image/overlay2/imagedb/content/sha256").join(digits(&self.image(name)))
    }

    /// The chain id of the layer `number` of the image, from below, `sha256:…`.
    pub(crate) fn chain(&self, image: &str, number: usize) -> String {
        let config: Value = serde_json::from_slice(&fs::read(self.image_config(image)).unwrap()).unwrap();
        let diffs = config["rootfs"]["diff_ids"].as_array().unwrap();
        let diffs = diffs.iter().take(number + 1).map(|diff| diff.as_str().unwrap().to_owned());
        diffs
            .reduce(|parent, diff| {
                let digest = Sha256::digest(format!("{parent} {diff}"));
                format!("sha256:{}", digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
            })
            .unwrap()
    }

    /// The record of that layer.
    pub(crate) fn layer(&self, image: &str, number: usize) -> PathBuf {
        self.layerdb().join("sha256").join(digits(&self.chain(image, number)))
    }

    /// The directory of that layer in overlay2.
    pub(crate) fn cache_id(&self, image: &str, number: usize) -> String {
        fs::read_to_string(self.layer(image, number).join("cache-id")).unwrap()
    }

    pub(crate) fn link(&self, directory: &str) -> String {
        fs::read_to_string(self.overlay(directory).join("link")).unwrap()
    }

    pub(crate) fn container_id(&self, name: &str) -> String {
        let is_it = |path: &PathBuf| {
            let config = fs::read(path.join("config.v2.json")).unwrap_or_default();
            serde_json::from_slice::<Value>(&config).is_ok_and(|config| config["Name"] == format!("/{name}"))
        };
        let mut directories =
            fs::read_dir(self.path("containers")).unwrap().map(|entry| entry.unwrap().path());
        let directory = directories.find(is_it).unwrap_or_else(|| panic!("no container {name}"));
        directory.file_name().unwrap().to_str().unwrap().to_owned()
    }

    pub(crate) fn container(&self, name: &str) -> PathBuf {
        self.path("containers").join(self.container_id(name))
    }

    pub(crate) fn mount(&self, container: &str) -> PathBuf {
        self.layerdb().join("mounts").join(self.container_id(container))
    }

    pub(crate) fn mount_id(&self, container: &str) -> String {
        fs::read_to_string(self.mount(container).join("mount-id")).unwrap()
    }

    fn path(&self, path: &str) -> PathBuf {
        store(&self.target).join(path)
    }
}

fn digits(digest: &str) -> &str {
    digest.strip_prefix("sha256:").unwrap()
}
