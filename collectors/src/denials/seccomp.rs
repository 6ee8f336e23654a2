//! System calls that a seccomp filter acted on, and the kernel wrote down.
//!
//! Most denials of seccomp are an error that the program gets, which leaves no trace; what is written down are
//! the actions that end the program, and those that a filter wants to have logged.

use schemars::JsonSchema;
use serde::Serialize;

use super::event::Event;
use super::group::{Denial, Occurrences};
use super::syscalls;
use crate::fact::Fact;

/// What a seccomp filter acted on, all of one cause.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SeccompDenial {
    /// Who wanted what, in a few words: `chrome: unshare`.
    ///
    /// Source: the audit log
    pub cause: String,
    /// What the kernel calls the process.
    ///
    /// Source: the audit log, `comm`
    pub comm: Fact<String>,
    /// Its executable, as it sees it.
    ///
    /// Source: the audit log, `exe`
    pub exe: Fact<String>,
    /// The system call's name, or its number where the name is not known.
    ///
    /// Source: the audit log, `syscall`
    pub syscall: String,
    /// The architecture that it was made for; a number where the name is not known.
    ///
    /// Source: the audit log, `arch`
    pub architecture: String,
    /// What was done.
    ///
    /// Source: the audit log, `code`
    pub action: Action,
    /// The number of the signal that ended the process; absent if none did.
    ///
    /// Source: the audit log, `sig`
    pub signal: Fact<u64>,
    /// How often and when.
    #[serde(flatten)]
    pub occurrences: Occurrences,
}

/// What a filter does with a system call (seccomp(2)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// The process is killed.
    KillProcess,
    /// The thread is killed.
    KillThread,
    /// The process gets a signal.
    Trap,
    /// The call fails with an error.
    Errno,
    /// A tracer decides.
    Trace,
    /// A supervisor in another process decides.
    UserNotification,
    /// The call is made, and written down.
    Log,
    /// Another one.
    Other,
}

impl Action {
    /// `code=0x7ffc0000`; the lower half is data of the action.
    fn of(code: u32) -> Self {
        match code & 0xffff_0000 {
            0x8000_0000 => Self::KillProcess,
            0 => Self::KillThread,
            0x0003_0000 => Self::Trap,
            0x0005_0000 => Self::Errno,
            0x7ff0_0000 => Self::Trace,
            0x7fc0_0000 => Self::UserNotification,
            0x7ffc_0000 => Self::Log,
            _ => Self::Other,
        }
    }
}

impl SeccompDenial {
    /// The denial that `event` tells; none for other events.
    pub(super) fn of(event: &Event<'_>, container: Fact<String>) -> Option<Self> {
        let number: u64 = event.field("syscall")?.parse().ok()?;
        let audit = event.field("arch")?;
        let code = event.field("code")?;
        let code = u32::from_str_radix(code.trim_start_matches("0x"), 16).ok()?;
        let known = u32::from_str_radix(&audit, 16).ok().and_then(syscalls::architecture);
        let architecture = known.map_or(audit, str::to_owned);
        let name = syscalls::name(&architecture, number);
        let syscall = name.map_or_else(|| number.to_string(), str::to_owned);
        let comm = event.field("comm");
        Some(Self {
            cause: format!("{}: {syscall}", comm.as_deref().unwrap_or("somebody")),
            comm: comm.into(),
            exe: event.field("exe").into(),
            syscall,
            architecture,
            action: Action::of(code),
            signal: event.field("sig").and_then(|signal| signal.parse().ok()).filter(|n| *n != 0).into(),
            occurrences: Occurrences::first(event, container),
        })
    }
}

impl Denial for SeccompDenial {
    type Key = (Option<String>, Option<String>, String, String, Action);

    fn key(&self) -> Self::Key {
        let program = (self.comm.known().cloned(), self.exe.known().cloned());
        (program.0, program.1, self.syscall.clone(), self.architecture.clone(), self.action)
    }

    fn occurrences_mut(&mut self) -> &mut Occurrences {
        &mut self.occurrences
    }

    fn absorb(&mut self, later: Self) {
        self.signal = later.signal;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denial(fields: &str) -> Option<SeccompDenial> {
        let line = format!("type=SECCOMP msg=audit(1700000000.123:42): auid=4294967295 uid=0 gid=0 {fields}");
        SeccompDenial::of(&Event::parse(&line).unwrap(), Fact::Absent)
    }

    #[test]
    fn a_call_has_a_name_and_an_action() {
        let found = denial(
            "ses=4294967295 pid=77 comm=\"unshare\" exe=\"/usr/bin/unshare\" sig=31 arch=c000003e syscall=272 compat=0 ip=0x7f code=0x80000000",
        )
        .unwrap();
        assert_eq!((found.syscall.as_str(), found.architecture.as_str()), ("unshare", "x86_64"));
        assert_eq!((found.action, found.signal), (Action::KillProcess, Fact::Known(31)));
        let logged = denial("comm=\"x\" sig=0 arch=40000028 syscall=9999 code=0x7ffc0000").unwrap();
        assert_eq!((logged.syscall.as_str(), logged.architecture.as_str()), ("9999", "arm"));
        assert_eq!((logged.action, logged.signal), (Action::Log, Fact::Absent));
        assert_eq!(denial("arch=1 syscall=1 code=0x00050001").unwrap().action, Action::Errno);
        assert_eq!(denial("arch=1 syscall=1 code=0x7fc00000").unwrap().action, Action::UserNotification);
    }

    #[test]
    fn half_a_line_is_no_denial() {
        for fields in
            ["", "arch=c000003e code=0x0", "arch=c000003e syscall=x code=0x0", "syscall=1 code=zz arch=1"]
        {
            assert_eq!(denial(fields), None, "{fields}");
        }
    }
}
