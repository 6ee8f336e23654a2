//! The file systems that hold the paths that rules ask for: `$.filesystem['/var/lib/docker']`.

use std::borrow::Cow;
use std::path::Path;

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::{FileKind, Host, HostError, HostErrorKind};
use crate::keyed::Keyed;
use crate::mounts::mountinfo::{self, MountInfo, split_options};
use crate::mounts::space::{Space, Storage, require_seen};
use crate::mounts::storage;
use crate::mounts::table::MountTable;

/// By path: the file system that holds the path or, where nothing is there yet, its nearest ancestor.
pub type FileSystems = Keyed<Fact<FileSystem>>;

/// The file system that holds a path.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FileSystem {
    /// Whether there is anything at the path. If not, the other facts are those of its nearest ancestor.
    ///
    /// Source: stat(2)
    pub path_exists: Fact<bool>,
    /// Where the file system is mounted.
    ///
    /// Source: /proc/self/mountinfo, field 5
    pub target: String,
    /// What is mounted: a device, a remote directory, or any word.
    ///
    /// Source: /proc/self/mountinfo, field 10
    pub source: String,
    /// The type of file system, with its subtype: `ext4`, `fuse.sshfs`.
    ///
    /// Source: /proc/self/mountinfo, field 9
    pub fs_type: String,
    /// The mount's own options in the kernel's order: `nosuid`, `nodev`, `noexec`, `ro`, `relatime`.
    ///
    /// Source: /proc/self/mountinfo, field 6
    pub options: Vec<String>,
    /// Whether nothing can be written, because the mount or the file system is read-only.
    ///
    /// Source: /proc/self/mountinfo, `ro` in field 6 or 11
    pub read_only: bool,
    /// How full it is: absent for those that hold no data (proc), unsupported for those that may wait for
    /// a server (nfs, cifs, fuse).
    #[serde(flatten)]
    pub space: Space,
    /// Whether an xfs was made with `ftype=1`, which overlay needs; absent for others than xfs.
    ///
    /// Source: getdents64(2), d_type
    pub xfs_ftype: Fact<bool>,
    /// Whether directories say what their entries are, which overlay needs of the file system below it.
    ///
    /// Source: getdents64(2), d_type
    pub d_type: Fact<bool>,
    /// Whether project quotas are enforced, by which a container's writable layer can be limited; absent
    /// for others than xfs and ext4.
    ///
    /// Source: /proc/self/mountinfo, `prjquota` or `pquota` in field 11
    pub project_quota: Fact<bool>,
    /// Whether the path itself is a mount point.
    ///
    /// Source: /proc/self/mountinfo, field 5
    pub own_mount: Fact<bool>,
}

/// Reads the file systems of the paths that are asked for.
pub fn collect(ctx: &Context<'_>) -> Fact<FileSystems> {
    of(ctx, ctx.demand.keys(&["filesystem"]))
}

/// Reads the file systems of `paths`.
pub(crate) fn of<'p>(ctx: &Context<'_>, paths: impl IntoIterator<Item = &'p str>) -> Fact<FileSystems> {
    let file = mountinfo::file(ctx.host);
    ctx.running(file, || {
        let text = match mountinfo::read(ctx.host) {
            Ok(text) => text,
            Err(error) => return Fact::Gap(error.into()),
        };
        match MountTable::new(mountinfo::parse(&text)) {
            Ok(table) => {
                let read = |path| file_system(ctx.host, &table, &Path::new("/").join(path)).into();
                Fact::Known(Keyed::read(paths, read))
            }
            // A mount that is not known can be the one that holds any of the paths.
            Err(malformed) => Fact::Gap(malformed.gap(file)),
        }
    })
}

/// The file system that holds `path`.
fn file_system(host: &Host, table: &MountTable<'_>, path: &Path) -> Result<FileSystem, Unknown> {
    // Looked at without touching anything first: what may hang, or would be mounted by a look, stays untouched.
    if let Some(info) = table.holding(&path.to_string_lossy()).filter(|info| is_touchy(table, info)) {
        let is_target = Path::new(info.target.as_ref()) == path;
        let exists = if is_target { Fact::Known(true) } else { Fact::Gap(untouched(info)) };
        return Ok(FileSystem::unseen(info, exists, Fact::Known(is_target), untouched(info)));
    }
    let (exists, existing) = nearest(host, path)?;
    let place = host.canonicalize(existing)?.to_string_lossy().into_owned();
    let info = table.holding(&place).ok_or_else(|| {
        let detail = "the file system that holds it is mounted outside of the root";
        Unknown::new(GapReason::Unsupported, place.as_str(), detail)
    })?;
    let own_mount = exists.as_ref().map(|exists| *exists && place == info.target);
    if is_touchy(table, info) {
        return Ok(FileSystem::unseen(info, exists, own_mount, untouched(info)));
    }
    if let Err(unknown) = require_seen(host, info, &place) {
        let gap = || Fact::Gap(unknown.clone());
        return Ok(FileSystem::unseen(info, gap(), gap(), unknown.clone()));
    }
    let (space, d_type) = match Storage::of(&info.fs_type) {
        Storage::Virtual => (Space::none(), Fact::Absent),
        _ => (Space::ask(host, &place), d_type(host, info, &place)),
    };
    Ok(FileSystem::new(info, exists, own_mount, space, d_type))
}

/// Whether a look at what is in `info` may wait for a server without end, or mount something.
fn is_touchy<'t>(table: &MountTable<'t>, info: &MountInfo<'t>) -> bool {
    storage(table, info) == Storage::Remote || info.fs_type == "autofs"
}

/// Why nothing in `info` is looked at.
fn untouched(info: &MountInfo<'_>) -> Unknown {
    let fs_type = &info.fs_type;
    let detail =
        format!("a file system of type {fs_type} may wait for a server without end, so it is not looked at");
    Unknown::new(GapReason::Unsupported, info.target.as_ref(), detail)
}

/// Whether there is anything at `path`, and the nearest of it and its ancestors that is there.
fn nearest<'p>(host: &Host, path: &'p Path) -> Result<(Fact<bool>, &'p Path), HostError> {
    let mut exists = Fact::Known(true);
    for place in path.ancestors() {
        match host.metadata(place) {
            Ok(_) => return Ok((exists, place)),
            Err(error) if error.kind == HostErrorKind::NotFound => {
                // What is below a place that is not there is not there either, whoever may search it.
                exists = Fact::Known(false);
            }
            Err(error) => exists = Fact::Gap(error.into()),
        }
    }
    host.metadata("/").map(|_| (exists, Path::new("/")))
}

/// Whether directories of `info` say what their entries are; asked at `place` or, if that is a file, at
/// the mount's root.
fn d_type(host: &Host, info: &MountInfo<'_>, place: &str) -> Fact<bool> {
    let is_directory = host.metadata(place).is_ok_and(|metadata| metadata.kind == FileKind::Directory);
    let directory = if is_directory { place } else { &info.target };
    host.stores_entry_kinds(directory).map_err(Unknown::from).into()
}

impl FileSystem {
    /// What the mounts alone say of `info`; the rest is `unknown`.
    fn unseen(
        info: &MountInfo<'_>,
        path_exists: Fact<bool>,
        own_mount: Fact<bool>,
        unknown: Unknown,
    ) -> Self {
        Self::new(info, path_exists, own_mount, Space::unknown(&unknown), Fact::Gap(unknown))
    }

    fn new(
        info: &MountInfo<'_>,
        path_exists: Fact<bool>,
        own_mount: Fact<bool>,
        space: Space,
        d_type: Fact<bool>,
    ) -> Self {
        let has_project_quota = || info.has_super_option("prjquota") || info.has_super_option("pquota");
        Self {
            path_exists,
            target: info.target.clone().into_owned(),
            source: info.source.clone().into_owned(),
            fs_type: info.fs_type.clone().into_owned(),
            options: split_options(info.options).map(Cow::into_owned).collect(),
            read_only: info.is_read_only(),
            space,
            // The kernel tells the types of entries on an xfs exactly if it was made with ftype=1.
            xfs_ftype: if info.fs_type == "xfs" { d_type.clone() } else { Fact::Absent },
            d_type,
            project_quota: matches!(info.fs_type.as_ref(), "xfs" | "ext4").then(has_project_quota).into(),
            own_mount,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mounts::mountinfo::parse;
    use crate::tree::Tree;

    /// The file system of `path` on this machine, with `lines` as its mounts.
    fn at(host: &Host, lines: &str, path: &str) -> FileSystem {
        file_system(host, &MountTable::new(parse(lines)).unwrap(), Path::new(path)).unwrap()
    }

    fn device(host: &Host) -> String {
        let device = host.metadata("/").unwrap().dev;
        format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device))
    }

    #[test]
    fn a_path_that_is_not_there_yet_is_on_the_file_system_of_its_ancestor() {
        let tree = Tree::new().dir("mnt/data").link("var", "/mnt/data");
        let host = tree.host();
        let device = device(&host);
        let lines =
            format!("1 0 {device} / / rw - ext4 a rw\n2 1 {device} / /mnt/data rw - xfs b rw,prjquota\n");
        let found = at(&host, &lines, "/var/lib/docker");
        assert_eq!(found.path_exists, Fact::Known(false));
        assert_eq!((found.target.as_str(), found.fs_type.as_str()), ("/mnt/data", "xfs"));
        assert_eq!(found.own_mount, Fact::Known(false));
        assert_eq!(found.project_quota, Fact::Known(true));
        assert_eq!((found.d_type, found.xfs_ftype), (Fact::Known(true), Fact::Known(true)));
        assert!(found.space.total_bytes.known().is_some_and(|bytes| *bytes > 0));
        let found = at(&host, &lines, "/var");
        assert_eq!((found.path_exists, found.own_mount), (Fact::Known(true), Fact::Known(true)));
        let found = at(&host, &lines, "/");
        assert_eq!((found.xfs_ftype, found.project_quota), (Fact::Absent, Fact::Known(false)));
    }

    #[test]
    fn what_may_hang_is_not_touched() {
        let tree = Tree::new();
        let host = tree.host();
        let lines = "1 0 8:1 / / rw - ext4 a rw\n2 1 0:50 / /data rw - nfs4 server:/x rw\n3 1 0:51 / /auto rw - autofs b rw\n";
        for (path, own) in [("/data", true), ("/data/docker", false), ("/auto/x", false)] {
            let found = at(&host, lines, path);
            assert_eq!(found.own_mount, Fact::Known(own));
            assert!(matches!(found.space.available_percent, Fact::Gap(_)), "{path}");
            assert!(matches!(found.d_type, Fact::Gap(_)), "{path}");
            assert_eq!(found.path_exists.known(), own.then_some(&true));
        }
    }

    #[test]
    fn a_mount_that_cannot_be_seen_is_not_confused_with_what_can() {
        let tree = Tree::new();
        let host = tree.host();
        let found = at(&host, "1 0 4095:1 / / rw - ext4 a rw\n", "/");
        let Fact::Gap(gap) = found.space.total_bytes else { panic!("{found:?}") };
        assert!(gap.detail.starts_with("device 4095:1 is mounted here, but device "), "{}", gap.detail);
        assert!(matches!(found.d_type, Fact::Gap(_)));
        let found = at(&host, "1 0 4095:1 / / rw - ext4 a rw\n", "/var/lib");
        assert!(matches!(found.path_exists, Fact::Gap(_)));
    }

    #[test]
    fn what_may_not_be_searched_is_neither_there_nor_missing() {
        let host = Host::live().unwrap();
        let lines = mountinfo::read(&host).unwrap();
        // Nobody, root included, may look through a magic link of procfs.
        let found = at(&host, &lines, "/proc/self/root/etc");
        assert_eq!(found.fs_type, "proc");
        assert!(matches!(found.path_exists, Fact::Gap(_)));
        assert!(matches!(found.own_mount, Fact::Gap(_)));
    }
}
