//! The disks of a node.

use std::error::Error;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::scenario::Scenario;
use crate::run::succeed;
use crate::workspace;

/// A node that can be booted.
#[derive(Debug)]
pub(crate) struct Disks {
    pub(crate) root: PathBuf,
    pub(crate) kernel: PathBuf,
    pub(crate) initrd: PathBuf,
    /// By name.
    pub(crate) others: Vec<(String, PathBuf)>,
}

const GUEST_FILES: [&str; 8] =
    ["observe", "keys", "image", "containers", "as-user", "modules", "commands", "files"];

/// Makes the disks of `scenario`: its tree, the bed's own files, its deliberate faults.
pub(crate) fn make(scenario: &Scenario, tree: &Path, binary: &Path) -> Result<Disks, Box<dyn Error>> {
    let directory = scenario.run_directory()?;
    let root = directory.join("root.img");
    blank(&root, "2560M")?;
    succeed(
        Command::new("mke2fs").args(["-q", "-F", "-t", "ext4", "-L", "root", "-d"]).arg(tree).arg(&root),
    )?;
    let mounted = Mounted::at(&root, &["loop"])?;
    install(&mounted.target, scenario, binary)?;
    let others = scenario.disks.iter().map(|(name, disk)| {
        let path = directory.join(format!("{name}.img"));
        blank(&path, &disk.size)?;
        if let Some(format) = &disk.format {
            let mut words = format.split_whitespace();
            succeed(
                Command::new(words.next().unwrap_or_default()).args(words).arg(&path).stdout(Stdio::null()),
            )?;
        }
        Ok((name.clone(), path))
    });
    let others = others.collect::<Result<_, Box<dyn Error>>>()?;
    Ok(Disks {
        kernel: newest(&tree.join("boot"), "vmlinuz-")?,
        initrd: newest(&tree.join("boot"), "initrd.img-")?,
        root,
        others,
    })
}

/// Puts the bed's files into the tree at `root`, and runs the scenario's `setup` in it.
fn install(root: &Path, scenario: &Scenario, binary: &Path) -> Result<(), Box<dyn Error>> {
    let guest = workspace::root().join("tests/nodes/guest");
    let bed = root.join("opt/bed");
    fs::create_dir_all(&bed)?;
    for name in GUEST_FILES {
        fs::copy(guest.join(name), bed.join(name))?;
    }
    fs::copy(binary, bed.join("plimsoll"))?;
    if let Some(start) = scenario.file("start") {
        fs::copy(start, bed.join("start"))?;
    }
    let units = root.join("etc/systemd/system");
    let wanted = units.join("multi-user.target.wants");
    fs::create_dir_all(&wanted)?;
    fs::create_dir_all(root.join("etc/systemd/network"))?;
    fs::copy(guest.join("observe.service"), units.join("observe.service"))?;
    fs::copy(guest.join("wired.network"), root.join("etc/systemd/network/wired.network"))?;
    symlink("/etc/systemd/system/observe.service", wanted.join("observe.service"))?;
    symlink("/lib/systemd/system/systemd-networkd.service", wanted.join("systemd-networkd.service"))?;
    fs::write(root.join("etc/hostname"), "node\n")?;
    fs::write(root.join("etc/hosts"), "127.0.0.1 localhost\n127.0.1.1 node\n::1 localhost\n")?;
    if let Some(setup) = scenario.file("setup") {
        let script = fs::File::open(setup)?;
        succeed(
            Command::new("chroot").arg(root).args(["/bin/sh", "-eu"]).stdin(script).stdout(Stdio::null()),
        )?;
    }
    Ok(())
}

/// A sparse file of this size, in place of any that was there.
pub(crate) fn blank(path: &Path, size: &str) -> Result<(), Box<dyn Error>> {
    if path.exists() {
        fs::remove_file(path)?;
    }
    succeed(Command::new("truncate").args(["--size", size]).arg(path))
}

fn newest(directory: &Path, prefix: &str) -> Result<PathBuf, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix)) {
            found.push(path);
        }
    }
    found.sort();
    found.pop().ok_or_else(|| format!("no {prefix}* in {}", directory.display()).into())
}

/// A disk that is mounted here, until this goes away.
#[derive(Debug)]
pub(crate) struct Mounted {
    pub(crate) target: PathBuf,
}

impl Mounted {
    /// Mounts the disk image with these options next to itself.
    pub(crate) fn at(image: &Path, options: &[&str]) -> Result<Self, Box<dyn Error>> {
        let target = image.with_extension("mounted");
        fs::create_dir_all(&target)?;
        succeed(Command::new("mount").args(["-o", &options.join(",")]).arg(image).arg(&target))?;
        Ok(Self { target })
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // Nothing can be done about a failure here; the next mount tells of it.
        let _ = Command::new("umount").arg(&self.target).status();
    }
}
