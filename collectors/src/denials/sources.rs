//! The logs that denials are written to.

use std::sync::Arc;

use crate::context::Context;
use crate::fact::Unknown;
use crate::host::{HostError, HostErrorKind};
use crate::kernel_log::Log;

/// auditd's log and the one before it, the older first.
const FILES: [&str; 2] = ["/var/log/audit/audit.log.1", "/var/log/audit/audit.log"];

/// How much of the end of each is read, in bytes. auditd starts a new one at 8 MiB.
const TAIL: usize = 4 << 20;

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
        for file in FILES {
            sources.add_file(file, ctx.host.read_tail(file, TAIL).map(|tail| tail.bytes));
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
        Ok(sources)
    }

    fn add_file(&mut self, file: &str, bytes: Result<Vec<u8>, HostError>) {
        match bytes {
            Ok(bytes) => {
                self.names.push(file.to_owned());
                self.audit.push(String::from_utf8_lossy(&bytes).into_owned());
            }
            Err(error) if error.kind == HostErrorKind::NotFound => {}
            Err(error) => self.missing = Some(error.into()),
        }
    }
}
