//! Reading a regular file, and only a regular file, without blocking and up to a cap.
//!
//! Opening a device node can have effects (a tape rewinds, a watchdog starts), opening a FIFO wakes its
//! writer. So a path is first resolved with `O_PATH`, which opens nothing, and only if a regular file is
//! there that very object is opened for reading, through its descriptor in `/proc/self/fd`: whoever swaps
//! the path for a FIFO in between swaps nothing. Measured, that is two system calls and about a
//! microsecond more than opening the path at once.

use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use rustix::buffer::spare_capacity;
use rustix::fs::{Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};

use super::{FileKind, HostErrorKind, Metadata};

/// How many bytes of a file are read at most where nothing else is asked for: 4 MiB, many times any
/// configuration file.
pub const DEFAULT_CAP: usize = 4 << 20;

/// What is read at once of a file that states no size, as those of procfs.
const CHUNK: usize = 8 << 10;

/// The contents of the object `file` (an `O_PATH` descriptor), of at most `cap` bytes.
///
/// `again` opens the same path once more, for processes that see no procfs of their own at `/proc`.
pub(super) fn contents(
    file: BorrowedFd<'_>,
    cap: usize,
    again: impl FnOnce(OFlags) -> Result<OwnedFd, Errno>,
) -> Result<Vec<u8>, HostErrorKind> {
    let metadata = Metadata::of(file)?;
    if metadata.kind != FileKind::Regular {
        return Err(HostErrorKind::NotRegular(metadata.kind));
    }
    // A sparse file of terabytes is refused here, before a byte of it is read.
    let size = usize::try_from(metadata.size).ok().filter(|size| *size <= cap);
    let Some(size) = size else { return Err(too_large(cap)) };
    let readable = match open_object(file) {
        Err(Errno::NOENT) => open_again(&metadata, again)?,
        result => result?,
    };
    read_to_end(&readable, size, cap)
}

/// Where the symbolic link `link` (an `O_PATH` descriptor) points to.
pub(super) fn link(link: BorrowedFd<'_>) -> Result<String, HostErrorKind> {
    match rustix::fs::readlinkat(link, c"", Vec::new()) {
        Ok(target) => Ok(lossy(target.into_bytes())),
        // What `readlinkat` says of a descriptor that is no link.
        Err(Errno::NOENT) => Err(HostErrorKind::failed(Errno::INVAL)),
        Err(errno) => Err(errno.into()),
    }
}

/// Text, with U+FFFD for what is not UTF-8.
pub(super) fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Opens for reading the very object that `file` stands for.
fn open_object(file: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    leaving_atime(|flags| rustix::fs::open(path.as_str(), flags, Mode::empty()))
}

/// Opens the path that led to the object once more, and insists that it is still the same object.
fn open_again(
    object: &Metadata,
    open: impl FnOnce(OFlags) -> Result<OwnedFd, Errno>,
) -> Result<OwnedFd, Errno> {
    let file = open(OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC)?;
    if Metadata::of(std::os::fd::AsFd::as_fd(&file))?.is_same_object(object) {
        Ok(file)
    } else {
        Err(Errno::STALE)
    }
}

/// Opens without changing the access time, which the kernel allows to the owner and to root only, or else
/// as everybody does.
fn leaving_atime(open: impl Fn(OFlags) -> Result<OwnedFd, Errno>) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    match open(flags | OFlags::NOATIME) {
        Err(Errno::PERM) => open(flags),
        result => result,
    }
}

/// Reads until the end or beyond the cap. `size` is what the file states, which can be 0 or outdated.
fn read_to_end(file: &OwnedFd, size: usize, cap: usize) -> Result<Vec<u8>, HostErrorKind> {
    let mut contents = Vec::with_capacity(if size == 0 { CHUNK.min(cap + 1) } else { size + 1 });
    while contents.len() <= cap {
        if contents.len() == contents.capacity() {
            contents.reserve(CHUNK);
        }
        if retry_on_intr(|| rustix::io::read(file, spare_capacity(&mut contents)))? == 0 {
            return Ok(contents);
        }
    }
    Err(too_large(cap))
}

fn too_large(cap: usize) -> HostErrorKind {
    HostErrorKind::TooLarge { cap, unit: "bytes" }
}
