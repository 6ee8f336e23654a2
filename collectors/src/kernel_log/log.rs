//! The kernel's log, read once per scan.

use std::sync::Arc;
use std::time::Instant;

use plimsoll_engine::snapshot::GapReason;

use super::record::Record;
use crate::context::Context;
use crate::fact::Unknown;
use crate::host::{HostErrorKind, KernelRecords};

/// The device of a running node.
const DEVICE: &str = "/dev/kmsg";

/// Where syslog daemons write down what the kernel says; the first that is there is read.
const FILES: [&str; 4] = ["/var/log/kern.log", "/var/log/messages", "/var/log/syslog", "/var/log/dmesg"];

/// How much of the end of such a file is read, in bytes.
const TAIL: usize = 4 << 20;

/// What there is of the kernel's log.
#[derive(Debug)]
pub(crate) struct Log {
    /// Where it was read.
    pub(crate) source: &'static str,
    /// What the kernel said, the oldest first.
    pub(crate) records: Vec<Record>,
    /// Whether it begins with the first line since boot; false for the end of a file.
    pub(super) from_boot: bool,
    /// Why newer lines are missing, if so.
    pub(crate) cut: Option<Unknown>,
}

impl Log {
    /// The log of a running node out of the kernel itself; of one that is not running, or whose device is not
    /// to be seen, out of the files of its syslog daemon.
    ///
    /// # Errors
    ///
    /// If the kernel keeps its log from this user, or there is none at all.
    pub(crate) fn of(ctx: &Context<'_>) -> Result<Arc<Self>, Unknown> {
        struct Seen(Result<Arc<Log>, Unknown>);
        ctx.host.once(|| Seen(Self::read(ctx).map(Arc::new))).0.clone()
    }

    fn read(ctx: &Context<'_>) -> Result<Self, Unknown> {
        if !ctx.host.is_running() {
            return Self::of_files(ctx, Unknown::offline(DEVICE));
        }
        // Half of the time is for whoever reads on.
        match ctx.host.kernel_records(Instant::now() + ctx.remaining() / 2) {
            Ok(found) => Ok(Self::of_device(&found)),
            Err(error) if error.kind == HostErrorKind::NotFound => Self::of_files(ctx, error.into()),
            Err(error) => Err(error.into()),
        }
    }

    fn of_device(found: &KernelRecords) -> Self {
        let records: Vec<(u64, Record)> =
            found.records.iter().filter_map(|bytes| Record::of_device(bytes)).collect();
        let detail = "the log is longer than can be read in this time";
        Self {
            source: DEVICE,
            from_boot: records.first().is_some_and(|(number, _)| *number == 0),
            records: records.into_iter().map(|(_, record)| record).collect(),
            cut: found.cut.then(|| Unknown::new(GapReason::Timeout, DEVICE, detail)),
        }
    }

    fn of_files(ctx: &Context<'_>, none: Unknown) -> Result<Self, Unknown> {
        for source in FILES {
            match ctx.host.read_tail(source, TAIL) {
                Ok(tail) => {
                    let text = String::from_utf8_lossy(&tail.bytes);
                    let records = text.lines().filter_map(Record::of_file).collect();
                    return Ok(Self { source, records, from_boot: false, cut: None });
                }
                Err(error) if error.kind == HostErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(none)
    }
}
