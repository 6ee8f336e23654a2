//! Where auditd writes what the kernel tells it (auditd.conf(5)).

use plimsoll_engine::snapshot::GapReason;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::processes::Processes;

const FILE: &str = "/etc/audit/auditd.conf";

/// Where it writes if it is told nothing.
const LOG: &str = "/var/log/audit/audit.log";

/// What auditd is configured with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Auditd {
    /// Its log.
    pub(super) log: String,
    /// Whether it writes one.
    writes: bool,
}

impl Auditd {
    /// As its file says.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub(super) fn read(ctx: &Context<'_>) -> Result<Self, Unknown> {
        match Fact::from(ctx.host.read_text(FILE)) {
            Fact::Known(text) => Ok(Self::parse(&text)),
            Fact::Absent => Ok(Self::default()),
            Fact::Gap(unknown) => Err(unknown),
        }
    }

    fn parse(text: &str) -> Self {
        let mut auditd = Self::default();
        for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
            let Some((key, value)) = line.split_once('=') else { continue };
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "log_file" if value.starts_with('/') => value.clone_into(&mut auditd.log),
                "write_logs" => auditd.writes = !value.eq_ignore_ascii_case("no"),
                // How it was said before there was an option for it.
                "log_format" if value.eq_ignore_ascii_case("nolog") => auditd.writes = false,
                _ => {}
            }
        }
        auditd
    }

    /// What is missing, if auditd takes what the kernel says and writes it nowhere: the kernel does not log then
    /// what it hands on.
    pub(super) fn withheld(&self, ctx: &Context<'_>) -> Option<Unknown> {
        let may_run = || match Processes::of(ctx) {
            Ok(processes) if ctx.host.is_running() => {
                processes.incomplete().is_some() || processes.named(&["auditd"]).next().is_some()
            }
            _ => true,
        };
        let detail = "auditd is told to write no log, and what it takes is not in the kernel's log either";
        (!self.writes && may_run()).then(|| Unknown::new(GapReason::Unsupported, FILE, detail))
    }
}

impl Default for Auditd {
    fn default() -> Self {
        Self { log: LOG.to_owned(), writes: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_file_names_the_log_and_may_want_none() {
        let text = "# log_file = /x\nlog_file = /srv/audit/audit.log\nlog_format = ENRICHED\nnum_logs = 5\n";
        assert_eq!(Auditd::parse(text), Auditd { log: "/srv/audit/audit.log".to_owned(), writes: true });
        assert!(!Auditd::parse("Write_Logs=NO\n").writes && !Auditd::parse("log_format = NOLOG\n").writes);
        assert_eq!(Auditd::parse("log_file\nlog_file = x\n=\n"), Auditd::default());
    }
}
