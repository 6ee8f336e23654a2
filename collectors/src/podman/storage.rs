//! storage.conf: where podman, CRI-O, buildah and skopeo keep images and containers, and how
//! (containers-storage.conf(5)).

use schemars::JsonSchema;
use serde::Serialize;

use super::containers_conf::Key;
use crate::document::{Document, DocumentError};
use crate::fact::{Fact, Sourced, Unknown};
use crate::go_struct::Object;
use crate::host::Host;
use crate::listing;
use crate::origin;

/// The files; the first that is there counts, and the other one does not.
const FILES: [&str; 2] = ["/etc/containers/storage.conf", "/usr/share/containers/storage.conf"];

const GRAPH_ROOT: &str = "/var/lib/containers/storage";
const RUN_ROOT: &str = "/run/containers/storage";

/// The drivers that can have left a store.
const DRIVERS: [&str; 4] = ["btrfs", "overlay", "vfs", "zfs"];

/// The keys of the table `storage`.
const KEYS: [&str; 8] = [
    "driver",
    "driver_priority",
    "graphroot",
    "imagestore",
    "options",
    "rootless_storage_path",
    "runroot",
    "transient_store",
];

/// The keys of the table `storage.options`.
const OPTIONS: [&str; 28] = [
    "additionalimagestores",
    "additionallayerstores",
    "aufs",
    "auto-userns-max-size",
    "auto-userns-min-size",
    "btrfs",
    "disable-volatile",
    "force_mask",
    "ignore_chown_errors",
    "imagestore",
    "inodes",
    "mount_program",
    "mountopt",
    "overlay",
    "pull_options",
    "remap-gids",
    "remap-group",
    "remap-uids",
    "remap-user",
    "root-auto-userns-user",
    "size",
    "skip_mount_home",
    "sync",
    "thinpool",
    "transient_store",
    "vfs",
    "volatile",
    "zfs",
];

/// How images and containers are stored, for root.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Storage {
    /// The file that counts; absent if there is none.
    ///
    /// Source: /etc/containers/storage.conf, else /usr/share/containers/storage.conf
    pub file: Fact<String>,
    /// Whether it is TOML whose values are of the right types; podman does not run with any other.
    ///
    /// Source: storage.conf
    pub valid: Fact<bool>,
    /// What is wrong with it, in words.
    ///
    /// Source: storage.conf, the offending place
    pub error: Fact<Sourced<String>>,
    /// The keys that mean nothing.
    ///
    /// Source: storage.conf
    pub unknown_keys: Fact<Vec<Key>>,
    /// The driver: `overlay`, `vfs`, …; absent if podman chooses one itself.
    ///
    /// Source: storage.conf, `driver`
    pub driver: Fact<Sourced<String>>,
    /// The directory of images and containers.
    ///
    /// Source: storage.conf, `graphroot`
    pub graph_root: Fact<Sourced<String>>,
    /// The directory of what is gone after a reboot.
    ///
    /// Source: storage.conf, `runroot`
    pub run_root: Fact<Sourced<String>>,
    /// The drivers of which there are layers in the directory of images.
    ///
    /// Source: directories `DRIVER-layers`
    pub drivers_on_disk: Fact<Vec<String>>,
    /// The program that mounts layers in the kernel's place, `fuse-overlayfs` for example.
    ///
    /// Source: storage.conf, `mount_program`
    pub mount_program: Fact<Sourced<String>>,
    /// Whether that program is there.
    ///
    /// Source: statx(2)
    pub mount_program_exists: Fact<bool>,
    /// Options that layers are mounted with.
    ///
    /// Source: storage.conf, `mountopt`
    pub mount_options: Fact<Sourced<String>>,
    /// How large the layer of a container may grow; `overlay` needs XFS with project quotas for that.
    ///
    /// Source: storage.conf, `options.overlay.size`
    pub size: Fact<Sourced<String>>,
    /// How many inodes the layer of a container may have.
    ///
    /// Source: storage.conf, `options.overlay.inodes`
    pub inodes: Fact<Sourced<String>>,
    /// Whether containers are forgotten at a reboot.
    ///
    /// Source: storage.conf, `transient_store`
    pub transient_store: Fact<bool>,
    /// Other stores whose images can be used, too.
    ///
    /// Source: storage.conf, `options.additionalimagestores`
    pub additional_image_stores: Fact<Vec<ImageStore>>,
}

/// A store of images that is only read.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ImageStore {
    /// Its directory.
    ///
    /// Source: storage.conf, `options.additionalimagestores`
    pub path: Sourced<String>,
    /// Whether it is there.
    ///
    /// Source: statx(2)
    pub exists: Fact<bool>,
}

/// What storage.conf says.
#[derive(Debug, Default)]
struct StorageConf {
    driver: Option<Sourced<String>>,
    graph_root: Option<Sourced<String>>,
    run_root: Option<Sourced<String>>,
    mount_program: Option<Sourced<String>>,
    mount_options: Option<Sourced<String>>,
    size: Option<Sourced<String>>,
    inodes: Option<Sourced<String>>,
    transient_store: bool,
    image_stores: Vec<Sourced<String>>,
    unknown_keys: Vec<Key>,
}

impl Storage {
    /// Reads the file that counts.
    pub(super) fn read(host: &Host) -> Self {
        let (file, contents) = effective_file(host);
        let conf: Fact<StorageConf> = match &contents {
            Fact::Known(Ok(document)) => match StorageConf::parse(document) {
                Ok(conf) => Fact::Known(conf),
                Err(error) => return Self::wrong(file, &error),
            },
            Fact::Known(Err(error)) => return Self::wrong(file, error),
            Fact::Absent => Fact::Known(StorageConf::default()),
            Fact::Gap(unknown) => Fact::Gap(unknown.clone()),
        };
        let or_default = |value: Option<Sourced<String>>, default: &str| {
            value.unwrap_or_else(|| Sourced { value: default.to_owned(), origin: origin::default() })
        };
        let graph_root = conf.as_ref().map(|conf| or_default(conf.graph_root.clone(), GRAPH_ROOT));
        Self {
            file,
            valid: contents.map(|_| true),
            error: Fact::Absent,
            unknown_keys: conf.as_ref().map(|conf| conf.unknown_keys.clone()),
            driver: conf.as_ref().and_then(|conf| conf.driver.clone().into()),
            drivers_on_disk: graph_root.as_ref().and_then(|root| drivers_on_disk(host, &root.value).into()),
            graph_root,
            run_root: conf.as_ref().map(|conf| or_default(conf.run_root.clone(), RUN_ROOT)),
            mount_program: conf.as_ref().and_then(|conf| conf.mount_program.clone().into()),
            mount_program_exists: conf.as_ref().and_then(|conf| match &conf.mount_program {
                Some(program) => host.exists(&program.value).into(),
                None => Fact::Absent,
            }),
            mount_options: conf.as_ref().and_then(|conf| conf.mount_options.clone().into()),
            size: conf.as_ref().and_then(|conf| conf.size.clone().into()),
            inodes: conf.as_ref().and_then(|conf| conf.inodes.clone().into()),
            transient_store: conf.as_ref().map(|conf| conf.transient_store),
            additional_image_stores: conf.map(|conf| {
                let store =
                    |path: Sourced<String>| ImageStore { exists: host.exists(&path.value).into(), path };
                conf.image_stores.into_iter().map(store).collect()
            }),
        }
    }

    /// The facts of a file that podman refuses: what would be in it is unknown.
    fn wrong(file: Fact<String>, error: &DocumentError) -> Self {
        fn unknown<T>(error: &DocumentError) -> Fact<T> {
            Fact::Gap(error.unknown())
        }
        Self {
            file,
            valid: Fact::Known(false),
            error: Fact::Known(error.sourced()),
            unknown_keys: unknown(error),
            driver: unknown(error),
            graph_root: unknown(error),
            run_root: unknown(error),
            drivers_on_disk: unknown(error),
            mount_program: unknown(error),
            mount_program_exists: unknown(error),
            mount_options: unknown(error),
            size: unknown(error),
            inodes: unknown(error),
            transient_store: unknown(error),
            additional_image_stores: unknown(error),
        }
    }
}

type Contents = Fact<Result<Document, DocumentError>>;

/// The first of the files that is there.
fn effective_file(host: &Host) -> (Fact<String>, Contents) {
    for file in FILES {
        match Document::read_toml(host, file) {
            Fact::Absent => {}
            contents => return (Fact::Known(file.to_owned()), contents),
        }
    }
    (Fact::Absent, Fact::Absent)
}

/// The drivers that have layers in `root`; a store of one driver is invisible to every other.
fn drivers_on_disk(host: &Host, root: &str) -> Result<Vec<String>, Unknown> {
    let mut drivers = Vec::new();
    for driver in DRIVERS {
        if listing::names(host, &format!("{root}/{driver}-layers"))?.iter().any(|name| name == "layers.json")
        {
            drivers.push(driver.to_owned());
        }
    }
    Ok(drivers)
}

impl StorageConf {
    fn parse(document: &Document) -> Result<Self, DocumentError> {
        let mut conf = Self::default();
        let Some(storage) = Object::root(document)?.map(|root| root.object("storage")).transpose()?.flatten()
        else {
            return Ok(conf);
        };
        let text = |table: Object<'_>, key: &str| {
            let text = table.text(key)?.filter(|text| !text.text.is_empty());
            Ok(text
                .map(|text| Sourced { value: text.text.to_owned(), origin: document.origin_of(text.node) }))
        };
        conf.driver = text(storage, "driver")?;
        conf.graph_root = text(storage, "graphroot")?;
        conf.run_root = text(storage, "runroot")?;
        conf.transient_store = storage.boolean("transient_store")? == Some(true);
        conf.unknown_keys = unknown_keys(document, storage, "storage", &KEYS);
        let Some(options) = storage.object("options")? else { return Ok(conf) };
        conf.unknown_keys.extend(unknown_keys(document, options, "storage.options", &OPTIONS));
        let overlay = options.object("overlay")?;
        // The table of the driver wins over the options that hold for any.
        let option = |key: &str| match overlay.map(|overlay| text(overlay, key)).transpose()?.flatten() {
            Some(value) => Ok(Some(value)),
            None => text(options, key),
        };
        conf.mount_program = option("mount_program")?;
        conf.mount_options = option("mountopt")?;
        conf.size = option("size")?;
        conf.inodes = option("inodes")?;
        let stores = options.texts("additionalimagestores")?.unwrap_or_default();
        conf.image_stores = stores
            .into_iter()
            .map(|store| Sourced { value: store.text.to_owned(), origin: document.origin_of(store.node) })
            .collect();
        Ok(conf)
    }
}

fn unknown_keys(document: &Document, table: Object<'_>, name: &str, known: &[&str]) -> Vec<Key> {
    let is_known = |key: &str| known.iter().any(|known| known.eq_ignore_ascii_case(key));
    let stray = table.node().members().iter().filter(|member| !is_known(&member.name));
    stray
        .map(|member| Key {
            key: Sourced {
                value: format!("{name}.{}", member.name),
                origin: document.origin_of_member(member),
            },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    fn storage(text: &str) -> Storage {
        Storage::read(&Tree::new().file("etc/containers/storage.conf", text).host())
    }

    #[test]
    fn the_first_file_counts_alone() {
        let tree = Tree::new()
            .file("usr/share/containers/storage.conf", "[storage]\ndriver = \"vfs\"\ngraphroot = \"/vendor\"\n")
            .file("etc/containers/storage.conf", "[storage]\ndriver = \"overlay\"\n[storage.options]\nadditionalimagestores = [\"/nowhere\"]\nmount_program = \"/a\"\n[storage.options.overlay]\nmount_program = \"/usr/bin/fuse-overlayfs\"\n")
            .file("var/lib/containers/storage/vfs-layers/layers.json", "[]")
            .executable("usr/bin/fuse-overlayfs");
        let storage = Storage::read(&tree.host());
        assert_eq!(storage.file, Fact::Known("/etc/containers/storage.conf".into()));
        assert_eq!(storage.driver.known().unwrap().value, "overlay");
        assert_eq!(storage.graph_root.known().unwrap().value, GRAPH_ROOT);
        assert_eq!(storage.drivers_on_disk, Fact::Known(vec!["vfs".into()]));
        assert_eq!(storage.mount_program.known().unwrap().value, "/usr/bin/fuse-overlayfs");
        assert_eq!(storage.mount_program_exists, Fact::Known(true));
        assert_eq!(storage.additional_image_stores.known().unwrap()[0].exists, Fact::Known(false));
    }

    /// What podman 4.3.1 does with them.
    #[test]
    fn wrong_types_are_refused_and_unknown_keys_are_not() {
        let wrong = storage("[storage]\ndriver = \"vfs\"\n[storage.options]\nsize = 5\n");
        assert_eq!(wrong.valid, Fact::Known(false));
        assert_eq!(wrong.error.known().unwrap().value, "size has to be a string, not a number");
        assert!(matches!(wrong.driver, Fact::Gap(_)));
        let odd = storage("[storage]\ndriver = \"vfs\"\nbogus = 1\n");
        assert_eq!(odd.unknown_keys.known().unwrap()[0].key.value, "storage.bogus");
        assert_eq!(storage("this is wrong").valid, Fact::Known(false));
    }

    #[test]
    fn without_a_file_the_defaults_hold() {
        let none = Storage::read(&Tree::new().host());
        assert_eq!((&none.file, &none.valid), (&Fact::Absent, &Fact::Absent));
        assert_eq!(none.run_root.known().unwrap().value, RUN_ROOT);
    }
}
