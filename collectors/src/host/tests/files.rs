//! Only regular files are read, to their end or not at all.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use rustix::fs::{AtFlags, CWD, FileType, Mode, Timespec, Timestamps};
use rustix::io::Errno;

use super::super::{DEFAULT_CAP, FileKind, Host, HostErrorKind};
use super::{Tree, failed, hosts_at, kind};

#[test]
fn what_is_not_a_regular_file_is_never_opened() {
    let tree = Tree::new().directory("directory").link("to-fifo", "fifo");
    rustix::fs::mknodat(CWD, tree.path("fifo"), FileType::Fifo, Mode::from(0o644), 0).unwrap();
    let _listener = UnixListener::bind(tree.path("socket")).unwrap();
    for host in tree.hosts() {
        assert_eq!(kind(host.read("/fifo")), HostErrorKind::NotRegular(FileKind::Fifo));
        assert_eq!(kind(host.read("/to-fifo")), HostErrorKind::NotRegular(FileKind::Fifo));
        assert_eq!(kind(host.read("/socket")), HostErrorKind::NotRegular(FileKind::Socket));
        assert_eq!(kind(host.read("/directory")), HostErrorKind::NotRegular(FileKind::Directory));
        let directory = host.open_dir("/").unwrap();
        assert_eq!(kind(directory.read("fifo")), HostErrorKind::NotRegular(FileKind::Fifo));
        assert_eq!(kind(directory.read("to-fifo")), HostErrorKind::NotRegular(FileKind::Symlink));
    }
    for host in hosts_at(Path::new("/dev")) {
        assert_eq!(kind(host.read("/null")), HostErrorKind::NotRegular(FileKind::CharDevice));
        assert_eq!(
            kind(host.open_dir("/").unwrap().read("zero")),
            HostErrorKind::NotRegular(FileKind::CharDevice)
        );
    }
}

#[test]
fn a_fifo_is_not_even_opened_without_waiting() {
    let tree = Tree::new();
    let path = tree.path("fifo");
    rustix::fs::mknodat(CWD, &path, FileType::Fifo, Mode::from(0o644), 0).unwrap();
    let (send, receive) = mpsc::channel();
    let to_writer = path.clone();
    let writer = std::thread::spawn(move || {
        send.send(rustix::thread::gettid()).unwrap();
        // Returns as soon as anybody opens the FIFO for reading, however shortly.
        fs::OpenOptions::new().write(true).open(to_writer).unwrap();
    });
    let status = format!("/proc/self/task/{}/status", receive.recv().unwrap());
    while !fs::read_to_string(&status).unwrap().contains("State:\tS") {
        std::thread::yield_now();
    }
    for host in tree.hosts() {
        assert_eq!(kind(host.read("/fifo")), HostErrorKind::NotRegular(FileKind::Fifo));
        assert_eq!(kind(host.open_dir("/").unwrap().read("fifo")), HostErrorKind::NotRegular(FileKind::Fifo));
        host.metadata("/fifo").unwrap();
        host.read_dir("/").unwrap();
    }
    std::thread::sleep(Duration::from_millis(50));
    assert!(!writer.is_finished(), "the FIFO was opened");
    fs::File::open(path).unwrap();
    writer.join().unwrap();
}

#[test]
fn a_file_above_the_cap_is_refused_before_it_is_read() {
    let tree = Tree::new().file("exact", vec![b'x'; 1000]).file("above", vec![b'x'; 1001]).file("empty", "");
    // More than memory: whoever tried to make room for it would not come to the cap.
    fs::File::create(tree.path("sparse")).unwrap().set_len(8 << 40).unwrap();
    for host in tree.hosts() {
        let too_large = |cap| HostErrorKind::TooLarge { cap, unit: "bytes" };
        assert_eq!(kind(host.read("/sparse")), too_large(DEFAULT_CAP));
        assert_eq!(host.read_capped("/exact", 1000).unwrap().len(), 1000);
        assert_eq!(kind(host.read_capped("/above", 1000)), too_large(1000));
        assert_eq!(host.read_capped("/empty", 0).unwrap(), b"");
        assert_eq!(host.read_capped("/above", usize::MAX).unwrap().len(), 1001);
    }
}

#[test]
fn a_file_that_states_no_size_is_read_to_its_end_or_to_the_cap() {
    // Some megabytes, in lines, of a file whose size is said to be 0.
    let symbols = fs::read("/proc/kallsyms").unwrap();
    assert!(symbols.len() > 100_000, "/proc/kallsyms is longer on every kernel");
    for host in hosts_at(Path::new("/")) {
        assert_eq!(host.metadata("/proc/kallsyms").unwrap().size, 0);
        assert_eq!(host.read_capped("/proc/kallsyms", 64 << 20).unwrap(), symbols);
        let short = HostErrorKind::TooLarge { cap: 10_000, unit: "bytes" };
        assert_eq!(kind(host.read_capped("/proc/kallsyms", 10_000)), short);
        assert_eq!(kind(host.open_dir("/proc").unwrap().read_capped("kallsyms", 10_000)), short);
    }
}

#[test]
fn names_and_contents_need_not_be_text() {
    let tree = Tree::new().file("latin1", b"caf\xe9\n");
    let name = OsStr::from_bytes(b"caf\xe9");
    fs::write(tree.directory.path().join(name), "strange name").unwrap();
    std::os::unix::fs::symlink(name, tree.path("link")).unwrap();
    for host in tree.hosts() {
        assert_eq!(host.read("/latin1").unwrap(), b"caf\xe9\n");
        assert_eq!(host.read_text("/latin1").unwrap(), "caf\u{fffd}\n");
        assert_eq!(host.read_text(name).unwrap(), "strange name");
        assert_eq!(host.read_text("/link").unwrap(), "strange name");
        assert_eq!(host.read_link("/link").unwrap(), "caf\u{fffd}");
        let missing = Path::new(OsStr::from_bytes(b"/missing\xff"));
        assert_eq!(
            host.read(missing).unwrap_err().to_string(),
            "/missing\u{fffd}: no such file or directory"
        );
    }
}

#[test]
fn a_trailing_slash_asks_for_a_directory() {
    let tree = Tree::new().file("d/file", "x").link("to-d", "d").link("to-file", "d/file");
    for host in tree.hosts() {
        assert_eq!(host.symlink_metadata("/to-d").unwrap().kind, FileKind::Symlink);
        assert_eq!(host.symlink_metadata("/to-d/").unwrap().kind, FileKind::Directory);
        assert_eq!(kind(host.metadata("/to-file/")), HostErrorKind::NotFound);
        assert_eq!(kind(host.read("/d/file/below")), HostErrorKind::NotFound);
        assert_eq!(kind(host.read_link("/d/file")), failed(Errno::INVAL));
    }
}

#[test]
fn metadata_says_what_the_inode_says() {
    let tree = Tree::new().file("f", "12345");
    fs::set_permissions(tree.path("f"), std::os::unix::fs::PermissionsExt::from_mode(0o4750)).unwrap();
    fs::hard_link(tree.path("f"), tree.path("g")).unwrap();
    let expected = fs::metadata(tree.path("f")).unwrap();
    for host in tree.hosts() {
        let metadata = host.metadata("/f").unwrap();
        assert_eq!((metadata.kind, metadata.mode, metadata.size), (FileKind::Regular, 0o4750, 5));
        assert_eq!((metadata.uid, metadata.gid, metadata.nlink), (expected.uid(), expected.gid(), 2));
        assert_eq!((metadata.dev, metadata.ino), (expected.dev(), expected.ino()));
        assert_eq!((metadata.mtime, metadata.allocated), (expected.mtime(), expected.blocks() * 512));
        assert_eq!(host.open_dir("/").unwrap().metadata("g"), Ok(metadata));
    }
}

#[test]
fn reading_leaves_the_access_time_alone() {
    let tree = Tree::new().file("f", "x");
    // Older than the modification: a plain read would renew it, under `relatime`, too.
    let old = Timespec { tv_sec: 1_000_000_000, tv_nsec: 0 };
    let times =
        Timestamps { last_access: old, last_modification: Timespec { tv_sec: 1_500_000_000, tv_nsec: 0 } };
    rustix::fs::utimensat(CWD, tree.path("f"), &times, AtFlags::empty()).unwrap();
    for host in tree.hosts() {
        assert_eq!(host.read("/f").unwrap(), b"x");
        assert_eq!(fs::metadata(tree.path("f")).unwrap().atime(), 1_000_000_000);
    }
}

#[test]
fn without_a_procfs_the_path_is_opened_again_and_must_lead_to_the_same_file() {
    use super::super::{Metadata, read};
    use std::os::fd::AsFd;
    let tree = Tree::new().file("f", "x").file("other", "y");
    for host in tree.hosts() {
        let open = |path: &str, flags| host.resolver.open(host.root.as_fd(), Path::new(path), flags);
        let object = Metadata::of(open("/f", rustix::fs::OFlags::PATH).unwrap().as_fd()).unwrap();
        let file = read::open_again(&object, |flags| open("/f", flags)).unwrap();
        assert_eq!(read::contents_of_open(&file, 10).unwrap(), b"x");
        assert_eq!(read::open_again(&object, |flags| open("/other", flags)).unwrap_err(), Errno::STALE);
    }
}

#[test]
fn the_root_must_be_a_directory_that_is_there() {
    let tree = Tree::new().file("rootfs.tar", "");
    assert_eq!(kind(Host::at(&tree.path("missing"))), HostErrorKind::NotFound);
    let error = Host::at(&tree.path("rootfs.tar")).unwrap_err();
    assert_eq!(error.kind, failed(Errno::NOTDIR));
    assert!(error.to_string().ends_with("rootfs.tar: not a directory (os error 20)"), "{error}");
}

#[test]
fn a_node_runs_where_a_procfs_is_mounted() {
    let tree = Tree::new().directory("proc/1").file("proc/mounts", "");
    for host in tree.hosts() {
        assert!(!host.is_running() && !host.is_own_root());
    }
    let live = Host::live().unwrap();
    assert!(live.is_running() && live.is_own_root());
    // The same root, by way of a mount's magic link.
    let again = Host::at(Path::new("/proc/self/root")).unwrap();
    assert!(again.is_running() && again.is_own_root());
}

#[test]
fn file_systems_say_what_they_are() {
    for host in hosts_at(Path::new("/")) {
        let proc = host.stat_fs("/proc").unwrap();
        assert_eq!((proc.fs_type, proc.blocks), (0x9fa0, 0));
        let shared = host.stat_fs("/dev/shm").unwrap();
        assert_eq!(shared.fs_type, 0x0102_1994, "tmpfs");
        assert!(shared.blocks >= shared.free && shared.free >= shared.available && shared.block_size > 0);
        let root = host.stat_fs("/").unwrap();
        assert_eq!(root.read_only, root.flags & 1 == 1);
        assert_eq!(kind(host.stat_fs("/nowhere")), HostErrorKind::NotFound);
    }
}

#[test]
fn a_large_file_is_read_at_any_place() {
    let tree = Tree::new().link("to-fifo", "fifo").link("to-large", "large");
    rustix::fs::mknodat(CWD, tree.path("fifo"), FileType::Fifo, Mode::from(0o644), 0).unwrap();
    let large = fs::File::create(tree.path("large")).unwrap();
    large.set_len(8 << 40).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&large, b"end", (8 << 40) - 3).unwrap();
    for host in tree.hosts() {
        let directory = host.open_dir("/").unwrap();
        for file in [host.open_file("/to-large").unwrap(), directory.open_file("large").unwrap()] {
            let mut buffer = [b'x'; 8];
            assert_eq!(file.read_at((8 << 40) - 5, &mut buffer).unwrap(), 5);
            assert_eq!(&buffer, b"\0\0endxxx");
            assert_eq!(file.read_at(8 << 40, &mut buffer).unwrap(), 0);
            assert_eq!(file.metadata().unwrap().size, 8 << 40);
        }
        assert_eq!(kind(host.open_file("/to-fifo")), HostErrorKind::NotRegular(FileKind::Fifo));
        assert_eq!(kind(host.open_file("/nowhere")), HostErrorKind::NotFound);
        assert_eq!(kind(directory.open_file("to-large")), HostErrorKind::NotRegular(FileKind::Symlink));
    }
}
