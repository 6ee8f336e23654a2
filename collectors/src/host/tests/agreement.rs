//! The walk resolves as the kernel does: on random trees of links, and on this machine's real ones.

use std::collections::BTreeSet;
use std::fs;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::super::resolve::Resolver;
use super::super::{Host, Metadata};
use super::Tree;

/// The inode at `path`, or why there is none.
fn resolve(host: &Host, resolver: Resolver, path: &Path, flags: OFlags) -> Result<(u64, u64), Errno> {
    let fd = resolver.open(host.root.as_fd(), path, flags)?;
    Metadata::of(fd.as_fd()).map(|metadata| (metadata.dev, metadata.ino))
}

/// What both say about `path`, with its last link followed and not.
fn agreed(host: &Host, path: &Path) -> [Result<(u64, u64), Errno>; 2] {
    [OFlags::PATH, OFlags::PATH | OFlags::NOFOLLOW].map(|flags| {
        let kernel = resolve(host, Resolver::Openat2, path, flags);
        let walk = resolve(host, Resolver::Walk, path, flags);
        assert_eq!(walk, kernel, "{} with {flags:?}", path.display());
        kernel
    })
}

#[test]
fn on_random_trees_of_links() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut found, mut links_in_circles) = (0, 0);
    for _ in 0..100 {
        let tree = Tree::new();
        for _ in 0..25 {
            random.plant(&tree);
        }
        let inodes = inodes(tree.directory.path());
        let host = Host::at(tree.directory.path()).unwrap();
        for _ in 0..100 {
            let path = PathBuf::from(random.path());
            for result in agreed(&host, &path) {
                match result {
                    Ok(inode) => {
                        assert!(inodes.contains(&inode), "{} is outside of the tree", path.display());
                        found += 1;
                    }
                    Err(errno) => links_in_circles += usize::from(errno == Errno::LOOP),
                }
            }
        }
    }
    assert!(found > 1000 && links_in_circles > 100, "the trees are worth it: {found}, {links_in_circles}");
}

#[test]
fn on_this_machine() {
    let host = Host::live().unwrap();
    let directories = [
        "/",
        "/dev",
        "/etc",
        "/etc/alternatives",
        "/etc/ssl/certs",
        "/proc",
        "/proc/1",
        "/proc/1/ns",
        "/proc/1/task/1",
        "/proc/self",
        "/proc/self/net",
        "/proc/self/ns",
        "/proc/sys",
        "/sys/block",
        "/sys/class/net",
        "/usr/lib",
        "/var",
    ];
    let (mut found, mut refused) = (0, 0);
    for directory in directories {
        let entries = host.read_dir(directory).unwrap_or_default();
        // Other processes may end while they are looked at.
        let lasting = entries.iter().filter(|entry| !entry.name.as_bytes().iter().all(u8::is_ascii_digit));
        for path in lasting.map(|entry| Path::new(directory).join(&entry.name)) {
            for path in [path.join("."), path.join(".."), path.join("self/exe"), path] {
                let results = agreed(&host, &path);
                found += results.iter().filter(|result| result.is_ok()).count();
                refused += results.iter().filter(|result| **result == Err(Errno::LOOP)).count();
            }
        }
    }
    assert!(found > 1000 && refused > 10, "a node has more than this: {found}, {refused}");
}

/// Every inode below `root`, and `root` itself.
fn inodes(root: &Path) -> BTreeSet<(u64, u64)> {
    let metadata = fs::symlink_metadata(root).unwrap();
    let mut found = BTreeSet::from([(metadata.dev(), metadata.ino())]);
    if metadata.is_dir() {
        for entry in fs::read_dir(root).unwrap() {
            found.extend(inodes(&entry.unwrap().path()));
        }
    }
    found
}

/// A generator of small numbers (xorshift), the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    /// Of few names, so that paths meet.
    fn path(&mut self) -> String {
        let names = ["a", "b", "c", "d", "a", "b", "..", ".", "", "../.."];
        let components: Vec<_> = (0..=self.below(5)).map(|_| names[self.below(names.len())]).collect();
        let start = ["", "/"][self.below(2)];
        let end = ["", "", "", "/", "/."][self.below(5)];
        format!("{start}{}{end}", components.join("/"))
    }

    /// Puts a file, a directory or a link somewhere, if there is room.
    fn plant(&mut self, tree: &Tree) {
        let names = ["a", "b", "c", "d"];
        let components: Vec<_> = (0..=self.below(3)).map(|_| names[self.below(names.len())]).collect();
        let mut place = tree.directory.path().to_owned();
        for component in &components {
            // Not through links: those may lead out of the tree.
            if fs::symlink_metadata(&place).is_ok_and(|metadata| !metadata.is_dir()) {
                return;
            }
            let _ = fs::create_dir(&place);
            place.push(component);
        }
        let _ = match self.below(4) {
            0 => fs::write(&place, ""),
            1 => fs::create_dir(&place),
            _ => symlink(self.path(), &place),
        };
    }
}
