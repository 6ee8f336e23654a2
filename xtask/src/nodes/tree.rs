//! The installed packages of a node: a directory tree made by mmdebstrap, and kept.

use std::error::Error;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::process::Command;

use super::scenario::Tree;
use crate::run::{output, succeed};
use crate::workspace;

/// What each node needs to boot and to be looked at.
const ALWAYS: [&str; 11] = [
    "systemd-sysv",
    "udev",
    "kmod",
    "dbus",
    "linux-image-cloud-amd64",
    "initramfs-tools",
    "iproute2",
    "procps",
    "util-linux",
    "util-linux-extra",
    "mount",
];

/// What nobody reads on these nodes.
const LEFT_OUT: [&str; 3] = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*"];

/// The directory with `tree` installed: the one made before, if it was made of the same packages.
pub(crate) fn make(tree: &Tree) -> Result<PathBuf, Box<dyn Error>> {
    let mut hasher = DefaultHasher::new();
    (tree, ALWAYS, LEFT_OUT).hash(&mut hasher);
    let directory = workspace::cache("trees")?.join(format!("{}-{:016x}", tree.suite, hasher.finish()));
    if directory.exists() {
        return Ok(directory);
    }
    let unfinished = directory.with_extension("unfinished");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)?;
    }
    let packages: Vec<&str> =
        ALWAYS.iter().copied().chain(tree.packages.iter().map(String::as_str)).collect();
    let mut mmdebstrap = Command::new("nice");
    mmdebstrap.args([
        "-n",
        "15",
        "mmdebstrap",
        "--quiet",
        "--mode=root",
        "--variant=apt",
        "--format=directory",
    ]);
    // A release that is still moving may have a mirror whose signature's time has run out.
    mmdebstrap.args(["--dpkgopt=force-unsafe-io", "--aptopt=Acquire::Check-Valid-Until \"false\""]);
    mmdebstrap.args(LEFT_OUT.map(|path| format!("--dpkgopt=path-exclude={path}")));
    mmdebstrap.arg(format!("--include={}", packages.join(",")));
    mmdebstrap.arg(&tree.suite).arg(&unfinished).arg(mirror()?);
    succeed(&mut mmdebstrap)?;
    fs::rename(&unfinished, &directory)?;
    Ok(directory)
}

/// Where this machine's own apt gets Debian from.
fn mirror() -> Result<String, Box<dyn Error>> {
    let format = "$(ORIGIN)|$(LABEL)|$(REPO_URI)";
    let targets = output(Command::new("apt-get").args(["indextargets", "--format", format]))?;
    let uri = targets.lines().find_map(|line| line.strip_prefix("Debian|Debian|"));
    Ok(uri.ok_or("this machine's apt knows no mirror of Debian; is `apt-get update` done?")?.to_owned())
}
