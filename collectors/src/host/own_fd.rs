//! Open objects, as this process reaches them again.

use std::os::fd::AsRawFd;

/// The magic link to the object that `fd` is open for: a path for calls that take no descriptor that was opened
/// with `O_PATH`. It is not there without a `/proc` of this process.
pub(super) fn link(fd: &impl AsRawFd) -> String {
    format!("/proc/self/fd/{}", fd.as_raw_fd())
}
