//! The node, seen through one directory: every access to a target's files goes through [`Host`].
//!
//! A target is hostile until shown otherwise: an unpacked image may hold symbolic links that point out of
//! it, FIFOs and device nodes where files should be, files without end, names that are no text. `Host`
//! settles all of that once, so that a collector reads `/etc/docker/daemon.json` and gets its bytes or an
//! error that says what was in the way:
//!
//! * a path is resolved inside the root, whatever `..`, symbolic links and magic links say;
//! * only regular files are opened for reading, without blocking, up to a cap, and the one device that hands
//!   out the kernel's log;
//! * a socket is connected to with a deadline;
//! * nothing is written, created, locked or mounted; access times stay as they are where that is allowed.
//!
//! Clippy's `disallowed-methods` and `disallowed-types` (clippy.toml) keep every other module from going
//! around this one.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "this module is what they protect")]

mod attribute;
mod beneath;
mod canonical;
mod device_programs;
mod dir;
mod entry_kinds;
mod error;
mod file;
mod kmsg;
mod label;
mod memo;
mod metadata;
mod own_fd;
mod project_quota;
mod read;
mod resolve;
mod socket;
mod tail;
#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;

pub use beneath::FileStream;
pub use device_programs::DeviceAccess;
pub use dir::{Dir, Entry, MAX_ENTRIES};
pub use error::{HostError, HostErrorKind};
pub use file::File;
pub use kmsg::KernelRecords;
pub use metadata::{FileKind, Metadata, StatFs};
pub use project_quota::ProjectUsage;
pub use read::DEFAULT_CAP;
pub use socket::Connection;
pub use tail::Tail;

use memo::Memo;
use resolve::Resolver;

/// Where the `statfs` of a procfs mount says that it is one (`PROC_SUPER_MAGIC`, linux/magic.h).
const PROC_SUPER_MAGIC: i64 = 0x9fa0;

/// A target: a running node or an offline root, confined to its root directory.
///
/// Paths are the target's own (`/etc/fstab` is `DIR/etc/fstab` under `--root DIR`); one without a leading
/// slash starts at the root, too.
#[derive(Debug)]
pub struct Host {
    root: OwnedFd,
    resolver: Resolver,
    running: bool,
    own_root: bool,
    memo: Memo,
}

impl Host {
    /// The node that this process runs on, at `/`.
    ///
    /// # Errors
    ///
    /// If `/` cannot be opened.
    pub fn live() -> Result<Self, HostError> {
        Self::at(Path::new("/"))
    }

    /// The target whose root is the directory `root` of this process's own file system.
    ///
    /// # Errors
    ///
    /// If `root` does not exist, may not be searched, or is not a directory.
    pub fn at(root: &Path) -> Result<Self, HostError> {
        Self::open(root).map_err(|kind| kind.at(root))
    }

    /// A directory of files captured from a running node, its `/proc` and `/sys` among them: it counts as
    /// running. For tests and fuzzing.
    ///
    /// # Errors
    ///
    /// As [`Host::at`].
    pub fn captured(root: &Path) -> Result<Self, HostError> {
        Self::at(root).map(|host| Self { running: true, ..host })
    }

    fn open(path: &Path) -> Result<Self, HostErrorKind> {
        let root = rustix::fs::openat(CWD, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
        let metadata = Metadata::of(root.as_fd())?;
        if metadata.kind != FileKind::Directory {
            return Err(HostErrorKind::failed(Errno::NOTDIR));
        }
        let own = Metadata::from(&rustix::fs::stat("/")?);
        let resolver = Resolver::supported(root.as_fd());
        let host = Self {
            root,
            resolver,
            running: false,
            own_root: metadata.is_same_object(&own),
            memo: Memo::default(),
        };
        let running = host.stat_fs("/proc").is_ok_and(|proc| proc.fs_type == PROC_SUPER_MAGIC);
        Ok(Self { running, ..host })
    }

    /// Whether the target is a running node: a procfs is mounted at its `/proc`. That is so for the live
    /// node and for a live node's mount (`--root /host`), and not for an unpacked image.
    pub fn is_running(&self) -> bool {
        self.running
    }

    /// Whether the target's root is the `/` of this process, so that what the process learns about itself
    /// (`uname`, for example) holds for the target.
    pub fn is_own_root(&self) -> bool {
        self.own_root
    }

    /// The bytes of the regular file at `path`, of at most [`DEFAULT_CAP`] bytes. Files of procfs and sysfs,
    /// which state no size, are read to their end.
    ///
    /// # Errors
    ///
    /// If there is no such file, if it may not be read, is not a regular file, or is larger than the cap.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Vec<u8>, HostError> {
        self.read_capped(path, DEFAULT_CAP)
    }

    /// As [`Host::read`], with a cap of `cap` bytes.
    ///
    /// # Errors
    ///
    /// As [`Host::read`].
    pub fn read_capped(&self, path: impl AsRef<Path>, cap: usize) -> Result<Vec<u8>, HostError> {
        let path = path.as_ref();
        let contents = |again| self.resolver.open(self.root.as_fd(), path, again);
        self.resolve(path, OFlags::PATH)
            .and_then(|file| read::contents(file.as_fd(), cap, contents))
            .map_err(|kind| kind.at(path))
    }

    /// As [`Host::read`], as text: what is not UTF-8 in it becomes U+FFFD.
    ///
    /// # Errors
    ///
    /// As [`Host::read`].
    pub fn read_text(&self, path: impl AsRef<Path>) -> Result<String, HostError> {
        self.read(path).map(read::lossy)
    }

    /// As [`Host::read`], page by page until `enough` says so of what was read so far. For files of procfs
    /// that cost the kernel the more the further they are read.
    ///
    /// # Errors
    ///
    /// As [`Host::read`].
    pub fn read_until(
        &self,
        path: impl AsRef<Path>,
        enough: impl Fn(&[u8]) -> bool,
    ) -> Result<Vec<u8>, HostError> {
        let path = path.as_ref();
        let again = |flags| self.resolver.open(self.root.as_fd(), path, flags);
        self.inspect(path, OFlags::PATH, |file| {
            read::contents_until(file.as_fd(), DEFAULT_CAP, again, enough)
        })
    }

    /// A handle of the regular file at `path`, to read here and there in it, however large it is.
    ///
    /// # Errors
    ///
    /// If there is no such file, if it may not be read, or is not a regular file.
    pub fn open_file(&self, path: impl AsRef<Path>) -> Result<File, HostError> {
        let path = path.as_ref();
        let again = |flags| self.resolver.open(self.root.as_fd(), path, flags);
        self.inspect(path, OFlags::PATH, |file| Ok(File::new(read::open(file.as_fd(), again)?, path)))
    }

    /// The entries of the directory at `path`, sorted by name, without `.` and `..`.
    ///
    /// # Errors
    ///
    /// If there is no such directory, if it may not be listed, is not a directory, or holds more than
    /// [`MAX_ENTRIES`].
    pub fn read_dir(&self, path: impl AsRef<Path>) -> Result<Vec<Entry>, HostError> {
        self.open_dir(path)?.entries()
    }

    /// A handle of the directory at `path`, to read several files of it quickly, and all of the same
    /// directory even if it is replaced meanwhile (`/proc/<pid>`).
    ///
    /// # Errors
    ///
    /// If there is no such directory, if it may not be searched, or is not a directory.
    pub fn open_dir(&self, path: impl AsRef<Path>) -> Result<Dir, HostError> {
        let path = path.as_ref();
        self.resolve(path, OFlags::PATH)
            .and_then(|fd| Dir::new(fd, path, self.resolver))
            .map_err(|kind| kind.at(path))
    }

    /// What the inode at `path` says; a symbolic link is followed, inside the root.
    ///
    /// # Errors
    ///
    /// If there is nothing at `path`, or a directory on the way may not be searched.
    pub fn metadata(&self, path: impl AsRef<Path>) -> Result<Metadata, HostError> {
        self.inspect(path.as_ref(), OFlags::PATH, |fd| Ok(Metadata::of(fd.as_fd())?))
    }

    /// As [`Host::metadata`], of the symbolic link itself if `path` names one.
    ///
    /// # Errors
    ///
    /// As [`Host::metadata`].
    pub fn symlink_metadata(&self, path: impl AsRef<Path>) -> Result<Metadata, HostError> {
        self.inspect(path.as_ref(), OFlags::PATH | OFlags::NOFOLLOW, |fd| Ok(Metadata::of(fd.as_fd())?))
    }

    /// Where the symbolic link at `path` points to, as it is written in the link; what is not UTF-8 in it
    /// becomes U+FFFD. The magic links of procfs (`/proc/<pid>/exe`) can be read, too.
    ///
    /// # Errors
    ///
    /// If there is no such link, it may not be read, or it leads nowhere (`/proc/<pid>/exe` of a kernel
    /// thread); `EINVAL` if it is no link, as of readlink(2).
    pub fn read_link(&self, path: impl AsRef<Path>) -> Result<String, HostError> {
        self.inspect(path.as_ref(), OFlags::PATH | OFlags::NOFOLLOW, |fd| read::link(fd.as_fd()))
    }

    /// Whether there is anything at `path`; false for a symbolic link that points to nothing.
    ///
    /// # Errors
    ///
    /// If that cannot be told: a directory on the way may not be searched, for example.
    pub fn exists(&self, path: impl AsRef<Path>) -> Result<bool, HostError> {
        match self.inspect(path.as_ref(), OFlags::PATH, |_| Ok(())) {
            Ok(()) => Ok(true),
            Err(HostError { kind: HostErrorKind::NotFound, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The file system that holds `path`.
    ///
    /// # Errors
    ///
    /// If there is nothing at `path`, or the file system does not say.
    pub fn stat_fs(&self, path: impl AsRef<Path>) -> Result<StatFs, HostError> {
        self.inspect(path.as_ref(), OFlags::PATH, |fd| Ok(StatFs::of(fd.as_fd())?))
    }

    /// A connection to the stream socket at `path`. It and everything read and written through it ends when
    /// `timeout` is over.
    ///
    /// # Errors
    ///
    /// If there is no such socket, if it may not be connected to, is not a socket, has nobody listening
    /// (`ECONNREFUSED`), or nobody accepts in time ([`HostErrorKind::TimedOut`]).
    pub fn connect_unix(&self, path: impl AsRef<Path>, timeout: Duration) -> Result<Connection, HostError> {
        self.inspect(path.as_ref(), OFlags::PATH, |fd| Connection::open(fd.as_fd(), timeout))
    }

    /// Resolves `path` and looks at what is there.
    fn inspect<T>(
        &self,
        path: &Path,
        flags: OFlags,
        look: impl FnOnce(OwnedFd) -> Result<T, HostErrorKind>,
    ) -> Result<T, HostError> {
        self.resolve(path, flags).and_then(look).map_err(|kind| kind.at(path))
    }

    fn resolve(&self, path: &Path, flags: OFlags) -> Result<OwnedFd, HostErrorKind> {
        Ok(self.resolver.open(self.root.as_fd(), path, flags)?)
    }
}

/// A file name that names an entry of a directory and nothing else.
fn entry_name(name: &OsStr) -> Result<&OsStr, Errno> {
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes == b"." || bytes == b".." || bytes.contains(&b'/') {
        return Err(Errno::INVAL);
    }
    Ok(name)
}
