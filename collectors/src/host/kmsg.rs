//! The kernel's log, as the device that hands it out tells it (Documentation/ABI/testing/dev-kmsg).

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::Instant;

use rustix::fs::{Mode, OFlags, major, minor};
use rustix::io::{Errno, retry_on_intr};

use super::{FileKind, Host, HostError, HostErrorKind, Metadata, own_fd, read};

/// Where the device is.
const DEVICE: &str = "/dev/kmsg";

/// Which device it is, wherever its node lies (Documentation/admin-guide/devices.txt).
const NUMBER: (u32, u32) = (1, 11);

/// The longest record that the kernel hands out, in bytes (`PRINTKRB_RECORD_MAX` and its predecessors).
const RECORD_CAP: usize = 8 << 10;

/// How many records are read at most. The kernel's buffer holds some thousands of them.
const MAX_RECORDS: usize = 100_000;

/// What the kernel still has of its log.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct KernelRecords {
    /// The records, the oldest first: `6,339,5140900,-;message`, and their properties in lines below.
    pub records: Vec<Vec<u8>>,
    /// Whether there are more than were read: the time was over, or there is no end of them.
    pub cut: bool,
}

impl Host {
    /// The kernel's log from its oldest record on, as far as it gets until `deadline`. Nothing waits for
    /// records that are still to come, and none is taken away from other readers.
    ///
    /// # Errors
    ///
    /// If the target has no such device, something else is in its place, or the kernel keeps its log from
    /// this user (`kernel.dmesg_restrict`).
    pub fn kernel_records(&self, deadline: Instant) -> Result<KernelRecords, HostError> {
        let path = Path::new(DEVICE);
        self.inspect(path, OFlags::PATH, |node| {
            let again = |flags| self.resolver.open(self.root.as_fd(), path, flags);
            read_records(&open(&node, again)?, deadline)
        })
    }
}

/// Opens the device that `node` (an `O_PATH` descriptor) stands for, and only that one: opening another may
/// have effects.
fn open(
    node: &OwnedFd,
    again: impl FnOnce(OFlags) -> Result<OwnedFd, Errno>,
) -> Result<OwnedFd, HostErrorKind> {
    let metadata = Metadata::of(node.as_fd())?;
    let number = (major(metadata.rdev), minor(metadata.rdev));
    if metadata.kind != FileKind::CharDevice || number != NUMBER {
        return Err(HostErrorKind::NotRegular(metadata.kind));
    }
    let path = own_fd::link(node);
    match rustix::fs::open(path, read::READING, Mode::empty()) {
        Err(Errno::NOENT) => Ok(read::open_again(&metadata, again)?),
        device => Ok(device?),
    }
}

/// Each read hands out one record.
fn read_records(device: &OwnedFd, deadline: Instant) -> Result<KernelRecords, HostErrorKind> {
    let mut log = KernelRecords::default();
    let mut buffer = [0; RECORD_CAP];
    while log.records.len() < MAX_RECORDS && Instant::now() < deadline {
        match retry_on_intr(|| rustix::io::read(device, &mut buffer)) {
            Ok(0) | Err(Errno::AGAIN) => return Ok(log),
            Ok(length) => log.records.push(buffer.iter().take(length).copied().collect()),
            // The record was overwritten meanwhile: the next read goes on with the oldest that is left.
            Err(Errno::PIPE) => {}
            // A record that is longer than any is passed over by the kernel.
            Err(Errno::INVAL) => log.cut = true,
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(KernelRecords { cut: true, ..log })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{CWD, FileType, makedev, mknodat};
    use std::time::Duration;

    #[test]
    fn something_else_in_its_place_is_not_opened() {
        let deadline = Instant::now() + Duration::from_secs(60);
        let tree = tempfile::tempdir().unwrap();
        let host = Host::at(tree.path()).unwrap();
        assert_eq!(host.kernel_records(deadline).unwrap_err().kind, HostErrorKind::NotFound);
        std::fs::create_dir(tree.path().join("dev")).unwrap();
        std::fs::write(tree.path().join("dev/kmsg"), "6,1,1,-;x\n").unwrap();
        let error = host.kernel_records(deadline).unwrap_err();
        assert_eq!(error.kind, HostErrorKind::NotRegular(FileKind::Regular));
        if rustix::process::geteuid().is_root() {
            std::fs::remove_file(tree.path().join("dev/kmsg")).unwrap();
            let node = tree.path().join("dev/kmsg");
            // The console's bell would ring for whoever opens /dev/tty0; here it is /dev/zero, without end.
            mknodat(CWD, &node, FileType::CharacterDevice, Mode::RUSR, makedev(1, 5)).unwrap();
            let error = host.kernel_records(deadline).unwrap_err();
            assert_eq!(error.kind, HostErrorKind::NotRegular(FileKind::CharDevice));
        }
    }

    #[test]
    fn a_deadline_that_is_over_cuts_the_log() {
        match Host::live().unwrap().kernel_records(Instant::now()) {
            Ok(log) => assert_eq!(log, KernelRecords { records: Vec::new(), cut: true }),
            Err(error) => assert!(matches!(error.kind, HostErrorKind::Denied | HostErrorKind::NotFound)),
        }
    }
}
