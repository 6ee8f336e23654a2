//! Whether the layers that count as mounted are.

use std::collections::HashSet;

use super::checks::MOUNT_COUNT_STALE;
use super::look::Look;
use super::read::{Contents, list};
use super::records::MountRecord;
use crate::fact::Unknown;
use crate::host::Host;
use crate::mounts::mountinfo;

/// How old a count is before it has to be true, in seconds: it is written before the mount is made, and after
/// it is taken away.
const SETTLED: u64 = 60;

impl Look<'_> {
    /// Checks the counts of mounts against the kernel's. Those of a rootless store are in a mount namespace
    /// of its user's, which is not looked into.
    pub(super) fn check_mountpoints(&mut self) {
        let Some(file) = self.area.mounts_file().filter(|_| !self.is_rootless) else { return };
        if !self.survey.ctx.host.is_running() {
            return self.record.impossible(&MOUNT_COUNT_STALE, &Unknown::offline(file));
        }
        let records: Vec<MountRecord> = match list(self.survey.ctx.host, &file) {
            Contents::Records(records) => records,
            Contents::Absent | Contents::Empty => return,
            Contents::Invalid(detail) => {
                return self.record.impossible(&MOUNT_COUNT_STALE, &Unknown::malformed(file, detail));
            }
            Contents::Unknown(unknown) => return self.record.impossible(&MOUNT_COUNT_STALE, &unknown),
        };
        match self.survey.ctx.host.metadata(&file) {
            Ok(inode) if self.survey.age(&inode) < SETTLED => return,
            Ok(_) => {}
            Err(error) => return self.record.impossible(&MOUNT_COUNT_STALE, &error.into()),
        }
        let mounted = match targets(self.survey.ctx.host) {
            Ok(mounted) => mounted,
            Err(unknown) => return self.record.impossible(&MOUNT_COUNT_STALE, &unknown),
        };
        for mount in records.iter().filter(|mount| mount.count > 0 && !mounted.contains(&mount.path)) {
            let detail = format!("its count of mounts is {}, and nothing is mounted", mount.count);
            let problem = self.catalog.of_layer(&mount.id, mount.path.clone(), detail);
            self.record.found(&MOUNT_COUNT_STALE, problem);
        }
    }
}

/// Where something is mounted just now: what was read of the mounts before would be older than the counts.
fn targets(host: &Host) -> Result<HashSet<String>, Unknown> {
    let text = mountinfo::read_now(host)?;
    let targets = mountinfo::parse(&text).map(|line| line.map(|mount| mount.target.into_owned()));
    targets.collect::<Result<_, _>>().map_err(|malformed| malformed.gap(mountinfo::file(host)))
}
