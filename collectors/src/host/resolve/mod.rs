//! Resolving a path of the target inside the target's root.
//!
//! Both ways mean the same: the root is `/` for absolute symbolic links, `..` does not lead above it, and
//! the magic links of procfs, which are no text but jump to another process's files, are refused (`ELOOP`).

mod openat2;
mod walk;

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{OFlags, ResolveFlags};
use rustix::io::Errno;

use super::Metadata;

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
        match openat2::open(root, Path::new("."), OFlags::PATH, ResolveFlags::empty()) {
            Err(Errno::NOSYS | Errno::PERM) => Self::Walk,
            _ => Self::Openat2,
        }
    }

    /// Opens `path` inside `root` with `flags`: `O_PATH`, `O_PATH | O_NOFOLLOW` for a symbolic link itself,
    /// or flags for reading where `path` is known to name a regular file.
    pub(super) fn open(self, root: BorrowedFd<'_>, path: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
        self.open_as(root, path, flags, ResolveFlags::empty())
    }

    /// As [`Resolver::open`]; `EXDEV` if the way leads to another file system than that of `root`.
    pub(super) fn open_on_file_system(
        self,
        root: BorrowedFd<'_>,
        path: &Path,
        flags: OFlags,
    ) -> Result<OwnedFd, Errno> {
        let opened = self.open_as(root, path, flags, ResolveFlags::NO_XDEV)?;
        // The walk crosses mounts, and only sees where it ends.
        if Metadata::of(opened.as_fd())?.dev == Metadata::of(root)?.dev {
            Ok(opened)
        } else {
            Err(Errno::XDEV)
        }
    }

    fn open_as(
        self,
        root: BorrowedFd<'_>,
        path: &Path,
        flags: OFlags,
        confined: ResolveFlags,
    ) -> Result<OwnedFd, Errno> {
        let flags = flags | OFlags::CLOEXEC;
        match self {
            Self::Openat2 => match openat2::open(root, path, flags, confined) {
                // Something is being renamed all the time.
                Err(Errno::AGAIN) => walk::open(root, path, flags),
                result => result,
            },
            Self::Walk => walk::open(root, path, flags),
        }
    }
}
