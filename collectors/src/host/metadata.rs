//! What inodes and file systems say about themselves.

use std::fmt;
use std::os::fd::BorrowedFd;

use rustix::fs::{FileType, Stat, StatVfsMountFlags};
use rustix::io::Errno;

use super::own_fd;

/// What an inode is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A unix socket.
    Socket,
    /// A FIFO (named pipe).
    Fifo,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// Nothing that Linux has a name for; a damaged file system can hold such inodes.
    Unknown,
}

impl From<FileType> for FileKind {
    fn from(file_type: FileType) -> Self {
        match file_type {
            FileType::RegularFile => Self::Regular,
            FileType::Directory => Self::Directory,
            FileType::Symlink => Self::Symlink,
            FileType::Socket => Self::Socket,
            FileType::Fifo => Self::Fifo,
            FileType::CharacterDevice => Self::CharDevice,
            FileType::BlockDevice => Self::BlockDevice,
            FileType::Unknown => Self::Unknown,
        }
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Regular => "a regular file",
            Self::Directory => "a directory",
            Self::Symlink => "a symbolic link",
            Self::Socket => "a socket",
            Self::Fifo => "a FIFO",
            Self::CharDevice => "a character device",
            Self::BlockDevice => "a block device",
            Self::Unknown => "of an unknown file type",
        })
    }
}

/// What an inode says (`fstat`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metadata {
    /// What it is.
    pub kind: FileKind,
    /// The permission bits with set-user-id, set-group-id and sticky: `mode & 0o7777`.
    pub mode: u32,
    /// The owner's user id.
    pub uid: u32,
    /// The group id.
    pub gid: u32,
    /// The size in bytes; 0 for most files of procfs.
    pub size: u64,
    /// The disk space that is allocated, in bytes; less than `size` for a sparse file.
    pub allocated: u64,
    /// When the contents were last changed, in seconds since 1970-01-01 UTC.
    pub mtime: i64,
    /// The device that holds it.
    pub dev: u64,
    /// Its number on that device.
    pub ino: u64,
    /// How many hard links it has.
    pub nlink: u64,
    /// Which device it stands for, if it is a device node.
    pub rdev: u64,
}

impl Metadata {
    /// Of an open object, one opened with `O_PATH` included. Triggers no automount.
    pub(super) fn of(fd: BorrowedFd<'_>) -> Result<Self, Errno> {
        rustix::fs::fstat(fd).map(|stat| Self::from(&stat))
    }

    /// Whether both are of one inode.
    pub fn is_same_object(&self, other: &Self) -> bool {
        (self.dev, self.ino) == (other.dev, other.ino)
    }
}

#[allow(
    clippy::unnecessary_cast,
    clippy::useless_conversion,
    reason = "the fields' types differ by processor"
)]
impl From<&Stat> for Metadata {
    fn from(stat: &Stat) -> Self {
        Self {
            kind: FileType::from_raw_mode(stat.st_mode).into(),
            mode: stat.st_mode & 0o7777,
            uid: stat.st_uid,
            gid: stat.st_gid,
            // Negative only on a damaged file system; as "too large" it does no harm.
            size: stat.st_size as u64,
            allocated: (stat.st_blocks as u64).saturating_mul(512),
            mtime: stat.st_mtime as i64,
            dev: stat.st_dev as u64,
            ino: stat.st_ino as u64,
            nlink: stat.st_nlink as u64,
            rdev: stat.st_rdev as u64,
        }
    }
}

/// What a file system says about itself (`fstatfs`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatFs {
    /// The magic number of its type (linux/magic.h), `0x9fa0` for procfs.
    pub fs_type: i64,
    /// The unit of the block counts below, in bytes.
    pub block_size: u64,
    /// Blocks in all.
    pub blocks: u64,
    /// Blocks that are free.
    pub free: u64,
    /// Free blocks that an unprivileged user may use.
    pub available: u64,
    /// Inodes in all; 0 where the file system has no fixed number of them (btrfs).
    pub files: u64,
    /// Inodes that are free.
    pub files_free: u64,
    /// The mount's flags (`ST_*`, statfs(2)).
    pub flags: u64,
    /// Whether it is mounted read-only.
    pub read_only: bool,
}

impl StatFs {
    /// Of the file system that holds an open object, one opened with `O_PATH` included.
    pub(super) fn of(fd: BorrowedFd<'_>) -> Result<Self, Errno> {
        match rustix::fs::fstatfs(fd) {
            // Before Linux 3.12 `fstatfs` does not take an `O_PATH` descriptor.
            Err(Errno::BADF) => rustix::fs::statfs(own_fd::link(&fd)),
            result => result,
        }
        .map(|stat| Self::from(&stat))
    }
}

#[allow(clippy::unnecessary_cast, reason = "the fields' types differ by processor")]
impl From<&rustix::fs::StatFs> for StatFs {
    fn from(stat: &rustix::fs::StatFs) -> Self {
        let flags = stat.f_flags as u64;
        // Counts are in fragments, which most file systems make as large as their blocks; some leave it 0.
        let unit = if stat.f_frsize > 0 { stat.f_frsize } else { stat.f_bsize };
        Self {
            fs_type: stat.f_type as i64,
            block_size: unit as u64,
            blocks: stat.f_blocks,
            free: stat.f_bfree,
            available: stat.f_bavail,
            files: stat.f_files,
            files_free: stat.f_ffree,
            flags,
            read_only: flags & StatVfsMountFlags::RDONLY.bits() != 0,
        }
    }
}
