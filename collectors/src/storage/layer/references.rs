//! Files of a layer that hold no data but a reference to where it is: what overlay leaves in the upper directory
//! of a mount with `metacopy` or `redirect_dir` (Linux, Documentation/filesystems/overlayfs.rst).

use plimsoll_engine::snapshot::GapReason;
use rustix::thread::{CapabilitySet, capabilities};

use super::super::problem::Problem;
use super::walk::Usage;
use crate::fact::Unknown;
use crate::host::{Dir, FileKind, Host, HostError, HostErrorKind, Metadata};

/// Of a file whose data is in a layer below.
const METACOPY: &str = "trusted.overlay.metacopy";

/// Of a directory whose other entries are under another name in a layer below.
const REDIRECT: &str = "trusted.overlay.redirect";

/// What a file system takes for attributes that have no place in the inode, in bytes: a file without data takes
/// no more.
const ATTRIBUTE_BLOCK: u64 = 4096;

/// Whether the entry `name` of `directory` is a reference.
///
/// # Errors
///
/// If it is there and does not answer.
pub(super) fn is_one(
    directory: &Dir,
    name: &std::ffi::OsStr,
    metadata: &Metadata,
) -> Result<bool, HostError> {
    let attribute = match metadata.kind {
        FileKind::Directory => REDIRECT,
        FileKind::Regular if metadata.allocated < metadata.size && metadata.allocated <= ATTRIBUTE_BLOCK => {
            METACOPY
        }
        _ => return Ok(false),
    };
    match directory.has_attribute(name, attribute) {
        Err(error) if error.kind == HostErrorKind::NotFound => Ok(false),
        answer => answer,
    }
}

/// What is wrong with a layer in which there are references: `problem` with its detail.
pub(in crate::storage) fn problem(usage: &Usage, problem: Problem) -> Option<Problem> {
    let first = usage.reference.as_ref().filter(|_| usage.references > 0)?;
    let detail = format!(
        "{} of its files and directories are references to layers below, {} among them",
        usage.references,
        first.display()
    );
    Some(Problem { detail, ..problem })
}

/// Why this process cannot tell references, if so: to whoever lacks the right the kernel says that there are none.
pub(in crate::storage) fn hidden(host: &Host) -> Option<Unknown> {
    let is_admin = capabilities(None).is_ok_and(|sets| sets.effective.contains(CapabilitySet::SYS_ADMIN));
    // The right counts outside of user namespaces only: there the map is the identity.
    let map = host.is_own_root().then(|| host.read_text("/proc/self/uid_map").unwrap_or_default());
    let is_outside = map.is_none_or(|map| map.split_whitespace().eq(["0", "0", "4294967295"]));
    let detail = "attributes trusted.overlay.* are shown to root only";
    (!is_admin || !is_outside).then(|| Unknown::new(GapReason::Denied, "getxattr(2)", detail))
}
