//! Package databases on trees of files.

use plimsoll_engine::snapshot::GapReason;

use super::{Manager, Package, Wanted, search};
use crate::fact::{Fact, Unknown};
use crate::tree::{Tree, as_nobody};

/// From the status file of a Debian 12 node, with a package on hold and one that was removed.
const STATUS: &str = "\
Package: conntrack
Status: install ok installed
Priority: optional
Architecture: amd64
Version: 1:1.4.7-1+b2
Depends: libc6 (>= 2.34)
Description: Program to modify the conntrack tables
 conntrack is a userspace command line program.
 .
 Package: not-a-package

Package: kubelet
Status: hold ok installed
Architecture: amd64
Version: 1.35.2-1.1

Package: libc6
Status: install ok installed
Architecture: amd64
Multi-Arch: same
Version: 2.36-9+deb12u10

Package: libc6
Status: install ok installed
Architecture: i386
Multi-Arch: same
Version: 2.36-9+deb12u9

Package: nftables
Status: deinstall ok config-files
Architecture: amd64
Version: 1.0.6-2

Package: containerd
Status: install ok half-installed
Architecture: amd64
Version: 1.6.20

";

/// From Alpine 3.20.
const APK: &str = "C:Q1abc=\nP:musl\nV:1.2.5-r0\nA:x86_64\nF:lib\nR:ld-musl-x86_64.so.1\n\nC:Q1def=\nP:conntrack-tools\nV:1.4.8-r0\nA:x86_64\n\n";

fn look<'k>(tree: &Tree, keys: &[&'k str]) -> (Wanted<'k>, Result<(), Unknown>) {
    let mut wanted: Wanted<'k> = keys.iter().map(|key| (*key, None)).collect();
    let missing = search(&tree.host(), &mut wanted);
    (wanted, missing)
}

fn found(version: &str, architecture: &str, manager: Manager) -> Option<Package> {
    Some(Package {
        installed: true,
        version: Fact::Known(version.into()),
        architecture: Fact::Known(architecture.into()),
        manager: Fact::Known(manager),
    })
}

#[test]
fn dpkg_tells_what_is_installed_whatever_is_wanted_of_it() {
    let tree = Tree::new().file("var/lib/dpkg/status", STATUS);
    let keys =
        ["conntrack", "kubelet", "libc6", "libc6:i386", "nftables", "containerd", "not-a-package", "con"];
    let (packages, missing) = look(&tree, &keys);
    assert_eq!(missing, Ok(()));
    assert_eq!(packages["conntrack"], found("1:1.4.7-1+b2", "amd64", Manager::Dpkg));
    assert_eq!(packages["kubelet"], found("1.35.2-1.1", "amd64", Manager::Dpkg));
    assert_eq!(packages["libc6"], found("2.36-9+deb12u10", "amd64", Manager::Dpkg));
    assert_eq!(packages["libc6:i386"], found("2.36-9+deb12u9", "i386", Manager::Dpkg));
    for key in ["nftables", "containerd", "not-a-package", "con"] {
        assert_eq!(packages[key], None, "{key}");
    }
}

#[test]
fn distroless_images_have_a_file_per_package() {
    let tree = Tree::new()
        .file("var/lib/dpkg/status.d/base", "Package: base-files\nVersion: 12.4\nArchitecture: amd64\n")
        .file("var/lib/dpkg/status.d/base.md5sums", "d41d8cd98f00b204e9800998ecf8427e  etc/issue\n");
    let (packages, missing) = look(&tree, &["base-files"]);
    assert_eq!(missing, Ok(()));
    assert_eq!(packages["base-files"], found("12.4", "amd64", Manager::Dpkg));
}

#[test]
fn apk_tells_what_is_installed() {
    for path in ["lib/apk/db/installed", "usr/lib/apk/db/installed"] {
        let (packages, missing) =
            look(&Tree::new().file(path, APK), &["conntrack-tools", "conntrack", "lib"]);
        assert_eq!(missing, Ok(()));
        assert_eq!(packages["conntrack-tools"], found("1.4.8-r0", "x86_64", Manager::Apk));
        assert_eq!((&packages["conntrack"], &packages["lib"]), (&None, &None));
    }
}

#[test]
fn a_node_without_a_database_tells_nothing() {
    let (packages, missing) = look(&Tree::new(), &["conntrack"]);
    assert_eq!(packages["conntrack"], None);
    assert_eq!(missing.unwrap_err().reason, GapReason::Unsupported);
}

#[test]
fn a_broken_database_is_no_absence() {
    let zeros = [STATUS.as_bytes(), &[0; 64]].concat();
    for (path, contents) in [
        ("var/lib/dpkg/status", b"<html>404</html>".to_vec()),
        ("var/lib/dpkg/status", zeros),
        ("var/lib/dpkg/status", b"Package: conntrack\nVersion: 1\nArchitecture: amd64\n".to_vec()),
        ("lib/apk/db/installed", b"V:1\n\n".to_vec()),
        ("var/lib/rpm/rpmdb.sqlite", Vec::new()),
        ("var/lib/rpm/Packages.db", b"RpmP".to_vec()),
        ("var/lib/rpm/Packages", vec![0; 4096]),
    ] {
        let (packages, missing) = look(&Tree::new().file(path, contents), &["conntrack"]);
        assert_eq!(packages["conntrack"], None);
        let unknown = missing.expect_err(path);
        assert_eq!((unknown.reason, unknown.source.unwrap()), (GapReason::Malformed, format!("/{path}")));
    }
}

#[test]
fn a_database_that_may_not_be_read_is_denied() {
    let tree = Tree::new().file("var/lib/dpkg/status", STATUS).mode("var/lib/dpkg", 0o700);
    let (packages, missing) = as_nobody(|| look(&tree, &["conntrack"]));
    assert_eq!(packages["conntrack"], None);
    assert_eq!(missing.unwrap_err().reason, GapReason::Denied);
}

#[test]
fn several_databases_add_up_and_the_broken_one_casts_doubt_on_what_is_missing_only() {
    let tree = Tree::new().file("var/lib/dpkg/status", STATUS).fifo("lib/apk/db/installed");
    let (packages, missing) = look(&tree, &["conntrack", "jq"]);
    assert_eq!(packages["conntrack"], found("1:1.4.7-1+b2", "amd64", Manager::Dpkg));
    assert_eq!(packages["jq"], None);
    assert_eq!(missing.unwrap_err().source.as_deref(), Some("/lib/apk/db/installed"));
}
