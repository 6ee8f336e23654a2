//! What lies deeper below a directory, reached by a path of several names: the files of a layer.
//!
//! The directory stands for the root: a symbolic link on the way means what it would mean to a process
//! that has it for its root, one at the end is not followed, and no other file system is entered.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::{Errno, retry_on_intr};

use super::{Dir, HostError, HostErrorKind, Metadata, read};

/// A regular file of the target, open for reading from its beginning to its end.
#[derive(Debug)]
pub struct FileStream {
    fd: OwnedFd,
    metadata: Metadata,
}

impl FileStream {
    /// What the inode said when it was opened.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }
}

impl io::Read for FileStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(retry_on_intr(|| rustix::io::read(&self.fd, &mut *buffer))?)
    }
}

impl Dir {
    /// What the inode at `path` below this directory says.
    ///
    /// # Errors
    ///
    /// If there is nothing at `path`, a directory on the way may not be searched, or `path` leads to another
    /// file system ([`HostErrorKind::OtherFileSystem`]).
    pub fn metadata_beneath(&self, path: impl AsRef<Path>) -> Result<Metadata, HostError> {
        self.look_beneath(path.as_ref(), |fd| Ok(Metadata::of(fd.as_fd())?))
    }

    /// The directory at `path` below this one.
    ///
    /// # Errors
    ///
    /// As [`Dir::metadata_beneath`]; also if there is something else than a directory.
    pub fn open_dir_beneath(&self, path: impl AsRef<Path>) -> Result<Self, HostError> {
        let path = path.as_ref();
        self.look_beneath(path, |fd| self.descendant(fd, &self.path.join(path)))
    }

    /// The regular file at `path` below this directory, to be read piece by piece. It may be of any size.
    ///
    /// # Errors
    ///
    /// As [`Dir::metadata_beneath`]; also if there is something else than a regular file
    /// ([`HostErrorKind::NotRegular`]), or it may not be read.
    pub fn open_file_beneath(&self, path: impl AsRef<Path>) -> Result<FileStream, HostError> {
        let path = path.as_ref();
        self.look_beneath(path, |object| {
            let again = |flags| self.resolver.open_on_file_system(self.fd.as_fd(), path, flags);
            let fd = read::open(object.as_fd(), again)?;
            Ok(FileStream { metadata: Metadata::of(fd.as_fd())?, fd })
        })
    }

    fn look_beneath<T>(
        &self,
        path: &Path,
        look: impl FnOnce(OwnedFd) -> Result<T, HostErrorKind>,
    ) -> Result<T, HostError> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW;
        let resolved = match self.resolver.open_on_file_system(self.fd.as_fd(), path, flags) {
            Err(Errno::XDEV) => Err(HostErrorKind::OtherFileSystem),
            resolved => resolved.map_err(HostErrorKind::from),
        };
        resolved.and_then(look).map_err(|kind| kind.at(&self.path.join(path)))
    }
}
