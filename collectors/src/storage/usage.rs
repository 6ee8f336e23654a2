//! What the writable layers of containers take.

use std::path::Path;

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;

use super::layer::walk::measure;
use super::survey::Survey;
use crate::fact::{Fact, Unknown};
use crate::host::ProjectUsage;
use crate::mounts::space::percent;

/// How it is known what a layer takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// The kernel counts it, for a project quota.
    ProjectQuota,
    /// Each of its files was looked at.
    Walk,
}

/// What a layer takes.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Usage {
    /// How much space its files take. With `--deep` only, where `plimsoll top` ranks by it, and wherever a
    /// project quota counts it.
    ///
    /// Unit: bytes
    ///
    /// Source: quotactl(2), else st_blocks of its files
    pub bytes: Fact<u64>,
    /// How many inodes it takes; told where `bytes` is.
    ///
    /// Source: quotactl(2), else its files
    pub inodes: Fact<u64>,
    /// How much its files are of the file system that holds the store's directory.
    ///
    /// Unit: percent
    ///
    /// Source: `bytes`, statfs(2)
    pub disk_percent: Fact<f64>,
    /// How that was found out; absent if it was not.
    pub measured_by: Fact<Measure>,
}

impl Usage {
    /// What the files in the directory `layer` of the store at `store` take, as far as that is worth its cost.
    pub(super) fn of(survey: &Survey<'_>, store: &str, layer: &str) -> Self {
        let measured = match counted(survey, store, layer) {
            Some(usage) => Fact::Known((usage.bytes, usage.inodes, Measure::ProjectQuota)),
            None if survey.counts_files() => walked(survey, layer),
            None => Fact::Gap(not_counted()),
        };
        let bytes = measured.as_ref().map(|(bytes, ..)| *bytes);
        let disk = survey.filesystem(store).and_then(|filesystem| filesystem.space.total_bytes);
        Self {
            disk_percent: bytes.as_ref().and_then(|bytes| disk.and_then(|disk| percent(*bytes, disk))),
            inodes: measured.as_ref().map(|(_, inodes, _)| *inodes),
            measured_by: measured.known().map(|(.., by)| *by).into(),
            bytes,
        }
    }
}

/// What the kernel counts of `layer`, with the little that its engine keeps beside it, if it has a project of its
/// own: containers/storage gives one to each where it can, docker where a size is set.
fn counted(survey: &Survey<'_>, store: &str, layer: &str) -> Option<ProjectUsage> {
    let has_quota = survey.filesystem(store).and_then(|filesystem| filesystem.project_quota);
    if has_quota != Fact::Known(true) {
        return None;
    }
    let layers = Path::new(layer).parent()?.parent()?;
    // What stands in its way stands in the way of a walk, too, which tells it.
    survey.ctx.host.project_usage(layer, layers).ok()?
}

/// The bytes and inodes of the files in `layer`, each looked at.
fn walked(survey: &Survey<'_>, layer: &str) -> Fact<(u64, u64, Measure)> {
    let usage = |root| measure(survey, &root).map(|usage| (usage.allocated, usage.inodes, Measure::Walk));
    Fact::from(survey.ctx.host.open_dir(layer)).and_then(|root| usage(root).into())
}

/// The gap of what takes a look at every file.
fn not_counted() -> Unknown {
    let detail = "the files of writable layers are counted with --deep, and by plimsoll top rw-bytes";
    Unknown { reason: GapReason::NotCollected, source: None, detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{Context, Options};
    use crate::depth::Depth;
    use crate::tree::Tree;
    use plimsoll_engine::demand::Demand;
    use std::time::{Duration, Instant};

    fn usage(wanted: &[&str], depth: Depth) -> Usage {
        let tree = Tree::new().file("store/c1/diff/data", vec![1; 100_000]);
        let host = tree.host();
        let mut demand = Demand::default();
        demand.add_path(wanted);
        let options = Options { depth, ..Options::default() };
        let deadline = Instant::now() + Duration::from_secs(3600);
        let ctx = Context { host: &host, demand: &demand, options: &options, deadline };
        Usage::of(&Survey::new(&ctx), "/store", "/store/c1/diff")
    }

    #[test]
    fn files_are_counted_in_deep_scans_and_for_who_wants_nothing_else() {
        let layers = ["storage", "rw_layers"];
        let figures = ["storage", "rw_layers", "bytes"];
        for counted in [usage(&layers, Depth::Stat), usage(&figures, Depth::Metadata)] {
            assert!(counted.bytes.known().is_some_and(|bytes| *bytes >= 100_000));
            assert_eq!(counted.inodes, Fact::Known(2));
            assert_eq!(counted.measured_by, Fact::Known(Measure::Walk));
            assert!(matches!(counted.disk_percent, Fact::Gap(_)), "nobody looked below the store");
        }
        for not_counted in [usage(&layers, Depth::Metadata), usage(&["storage"], Depth::Digest)] {
            assert!(matches!(&not_counted.bytes, Fact::Gap(gap) if gap.reason == GapReason::NotCollected));
            assert!(matches!(not_counted.disk_percent, Fact::Gap(_)));
            assert_eq!(not_counted.measured_by, Fact::Absent);
        }
    }
}
