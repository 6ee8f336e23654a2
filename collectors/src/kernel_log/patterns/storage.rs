//! Block devices and file systems (block/, drivers/, fs/ of the kernel).

use super::{Kind, Pattern, line};

pub(super) const PATTERNS: &[Pattern] = &[
    line(
        Kind::FilesystemReadOnly,
        "emounting filesystem read-only",
        r"(?:\((?:device )?(?<subject>[^ )]+)\): )?[Rr]emounting filesystem read-only",
    ),
    line(
        Kind::FilesystemReadOnly,
        "forced readonly",
        r"BTRFS[^(]*\(device (?<subject>\S+?)(?: state \w+)?\):? .*forced readonly",
    ),
    line(Kind::Ext4Error, "EXT4-fs error", r"EXT4-fs error \(device (?<subject>\S+)\)"),
    line(
        Kind::Ext4Error,
        "EXT4-fs (",
        r"EXT4-fs \((?<subject>\S+)\): (Delayed block allocation failed|previous I/O error|error count since|error loading journal|failed to convert)",
    ),
    line(Kind::Ext4Warning, "EXT4-fs warning", r"EXT4-fs warning \(device (?<subject>\S+)\)"),
    line(
        Kind::Ext4Warning,
        "mounting fs with errors",
        r"EXT4-fs \((?<subject>\S+)\): warning: mounting fs with errors",
    ),
    line(
        Kind::XfsShutdown,
        "XFS (",
        r"XFS \((?<subject>\S+)\): .*([Ss]hutting down filesystem|Filesystem has been shut down|Log I/O error)",
    ),
    line(
        Kind::XfsError,
        "XFS (",
        r"XFS \((?<subject>\S+)\): (Corruption (detected|warning)|Metadata (corruption|CRC error)|metadata I/O error|Internal error|log mount/recovery failed|.*possible memory allocation deadlock|Unmount and run xfs_repair)",
    ),
    line(Kind::BtrfsError, "BTRFS", r"BTRFS:? (?:error|critical) \(device (?<subject>[^ ):]+)[^)]*\)"),
    line(Kind::BtrfsError, "csum failed", r"BTRFS warning \(device (?<subject>[^ )]+)[^)]*\): csum failed"),
    line(
        Kind::JournalAborted,
        "Aborting journal",
        r"Aborting journal on device (?<subject>[^ .]+?)(?:-\d+)?\.",
    ),
    line(
        Kind::JournalAborted,
        "JBD2: ",
        r"JBD2: (?:Detected IO errors while flushing file data on|Error -\d+ detected when updating journal superblock for) (?<subject>\S+?)(?:-\d+)?\.?$",
    ),
    line(
        Kind::BlockIoError,
        "I/O error, dev",
        r"I/O error, dev (?<subject>[^ ,]+), (?:sector|logical block)",
    ),
    line(
        Kind::BlockIoError,
        "Buffer I/O error on dev",
        r"Buffer I/O error on dev(?:ice)? (?<subject>[^ ,]+), logical block",
    ),
    line(
        Kind::BlockIoError,
        " error, dev ",
        r"(?:critical (?:medium|target|space allocation)|protection|transport) error, dev (?<subject>[^ ,]+), sector",
    ),
    line(
        Kind::NvmeReset,
        "nvme",
        r"nvme (?<subject>nvme\d+): (I/O (tag )?\d+ .*(timeout|QID)|controller is down|Device not ready|Removing after probe failure|resetting controller|Abort status|Identify .*failed)",
    ),
    line(
        Kind::AtaError,
        "ata",
        r"^(?<subject>ata\d+(?:\.\d+)?): (exception Emask|hard resetting link|failed command|SError|device reported invalid CHS|disabled|COMRESET failed|limiting SATA link speed)",
    ),
    line(
        Kind::ScsiError,
        "rejecting I/O to",
        r"(?:\[(?<subject>\w+)\] |^)(?:.*: )?rejecting I/O to (offline|dead) device",
    ),
    line(
        Kind::ScsiError,
        "] ",
        r"^(?:sd|sr|scsi) [\d:]+: \[(?<subject>\w+)\] (?:tag#\d+ )?(timing out command|FAILED Result: hostbyte=(?:DID_NO_CONNECT|DID_TIME_OUT|DID_BAD_TARGET|DID_TRANSPORT)|Synchronize Cache.* failed)",
    ),
    line(Kind::ScsiError, "Device offlined", r"(?<subject>(?:sd|scsi) [\d:]+): Device offlined"),
    line(
        Kind::StoragePathLost,
        "blocked FC remote port time out",
        r"(?<subject>rport-[\d:-]+): blocked FC remote port time out",
    ),
    line(
        Kind::StoragePathLost,
        "multipath",
        r"device-mapper: multipath: (?:\d+:\d+: )?Failing path (?<subject>\d+:\d+)",
    ),
    line(Kind::StoragePathLost, "detected conn error", r"(?<subject>connection\d+:\d+): detected conn error"),
    line(
        Kind::UsbReset,
        "usb ",
        r"^usb (?<subject>[\d.-]+): (reset (low|full|high|super|SuperSpeed)\S* .*USB device|device descriptor read/\S+ error|device not accepting address)",
    ),
    line(
        Kind::ThinPoolFull,
        "device-mapper: ",
        r"device-mapper: (?:thin|space map \w+): (?:(?<subject>\d+:\d+): )?.*(out-of-data-space|read-only mode|no free (data|metadata) space|low water mark|unable to allocate new (data|metadata) block|out of metadata space|READ_ONLY or FAIL mode)",
    ),
    line(
        Kind::NetworkFilesystemHung,
        "not respon",
        r"(?:nfs: server|CIFS: VFS: \\\\|CIFS: VFS: Server|lockd: server) ?(?<subject>\S+) (has )?not respond(ing|ed)",
    ),
    line(
        Kind::NetworkFilesystemHung,
        "ceph: ",
        r"(?:libceph|ceph): (?:\([^)]*\): )?(?<subject>(?:osd|mon|mds)\d+) .*(connect error|socket closed|hung|lost|down)",
    ),
    line(Kind::AufsError, "aufs ", r"aufs (?<subject>\w+):\d+:.*(I/O Error|Stale|failed|ERROR)"),
    line(Kind::OverlayInUse, "in-use", r"overlayfs: (?<subject>upperdir|lowerdir|workdir) is in-use"),
    line(
        Kind::OverlayUpperUnfit,
        "overlayfs: upper fs ",
        r"overlayfs: upper fs (needs to support d_type|missing required features|is r/o|does not support (file handles|xattr))",
    ),
    line(
        Kind::OverlayUpperUnfit,
        "not supported as upperdir",
        r"overlayfs: filesystem on '?(?<subject>[^' ]+)'? not supported as upperdir",
    ),
    line(
        Kind::OverlayFeatureOff,
        "overlayfs: ",
        r"overlayfs: .*(falling back to|does not support (tmpfile|RENAME_WHITEOUT)|d_type)",
    ),
    line(
        Kind::OverlayError,
        "overlayfs: ",
        r"overlayfs: (?:failed to |maximum fs stacking depth|cleanup of|invalid origin|.*mounting read-only|.*(?:already exists|stale|ESTALE))",
    ),
];
