//! The logs that denials are written to.

use std::sync::Arc;

use plimsoll_engine::snapshot::GapReason;

use super::auditd::Auditd;
use crate::context::Context;
use crate::fact::Unknown;
use crate::host::{HostError, HostErrorKind, Tail};
use crate::kernel_log::Log;

/// How much of the end of each of auditd's logs is read, in bytes. auditd starts a new one at 8 MiB.
const TAIL: usize = 10 << 20;

/// What the logs hold.
pub(super) struct Sources {
    /// Where something was read.
    pub(super) names: Vec<String>,
    /// What auditd wrote.
    pub(super) audit: Vec<String>,
    /// What the kernel logged.
    pub(super) kernel: Option<Arc<Log>>,
    /// Why there may be more.
    pub(super) missing: Option<Unknown>,
}

impl Sources {
    /// Reads what there is.
    ///
    /// # Errors
    ///
    /// If nothing at all can be read.
    pub(super) fn read(ctx: &Context<'_>) -> Result<Self, Unknown> {
        let mut sources = Self { names: Vec::new(), audit: Vec::new(), kernel: None, missing: None };
        let auditd = Auditd::read(ctx).unwrap_or_else(|unknown| {
            sources.missing = Some(unknown);
            Auditd::default()
        });
        // The one before it is the older.
        for file in [format!("{}.1", auditd.log), auditd.log.clone()] {
            sources.add_file(&file, ctx.host.read_tail(&file, TAIL));
        }
        match Log::of(ctx) {
            Ok(log) => {
                sources.names.push(log.source.to_owned());
                sources.missing = sources.missing.or_else(|| log.cut.clone());
                sources.kernel = Some(log);
            }
            // auditd's log says it all where there is one.
            Err(unknown) if sources.audit.is_empty() => return Err(sources.missing.unwrap_or(unknown)),
            Err(_) => {}
        }
        sources.missing = sources.missing.or_else(|| auditd.withheld(ctx));
        Ok(sources)
    }

    fn add_file(&mut self, file: &str, tail: Result<Tail, HostError>) {
        match tail {
            Ok(tail) => {
                self.names.push(file.to_owned());
                self.audit.push(String::from_utf8_lossy(&tail.bytes).into_owned());
                let detail = format!("only its last {} MiB were read", TAIL >> 20);
                let cut = || Unknown::new(GapReason::Unsupported, file, detail);
                self.missing = self.missing.take().or_else(|| tail.cut.then(cut));
            }
            Err(error) if error.kind == HostErrorKind::NotFound => {}
            Err(error) => self.missing = Some(error.into()),
        }
    }
}
