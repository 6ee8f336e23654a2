//! SELinux's labels of files.

use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::{Host, HostError, HostErrorKind, own_fd, read};

/// The extended attribute that holds the label.
const ATTRIBUTE: &str = "security.selinux";

/// The longest label that is read, in bytes. The kernel takes up to a page; the longest of real policies, with
/// all its categories, is some hundred bytes.
const CAP: usize = 4 << 10;

impl Host {
    /// The SELinux label of what is at `path`, `system_u:object_r:container_var_lib_t:s0`; none if it has none.
    /// A symbolic link is followed, inside the root.
    ///
    /// # Errors
    ///
    /// If there is nothing at `path`, a directory on the way may not be searched, or the file system keeps no
    /// labels ([`HostErrorKind::Unsupported`]).
    pub fn selinux_label(&self, path: impl AsRef<Path>) -> Result<Option<String>, HostError> {
        self.inspect(path.as_ref(), OFlags::PATH, |object| {
            // The object itself does not take the question while it is open with O_PATH.
            let own = own_fd::link(&object);
            let mut label = vec![0; CAP];
            match rustix::fs::getxattr(own, ATTRIBUTE, &mut label[..]) {
                Ok(length) => {
                    label.truncate(length);
                    let end = label.iter().position(|byte| *byte == 0);
                    label.truncate(end.unwrap_or(length));
                    Ok(Some(read::lossy(label)))
                }
                Err(Errno::NODATA) => Ok(None),
                Err(Errno::RANGE) => Err(HostErrorKind::TooLarge { cap: CAP, unit: "bytes" }),
                // The path was just resolved, so what is missing is this process's own /proc.
                Err(Errno::NOENT) => Err(HostErrorKind::Unsupported),
                Err(errno) => Err(errno.into()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{XattrFlags, setxattr};

    #[test]
    fn a_label_is_text_up_to_its_end() {
        let tree = tempfile::tempdir().unwrap();
        let file = tree.path().join("dockerd");
        std::fs::write(&file, "").unwrap();
        let host = Host::at(tree.path()).unwrap();
        let unlabelled = host.selinux_label("/dockerd");
        assert!(matches!(unlabelled, Ok(None) | Err(HostError { kind: HostErrorKind::Unsupported, .. })));
        assert_eq!(host.selinux_label("/nowhere").unwrap_err().kind, HostErrorKind::NotFound);
        // Only root may label, and only where the file system keeps labels.
        let label = b"system_u:object_r:container_runtime_exec_t:s0\0";
        if setxattr(&file, ATTRIBUTE, label, XattrFlags::empty()).is_ok() {
            let expected = "system_u:object_r:container_runtime_exec_t:s0".to_owned();
            assert_eq!(host.selinux_label("/dockerd"), Ok(Some(expected)));
        }
    }
}
