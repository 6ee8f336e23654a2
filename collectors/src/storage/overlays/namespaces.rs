//! The mount namespaces of the node's processes: whose root an overlay is, and where one is mounted that the
//! node has unmounted. Of each namespace the mounts are read once, through one of its processes.

use std::collections::{BTreeMap, HashSet};

use super::super::survey::Survey;
use crate::fact::Unknown;
use crate::host::{Dir, HostErrorKind};
use crate::mounts::mountinfo::{self, MountInfo};
use crate::mounts::table::MountTable;
use crate::processes::Processes;

/// The most that is read of one mountinfo, in bytes.
const CAP: usize = 16 << 20;

/// The number of the node's first process.
const INIT: u32 = 1;

/// How many processes of a namespace are named.
pub(super) const MAX_NAMED: usize = 10;

/// What the processes of the node have for mounts.
#[derive(Debug, Default)]
pub(super) struct Namespaces {
    /// Those that are not the node's.
    pub(super) others: Vec<Namespace>,
    /// Where processes in the node's own have their root or work, other than in the root directory.
    pub(super) places: HashSet<String>,
    /// Why there may be more.
    pub(super) incomplete: Option<Unknown>,
}

/// A mount namespace.
#[derive(Debug)]
pub(super) struct Namespace {
    /// Its name: `mnt:[4026532178]`.
    pub(super) name: String,
    /// Some of its processes: number and name.
    pub(super) processes: Vec<(u32, String)>,
    /// Its mounts as the kernel tells them.
    pub(super) text: String,
}

impl Namespaces {
    /// Looks at all processes of the running node.
    pub(super) fn read(survey: &Survey<'_>) -> Self {
        let mut found = Self::default();
        let processes = match Processes::of(survey.ctx) {
            Ok(processes) => processes,
            Err(unknown) => return Self { incomplete: Some(unknown), ..found },
        };
        found.incomplete = processes.incomplete().cloned();
        let of_the_node = mountinfo::file(survey.ctx.host).trim_end_matches("/mountinfo");
        let own = survey.ctx.host.open_dir(of_the_node).map_err(Unknown::from);
        let own = match own.and_then(|own| namespace(&own)) {
            Ok(own) => own,
            Err(unknown) => return Self { incomplete: Some(unknown), ..found },
        };
        let mut others: BTreeMap<String, Vec<(u32, String)>> = BTreeMap::new();
        // Init is in the node's own namespace, and keeps its links from whoever has less rights than itself.
        for process in processes.all().iter().filter(|process| process.pid != INIT) {
            if let Some(unknown) = survey.out_of_time("/proc") {
                found.incomplete = Some(unknown);
                break;
            }
            let directory = match processes.directory(process.pid) {
                Ok(directory) => directory,
                // It ended meanwhile.
                Err(error) if error.kind == HostErrorKind::NotFound => continue,
                Err(error) => {
                    found.incomplete.get_or_insert(error.into());
                    continue;
                }
            };
            match namespace(&directory) {
                Ok(Some(name)) if Some(&name) == own.as_ref() => {
                    let links = ["root", "cwd"].into_iter().filter_map(|link| directory.read_link(link).ok());
                    found.places.extend(links.filter(|place| place != "/"));
                }
                Ok(Some(name)) => {
                    let program = process.name.clone().unwrap_or_default();
                    others.entry(name).or_default().push((process.pid, program));
                }
                Ok(None) => {}
                Err(unknown) => drop(found.incomplete.get_or_insert(unknown)),
            }
        }
        for (name, of_it) in others {
            found.add(survey, &processes, name, of_it);
        }
        found
    }

    fn add(&mut self, survey: &Survey<'_>, all: &Processes, name: String, mut processes: Vec<(u32, String)>) {
        if let Some(unknown) = survey.out_of_time("/proc") {
            self.incomplete = Some(unknown);
            return;
        }
        // A process may have ended meanwhile; others are in the same namespace.
        for (pid, _) in &processes {
            match all.directory(*pid).and_then(|directory| directory.read_capped("mountinfo", CAP)) {
                Ok(text) if !text.is_empty() => {
                    let text = String::from_utf8_lossy(&text).into_owned();
                    processes.truncate(MAX_NAMED);
                    return self.others.push(Namespace { name, processes, text });
                }
                Ok(_) => {}
                Err(error) if error.kind == HostErrorKind::NotFound => {}
                Err(error) => drop(self.incomplete.get_or_insert(error.into())),
            }
        }
    }

    /// The devices that a process has its files on: those of the roots of other namespaces, and all in those
    /// that see none of the directories `seen`, which containers and their helpers have.
    pub(super) fn devices_in_use(&self, seen: &[Seen]) -> HashSet<String> {
        let mut devices = HashSet::new();
        for namespace in &self.others {
            let is_nodes = namespace.sees_any(seen);
            let overlays = mountinfo::parse(&namespace.text).flatten();
            let used =
                overlays.filter(|mount| mount.fs_type == "overlay" && (!is_nodes || mount.target == "/"));
            devices.extend(used.map(|mount| mount.device.to_owned()));
        }
        devices
    }
}

/// A directory as the node sees it: in which mount it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    path: String,
    device: String,
    root: String,
    target: String,
}

impl Seen {
    /// The directory `path`, in the mounts of `table`.
    pub(super) fn at(path: &str, table: &MountTable<'_>) -> Option<Self> {
        let MountInfo { device, root, target, .. } = table.holding(path)?;
        let (device, root) = ((*device).to_owned(), root.clone().into_owned());
        Some(Self { path: path.to_owned(), device, root, target: target.clone().into_owned() })
    }
}

impl Namespace {
    /// Whether the directory is there what it is on the node.
    pub(super) fn sees(&self, directory: &Seen) -> bool {
        self.sees_any(std::slice::from_ref(directory))
    }

    fn sees_any(&self, directories: &[Seen]) -> bool {
        let Ok(table) = MountTable::new(mountinfo::parse(&self.text)) else { return false };
        directories.iter().any(|seen| Seen::at(&seen.path, &table).as_ref() == Some(seen))
    }
}

/// The name of the mount namespace of the process whose directory in procfs is `process`; none if it ended.
fn namespace(process: &Dir) -> Result<Option<String>, Unknown> {
    match process.open_dir("ns").and_then(|links| links.read_link("mnt")) {
        Ok(name) => Ok(Some(name)),
        Err(error) if error.kind == HostErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}
