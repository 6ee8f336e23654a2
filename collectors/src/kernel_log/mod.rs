//! Signs of trouble in the kernel's log: `$.kernel_log`.
//!
//! A running node's log is read out of the kernel, once and without waiting; what is left of it there reaches
//! back as far as the kernel's buffer, which need not be boot. Only the kernel's own lines count: what
//! programs write into the log cannot pass for them.

mod kind;
mod log;
mod oom;
mod patterns;
mod record;
mod sign;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::Serialize;

pub use kind::Kind;
pub(crate) use log::Log;
pub use sign::Sign;

use crate::context::Context;
use crate::fact::Fact;

/// Signs of trouble in the kernel's log.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct KernelLog {
    /// Where it was read.
    ///
    /// Source: /dev/kmsg; of a node that is not running /var/log/kern.log, messages, syslog or dmesg
    pub source: String,
    /// Whether it still reaches back to boot. What the kernel has overwritten, nobody can tell.
    ///
    /// Source: /dev/kmsg
    pub from_boot: bool,
    /// When its oldest line was written; absent if that does not say.
    ///
    /// Unit: seconds since boot
    /// Source: /dev/kmsg
    pub oldest_seconds: Fact<f64>,
    /// The signs, sorted by kind and subject. What could not be read of the log is a gap at their end.
    ///
    /// Source: /dev/kmsg; of a node that is not running /var/log/kern.log, messages, syslog or dmesg
    pub signs: Vec<Fact<Sign>>,
}

/// Reads the kernel's log.
pub fn collect(ctx: &Context<'_>) -> Fact<KernelLog> {
    Fact::from(Log::of(ctx)).map(|log| KernelLog {
        source: log.source.to_owned(),
        from_boot: log.from_boot,
        oldest_seconds: log.records.first().and_then(|record| record.seconds).into(),
        signs: sign::all(&log, || ctx.is_short_of_time()),
    })
}
