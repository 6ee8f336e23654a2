//! What the checks of all stores share: the target, the time, and which engines are at work.

use plimsoll_engine::snapshot::GapReason;

use super::blob::Blob;
use super::overlays::Kept;
use super::store::{Layer, RwLayer, Store};
use super::unasked;
use crate::context::Context;
use crate::depth::Depth;
use crate::fact::{Fact, Unknown};
use crate::filesystem::{self, FileSystem, FileSystems};
use crate::host::Metadata;
use crate::keyed::Keyed;
use crate::processes::Processes;

/// How long something may be in the making while an engine is at work, in seconds. The engines write a
/// layer's directory before its metadata, and take it away after.
const GRACE: u64 = 3600;

/// A look at the target's container storage.
#[derive(Debug)]
pub(super) struct Survey<'a> {
    pub(super) ctx: &'a Context<'a>,
    /// Now, in seconds since 1970-01-01 UTC.
    now: i64,
    /// The file systems of the stores' directories.
    filesystems: Fact<FileSystems>,
}

/// A store that was looked at.
#[derive(Debug)]
pub(super) struct Examined {
    pub(super) store: Store,
    /// Its layers; none unless somebody [wants](Survey::wants_layers) them.
    pub(super) layers: Vec<Layer>,
    /// Its blobs; none unless somebody [wants](Survey::wants_blobs) them.
    pub(super) blobs: Vec<Blob>,
    pub(super) rw_layers: Vec<RwLayer>,
    /// The layers that may be mounted though no container has them.
    pub(super) kept: Kept,
}

impl<'a> Survey<'a> {
    pub(super) fn new(ctx: &'a Context<'a>) -> Self {
        let now = jiff::Timestamp::now().as_second();
        Self { ctx, now, filesystems: Fact::Known(Keyed::default()) }
    }

    /// The look at a node whose stores are in the directories `stores`.
    pub(super) fn of_stores<'s>(self, stores: impl IntoIterator<Item = &'s str>) -> Self {
        Self { filesystems: filesystem::of(self.ctx, stores), ..self }
    }

    /// The file system that holds the directory `store`.
    pub(super) fn filesystem(&self, store: &str) -> Fact<FileSystem> {
        let of = |filesystems: &FileSystems| filesystems.0.get(store).cloned();
        self.filesystems
            .as_ref()
            .and_then(|filesystems| of(filesystems).unwrap_or_else(|| unasked("the file system")))
    }

    /// Whether somebody asks by name for the layers and what they belong to.
    pub(super) fn wants_layers(&self) -> bool {
        self.ctx.demand.names(&["storage", "layers"])
    }

    /// Whether somebody asks by name for the blobs and what they belong to.
    pub(super) fn wants_blobs(&self) -> bool {
        self.ctx.demand.names(&["storage", "blobs"])
    }

    /// Whether the files of the writable layers are worth counting: somebody asks by name for the layers in a
    /// scan that looks at files anyway, or for nothing but that count.
    pub(super) fn counts_files(&self) -> bool {
        let names = |path: &[&str]| self.ctx.demand.names(path);
        match self.ctx.options.depth {
            Depth::Metadata => names(&["storage", "rw_layers", "bytes"]),
            Depth::Stat | Depth::Digest => names(&["storage", "rw_layers"]),
        }
    }

    /// How long ago `metadata` says that its inode was changed, in seconds; 0 if that is yet to come.
    pub(super) fn age(&self, metadata: &Metadata) -> u64 {
        self.age_at(metadata.mtime)
    }

    /// How long ago `time` was, in seconds; 0 if that is yet to come. `time` is in seconds since 1970-01-01
    /// UTC.
    pub(super) fn age_at(&self, time: i64) -> u64 {
        u64::try_from(self.now.saturating_sub(time)).unwrap_or(0)
    }

    /// Whether what is `age` seconds old may be in the making or going away just now. On a node that is not
    /// running nothing is.
    pub(super) fn may_be_in_the_making(&self, age: u64, in_use: &Fact<bool>) -> bool {
        age < GRACE && !matches!(in_use, Fact::Known(false))
    }

    /// Whether `path`, which a configuration names, is the store at `store`.
    pub(super) fn is_at(&self, path: &str, store: &str) -> bool {
        let canonical = self.ctx.host.canonicalize(path);
        canonical
            .is_ok_and(|path| path.to_string_lossy().trim_end_matches('/') == store.trim_end_matches('/'))
    }

    /// Whether one of the programs `names` runs on the node; false on a node that is off.
    pub(super) fn runs(&self, names: &[&str]) -> Fact<bool> {
        if !self.ctx.host.is_running() {
            return Fact::Known(false);
        }
        match Processes::of(self.ctx) {
            Ok(processes) if processes.named(names).next().is_some() => Fact::Known(true),
            Ok(processes) => match processes.incomplete() {
                Some(unknown) => Fact::Gap(unknown.clone()),
                None => Fact::Known(false),
            },
            Err(unknown) => Fact::Gap(unknown),
        }
    }

    /// The gap of what was not looked at any more, if the time is over or somebody asked for an end.
    pub(super) fn out_of_time(&self, source: &str) -> Option<Unknown> {
        let detail = if self.ctx.options.progress.is_stopped() {
            "the check was interrupted"
        } else if self.ctx.is_short_of_time() {
            "the time was over; --timeout gives more"
        } else {
            return None;
        };
        Some(Unknown::new(GapReason::Timeout, source, detail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Options;
    use crate::tree::Tree;
    use plimsoll_engine::demand::Demand;
    use std::time::{Duration, Instant};

    #[test]
    fn a_store_is_on_the_file_system_that_is_mounted_nearest_to_it() {
        let tree = Tree::new().dir("data/docker").dir("var/lib/docker");
        let device = tree.host().metadata("/").unwrap().dev;
        let device = format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device));
        let lines = format!(
            "1 0 {device} / / rw - ext4 /dev/a rw\n2 1 {device} / /data ro - xfs /dev/b rw,prjquota\n"
        );
        let tree = tree.file("proc/1/mountinfo", lines);
        let host = tree.running();
        let (demand, options) = (Demand::default(), Options::default());
        let deadline = Instant::now() + Duration::from_secs(3600);
        let ctx = Context { host: &host, demand: &demand, options: &options, deadline };
        let survey = Survey::new(&ctx).of_stores(["/data/docker", "/var/lib/docker"]);
        let filesystem = survey.filesystem("/data/docker");
        let filesystem = filesystem.known().unwrap();
        assert_eq!((filesystem.target.as_str(), filesystem.source.as_str()), ("/data", "/dev/b"));
        assert!(filesystem.read_only);
        assert_eq!(filesystem.project_quota, Fact::Known(true));
        assert_eq!(survey.filesystem("/var/lib/docker").known().unwrap().target, "/");
        assert!(matches!(survey.filesystem("/elsewhere"), Fact::Gap(_)));
    }
}
