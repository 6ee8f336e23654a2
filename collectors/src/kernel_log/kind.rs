//! What the lines of the kernel's log are signs of.

use schemars::JsonSchema;
use serde::Serialize;

/// What a line of the kernel's log is a sign of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The node ran out of memory, and the kernel killed a process.
    OutOfMemory,
    /// A control group reached its limit of memory, and the kernel killed a process in it.
    CgroupOutOfMemory,
    /// There was nothing left to kill.
    OutOfMemoryNoVictim,
    /// The kernel itself got no memory.
    PageAllocationFailure,
    /// A process has waited in the kernel for minutes.
    TaskHung,
    /// A CPU was kept busy in the kernel for too long.
    SoftLockup,
    /// A CPU did not even take interrupts.
    HardLockup,
    /// A CPU kept the kernel from making progress (RCU).
    RcuStall,
    /// A queue of work of the kernel stood still.
    WorkqueueLockup,
    /// The kernel had a fault of its own: a BUG, an oops, a general protection fault.
    KernelFault,
    /// The kernel found something that cannot be (WARNING).
    KernelWarning,
    /// A program crashed.
    ProcessCrashed,
    /// The kernel's clock source went wrong.
    ClockUnstable,
    /// A limit of processes (pids) kept a control group from starting another one.
    PidsLimit,
    /// The node's table of open files was full.
    FileTableFull,
    /// A process uses a part of cgroup v1 that the kernel is about to lose.
    CgroupV1Deprecated,
    /// An error of ext4.
    Ext4Error,
    /// A warning of ext4.
    Ext4Warning,
    /// An error of XFS.
    XfsError,
    /// XFS has stopped to protect what is left.
    XfsShutdown,
    /// An error of btrfs.
    BtrfsError,
    /// A journal was given up.
    JournalAborted,
    /// The kernel made a file system read-only.
    FilesystemReadOnly,
    /// A block device could not read or write.
    BlockIoError,
    /// An NVMe controller was reset, did not answer, or was given up.
    NvmeReset,
    /// An ATA link failed or was reset.
    AtaError,
    /// A SCSI device was given up, or does not answer.
    ScsiError,
    /// A path to storage is gone: Fibre Channel, multipath, iSCSI.
    StoragePathLost,
    /// A USB device was reset.
    UsbReset,
    /// A thin pool of device-mapper has no space left.
    ThinPoolFull,
    /// A server of a network file system does not answer.
    NetworkFilesystemHung,
    /// An error of aufs.
    AufsError,
    /// A directory of an overlay is in use by another one.
    OverlayInUse,
    /// The file system below an overlay lacks something that it needs.
    OverlayUpperUnfit,
    /// An overlay does without a feature.
    OverlayFeatureOff,
    /// An overlay failed.
    OverlayError,
    /// A network interface cannot be removed.
    UnregisterNetdevice,
    /// The table of tracked connections was full, and packets were dropped.
    ConntrackFull,
    /// The table of neighbours was full.
    NeighbourTableFull,
    /// More connections came in than a listener takes.
    SynFlooding,
    /// TCP had no memory left, or too many connections that nobody owns.
    TcpMemory,
    /// A network card was reset, or stopped sending.
    NicReset,
    /// Somebody else has the address.
    DuplicateAddress,
    /// Packets came from where they cannot come from.
    MartianSource,
    /// A rule of iptables was refused.
    NetfilterRuleRefused,
    /// A Service of IPVS had nowhere to go.
    IpvsNoDestination,
    /// Memory had an error that was corrected.
    MemoryErrorCorrected,
    /// Memory had an error that could not be corrected.
    MemoryErrorUncorrected,
    /// The hardware reported an error, and corrected it or did not say.
    HardwareError,
    /// The hardware reported an error that it could not correct.
    HardwareErrorUncorrected,
    /// A PCI Express device or link had an error.
    PcieError,
    /// A device reached for memory that is not its own.
    IommuFault,
    /// A CPU was slowed down because of heat.
    CpuThrottled,
    /// Audit events were lost.
    AuditLost,
}
