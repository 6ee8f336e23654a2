//! Resolution without `openat2`: from directory to directory, following each symbolic link by its text.
//!
//! The kernel is never asked to follow a link or a `..`. Each component is opened in the directory that
//! was opened before it, and `..` goes back to the directory one came from, so nothing that is renamed or
//! replaced meanwhile leads out of the root.

use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::host::{FileKind, Metadata, PROC_SUPER_MAGIC, StatFs};

/// How many symbolic links the kernel follows in one path (`MAXSYMLINKS`).
const MAX_LINKS: usize = 40;

/// The longest path the kernel takes, with its terminating zero (`PATH_MAX`).
const PATH_MAX: usize = 4096;

/// The inode number of the root directory of every procfs (`PROC_ROOT_INO`).
const PROC_ROOT_INO: u64 = 1;

/// To the object itself, be it a symbolic link, and without opening it.
const OBJECT: OFlags = OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Opens `path` inside `root`, as `openat2` does with `RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS`.
///
/// More is refused in one place: below the root of procfs every symbolic link is taken for a magic one,
/// also the few that are text (`/proc/asound/<card>`).
pub(super) fn open(root: BorrowedFd<'_>, path: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
    let path = path.as_os_str().as_bytes();
    match path.len() {
        0 => return Err(Errno::NOENT),
        PATH_MAX.. => return Err(Errno::NAMETOOLONG),
        _ => {}
    }
    let mut walk = Walk { root, entered: Vec::new(), ahead: Vec::new(), links: 0 };
    walk.prepend(path);
    walk.open(flags)
}

/// A walk under way.
struct Walk<'root> {
    root: BorrowedFd<'root>,
    /// The directories between the root and where the walk is, which is the last of them.
    entered: Vec<OwnedFd>,
    /// The components that are still to be resolved, the next one last.
    ahead: Vec<Vec<u8>>,
    /// How many symbolic links were followed.
    links: usize,
}

impl Walk<'_> {
    fn open(mut self, flags: OFlags) -> Result<OwnedFd, Errno> {
        while let Some(name) = self.ahead.pop() {
            match name.as_slice() {
                b"." => {}
                b".." => self.leave()?,
                _ if self.ahead.is_empty() => {
                    if let Some(found) = self.open_last(&name, flags)? {
                        return Ok(found);
                    }
                }
                _ => self.enter(&name)?,
            }
        }
        rustix::fs::openat(self.here(), c".", flags, Mode::empty())
    }

    /// Opens the last component; `None` if it is a symbolic link whose target is now ahead.
    fn open_last(&mut self, name: &[u8], flags: OFlags) -> Result<Option<OwnedFd>, Errno> {
        let object = self.open_here(name, OBJECT)?;
        let is_link = Metadata::of(object.as_fd())?.kind == FileKind::Symlink;
        if is_link && !flags.contains(OFlags::NOFOLLOW) {
            self.follow(&object)?;
            return Ok(None);
        }
        if flags.contains(OFlags::PATH) {
            return Ok(Some(object));
        }
        self.open_here(name, flags | OFlags::NOFOLLOW).map(Some)
    }

    /// Enters a directory, or puts the target of a symbolic link ahead.
    fn enter(&mut self, name: &[u8]) -> Result<(), Errno> {
        // With O_DIRECTORY a directory under an automount is mounted, as it is whenever a path leads through
        // it. Without, the walk would find it empty.
        match self.open_here(name, OBJECT | OFlags::DIRECTORY) {
            Ok(directory) => {
                self.entered.push(directory);
                return Ok(());
            }
            Err(Errno::NOTDIR) => {}
            Err(errno) => return Err(errno),
        }
        let object = self.open_here(name, OBJECT)?;
        match Metadata::of(object.as_fd())?.kind {
            FileKind::Symlink => self.follow(&object),
            _ => Err(Errno::NOTDIR),
        }
    }

    /// Puts what the symbolic link says ahead.
    fn follow(&mut self, link: &OwnedFd) -> Result<(), Errno> {
        self.links += 1;
        if self.links > MAX_LINKS {
            return Err(Errno::LOOP);
        }
        // Reading comes first: a link that may not even be read is denied, as the kernel has it.
        let target = rustix::fs::readlinkat(link, c"", Vec::new())?.into_bytes();
        if self.may_be_magic(link)? {
            return Err(Errno::LOOP);
        }
        match target.first() {
            None => return Err(Errno::NOENT),
            Some(b'/') => self.entered.clear(),
            Some(_) => {}
        }
        self.prepend(&target);
        Ok(())
    }

    /// Whether a link in the current directory may be one of procfs that leads to another process's root,
    /// files or namespaces. What such a link says as text (`/usr/bin/dockerd`, `pipe:[4711]`) is not what it
    /// leads to. In the root of procfs itself (`self`, `mounts`, `net`) all links are text.
    fn may_be_magic(&self, link: &OwnedFd) -> Result<bool, Errno> {
        if StatFs::of(link.as_fd())?.fs_type != PROC_SUPER_MAGIC {
            return Ok(false);
        }
        Ok(Metadata::of(self.here())?.ino != PROC_ROOT_INO)
    }

    /// Goes back to the directory that this one was entered from; to the root from the root.
    fn leave(&mut self) -> Result<(), Errno> {
        // Nobody asked the kernel for this name, so nobody asked yet whether this directory may be searched.
        self.open_here(b".", OBJECT)?;
        self.entered.pop();
        Ok(())
    }

    fn open_here(&self, name: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
        rustix::fs::openat(self.here(), OsStr::from_bytes(name), flags, Mode::empty())
    }

    fn here(&self) -> BorrowedFd<'_> {
        self.entered.last().map_or(self.root, AsFd::as_fd)
    }

    /// Puts the components of `path` ahead of those that are still to come. A slash at its end stands for a
    /// last component `.`: what is before it must be a directory.
    fn prepend(&mut self, path: &[u8]) {
        if path.ends_with(b"/") {
            self.ahead.push(b".".to_vec());
        }
        let components = path.split(|byte| *byte == b'/').filter(|name| !name.is_empty());
        self.ahead.extend(components.rev().map(<[u8]>::to_vec));
    }
}
