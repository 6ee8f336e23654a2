//! Listing directories, and reading through a handle of one.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode};
use rustix::io::Errno;

use super::super::{Entry, FileKind, HostErrorKind};
use super::{Tree, failed, hosts_at, kind};

#[test]
fn entries_are_sorted_and_links_are_links() {
    let tree = Tree::new().file("b", "").directory("c").link("a", "/nowhere").file(".hidden", "");
    rustix::fs::mknodat(CWD, tree.path("d"), FileType::Fifo, Mode::from(0o644), 0).unwrap();
    fs::write(tree.directory.path().join(OsStr::from_bytes(b"\xff")), "").unwrap();
    for host in tree.hosts() {
        let entries = host.read_dir("/").unwrap();
        let listed: Vec<_> = entries.iter().map(|Entry { name, kind }| (name.as_bytes(), *kind)).collect();
        assert_eq!(
            listed,
            [
                (&b".hidden"[..], FileKind::Regular),
                (b"a", FileKind::Symlink),
                (b"b", FileKind::Regular),
                (b"c", FileKind::Directory),
                (b"d", FileKind::Fifo),
                (b"\xff", FileKind::Regular),
            ]
        );
        assert_eq!(host.read_dir("/c").unwrap(), []);
        assert_eq!(kind(host.read_dir("/b")), failed(Errno::NOTDIR));
        assert_eq!(kind(host.read_dir("/nowhere")), HostErrorKind::NotFound);
    }
}

#[test]
fn a_directory_of_many_entries_is_listed_up_to_the_cap() {
    let tree = Tree::new().file("a", "").file("b", "").file("c", "");
    for host in tree.hosts() {
        let directory = host.open_dir("/").unwrap();
        assert_eq!(directory.entries_capped(3).unwrap().len(), 3);
        assert_eq!(kind(directory.entries_capped(2)), HostErrorKind::TooLarge { cap: 2, unit: "entries" });
    }
}

#[test]
fn a_directory_larger_than_the_buffer_is_listed_in_full() {
    let long = "n".repeat(250);
    let tree = (100..400).fold(Tree::new(), |tree, n| tree.file(&format!("{n}{long}"), ""));
    for host in tree.hosts() {
        let entries = host.read_dir("/").unwrap();
        assert_eq!(entries.len(), 300);
        assert!(entries.is_sorted() && entries[299].name == format!("399{long}").as_str());
    }
}

#[test]
fn a_handle_takes_names_and_no_paths() {
    let tree =
        Tree::new().file("d/f", "x").file("outside", "y").link("d/up", "../outside").link("d/sub", "/");
    for host in tree.hosts() {
        let directory = host.open_dir("/d").unwrap();
        assert_eq!(directory.read("f").unwrap(), b"x");
        for name in ["../outside", "..", ".", "", "/outside", "sub/outside"] {
            assert_eq!(kind(directory.read(name)), failed(Errno::INVAL), "{name}");
            assert_eq!(kind(directory.metadata(name)), failed(Errno::INVAL), "{name}");
            assert_eq!(kind(directory.open_dir(name)), failed(Errno::INVAL), "{name}");
        }
        assert_eq!(kind(directory.read("up")), HostErrorKind::NotRegular(FileKind::Symlink));
        assert_eq!(kind(directory.open_dir("sub")), failed(Errno::NOTDIR));
        assert_eq!(directory.read_link("up").unwrap(), "../outside");
        assert_eq!(
            directory.read("missing").unwrap_err().to_string(),
            "/d/missing: no such file or directory"
        );
    }
}

#[test]
fn a_handle_stays_with_its_directory() {
    let tree = Tree::new().file("d/f", "before");
    for (host, other) in tree.hosts().into_iter().zip(["moved-1", "moved-2"]) {
        let directory = host.open_dir("/d").unwrap();
        fs::rename(tree.path("d"), tree.path(other)).unwrap();
        fs::create_dir(tree.path("d")).unwrap();
        fs::write(tree.path("d/f"), "after").unwrap();
        assert_eq!(directory.read("f").unwrap(), fs::read(tree.path(other).join("f")).unwrap());
        assert_eq!(host.read("/d/f").unwrap(), b"after");
        fs::write(tree.path("d/f"), "before").unwrap();
    }
}

#[test]
fn a_process_is_read_through_its_directory_and_is_gone_when_it_ends() {
    for host in hosts_at(Path::new("/")) {
        let mut child = std::process::Command::new("sleep").arg("600").spawn().unwrap();
        let process = host.open_dir("/proc").unwrap().open_dir(child.id().to_string()).unwrap();
        let status = String::from_utf8(process.read("status").unwrap()).unwrap();
        assert!(status.contains(&format!("\nPid:\t{}\n", child.id())), "{status}");
        assert!(
            process
                .entries()
                .unwrap()
                .iter()
                .any(|entry| entry.name == "exe" && entry.kind == FileKind::Symlink)
        );
        // The link is not followed, be it ever so magic.
        assert_eq!(kind(process.read("exe")), HostErrorKind::NotRegular(FileKind::Symlink));
        assert_eq!(kind(process.read("fd")), HostErrorKind::NotRegular(FileKind::Directory));
        assert!(process.read_link("exe").unwrap().starts_with('/'));
        child.kill().unwrap();
        while !process.read("stat").unwrap().windows(4).any(|state| state == b") Z ") {
            std::thread::yield_now();
        }
        // A link all the same, which leads to nothing any more.
        assert_eq!(kind(process.read_link("exe")), HostErrorKind::NotFound);
        child.wait().unwrap();
        assert_eq!(kind(process.read("status")), HostErrorKind::NotFound);
    }
}
