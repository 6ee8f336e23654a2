//! Kernels and container runtimes without `openat2`, played by a seccomp filter on one thread.

use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

use super::super::resolve::Resolver;
use super::super::{Host, HostErrorKind};
use super::{Tree, kind};

/// `openat2`, on every processor.
const OPENAT2: i64 = 437;

#[cfg(target_arch = "x86_64")]
const FSTATFS: i64 = 138;
#[cfg(not(target_arch = "x86_64"))]
const FSTATFS: i64 = 44;

/// Does `act` on a thread where the system call `number` ends with `errno`.
fn without<T: Send>(number: i64, errno: Errno, act: impl FnOnce() -> T + Send) -> T {
    let answer = SeccompAction::Errno(errno.raw_os_error().unsigned_abs());
    let processor = std::env::consts::ARCH.try_into().unwrap();
    let rules = [(number, Vec::new())].into_iter().collect();
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, answer, processor).unwrap();
    let program: BpfProgram = filter.try_into().unwrap();
    std::thread::scope(|scope| {
        let thread = scope.spawn(move || {
            seccompiler::apply_filter(&program).unwrap();
            act()
        });
        thread.join().unwrap()
    })
}

#[test]
fn without_openat2_paths_are_walked() {
    let tree = Tree::new()
        .file("usr/lib/os-release", "ID=debian\n")
        .link("etc/os-release", "../usr/lib/os-release")
        .link("etc/outside", "/../../etc/passwd");
    let root = tree.directory.path();
    // ENOSYS is a kernel before 5.6, EPERM a container runtime's older profile.
    for errno in [Errno::NOSYS, Errno::PERM] {
        without(OPENAT2, errno, || {
            let openat2 = rustix::fs::openat2(CWD, "/", OFlags::PATH, Mode::empty(), ResolveFlags::empty());
            assert_eq!(openat2.unwrap_err(), errno, "the filter is in force");
            let host = Host::at(root).unwrap();
            assert_eq!(host.resolver, Resolver::Walk);
            assert_eq!(host.read_text("/etc/os-release").unwrap(), "ID=debian\n");
            assert_eq!(kind(host.read("/etc/outside")), HostErrorKind::NotFound);
            assert!(Host::live().unwrap().is_running());
        });
    }
}

#[test]
fn with_renames_all_the_time_paths_are_walked() {
    let tree = Tree::new().file("usr/f", "x").link("f", "usr/../usr/f");
    let [host, _] = tree.hosts();
    without(OPENAT2, Errno::AGAIN, || assert_eq!(host.read("/f").unwrap(), b"x"));
}

#[test]
fn a_file_system_is_asked_by_path_where_descriptors_do_not_do() {
    // As Linux before 3.12 answers for an `O_PATH` descriptor.
    without(FSTATFS, Errno::BADF, || {
        let host = Host::at(Path::new("/")).unwrap();
        assert!(host.is_running());
        assert_eq!(host.stat_fs("/proc/sys").unwrap().fs_type, 0x9fa0);
    });
}
