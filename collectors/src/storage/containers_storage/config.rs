//! Where the configurations of podman, buildah and CRI-O put their stores: storage.conf(5), of the node and
//! of each user, and crio.conf(5).

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::accounts::{Accounts, User};
use crate::fact::Unknown;
use crate::host::{Host, HostErrorKind};
use crate::listing::names;

/// The node's configuration: the first that is there counts.
const NODE_FILES: [&str; 2] = ["/etc/containers/storage.conf", "/usr/share/containers/storage.conf"];

const CRIO_FILE: &str = "/etc/crio/crio.conf";
const CRIO_DROP_INS: &str = "/etc/crio/crio.conf.d";

/// The store of the node, unless a configuration says otherwise.
const STORE: &str = "/var/lib/containers/storage";

/// Its directory of what does not outlive a reboot.
const RUN: &str = "/run/containers/storage";

/// Where CRI-O tells that it ended orderly, unless its configuration says otherwise.
const CLEAN_SHUTDOWN: &str = "/var/lib/crio/clean.shutdown";

/// Stores that one engine uses together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Family {
    /// The store that is written.
    pub(super) store: String,
    /// Where its engine keeps what does not outlive a reboot.
    pub(super) run: String,
    /// The stores that images are read from, too: `additionalimagestores`, `imagestore`.
    pub(super) others: Vec<String>,
    /// The user whose rootless store it is.
    pub(super) user: Option<String>,
    /// Whether it is CRI-O's.
    pub(super) is_crio: bool,
    /// Whether root's podman uses it unless told otherwise.
    pub(super) is_default: bool,
    /// Where CRI-O, if it is used with the store, tells that it ended orderly.
    pub(super) clean_shutdown: Option<String>,
}

/// All families of a node.
#[derive(Debug, Default)]
pub(super) struct Families {
    pub(super) list: Vec<Family>,
    /// Why there may be others.
    pub(super) unknown: Vec<Unknown>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StorageConf {
    storage: StorageTable,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StorageTable {
    graphroot: Option<String>,
    runroot: Option<String>,
    rootless_storage_path: Option<String>,
    imagestore: Option<String>,
    options: StorageOptions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StorageOptions {
    additionalimagestores: Vec<String>,
    imagestore: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CrioConf {
    crio: CrioTable,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
struct CrioTable {
    root: Option<String>,
    runroot: Option<String>,
    imagestore: Option<String>,
    storage_option: Option<Vec<String>>,
    clean_shutdown_file: Option<String>,
}

impl Families {
    /// Reads the configurations of the node and of its users.
    pub(super) fn read(host: &Host) -> Self {
        let mut families = Self::default();
        let node = families.node(host);
        families.crio(host, &node);
        match Accounts::read(host) {
            Ok(accounts) => accounts.at_home().for_each(|user| families.user(host, user, &node)),
            Err(unknown) => families.unknown.push(unknown),
        }
        for family in &mut families.list {
            [&mut family.store].into_iter().chain(&mut family.others).for_each(|store| resolve(host, store));
        }
        families
    }

    /// The stores that are used together with `store`.
    pub(super) fn neighbours(&self, store: &str) -> Vec<String> {
        let together = self.list.iter().filter(|family| family.holds(store));
        let mut stores: Vec<String> =
            together.flat_map(|family| family.others.iter().chain([&family.store]).cloned()).collect();
        stores.sort();
        stores.dedup();
        stores.retain(|other| other != store);
        stores
    }

    /// The family whose own store `store` is, CRI-O's first.
    pub(super) fn of(&self, store: &str) -> Option<&Family> {
        let mut own: Vec<&Family> = self.list.iter().filter(|family| family.store == store).collect();
        own.sort_by_key(|family| !family.is_crio);
        own.first().copied()
    }

    fn node(&mut self, host: &Host) -> StorageTable {
        let conf = NODE_FILES.iter().find_map(|file| self.toml::<StorageConf>(host, file));
        let table = conf.unwrap_or_default().storage;
        // CRI-O needs no file of its own.
        let clean_shutdown = Some(CLEAN_SHUTDOWN.to_owned());
        self.list.push(Family { clean_shutdown, is_default: true, ..table.family(STORE, RUN) });
        table
    }

    /// CRI-O's own keys go before those of storage.conf; of its files the last that has a key counts.
    fn crio(&mut self, host: &Host, node: &StorageTable) {
        let mut files = vec![CRIO_FILE.to_owned()];
        match names(host, CRIO_DROP_INS) {
            Ok(drop_ins) => files.extend(drop_ins.iter().map(|name| format!("{CRIO_DROP_INS}/{name}"))),
            Err(error) => self.unknown.push(error.into()),
        }
        let mut crio: Option<CrioTable> = None;
        for file in files {
            if let Some(conf) = self.toml::<CrioConf>(host, &file) {
                crio.get_or_insert_default().add(conf.crio);
            }
        }
        if let Some(crio) = crio {
            self.list.push(crio.family(node.family(STORE, RUN)));
        }
    }

    fn user(&mut self, host: &Host, user: &User, node: &StorageTable) {
        let home = &user.home;
        let file = format!("{home}/.config/containers/storage.conf");
        let own = self.toml::<StorageConf>(host, &file).map(|conf| conf.storage);
        let default = node.rootless_storage_path.as_ref().map_or_else(
            || format!("{home}/.local/share/containers/storage"),
            |path| {
                let path = path.replace("$HOME", home).replace("$USER", &user.name);
                path.replace("$UID", &user.uid.to_string())
            },
        );
        let run = format!("/run/user/{}/containers", user.uid);
        let mut family = own.unwrap_or_default().family(&default, &run);
        family.others.extend(node.options.additionalimagestores.iter().cloned());
        family.user = (user.uid != 0).then(|| user.name.clone());
        self.list.push(family);
    }

    /// The file at `path`; `None` if it is not there, or cannot be read, which is then remembered.
    fn toml<T: DeserializeOwned>(&mut self, host: &Host, path: &str) -> Option<T> {
        let unknown = match host.read_text(path) {
            Ok(text) => match toml::from_str(&text) {
                Ok(conf) => return Some(conf),
                Err(error) => Unknown::malformed(path, error.message()),
            },
            Err(error) if error.kind == HostErrorKind::NotFound => return None,
            Err(error) => error.into(),
        };
        self.unknown.push(unknown);
        None
    }
}

/// Gives a directory the name that it has without symbolic links, by which stores are known.
fn resolve(host: &Host, store: &mut String) {
    if let Ok(path) = host.canonicalize(&*store) {
        *store = path.to_string_lossy().into_owned();
    }
}

impl Family {
    fn holds(&self, store: &str) -> bool {
        self.store == store || self.others.iter().any(|other| other == store)
    }
}

impl StorageTable {
    fn family(&self, store: &str, run: &str) -> Family {
        let or = |value: &Option<String>, default: &str| {
            value.clone().filter(|value| !value.is_empty()).unwrap_or_else(|| default.to_owned())
        };
        let image_stores = [&self.imagestore, &self.options.imagestore].into_iter().flatten();
        let others = image_stores.chain(&self.options.additionalimagestores);
        Family {
            store: or(&self.graphroot, store),
            run: or(&self.runroot, run),
            others: others.filter(|other| !other.is_empty()).cloned().collect(),
            user: None,
            is_crio: false,
            is_default: false,
            clean_shutdown: None,
        }
    }
}

impl CrioTable {
    fn add(&mut self, later: Self) {
        self.root = later.root.or(self.root.take());
        self.runroot = later.runroot.or(self.runroot.take());
        self.imagestore = later.imagestore.or(self.imagestore.take());
        self.storage_option = later.storage_option.or(self.storage_option.take());
        self.clean_shutdown_file = later.clean_shutdown_file.or(self.clean_shutdown_file.take());
    }

    fn family(self, node: Family) -> Family {
        let filled = |value: Option<String>| value.filter(|value| !value.is_empty());
        let mut others = node.others;
        others.extend(filled(self.imagestore));
        // `overlay.imagestore=/x`, `.imagestore=/x`, `overlay.additionalimagestore=/x`
        others.extend(self.storage_option.iter().flatten().filter_map(|option| {
            let (key, value) = option.split_once('=')?;
            let key = key.rsplit('.').next()?;
            matches!(key, "imagestore" | "additionalimagestore" | "additionalimagestores")
                .then(|| value.to_owned())
        }));
        let clean_shutdown = filled(self.clean_shutdown_file);
        Family {
            store: filled(self.root).unwrap_or(node.store),
            run: filled(self.runroot).unwrap_or(node.run),
            others,
            user: None,
            is_crio: true,
            is_default: false,
            clean_shutdown: clean_shutdown.or_else(|| Some(CLEAN_SHUTDOWN.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    fn stores(tree: &Tree) -> Vec<(String, String)> {
        let families = Families::read(&tree.host());
        families.list.into_iter().map(|family| (family.store, family.run)).collect()
    }

    #[test]
    fn a_node_without_configurations_has_the_usual_places() {
        let tree = Tree::new().file("etc/passwd", "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:\n");
        let expected = [
            ("/var/lib/containers/storage", "/run/containers/storage"),
            ("/root/.local/share/containers/storage", "/run/user/0/containers"),
            ("/home/ann/.local/share/containers/storage", "/run/user/1000/containers"),
        ];
        assert_eq!(stores(&tree), expected.map(|(store, run)| (store.to_owned(), run.to_owned())));
    }

    #[test]
    fn configurations_say_otherwise() {
        let tree = Tree::new()
            .file("etc/passwd", "ann:x:1000:1000::/home/ann:\n")
            .file(
                "etc/containers/storage.conf",
                "[storage]\ndriver = 'overlay'\ngraphroot = '/data/c'\nrunroot = '/run/c'\n\
                 rootless_storage_path = '/data/$USER/$UID'\n\
                 [storage.options]\nadditionalimagestores = ['/mnt/images']\n",
            )
            .file("etc/crio/crio.conf", "[crio]\nroot = '/data/old'\nimagestore = '/data/images'\n")
            .file("etc/crio/crio.conf.d/10.conf", "[crio]\nroot = '/data/crio'\n[crio.runtime]\nx = 1\n");
        let families = Families::read(&tree.host());
        let expected = [
            ("/data/c", "/run/c"),
            ("/data/crio", "/run/c"),
            ("/data/ann/1000", "/run/user/1000/containers"),
        ];
        assert_eq!(stores(&tree), expected.map(|(store, run)| (store.to_owned(), run.to_owned())));
        assert_eq!(families.neighbours("/data/crio"), ["/data/images", "/mnt/images"]);
        assert!(families.neighbours("/mnt/images").contains(&"/data/crio".to_owned()));
        assert!(families.of("/data/crio").is_some_and(|family| family.is_crio));
        assert!(families.unknown.is_empty());
    }

    #[test]
    fn what_cannot_be_read_may_name_other_stores() {
        let tree = Tree::new().file("etc/containers/storage.conf", "[storage\n").fifo("etc/crio/crio.conf");
        assert_eq!(Families::read(&tree.host()).unknown.len(), 2);
    }
}
