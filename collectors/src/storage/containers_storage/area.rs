//! Where the files of a store are.

use crate::host::{FileKind, Host, HostError, HostErrorKind};

/// The drivers that keep their layers in a store; of those other than `overlay` nothing but the records is
/// checked.
const DRIVERS: [&str; 5] = ["overlay", "vfs", "btrfs", "zfs", "aufs"];

/// The part of a store that one driver has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Area {
    /// The store's directory (`graphroot`).
    pub(super) store: String,
    /// The driver's name.
    pub(super) driver: &'static str,
    /// The directory of what does not outlive a reboot (`runroot`), where it is known.
    pub(super) run: Option<String>,
}

impl Area {
    /// `/var/lib/containers/storage/overlay`.
    pub(super) fn driver_dir(&self) -> String {
        self.in_store(self.driver)
    }

    /// `/var/lib/containers/storage/overlay-layers`.
    pub(super) fn layers_dir(&self) -> String {
        self.in_store(&format!("{}-layers", self.driver))
    }

    /// `/var/lib/containers/storage/overlay-images`.
    pub(super) fn images_dir(&self) -> String {
        self.in_store(&format!("{}-images", self.driver))
    }

    /// `/var/lib/containers/storage/overlay-containers`.
    pub(super) fn containers_dir(&self) -> String {
        self.in_store(&format!("{}-containers", self.driver))
    }

    /// The files of the records of layers. With `transient_store` those of containers' layers are in the
    /// directory of what does not outlive a reboot.
    pub(super) fn layer_files(&self) -> Vec<String> {
        self.files("layers", "volatile-layers.json")
    }

    /// The file of the records of images.
    pub(super) fn image_files(&self) -> Vec<String> {
        vec![format!("{}/images.json", self.images_dir())]
    }

    /// The files of the records of containers.
    pub(super) fn container_files(&self) -> Vec<String> {
        self.files("containers", "volatile-containers.json")
    }

    /// `/run/containers/storage/overlay-layers/mountpoints.json`.
    pub(super) fn mounts_file(&self) -> Option<String> {
        Some(format!("{}/{}-layers/mountpoints.json", self.run.as_ref()?, self.driver))
    }

    /// The lock files of the records.
    pub(super) fn locks(&self) -> Vec<String> {
        let driver = self.driver;
        let mut locks: Vec<String> = ["layers", "images", "containers"]
            .into_iter()
            .map(|kind| self.in_store(&format!("{driver}-{kind}/{kind}.lock")))
            .collect();
        if let Some(run) = &self.run {
            locks.push(format!("{run}/{driver}-containers/containers.lock"));
            locks.push(format!("{run}/{driver}-layers/mountpoints.lock"));
        }
        locks
    }

    fn files(&self, kind: &str, volatile: &str) -> Vec<String> {
        let directory = format!("{}-{kind}", self.driver);
        let mut files = vec![
            self.in_store(&format!("{directory}/{kind}.json")),
            self.in_store(&format!("{directory}/{volatile}")),
        ];
        files.extend(self.run.iter().map(|run| format!("{run}/{directory}/{volatile}")));
        files
    }

    fn in_store(&self, name: &str) -> String {
        format!("{}/{name}", self.store.trim_end_matches('/'))
    }
}

/// The areas of the store `store`: one for each driver that it has been used with, `overlay` before the
/// others.
///
/// # Errors
///
/// If that cannot be told.
pub(super) fn areas(host: &Host, store: &str, run: Option<&str>) -> Result<Vec<Area>, HostError> {
    let mut areas = Vec::new();
    for driver in DRIVERS {
        let area = Area { store: store.to_owned(), driver, run: run.map(str::to_owned) };
        if is_directory(host, &area.layers_dir())? || is_directory(host, &area.images_dir())? {
            areas.push(area);
        }
    }
    Ok(areas)
}

fn is_directory(host: &Host, path: &str) -> Result<bool, HostError> {
    match host.metadata(path) {
        Ok(metadata) => Ok(metadata.kind == FileKind::Directory),
        Err(error) if error.kind == HostErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
