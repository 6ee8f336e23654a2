//! Where a path leads to: the same place without symbolic links.

use std::ffi::OsString;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::{Host, HostError, HostErrorKind, own_fd};

impl Host {
    /// The path of what is at `path`, from the target's root, without symbolic links, `.` and `..`.
    ///
    /// # Errors
    ///
    /// If there is nothing at `path`, a directory on the way may not be searched, or this process sees no
    /// procfs of its own ([`HostErrorKind::Unsupported`]).
    pub fn canonicalize(&self, path: impl AsRef<Path>) -> Result<PathBuf, HostError> {
        self.inspect(path.as_ref(), OFlags::PATH, |fd| {
            let root = own_path(self.root.as_fd())?;
            let found = own_path(fd.as_fd())?;
            match found.strip_prefix(&root) {
                Ok(below) => Ok(Path::new("/").join(below)),
                // The root was renamed between the two looks.
                Err(_) => Err(HostErrorKind::from(Errno::STALE)),
            }
        })
    }
}

/// The path of an open object as this process sees it.
fn own_path(fd: BorrowedFd<'_>) -> Result<PathBuf, HostErrorKind> {
    let link = own_fd::link(&fd);
    match rustix::fs::readlink(link, Vec::new()) {
        Ok(target) => Ok(OsString::from_vec(target.into_bytes()).into()),
        Err(Errno::NOENT) => Err(HostErrorKind::Unsupported),
        Err(errno) => Err(errno.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_lead_where_they_do_on_the_target() {
        let tree = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(tree.path().join("mnt/data/docker")).unwrap();
        std::fs::create_dir_all(tree.path().join("var/lib")).unwrap();
        symlink("/mnt/data/../data/docker", tree.path().join("var/lib/docker")).unwrap();
        symlink("../../../../..", tree.path().join("var/up")).unwrap();
        let host = Host::at(tree.path()).unwrap();
        assert_eq!(host.canonicalize("/var/lib/docker/.").unwrap(), Path::new("/mnt/data/docker"));
        assert_eq!(host.canonicalize("/var/up").unwrap(), Path::new("/"));
        assert_eq!(host.canonicalize("/nowhere").unwrap_err().kind, HostErrorKind::NotFound);
    }
}
