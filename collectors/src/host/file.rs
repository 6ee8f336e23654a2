//! Reading here and there in a large regular file.

use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::io::retry_on_intr;
use rustix::process::FlockType;

use super::{HostError, HostErrorKind, Metadata};

/// A regular file of the target, held open to be read at any place: a database or an archive that is too
/// large for memory.
#[derive(Debug)]
pub struct File {
    fd: OwnedFd,
    path: PathBuf,
}

impl File {
    pub(super) fn new(fd: OwnedFd, path: &Path) -> Self {
        Self { fd, path: path.to_owned() }
    }

    /// Where the file was when it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the file's inode says by now.
    ///
    /// # Errors
    ///
    /// If the file system does not say.
    pub fn metadata(&self) -> Result<Metadata, HostError> {
        Metadata::of(self.fd.as_fd()).map_err(|errno| self.error(errno.into()))
    }

    /// Fills `buffer` with what is at `offset`, and says how much that was: less than asked for at the end
    /// of the file only.
    ///
    /// # Errors
    ///
    /// If the device fails, for example.
    pub fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, HostError> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let at = offset.saturating_add(filled as u64);
            match retry_on_intr(|| rustix::io::pread(&self.fd, &mut *rest, at)) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(errno) => return Err(self.error(errno.into())),
            }
        }
        Ok(filled)
    }

    /// Whether a process holds a lock of `fcntl(2)` on any part of the file that keeps others from taking
    /// `lock`: a [`FlockType::WriteLock`] is kept off by every lock, a [`FlockType::ReadLock`] by one for
    /// writing. Asks for no lock itself.
    ///
    /// # Errors
    ///
    /// If the file system knows no locks, for example.
    pub fn is_locked_against(&self, lock: FlockType) -> Result<bool, HostError> {
        match retry_on_intr(|| rustix::process::fcntl_getlk(&self.fd, &lock.into())) {
            Ok(holder) => Ok(holder.is_some()),
            Err(errno) => Err(self.error(errno.into())),
        }
    }

    fn error(&self, kind: HostErrorKind) -> HostError {
        kind.at(&self.path)
    }
}
