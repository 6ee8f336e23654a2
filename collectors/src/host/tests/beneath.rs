//! Paths below a directory that stands for the root.

use std::io::Read;
use std::path::Path;

use super::super::{FileKind, HostErrorKind};
use super::{Tree, hosts_at, kind};

#[test]
fn a_link_on_the_way_stays_inside_and_one_at_the_end_is_itself() {
    let tree =
        Tree::new().file("d/usr/lib/so", "so").link("d/lib", "/usr/lib").link("d/out", "../../../secret");
    let tree = tree.file("secret/key", "key").file("usr/lib/so", "another").link("d/alias", "usr/lib/so");
    for host in tree.hosts() {
        let directory = host.open_dir("/d").unwrap();
        let mut text = String::new();
        let mut stream = directory.open_file_beneath("lib/so").unwrap();
        stream.read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), stream.metadata().size), ("so", 2));
        assert_eq!(kind(directory.metadata_beneath("out/key")), HostErrorKind::NotFound);
        assert_eq!(directory.metadata_beneath("alias").unwrap().kind, FileKind::Symlink);
        let link = HostErrorKind::NotRegular(FileKind::Symlink);
        assert_eq!(kind(directory.open_file_beneath("alias")), link);
        let error = directory.open_file_beneath("usr").unwrap_err();
        assert_eq!(error.kind, HostErrorKind::NotRegular(FileKind::Directory));
        assert_eq!(error.path, "/d/usr");
        assert_eq!(directory.open_dir_beneath("usr/lib").unwrap().entries().unwrap().len(), 1);
    }
}

#[test]
fn no_other_file_system_is_entered() {
    for host in hosts_at(Path::new("/")) {
        let root = host.open_dir("/").unwrap();
        assert_eq!(kind(root.metadata_beneath("proc/self/status")), HostErrorKind::OtherFileSystem);
        assert_eq!(kind(root.open_dir_beneath("proc")), HostErrorKind::OtherFileSystem);
    }
}
