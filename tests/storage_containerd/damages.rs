//! Every way in which a store of containerd was seen to break, done to a copy of a sound one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::containerd::Containerd;

const OVERLAYFS: &str = "io.containerd.snapshotter.v1.overlayfs";
const META: &str = "io.containerd.metadata.v1.bolt/meta.db";
const SNAPSHOTS: &str = "io.containerd.snapshotter.v1.overlayfs/metadata.db";
const BLOBS: &str = "io.containerd.content.v1.content/blobs/sha256";
const INGEST: &str = "io.containerd.content.v1.content/ingest";

/// A way to break a store.
pub(crate) struct Damage {
    pub(crate) name: &'static str,
    /// The check that finds it.
    pub(crate) check: &'static str,
    /// What the name of the object that is broken contains.
    pub(crate) object: &'static str,
    /// What the finding's commands do.
    pub(crate) remedy: Remedy,
    /// Breaks the store of a containerd that does not run.
    pub(crate) act: fn(&mut Containerd),
}

/// What the commands of a finding do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// They make the store sound, and its images run.
    Whole,
    /// They make an empty store, into which the images have to be pulled.
    Empty,
    /// They need Kubernetes' part of containerd, which does not run here.
    NotHere,
}

use Remedy::{Empty, NotHere, Whole};

const fn damage(
    name: &'static str,
    check: &'static str,
    object: &'static str,
    remedy: Remedy,
    act: fn(&mut Containerd),
) -> Damage {
    Damage { name, check, object, remedy, act }
}

pub(crate) const ALL: &[Damage] = &[
    damage("an empty meta.db", "database-corrupt", "meta.db", Empty, |of| {
        fs::write(of.store().join(META), "").unwrap();
    }),
    damage("a meta.db that is cut off", "database-corrupt", "meta.db", Empty, |of| {
        overwrite(&of.store().join(META), |bytes| bytes.truncate(20_000));
    }),
    damage("a meta.db without meta pages", "database-corrupt", "meta.db", Empty, |of| {
        overwrite(&of.store().join(META), |bytes| bytes[..8192].fill(0));
    }),
    damage("a metadata.db without meta pages", "database-corrupt", "metadata.db", Empty, |of| {
        overwrite(&of.store().join(SNAPSHOTS), |bytes| bytes[..8192].fill(0));
    }),
    damage("no metadata.db", "database-corrupt", "metadata.db", Empty, |of| {
        fs::remove_file(of.store().join(SNAPSHOTS)).unwrap();
    }),
    damage("a metadata.db of yesterday", "snapshot-record-missing", "sha256:", Whole, |of| {
        let (file, two) = (of.store().join(SNAPSHOTS), "docker.io/library/two:1");
        let (yesterday, archive) = (fs::read(&file).unwrap(), of.target().join("two.tar"));
        let archive = archive.to_str().unwrap();
        of.start().unwrap();
        of.ctr(&["-n", "k8s.io", "images", "export", archive, two]);
        of.ctr(&["images", "import", archive]);
        of.stop();
        fs::write(file, yesterday).unwrap();
    }),
    damage("a meta.db of yesterday", "snapshot-unreferenced", "/late", Whole, |of| {
        let yesterday = fs::read(of.store().join(META)).unwrap();
        of.start().unwrap();
        of.ctr(&["snapshots", "prepare", "late"]);
        of.stop();
        fs::write(of.store().join(META), yesterday).unwrap();
    }),
    damage("no directory of a snapshot", "snapshot-directory-missing", "sha256:", Whole, |of| {
        fs::remove_dir_all(busybox(&of.store())).unwrap();
    }),
    damage("no files of a snapshot", "snapshot-directory-missing", "sha256:", Whole, |of| {
        fs::remove_dir_all(busybox(&of.store()).join("fs")).unwrap();
    }),
    damage("snapshots upon nothing", "snapshot-parent-broken", "sha256:", Empty, |of| {
        overwrite(&of.store().join(SNAPSHOTS), |bytes| replace(bytes, b"parentk8s.io/", b"parentk8s.iO/"));
    }),
    damage("a directory of no snapshot", "snapshot-orphaned", "999", Whole, |of| {
        fs::create_dir_all(of.store().join(OVERLAYFS).join("snapshots/999/fs")).unwrap();
    }),
    damage("a directory of a snapshot that was being made", "snapshot-orphaned", "new-123", Whole, |of| {
        fs::create_dir_all(of.store().join(OVERLAYFS).join("snapshots/new-123/fs")).unwrap();
    }),
    damage("programs are gone", "snapshot-usage-mismatch", "sha256:", Whole, |of| {
        fs::remove_dir_all(busybox(&of.store()).join("fs/bin")).unwrap();
    }),
    damage("a program is empty", "snapshot-usage-mismatch", "sha256:", Whole, |of| {
        fs::write(busybox(&of.store()).join("fs/bin/busybox"), "").unwrap();
    }),
    damage("programs are empty", "executables-empty", "sha256:", Whole, |of| {
        let busybox = busybox(&of.store()).join("fs/bin/busybox");
        fs::write(&busybox, "").unwrap();
        for program in ["cat", "ls"] {
            fs::copy(&busybox, busybox.with_file_name(program)).unwrap();
        }
    }),
    damage("a layer is gone", "blob-missing", "sha256:", Whole, |of| {
        fs::remove_file(blob(&of.store(), false)).unwrap();
    }),
    damage("a layer is cut off", "blob-size-mismatch", "sha256:", Whole, |of| {
        overwrite(&blob(&of.store(), false), |bytes| bytes.truncate(7));
    }),
    damage("a byte of a layer is another", "blob-digest-mismatch", "sha256:", Whole, |of| {
        overwrite(&blob(&of.store(), false), |bytes| bytes[100] ^= 1);
    }),
    damage("a document is gone", "manifest-missing", "sha256:", Whole, |of| {
        fs::remove_file(blob(&of.store(), true)).unwrap();
    }),
    damage("a document is empty", "manifest-corrupt", "sha256:", Whole, |of| {
        overwrite(&blob(&of.store(), true), Vec::clear);
    }),
    damage("a blob of nobody", "blob-orphaned", "abab", Whole, |of| {
        fs::write(of.store().join(BLOBS).join("ab".repeat(32)), "left over").unwrap();
    }),
    damage("a download that was broken off", "ingest-stale", "layer-x", Whole, |of| {
        let ingest = of.store().join(INGEST).join("0123");
        fs::create_dir_all(&ingest).unwrap();
        fs::write(ingest.join("ref"), "layer-x").unwrap();
        fs::write(ingest.join("data"), "part").unwrap();
        long_ago(&ingest.join("data"));
        long_ago(&ingest);
    }),
    damage("a container without its snapshot", "container-snapshot-missing", "ended", Whole, |of| {
        of.start().unwrap();
        let containers = of.ctr(&["containers", "ls", "-q"]);
        of.ctr(&["snapshots", "rm", containers.trim()]);
        of.stop();
    }),
    damage("an empty state of a container", "cri-status-corrupt", "running", NotHere, |of| {
        let container = of.store().join("io.containerd.grpc.v1.cri/containers/running");
        fs::create_dir_all(&container).unwrap();
        fs::write(container.join("status"), "").unwrap();
    }),
];

/// Where the layer with busybox was unpacked: the smallest number that has it.
fn busybox(store: &Path) -> PathBuf {
    let mut snapshots: Vec<u64> = fs::read_dir(store.join(OVERLAYFS).join("snapshots"))
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_string_lossy().parse().ok())
        .collect();
    snapshots.sort_unstable();
    let path = |number: u64| store.join(OVERLAYFS).join(format!("snapshots/{number}"));
    snapshots.into_iter().map(path).find(|path| path.join("fs/bin/busybox").exists()).unwrap()
}

/// A blob that begins like a document, or one that does not.
fn blob(store: &Path, is_document: bool) -> PathBuf {
    let mut blobs: Vec<PathBuf> =
        fs::read_dir(store.join(BLOBS)).unwrap().map(|entry| entry.unwrap().path()).collect();
    blobs.sort();
    let begins = |path: &PathBuf| fs::read(path).unwrap().starts_with(b"{") == is_document;
    blobs.into_iter().find(begins).unwrap()
}

fn overwrite(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

fn replace(bytes: &mut [u8], old: &[u8], new: &[u8]) {
    for at in 0..bytes.len() - old.len() {
        if bytes[at..].starts_with(old) {
            bytes[at..at + new.len()].copy_from_slice(new);
        }
    }
}

fn long_ago(path: &Path) {
    let status = Command::new("touch").args(["--date", "3 days ago"]).arg(path).status().unwrap();
    assert!(status.success());
}
