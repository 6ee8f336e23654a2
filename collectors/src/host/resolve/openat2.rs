//! Resolution by the kernel.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

/// How often to try while directories are renamed during the resolution.
const ATTEMPTS: usize = 16;

/// Opens `path` inside `root`, `confined` further. `EAGAIN` if a `..` could not be resolved safely because of concurrent
/// renames, in every attempt.
pub(super) fn open(
    root: BorrowedFd<'_>,
    path: &Path,
    flags: OFlags,
    confined: ResolveFlags,
) -> Result<OwnedFd, Errno> {
    let confined = confined | ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    let attempt = || rustix::fs::openat2(root, path, flags, Mode::empty(), confined);
    for _ in 1..ATTEMPTS {
        match attempt() {
            Err(Errno::AGAIN | Errno::INTR) => {}
            result => return result,
        }
    }
    attempt()
}
