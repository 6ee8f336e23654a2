//! Directories: listing one, and reading several of its entries through one handle.

use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir};
use rustix::io::Errno;

use super::resolve::Resolver;
use super::{
    DEFAULT_CAP, File, FileKind, HostError, HostErrorKind, Metadata, PROC_SUPER_MAGIC, StatFs, entry_name,
    read,
};

/// How many entries of a directory are listed at most.
pub const MAX_ENTRIES: usize = 100_000;

/// The buffer that the kernel fills with entries, in bytes.
const BUFFER: usize = 32 << 10;

/// An entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its name, which need not be UTF-8.
    pub name: OsString,
    /// What it is; a symbolic link is not followed.
    pub kind: FileKind,
}

/// A directory of the target, held open. Names are those of its entries: no path, and no symbolic link is
/// followed.
#[derive(Debug)]
pub struct Dir {
    pub(super) fd: OwnedFd,
    pub(super) path: PathBuf,
    /// Who resolves paths below it.
    pub(super) resolver: Resolver,
    /// The device that holds it.
    dev: u64,
    /// Whether it is one of procfs, where nobody can replace an entry.
    in_procfs: bool,
}

impl Dir {
    pub(super) fn new(fd: OwnedFd, path: &Path, resolver: Resolver) -> Result<Self, HostErrorKind> {
        let dev = device(&fd)?;
        let in_procfs = StatFs::of(fd.as_fd())?.fs_type == PROC_SUPER_MAGIC;
        Ok(Self { fd, path: path.to_owned(), resolver, dev, in_procfs })
    }

    /// The directory `fd`, which was reached through this one.
    pub(super) fn descendant(&self, fd: OwnedFd, path: &Path) -> Result<Self, HostErrorKind> {
        // Of the same device, it is of the same file system.
        match device(&fd)? {
            dev if dev == self.dev => {
                let (path, in_procfs) = (path.to_owned(), self.in_procfs);
                Ok(Self { fd, path, resolver: self.resolver, dev, in_procfs })
            }
            _ => Self::new(fd, path, self.resolver),
        }
    }

    /// Where it is in the target.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The entries, sorted by name, without `.` and `..`.
    ///
    /// # Errors
    ///
    /// If the directory may not be listed, or holds more than [`MAX_ENTRIES`].
    pub fn entries(&self) -> Result<Vec<Entry>, HostError> {
        self.entries_capped(MAX_ENTRIES)
    }

    /// As [`Dir::entries`], with a cap of `cap` entries.
    ///
    /// # Errors
    ///
    /// As [`Dir::entries`].
    pub fn entries_capped(&self, cap: usize) -> Result<Vec<Entry>, HostError> {
        self.list(cap).map_err(|kind| kind.at(&self.path))
    }

    /// The bytes of the regular file `name`, of at most [`DEFAULT_CAP`] bytes.
    ///
    /// # Errors
    ///
    /// As [`super::Host::read`]; a symbolic link is no regular file.
    pub fn read(&self, name: impl AsRef<OsStr>) -> Result<Vec<u8>, HostError> {
        self.read_capped(name, DEFAULT_CAP)
    }

    /// As [`Dir::read`], with a cap of `cap` bytes.
    ///
    /// # Errors
    ///
    /// As [`Dir::read`].
    pub fn read_capped(&self, name: impl AsRef<OsStr>, cap: usize) -> Result<Vec<u8>, HostError> {
        let name = name.as_ref();
        if self.in_procfs {
            return self.inspect(name, read::READING, |file| read::contents_of_open(&file, cap));
        }
        let again = |flags| self.open(name, flags);
        self.inspect(name, OFlags::PATH, |file| read::contents(file.as_fd(), cap, again))
    }

    /// A handle of the regular file `name`; see [`super::Host::open_file`].
    ///
    /// # Errors
    ///
    /// As [`super::Host::open_file`]; a symbolic link is no regular file.
    pub fn open_file(&self, name: impl AsRef<OsStr>) -> Result<File, HostError> {
        let name = name.as_ref();
        let again = |flags| self.open(name, flags);
        self.inspect(name, OFlags::PATH, |file| {
            Ok(File::new(read::open(file.as_fd(), again)?, &self.path.join(name)))
        })
    }

    /// What the inode of the entry `name` says.
    ///
    /// # Errors
    ///
    /// If there is no such entry, or the directory may not be searched.
    pub fn metadata(&self, name: impl AsRef<OsStr>) -> Result<Metadata, HostError> {
        let name = name.as_ref();
        entry_name(name).and_then(|name| self.stat(name)).map_err(|errno| self.error(name, errno.into()))
    }

    /// Where the symbolic link `name` points to; see [`super::Host::read_link`].
    ///
    /// # Errors
    ///
    /// As [`super::Host::read_link`].
    pub fn read_link(&self, name: impl AsRef<OsStr>) -> Result<String, HostError> {
        let name = name.as_ref();
        let read = |name| rustix::fs::readlinkat(&self.fd, name, Vec::new());
        match entry_name(name).and_then(read) {
            Ok(target) => Ok(read::lossy(target.into_bytes())),
            Err(errno) => Err(self.error(name, errno.into())),
        }
    }

    /// The directory `name` in this one.
    ///
    /// # Errors
    ///
    /// If there is no such directory, or it may not be searched.
    pub fn open_dir(&self, name: impl AsRef<OsStr>) -> Result<Self, HostError> {
        let name = name.as_ref();
        self.inspect(name, OFlags::PATH, |fd| self.descendant(fd, &self.path.join(name)))
    }

    fn inspect<T>(
        &self,
        name: &OsStr,
        flags: OFlags,
        look: impl FnOnce(OwnedFd) -> Result<T, HostErrorKind>,
    ) -> Result<T, HostError> {
        self.open(name, flags)
            .map_err(|errno| match errno {
                // The only link there can be: the entry itself, opened for reading.
                Errno::LOOP => HostErrorKind::NotRegular(FileKind::Symlink),
                errno => errno.into(),
            })
            .and_then(look)
            .map_err(|kind| self.error(name, kind))
    }

    fn open(&self, name: &OsStr, flags: OFlags) -> Result<OwnedFd, Errno> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        rustix::fs::openat(&self.fd, entry_name(name)?, flags, Mode::empty())
    }

    fn error(&self, name: &OsStr, kind: HostErrorKind) -> HostError {
        kind.at(&self.path.join(name))
    }

    fn list(&self, cap: usize) -> Result<Vec<Entry>, HostErrorKind> {
        let listing = read::open_listing(self.fd.as_fd())?;
        let mut buffer = Vec::with_capacity(BUFFER);
        let mut raw = RawDir::new(&listing, buffer.spare_capacity_mut());
        let mut entries = Vec::new();
        while let Some(entry) = raw.next() {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            if entries.len() == cap {
                return Err(HostErrorKind::TooLarge { cap, unit: "entries" });
            }
            match self.kind(name, entry.file_type()) {
                Ok(kind) => entries.push(Entry { name: name.to_owned(), kind }),
                // Removed since the kernel listed it.
                Err(Errno::NOENT) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        entries.sort_unstable();
        Ok(entries)
    }

    /// Some file systems do not store the type in the directory; then the inode says it.
    fn kind(&self, name: &OsStr, stored: FileType) -> Result<FileKind, Errno> {
        if stored != FileType::Unknown {
            return Ok(stored.into());
        }
        self.stat(name).map(|metadata| metadata.kind)
    }

    fn stat(&self, name: &OsStr) -> Result<Metadata, Errno> {
        let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
        rustix::fs::statat(&self.fd, name, flags).map(|stat| Metadata::from(&stat))
    }
}

/// The device that holds the directory `fd`.
fn device(fd: &OwnedFd) -> Result<u64, HostErrorKind> {
    let metadata = Metadata::of(fd.as_fd())?;
    if metadata.kind != FileKind::Directory {
        return Err(HostErrorKind::failed(Errno::NOTDIR));
    }
    Ok(metadata.dev)
}
