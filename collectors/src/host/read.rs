//! Reading a regular file, and only a regular file, without blocking and up to a cap.
//!
//! Opening a device node can have effects (a tape rewinds, a watchdog starts), opening a FIFO wakes its
//! writer. So a path is first resolved with `O_PATH`, which opens nothing, and only if a regular file is
//! there that very object is opened for reading, through its descriptor in `/proc/self/fd`. Opening the
//! path a second time would be cheaper (measured: 2 µs of 6), but between the two whoever owns the
//! directory could put a link to `/dev/watchdog` in the file's place.
//!
//! In procfs nobody can put anything in a file's place, and a scan reads some files of every process:
//! through a handle of a directory of procfs the file is opened at once.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::buffer::spare_capacity;
use rustix::fs::{Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};

use super::{FileKind, HostErrorKind, Metadata, own_fd};

/// How many bytes of a file are read at most where nothing else is asked for: 4 MiB, many times any
/// configuration file.
pub const DEFAULT_CAP: usize = 4 << 20;

/// How a file is opened for reading: without waiting, should it be one of the few in procfs that wait for
/// news (`/proc/kmsg`).
pub(super) const READING: OFlags =
    OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

/// What is read at once of a file that states no size, as those of procfs.
const CHUNK: usize = 8 << 10;

/// What is read at once of a file of which the beginning may be enough: what procfs prepares at once of a
/// table. A line that is cut in two would make the kernel look for the next one.
const PAGE: usize = 4 << 10;

/// The contents of the object `file` (an `O_PATH` descriptor), of at most `cap` bytes.
///
/// `again` opens the same path once more, for processes that see no procfs of their own at `/proc`.
pub(super) fn contents(
    file: BorrowedFd<'_>,
    cap: usize,
    again: impl FnOnce(OFlags) -> Result<OwnedFd, Errno>,
) -> Result<Vec<u8>, HostErrorKind> {
    let metadata = regular(file, cap)?;
    read_to_end(&open_object(file, &metadata, again)?, metadata.size, cap)
}

/// The object `file` (an `O_PATH` descriptor), open for reading, whatever its size.
pub(super) fn open(
    file: BorrowedFd<'_>,
    again: impl FnOnce(OFlags) -> Result<OwnedFd, Errno>,
) -> Result<OwnedFd, HostErrorKind> {
    let metadata = regular(file, usize::MAX)?;
    Ok(open_object(file, &metadata, again)?)
}

/// As [`contents`], some [`LINE`] bytes at a time until they are `enough`.
pub(super) fn contents_until(
    file: BorrowedFd<'_>,
    cap: usize,
    again: impl FnOnce(OFlags) -> Result<OwnedFd, Errno>,
    enough: impl Fn(&[u8]) -> bool,
) -> Result<Vec<u8>, HostErrorKind> {
    let metadata = regular(file, cap)?;
    let file = open_object(file, &metadata, again)?;
    let (mut page, mut contents) = ([0; PAGE], Vec::new());
    while contents.len() <= cap {
        let read = retry_on_intr(|| rustix::io::read(&file, &mut page))?;
        contents.extend(page.iter().take(read));
        if read == 0 || enough(&contents) {
            return Ok(contents);
        }
    }
    Err(too_large(cap))
}

/// The contents of `file`, which is open for reading, of at most `cap` bytes.
pub(super) fn contents_of_open(file: &OwnedFd, cap: usize) -> Result<Vec<u8>, HostErrorKind> {
    let metadata = regular(file.as_fd(), cap)?;
    read_to_end(file, metadata.size, cap)
}

/// Where the symbolic link `link` (an `O_PATH` descriptor) points to.
pub(super) fn link(link: BorrowedFd<'_>) -> Result<String, HostErrorKind> {
    if Metadata::of(link)?.kind != FileKind::Symlink {
        return Err(HostErrorKind::failed(Errno::INVAL));
    }
    let target = rustix::fs::readlinkat(link, c"", Vec::new())?;
    Ok(lossy(target.into_bytes()))
}

/// Opens the directory `directory` (an `O_PATH` descriptor) for listing.
pub(super) fn open_listing(directory: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    let open = |flags| rustix::fs::openat(directory, c".", flags | OFlags::DIRECTORY, Mode::empty());
    leaving_atime(open)
}

/// Text, with U+FFFD for what is not UTF-8.
pub(super) fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// What a file says that is regular and not too large. A sparse file of terabytes is refused here, before a
/// byte of it is read.
fn regular(file: BorrowedFd<'_>, cap: usize) -> Result<Metadata, HostErrorKind> {
    let metadata = Metadata::of(file)?;
    if metadata.kind != FileKind::Regular {
        return Err(HostErrorKind::NotRegular(metadata.kind));
    }
    if metadata.size > cap as u64 {
        return Err(too_large(cap));
    }
    Ok(metadata)
}

/// Opens for reading the very object that `file` stands for.
fn open_object(
    file: BorrowedFd<'_>,
    metadata: &Metadata,
    again: impl FnOnce(OFlags) -> Result<OwnedFd, Errno>,
) -> Result<OwnedFd, Errno> {
    let path = own_fd::link(&file);
    match leaving_atime(|flags| rustix::fs::open(path.as_str(), flags, Mode::empty())) {
        Err(Errno::NOENT) => open_again(metadata, again),
        result => result,
    }
}

/// Opens the path that led to the object once more, and insists that it is still the same object.
pub(super) fn open_again(
    object: &Metadata,
    open: impl FnOnce(OFlags) -> Result<OwnedFd, Errno>,
) -> Result<OwnedFd, Errno> {
    let file = open(READING)?;
    if Metadata::of(file.as_fd())?.is_same_object(object) { Ok(file) } else { Err(Errno::STALE) }
}

/// Opens for reading without changing the access time, which the kernel allows to the owner and to root
/// only, or else as everybody does.
fn leaving_atime(open: impl Fn(OFlags) -> Result<OwnedFd, Errno>) -> Result<OwnedFd, Errno> {
    match open(READING | OFlags::NOATIME) {
        Err(Errno::PERM) => open(READING),
        result => result,
    }
}

/// Reads until the end or beyond the cap. `size` is what the file states, which can be 0 or outdated, and is
/// not above the cap.
fn read_to_end(file: &OwnedFd, size: u64, cap: usize) -> Result<Vec<u8>, HostErrorKind> {
    // One byte more than stated, so that a file that tells the truth takes no second buffer to see its end.
    let expected = usize::try_from(size).map_or(cap, |size| size.saturating_add(1));
    let mut contents = Vec::with_capacity(if size == 0 { CHUNK } else { expected });
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
