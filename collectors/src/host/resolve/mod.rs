//! Resolving a path of the target inside the target's root.
//!
//! Both ways mean the same: the root is `/` for absolute symbolic links, `..` does not lead above it, and
//! the magic links of procfs, which are no text but jump to another process's files, are refused (`ELOOP`).

mod openat2;
mod walk;

use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::Errno;

/// Who resolves paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resolver {
    /// The kernel, in one system call (Linux 5.6).
    Openat2,
    /// A walk from directory to directory, for older kernels.
    Walk,
}

impl Resolver {
    /// The kernel if it can: it does not know `openat2` before 5.6 (`ENOSYS`), and container runtimes with
    /// an older seccomp profile forbid it (`EPERM`).
    pub(super) fn supported(root: BorrowedFd<'_>) -> Self {
        match openat2::open(root, Path::new("."), OFlags::PATH) {
            Err(Errno::NOSYS | Errno::PERM) => Self::Walk,
            _ => Self::Openat2,
        }
    }

    /// Opens `path` inside `root` with `flags`: `O_PATH`, `O_PATH | O_NOFOLLOW` for a symbolic link itself,
    /// or flags for reading where `path` is known to name a regular file.
    pub(super) fn open(self, root: BorrowedFd<'_>, path: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
        let flags = flags | OFlags::CLOEXEC;
        match self {
            Self::Openat2 => match openat2::open(root, path, flags) {
                // Something is being renamed all the time.
                Err(Errno::AGAIN) => walk::open(root, path, flags),
                result => result,
            },
            Self::Walk => walk::open(root, path, flags),
        }
    }
}
