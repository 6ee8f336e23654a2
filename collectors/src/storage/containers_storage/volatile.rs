//! Containers that are mounted without syncing. CRI-O mounts all of them so, podman those that are removed
//! when they end. What they wrote before a crash may be incomplete, and no engine tells.

use super::checks::VOLATILE_DIRTY;
use super::crio::Shutdown;
use super::look::{Look, absent};
use super::records::LayerRecord;
use crate::fact::Unknown;
use crate::host::{Dir, HostError, Metadata};

const STAT: &str = "/proc/stat";

impl Look<'_> {
    /// Checks whether the container whose layer it is was mounted without syncing before the node last went
    /// down, and not orderly. The kernel leaves a mark in the layer, which also outlives an orderly unmount.
    pub(super) fn check_volatile(&mut self, directory: &Dir, layer: &LayerRecord) {
        let Some(container) = self.catalog.containers_on(&layer.id).first().copied() else { return };
        let mark = match absent(mark(directory)) {
            Ok(Some(mark)) => mark,
            Ok(None) => return,
            Err(error) => return self.record.missed(&VOLATILE_DIRTY, error.into()),
        };
        match self.is_of_this_boot(&mark) {
            Ok(true) => return,
            Ok(false) => {}
            Err(unknown) => return self.record.missed(&VOLATILE_DIRTY, unknown),
        }
        match self.shutdown {
            Shutdown::Orderly => {}
            Shutdown::Unclean => {
                let path = format!("{}/work/work/incompat/volatile", self.layer_path(&layer.id));
                let detail = "it was mounted without syncing when the node went down";
                let mut problem = self.catalog.of_container(container, path, detail);
                problem.age = Some(self.survey.age(&mark));
                self.record.found(&VOLATILE_DIRTY, problem);
            }
            Shutdown::Unknown(unknown) => self.record.missed(&VOLATILE_DIRTY, unknown.clone()),
        }
    }

    fn is_of_this_boot(&self, mark: &Metadata) -> Result<bool, Unknown> {
        let host = self.survey.ctx.host;
        if !host.is_running() {
            return Ok(false);
        }
        let text = host.read_text(STAT)?;
        let boot = boot_time(&text).ok_or_else(|| Unknown::malformed(STAT, "it has no line btime"))?;
        Ok(mark.mtime >= boot)
    }
}

/// The kernel's mark of a mount without syncing.
fn mark(layer: &Dir) -> Result<Metadata, HostError> {
    layer.open_dir("work")?.open_dir("work")?.open_dir("incompat")?.metadata("volatile")
}

/// When the node booted, in seconds since 1970-01-01 UTC.
fn boot_time(stat: &str) -> Option<i64> {
    stat.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse().ok())
}
