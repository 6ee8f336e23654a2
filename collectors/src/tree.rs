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

    /// With a second name for a file.
    pub(crate) fn hard_link(self, file: &str, name: &str) -> Self {
        std::fs::hard_link(self.0.path().join(file), self.place(name)).unwrap();
        self
    }

    /// With a process of root's, started by `parent`, as procfs shows it; no argument holds a space.
    pub(crate) fn process(self, pid: u32, parent: u32, name: &str, command: &str) -> Self {
        let status = format!("State:\tS (sleeping)\nPPid:\t{parent}\nUid:\t0\t0\t0\t0\nNSpid:\t{pid}\n");
        self.file(&format!("proc/{pid}/comm"), format!("{name}\n"))
            .file(&format!("proc/{pid}/status"), status)
            .file(&format!("proc/{pid}/cmdline"), command.replace(' ', "\0") + "\0")
            .file(&format!("proc/{pid}/environ"), "")
    }

    /// With a directory.
    pub(crate) fn dir(self, path: &str) -> Self {
        std::fs::create_dir_all(self.place(path)).unwrap();
        self
    }

    /// Without a file that was there.
    pub(crate) fn remove(self, path: &str) -> Self {
        std::fs::remove_file(self.place(path)).unwrap();
        self
    }

    /// Without an empty directory that was there.
    pub(crate) fn remove_dir(self, path: &str) -> Self {
        let place = self.place(path);
        let _ = std::fs::remove_dir(place.join("ns"));
        std::fs::remove_dir(place).unwrap();
        self
    }

    /// With a file of this length, and nothing in it.
    #[allow(clippy::disallowed_types, reason = "a test builds its own target")]
    pub(crate) fn sparse(self, path: &str, length: u64) -> Self {
        std::fs::File::create(self.place(path)).unwrap().set_len(length).unwrap();
        self
    }

    /// Gives what is at `path` an extended attribute; whether that may be done.
    pub(crate) fn set_attribute(&self, path: &str, name: &str, value: &[u8]) -> bool {
        rustix::fs::setxattr(self.place(path), name, value, rustix::fs::XattrFlags::empty()).is_ok()
    }

    /// With a FIFO, which whoever opens it would wait for.
    pub(crate) fn fifo(self, path: &str) -> Self {
        rustix::fs::mkfifoat(rustix::fs::CWD, self.place(path), rustix::fs::Mode::RUSR).unwrap();
        self
    }

    /// With other permissions of what is at `path`. Everybody may search the root from then on.
    pub(crate) fn mode(self, path: &str, mode: u32) -> Self {
        for (path, mode) in [(self.0.path().to_owned(), 0o755), (self.0.path().join(path), mode)] {
            std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
        }
        self
    }

    /// With a file that was written, or a directory whose entries were changed, so long ago.
    #[allow(clippy::disallowed_types, reason = "a test builds its own target")]
    pub(crate) fn aged(self, path: &str, age: std::time::Duration) -> Self {
        let file = std::fs::File::open(self.place(path)).unwrap();
        file.set_modified(std::time::SystemTime::now() - age).unwrap();
        self
    }

    /// The target.
    pub(crate) fn host(&self) -> Host {
        Host::at(self.0.path()).unwrap()
    }

    /// The target as a running node, of which these files were captured.
    pub(crate) fn running(&self) -> Host {
        Host::captured(self.0.path()).unwrap()
    }

    fn place(&self, path: &str) -> PathBuf {
        let place = self.0.path().join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        place
    }
}

/// What `act` does in a thread of a user who may do nothing special.
pub(crate) fn as_nobody<T: Send>(act: impl FnOnce() -> T + Send) -> T {
    use rustix::thread::{Gid, Uid, set_thread_groups, set_thread_res_gid, set_thread_res_uid};
    let act_as_nobody = || {
        if rustix::process::geteuid().is_root() {
            let (uid, gid) = (Uid::from_raw(65534), Gid::from_raw(65534));
            set_thread_groups(&[]).unwrap();
            set_thread_res_gid(gid, gid, gid).unwrap();
            set_thread_res_uid(uid, uid, uid).unwrap();
        }
        act()
    };
    std::thread::scope(|scope| scope.spawn(act_as_nobody).join().unwrap())
}
