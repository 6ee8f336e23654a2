//! No path leads out of the root.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::super::{FileKind, HostErrorKind};
use super::{Tree, hosts_at, kind};

#[test]
fn absolute_links_start_at_the_root() {
    let tree = Tree::new()
        .file("etc/shadow", "the target's own")
        .link("etc/x", "/etc/shadow")
        .link("etc/missing", "/etc/passwd")
        .link("var/run", "/run")
        .file("run/docker.pid", "42");
    for host in tree.hosts() {
        assert_eq!(host.read_text("/etc/x").unwrap(), "the target's own");
        // The scanning node has an /etc/passwd; the target has none.
        assert_eq!(kind(host.read("/etc/missing")), HostErrorKind::NotFound);
        assert_eq!(host.exists("/etc/missing"), Ok(false));
        assert_eq!(host.read_text("/var/run/docker.pid").unwrap(), "42");
    }
}

#[test]
fn dot_dot_stops_at_the_root() {
    let up = "../".repeat(50);
    let tree = Tree::new()
        .file("etc/shadow", "the target's own")
        .link("a/b/up", &format!("{up}etc/shadow"))
        .link("a/b/absolute", &format!("/{up}etc/shadow"))
        .link("a/etc", "/etc");
    for host in tree.hosts() {
        for path in
            ["/../../etc/shadow", "../etc/shadow", "/a/b/up", "a/b/absolute", "/a/etc/../../etc/shadow"]
        {
            assert_eq!(host.read_text(path).unwrap(), "the target's own", "{path}");
        }
        // `..` after a link goes up from where the link leads to.
        assert_eq!(kind(host.read("/a/etc/../b/up")), HostErrorKind::NotFound);
        assert!(host.metadata("/..").unwrap().is_same_object(&host.metadata("/").unwrap()));
    }
}

#[test]
fn links_in_a_circle_end() {
    let tree = Tree::new().link("a", "b").link("b", "/a").link("self", "self/x");
    for host in tree.hosts() {
        assert_eq!(kind(host.read("/a")), HostErrorKind::Loop);
        assert_eq!(kind(host.exists("/self")), HostErrorKind::Loop);
        assert_eq!(host.symlink_metadata("/a").unwrap().kind, FileKind::Symlink);
        assert_eq!(host.read_link("/b").unwrap(), "/a");
    }
}

#[test]
fn forty_links_are_followed_and_no_more() {
    let tree = (1..=41)
        .fold(Tree::new().file("l0", "end"), |tree, n| tree.link(&format!("l{n}"), &format!("l{}", n - 1)));
    for host in tree.hosts() {
        assert_eq!(host.read_text("/l40").unwrap(), "end");
        assert_eq!(kind(host.read("/l41")), HostErrorKind::Loop);
    }
}

#[test]
fn a_path_without_end_is_refused() {
    let tree = Tree::new().file("f", "");
    for host in tree.hosts() {
        assert_eq!(kind(host.read("/./".repeat(2000) + "f")), super::failed(rustix::io::Errno::NAMETOOLONG));
        assert_eq!(kind(host.read("x".repeat(256))), super::failed(rustix::io::Errno::NAMETOOLONG));
        assert_eq!(kind(host.read("")), HostErrorKind::NotFound);
        assert_eq!(kind(host.read("f\0")), super::failed(rustix::io::Errno::INVAL));
    }
}

#[test]
fn magic_links_of_procfs_are_refused_and_its_text_links_followed() {
    for host in hosts_at(Path::new("/")) {
        let task = format!("task/{}/root", rustix::thread::gettid());
        for magic in ["root/etc/passwd", "root", "cwd", "cwd/Cargo.toml", "exe", "fd/0", "ns/net", &task] {
            let magic = format!("/proc/self/{magic}");
            assert_eq!(kind(host.metadata(&magic)), HostErrorKind::Loop, "{magic}");
            assert_eq!(kind(host.read(&magic)), HostErrorKind::Loop, "{magic}");
        }
        for text in [
            "/proc/self/status",
            "/proc/thread-self/status",
            "/proc/1/status",
            "/proc/mounts",
            "/proc/net/unix",
        ] {
            assert!(!host.read(text).unwrap().is_empty(), "{text}");
        }
        let exe = std::env::current_exe().unwrap();
        assert_eq!(Path::new(&host.read_link("/proc/self/exe").unwrap()), exe);
    }
}

/// What the kernel resolves as one would be led out by a directory that is moved while it is in it: its
/// `..` is then outside.
#[test]
fn a_directory_that_is_moved_out_meanwhile_leads_nowhere() {
    let tree = Tree::new().file("secret", "outside").directory("jail/a/b/c").directory("outside");
    let (inside, outside) = (tree.path("jail/a/b"), tree.path("outside/b"));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                fs::rename(&inside, &outside).unwrap();
                fs::rename(&outside, &inside).unwrap();
            }
        });
        let mut resolved = 0;
        for host in hosts_at(&tree.path("jail")) {
            for _ in 0..5_000 {
                // From jail/a/b/c this is jail; from outside/b/c it would be the tree.
                let path = "a/b/c/../../../secret";
                resolved += usize::from(host.exists("a/b/c/../../..").unwrap());
                assert_eq!(kind(host.read(path)), HostErrorKind::NotFound);
            }
        }
        done.store(true, Ordering::Relaxed);
        assert!(resolved > 0, "the directory was never there");
    });
}
