//! What a release's directory below `/lib/modules` says of its modules.

use std::collections::BTreeSet;

use crate::fact::{Fact, Unknown};
use crate::host::Host;
use plimsoll_engine::snapshot::GapReason;

/// How the files of modules end.
const ENDINGS: [&str; 4] = [".ko", ".ko.gz", ".ko.xz", ".ko.zst"];

/// The index files are larger than configuration files: half a megabyte on a distribution's kernel.
const CAP: usize = 32 << 20;

/// Which of the modules that are asked for are part of a kernel, and which can be loaded into it.
#[derive(Debug)]
pub(super) struct Index {
    /// Modules that are compiled into the kernel.
    pub(super) builtin: Result<BTreeSet<String>, Unknown>,
    /// Modules that are there as files.
    pub(super) available: Result<BTreeSet<String>, Unknown>,
}

impl Index {
    /// Reads the index of `release`, and keeps of it the modules `wanted`, by [`normal`] name.
    pub(super) fn read(host: &Host, release: &Fact<String>, wanted: &BTreeSet<String>) -> Self {
        match release {
            Fact::Known(release) => Self {
                builtin: names(host, release, "modules.builtin", wanted),
                available: names(host, release, "modules.dep", wanted),
            },
            Fact::Gap(unknown) => Self { builtin: Err(unknown.clone()), available: Err(unknown.clone()) },
            Fact::Absent => {
                let unknown =
                    Unknown::new(GapReason::Failed, "/lib/modules", "the kernel's release is not known");
                Self { builtin: Err(unknown.clone()), available: Err(unknown) }
            }
        }
    }
}

/// A module's name as the kernel has it: `-` is `_`.
pub(super) fn normal(name: &str) -> String {
    name.replace('-', "_")
}

fn names(
    host: &Host,
    release: &str,
    file: &str,
    wanted: &BTreeSet<String>,
) -> Result<BTreeSet<String>, Unknown> {
    let path = format!("/lib/modules/{release}/{file}");
    let text = match Fact::from(host.read_capped(&path, CAP)) {
        Fact::Known(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Fact::Absent => {
            let detail = format!("{path}: no such file; is the kernel's module directory mounted?");
            return Err(Unknown::new(GapReason::Failed, path, detail));
        }
        Fact::Gap(unknown) => return Err(unknown),
    };
    Ok(parse(&text).filter(|name| wanted.contains(name)).collect())
}

/// The modules that the lines of `modules.dep` (`kernel/fs/overlayfs/overlay.ko.xz: …`) and of
/// `modules.builtin` (`kernel/fs/ext4/ext4.ko`) name.
fn parse(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter_map(|line| {
        let path = line.split_once(':').map_or(line, |(path, _)| path).trim();
        let file = path.rsplit('/').next().unwrap_or(path);
        ENDINGS.iter().find_map(|ending| file.strip_suffix(ending)).map(normal)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    /// Lines of Fedora 41's `modules.dep`, with the other endings in use.
    const FEDORA: &str = "\
kernel/fs/overlayfs/overlay.ko.xz:
kernel/net/bridge/br_netfilter.ko.xz: kernel/net/bridge/bridge.ko.xz kernel/net/802/stp.ko.xz
kernel/net/netfilter/nf_conntrack.ko.zst: kernel/lib/libcrc32c.ko.zst
kernel/drivers/block/virtio-blk.ko.gz:
extra/zfs.ko: extra/spl.ko
kernel/README
";

    #[test]
    fn names_lose_their_directory_their_ending_and_their_dashes() {
        let names: Vec<_> = parse(FEDORA).collect();
        assert_eq!(names, ["overlay", "br_netfilter", "nf_conntrack", "virtio_blk", "zfs"]);
        assert_eq!(
            parse("kernel/fs/ext4/ext4.ko\nkernel/lib/crc-t10dif.ko\n").collect::<Vec<_>>(),
            ["ext4", "crc_t10dif"]
        );
    }

    #[test]
    fn only_what_is_wanted_is_kept_and_a_missing_index_is_unknown() {
        let tree = Tree::new().file("lib/modules/6.1/modules.dep", FEDORA);
        let wanted = ["overlay", "virtio_blk", "ext4"].map(str::to_owned).into();
        let index = Index::read(&tree.host(), &Fact::Known("6.1".into()), &wanted);
        assert_eq!(index.available.unwrap(), ["overlay", "virtio_blk"].map(str::to_owned).into());
        assert!(index.builtin.unwrap_err().detail.contains("/lib/modules/6.1/modules.builtin"));
    }
}
