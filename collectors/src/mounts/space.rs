//! How full file systems are.

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::{Fact, Unknown};
use crate::host::{Host, StatFs};

use super::mountinfo::MountInfo;

/// What may be asked of a file system of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Storage {
    /// Has space of its own on this node.
    Local,
    /// An image without anything to fill: it is as large as what it holds.
    Image,
    /// Takes space from the file systems below it.
    Layered,
    /// Holds no data.
    Virtual,
    /// Asks a server, or may do so: a dead one would never answer.
    Remote,
}

impl Storage {
    /// Of the type `fs_type`, as mountinfo writes it. A type that nobody knows may ask a server.
    pub(crate) fn of(fs_type: &str) -> Self {
        match fs_type {
            "ext2" | "ext3" | "ext4" | "xfs" | "btrfs" | "f2fs" | "zfs" | "bcachefs" | "reiserfs" | "jfs"
            | "nilfs2" | "vfat" | "msdos" | "exfat" | "ntfs" | "ntfs3" | "hfsplus" | "ubifs" | "jffs2"
            | "tmpfs" | "devtmpfs" => Self::Local,
            "squashfs" | "erofs" | "iso9660" | "udf" | "cramfs" | "romfs" => Self::Image,
            "overlay" | "aufs" => Self::Layered,
            "proc" | "sysfs" | "cgroup" | "cgroup2" | "devpts" | "mqueue" | "debugfs" | "tracefs"
            | "securityfs" | "pstore" | "bpf" | "configfs" | "fusectl" | "hugetlbfs" | "efivarfs"
            | "binfmt_misc" | "nsfs" | "selinuxfs" | "smackfs" | "rpc_pipefs" | "nfsd" | "ramfs"
            | "rootfs" | "autofs" | "resctrl" | "xenfs" | "binder" => Self::Virtual,
            _ => Self::Remote,
        }
    }
}

/// How full a file system is.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Space {
    /// How much the file system holds when it is full.
    ///
    /// Unit: bytes
    /// Source: statfs(2), f_blocks
    pub total_bytes: Fact<u64>,
    /// How much more an unprivileged user may write.
    ///
    /// Unit: bytes
    /// Source: statfs(2), f_bavail
    pub available_bytes: Fact<u64>,
    /// `available_bytes` of `total_bytes`: what kubelet's eviction signals `nodefs.available` and
    /// `imagefs.available` compare.
    ///
    /// Unit: percent
    /// Source: statfs(2), f_bavail and f_blocks
    pub available_percent: Fact<f64>,
    /// What is used of all that an unprivileged user may use, as df says it: the blocks reserved for root
    /// count neither way.
    ///
    /// Unit: percent
    /// Source: statfs(2), f_blocks, f_bfree and f_bavail
    pub used_percent: Fact<f64>,
    /// How many inodes the file system can have; absent if it has no such limit (btrfs, vfat).
    ///
    /// Unit: inodes
    /// Source: statfs(2), f_files
    pub inodes_total: Fact<u64>,
    /// How many inodes are left; absent if there is no limit.
    ///
    /// Unit: inodes
    /// Source: statfs(2), f_ffree
    pub inodes_free: Fact<u64>,
    /// How many of the inodes are used; absent if there is no limit.
    ///
    /// Unit: percent
    /// Source: statfs(2), f_files and f_ffree
    pub inodes_used_percent: Fact<f64>,
}

impl Space {
    /// Of the file system that holds `path`.
    pub(crate) fn ask(host: &Host, path: &str) -> Self {
        match host.stat_fs(path) {
            Ok(stat) => Self::of(&stat),
            Err(error) => Self::unknown(&error.into()),
        }
    }

    fn of(stat: &StatFs) -> Self {
        let bytes = |blocks: u64| blocks.saturating_mul(stat.block_size);
        let used = stat.blocks.saturating_sub(stat.free);
        let inodes = |count: u64| Fact::from((stat.files > 0).then_some(count));
        Self {
            total_bytes: Fact::Known(bytes(stat.blocks)),
            available_bytes: Fact::Known(bytes(stat.available)),
            available_percent: percent(stat.available, stat.blocks),
            used_percent: percent(used, used.saturating_add(stat.available)),
            inodes_total: inodes(stat.files),
            inodes_free: inodes(stat.files_free),
            inodes_used_percent: percent(stat.files.saturating_sub(stat.files_free), stat.files),
        }
    }

    /// Of a file system without space of its own.
    pub(crate) fn none() -> Self {
        Self::filled(|| Fact::Absent, || Fact::Absent)
    }

    /// Of a file system that is not asked because it may hang.
    pub(crate) fn not_asked(fs_type: &str, target: &str) -> Self {
        let detail = format!(
            "a file system of type {fs_type} may wait for a server without end, so its space is not asked for"
        );
        Self::unknown(&Unknown::new(GapReason::Unsupported, target, detail))
    }

    /// Of a file system whose space could not be told.
    pub(crate) fn unknown(unknown: &Unknown) -> Self {
        Self::filled(|| Fact::Gap(unknown.clone()), || Fact::Gap(unknown.clone()))
    }

    fn filled(count: impl Fn() -> Fact<u64>, percent: impl Fn() -> Fact<f64>) -> Self {
        Self {
            total_bytes: count(),
            available_bytes: count(),
            available_percent: percent(),
            used_percent: percent(),
            inodes_total: count(),
            inodes_free: count(),
            inodes_used_percent: percent(),
        }
    }
}

/// Makes sure that what is seen at `path` is of the file system `info`: the mounts are those of another
/// process if the root is, and they change.
///
/// # Errors
///
/// If it is of another device, or cannot be looked at.
pub(crate) fn require_seen(host: &Host, info: &MountInfo<'_>, path: &str) -> Result<(), Unknown> {
    let device = host.metadata(path)?.dev;
    let device = format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device));
    // Every subvolume of btrfs, and overlay for the files below it, has a device number of its own.
    if device == info.device || matches!(info.fs_type.as_ref(), "btrfs" | "overlay") {
        return Ok(());
    }
    let detail = format!("device {} is mounted here, but device {device} is what can be seen", info.device);
    Err(Unknown::new(GapReason::Failed, path, detail))
}

/// `part` of `whole` with two decimals; absent if there is no whole.
#[allow(clippy::cast_precision_loss, reason = "two decimals need no more than 53 bits")]
pub(crate) fn percent(part: u64, whole: u64) -> Fact<f64> {
    Fact::from((whole > 0).then(|| (part as f64 / whole as f64 * 10_000.0).round() / 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(blocks: u64, free: u64, available: u64, files: u64, files_free: u64) -> StatFs {
        StatFs {
            fs_type: 0xef53,
            block_size: 4096,
            blocks,
            free,
            available,
            files,
            files_free,
            flags: 0,
            read_only: false,
        }
    }

    #[test]
    fn used_is_what_df_says_and_available_what_kubelet_says() {
        // An ext4 of 1000 blocks with 5 % reserved for root: df says 250 of 950.
        let space = Space::of(&stat(1000, 750, 700, 100, 75));
        assert_eq!(space.total_bytes, Fact::Known(4_096_000));
        assert_eq!(space.available_bytes, Fact::Known(2_867_200));
        assert_eq!(space.available_percent, Fact::Known(70.0));
        assert_eq!(space.used_percent, Fact::Known(26.32));
        assert_eq!(space.inodes_used_percent, Fact::Known(25.0));
    }

    #[test]
    fn a_file_system_without_an_inode_table_has_no_inode_limit() {
        let space = Space::of(&stat(1000, 750, 750, 0, 0));
        assert_eq!(space.inodes_total, Fact::Absent);
        assert_eq!(space.inodes_free, Fact::Absent);
        assert_eq!(space.inodes_used_percent, Fact::Absent);
        assert_eq!(space.used_percent, Fact::Known(25.0));
    }

    #[test]
    fn counts_that_contradict_each_other_do_no_harm() {
        let space = Space::of(&stat(u64::MAX, u64::MAX, u64::MAX, 1, 5));
        assert_eq!(space.total_bytes, Fact::Known(u64::MAX));
        assert_eq!(space.inodes_used_percent, Fact::Known(0.0));
        let space = Space::of(&stat(0, 0, 0, 0, 0));
        assert_eq!(space.used_percent, Fact::Absent);
    }

    #[test]
    fn what_nobody_knows_counts_as_remote() {
        for fs_type in
            ["nfs", "nfs4", "cifs", "smb3", "ceph", "9p", "fuse.sshfs", "fuse", "virtiofs", "lustre", "gpfs"]
        {
            assert_eq!(Storage::of(fs_type), Storage::Remote, "{fs_type}");
        }
        assert_eq!(Storage::of("xfs"), Storage::Local);
        // Asking an automount point would mount it.
        assert_eq!(Storage::of("autofs"), Storage::Virtual);
    }
}
