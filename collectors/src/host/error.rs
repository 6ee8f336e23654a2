//! What was in the way of reading the target.

use std::path::Path;

use rustix::io::Errno;

use super::FileKind;

/// Why something of the target could not be read, and where: `/etc/shadow: permission denied`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {kind}")]
pub struct HostError {
    /// The path in the target; what is not UTF-8 in it is U+FFFD.
    pub path: String,
    /// What went wrong.
    pub kind: HostErrorKind,
}

/// What can go wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostErrorKind {
    /// There is nothing at this path (`ENOENT`; `ENOTDIR` on the way to it), or the process it belongs to is
    /// gone (`ESRCH`).
    #[error("no such file or directory")]
    NotFound,
    /// The system refuses it to this user (`EACCES`, `EPERM`).
    #[error("permission denied")]
    Denied,
    /// Something else is where a file should be: a FIFO, for example. It was not opened.
    #[error("is {0}, not a regular file")]
    NotRegular(FileKind),
    /// The file or the directory holds more than is read of it at most.
    #[error("holds more than {cap} {unit}")]
    TooLarge {
        /// The most that would have been read.
        cap: usize,
        /// What is counted: `bytes` of a file, `entries` of a directory.
        unit: &'static str,
    },
    /// It did not answer in time.
    #[error("timed out")]
    TimedOut,
    /// Too many symbolic links, or a magic link of procfs on the way, which would lead out of the root
    /// (`ELOOP`).
    #[error("too many symbolic links, or a link that leaves the root")]
    Loop,
    /// It is on another file system than the directory below which it was looked for.
    #[error("is on another file system")]
    OtherFileSystem,
    /// The kernel or the file system cannot do this (`ENOSYS`, `EOPNOTSUPP`).
    #[error("not supported here")]
    Unsupported,
    /// Another error of the system: the device fails (`EIO`), nobody listens on the socket (`ECONNREFUSED`),
    /// a file is where a directory should be (`ENOTDIR`).
    #[error("{}", system_message(*.errno))]
    Failed {
        /// Its number (errno).
        errno: i32,
    },
}

impl HostErrorKind {
    /// The error of the system `errno`, also where `From` would give it a meaning.
    pub(super) fn failed(errno: Errno) -> Self {
        Self::Failed { errno: errno.raw_os_error() }
    }

    /// The error with the path where it happened.
    pub(super) fn at(self, path: &Path) -> HostError {
        HostError { path: path.to_string_lossy().into_owned(), kind: self }
    }
}

impl From<Errno> for HostErrorKind {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::NOENT | Errno::NOTDIR | Errno::SRCH => Self::NotFound,
            Errno::ACCESS | Errno::PERM => Self::Denied,
            Errno::TIMEDOUT => Self::TimedOut,
            Errno::LOOP => Self::Loop,
            Errno::NOSYS | Errno::OPNOTSUPP => Self::Unsupported,
            other => Self::failed(other),
        }
    }
}

/// `input/output error (os error 5)`.
fn system_message(errno: i32) -> String {
    std::io::Error::from_raw_os_error(errno).to_string().to_lowercase()
}
