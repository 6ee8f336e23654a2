//! What may not be read is denied, and is neither absent nor empty.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use rustix::io::Errno;

use super::super::HostErrorKind;
use super::{Tree, as_nobody, kind};

#[test]
fn what_this_user_may_not_read_is_denied() {
    let tree =
        Tree::new().file("closed/file", "x").file("secret", "x").file("open", "x").directory("unlisted");
    let close = |path: &str, mode| {
        fs::set_permissions(tree.path(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    close("secret", 0o000);
    close("closed", 0o000);
    // Root owns it, so nobody may not open it with O_NOATIME; it is readable all the same.
    close("open", 0o644);
    close("unlisted", 0o311);
    let hosts = tree.hosts();
    as_nobody(|| {
        for host in &hosts {
            assert_eq!(host.read("/open").unwrap(), b"x");
            assert_eq!(kind(host.read("/secret")), HostErrorKind::Denied);
            assert_eq!(kind(host.read("/closed/file")), HostErrorKind::Denied);
            // Not "absent": nobody can tell.
            assert_eq!(kind(host.exists("/closed/file")), HostErrorKind::Denied);
            assert_eq!(kind(host.exists("/closed/..")), HostErrorKind::Denied);
            assert_eq!(kind(host.metadata("/closed/.")), HostErrorKind::Denied);
            assert_eq!(kind(host.read_dir("/closed")), HostErrorKind::Denied);
            assert_eq!(kind(host.read_dir("/unlisted")), HostErrorKind::Denied);
            assert_eq!(kind(host.open_dir("/closed").unwrap().read("file")), HostErrorKind::Denied);
            // The inode itself may be looked at: its directory can be searched.
            assert_eq!(host.metadata("/secret").unwrap().mode, 0);
            assert_eq!(host.read("/secret").unwrap_err().to_string(), "/secret: permission denied");
        }
    });
    close("closed", 0o755);
}

#[test]
fn both_errors_for_want_of_permission_are_denials() {
    for errno in [Errno::ACCESS, Errno::PERM] {
        assert_eq!(HostErrorKind::from(errno), HostErrorKind::Denied);
    }
}

#[test]
fn a_file_of_another_user_is_read_without_the_right_to_keep_its_access_time() {
    as_nobody(|| {
        for host in super::hosts_at(std::path::Path::new("/")) {
            assert_eq!(host.read("/etc/passwd").unwrap(), fs::read("/etc/passwd").unwrap());
            assert!(!host.read_dir("/etc").unwrap().is_empty());
            // Root's environment, refused by procfs itself.
            assert_eq!(kind(host.read("/proc/1/environ")), HostErrorKind::Denied);
        }
    });
}
