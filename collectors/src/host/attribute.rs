//! Whether files have an extended attribute.

use std::ffi::OsStr;
use std::path::Path;

use rustix::fs::lgetxattr;
use rustix::io::Errno;

use super::{Dir, HostError, HostErrorKind, entry_name, own_fd};

impl Dir {
    /// Whether the entry `name` has the extended attribute `attribute`; a symbolic link is not followed. What a
    /// file system cannot keep no entry has. The kernel says of attributes `trusted.…` to whoever has not the
    /// capability `SYS_ADMIN` that there are none.
    ///
    /// # Errors
    ///
    /// If there is no such entry.
    pub fn has_attribute(&self, name: impl AsRef<OsStr>, attribute: &str) -> Result<bool, HostError> {
        let name = name.as_ref();
        // The directory itself does not take the question while it is open with O_PATH.
        let own = own_fd::link(&self.fd);
        let ask = || match lgetxattr(Path::new(&own).join(entry_name(name)?), attribute, &mut [0_u8; 0]) {
            Ok(_) | Err(Errno::RANGE) => Ok(true),
            Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(false),
            Err(errno) => Err(errno),
        };
        ask().map_err(|errno: Errno| HostErrorKind::from(errno).at(&self.path.join(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Host;
    use rustix::fs::{XattrFlags, setxattr};

    #[test]
    fn an_attribute_is_there_or_not() {
        let tree = tempfile::tempdir().unwrap();
        std::fs::write(tree.path().join("file"), "").unwrap();
        std::os::unix::fs::symlink("file", tree.path().join("link")).unwrap();
        let directory = Host::at(tree.path()).unwrap().open_dir("/").unwrap();
        assert_eq!(directory.has_attribute("file", "user.mark"), Ok(false));
        if setxattr(tree.path().join("file"), "user.mark", b"y", XattrFlags::empty()).is_ok() {
            assert_eq!(directory.has_attribute("file", "user.mark"), Ok(true));
            assert_eq!(directory.has_attribute("link", "user.mark"), Ok(false), "which is not followed");
        }
        assert_eq!(directory.has_attribute("none", "user.mark").unwrap_err().kind, HostErrorKind::NotFound);
        assert!(directory.has_attribute("../file", "user.mark").is_err());
    }
}
