//! Roots of offline targets, built for a test.

use std::path::PathBuf;

use crate::host::Host;

/// A directory that is a target's root, removed when dropped.
#[derive(Debug)]
pub(crate) struct Tree(tempfile::TempDir);

#[allow(clippy::disallowed_methods, reason = "a test builds its own target")]
impl Tree {
    /// An empty root.
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With a file.
    pub(crate) fn file(self, path: &str, contents: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.place(path), contents).unwrap();
        self
    }

    /// With a program.
    pub(crate) fn executable(self, path: &str) -> Self {
        let place = self.place(path);
        std::fs::write(&place, "").unwrap();
        std::fs::set_permissions(&place, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        self
    }

    /// With a symbolic link.
    pub(crate) fn link(self, path: &str, target: &str) -> Self {
        std::os::unix::fs::symlink(target, self.place(path)).unwrap();
        self
    }

    /// With a directory.
    pub(crate) fn dir(self, path: &str) -> Self {
        std::fs::create_dir_all(self.place(path)).unwrap();
        self
    }

    /// With a FIFO, which whoever opens it would wait for.
    pub(crate) fn fifo(self, path: &str) -> Self {
        rustix::fs::mkfifoat(rustix::fs::CWD, self.place(path), rustix::fs::Mode::RUSR).unwrap();
        self
    }

    /// The target.
    pub(crate) fn host(&self) -> Host {
        Host::at(self.0.path()).unwrap()
    }

    fn place(&self, path: &str) -> PathBuf {
        let place = self.0.path().join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        place
    }
}
