//! The host against trees that are made to break it, each with both ways of resolving a path.

mod agreement;
mod beneath;
mod confinement;
mod directories;
mod files;
mod old_kernel;
mod permissions;
mod sockets;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::resolve::Resolver;
use super::{Host, HostError, HostErrorKind};

/// A target's root directory, gone after the test.
struct Tree {
    directory: TempDir,
}

impl Tree {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        // Tests also look at it as another user.
        fs::set_permissions(directory.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        Self { directory }
    }

    fn file(self, path: &str, contents: impl AsRef<[u8]>) -> Self {
        fs::write(self.prepare(path), contents).unwrap();
        self
    }

    fn link(self, path: &str, target: &str) -> Self {
        symlink(target, self.prepare(path)).unwrap();
        self
    }

    fn directory(self, path: &str) -> Self {
        fs::create_dir_all(self.path(path)).unwrap();
        self
    }

    fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    fn prepare(&self, path: &str) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    fn hosts(&self) -> [Host; 2] {
        hosts_at(self.directory.path())
    }
}

/// The target as the kernel resolves its paths, and as the walk does.
fn hosts_at(root: &Path) -> [Host; 2] {
    [Resolver::Openat2, Resolver::Walk].map(|resolver| Host { resolver, ..Host::at(root).unwrap() })
}

fn kind<T: std::fmt::Debug>(result: Result<T, HostError>) -> HostErrorKind {
    result.unwrap_err().kind
}

fn failed(errno: rustix::io::Errno) -> HostErrorKind {
    HostErrorKind::Failed { errno: errno.raw_os_error() }
}

/// Does `act` as a user whom files of mode 0600 do not concern, whoever runs the tests: only this thread
/// changes its user.
fn as_nobody<T: Send>(act: impl FnOnce() -> T + Send) -> T {
    use rustix::thread::{Gid, Uid, set_thread_groups, set_thread_res_gid, set_thread_res_uid};
    std::thread::scope(|scope| {
        let drop_privileges = || {
            let (uid, gid) = (Uid::from_raw(65534), Gid::from_raw(65534));
            set_thread_groups(&[]).unwrap();
            set_thread_res_gid(gid, gid, gid).unwrap();
            set_thread_res_uid(uid, uid, uid).unwrap();
        };
        let thread = scope.spawn(move || {
            if rustix::process::geteuid().is_root() {
                drop_privileges();
            }
            act()
        });
        thread.join().unwrap()
    })
}
