//! What AppArmor denied, or would have.

use schemars::JsonSchema;
use serde::Serialize;

use super::event::Event;
use super::group::{Denial, Occurrences, join_names};
use crate::fact::Fact;

/// What AppArmor denied, all of one cause.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ApparmorDenial {
    /// Who wanted what, in a few words: `mount (docker-default): mount`.
    ///
    /// Source: the audit log
    pub cause: String,
    /// The profile that does not allow it, `docker-default`.
    ///
    /// Source: the audit log, `profile`
    pub profile: String,
    /// What the process wanted to do: `open`, `mount`, `ptrace`, `signal`, `capable`, `create`.
    ///
    /// Source: the audit log, `operation`
    pub operation: String,
    /// What the kernel calls the process.
    ///
    /// Source: the audit log, `comm`
    pub comm: Fact<String>,
    /// Which access it wanted: `r`, `wc`, `receive`.
    ///
    /// Source: the audit log, `denied_mask`
    pub access: Fact<String>,
    /// Which capability it wanted, `sys_admin`.
    ///
    /// Source: the audit log, `capname`
    pub capability: Fact<String>,
    /// The profile of the other process, of `ptrace` and `signal`.
    ///
    /// Source: the audit log, `peer`
    pub peer: Fact<String>,
    /// The signal, `term`.
    ///
    /// Source: the audit log, `signal`
    pub signal: Fact<String>,
    /// What it reached for, as the process sees it: some paths, sorted.
    ///
    /// Source: the audit log, `name`
    pub names: Vec<String>,
    /// Whether it was denied; false if the profile only complains.
    ///
    /// Source: the audit log, `apparmor`
    pub enforced: bool,
    /// Whether the profile is that of a container which runs, or a process of one was denied.
    ///
    /// Source: /proc/PID/cgroup, /proc/PID/attr/apparmor/current
    pub of_container: bool,
    /// How often and when.
    #[serde(flatten)]
    pub occurrences: Occurrences,
}

impl ApparmorDenial {
    /// The denial that `event` tells; none for other events, such as that a profile was loaded.
    pub(super) fn of(event: &Event<'_>, container: Fact<String>) -> Option<Self> {
        let enforced = match event.field("apparmor")?.as_str() {
            "DENIED" => true,
            "ALLOWED" => false,
            _ => return None,
        };
        let (profile, operation) = (event.field("profile")?, event.field("operation")?);
        let comm = event.field("comm");
        Some(Self {
            cause: format!("{} ({profile}): {operation}", comm.as_deref().unwrap_or("somebody")),
            profile,
            operation,
            comm: comm.into(),
            access: event.field("denied_mask").into(),
            capability: event.field("capname").into(),
            peer: event.field("peer").into(),
            signal: event.field("signal").into(),
            names: event.field("name").into_iter().collect(),
            enforced,
            of_container: false,
            occurrences: Occurrences::first(event, container),
        })
    }
}

impl Denial for ApparmorDenial {
    type Key = (String, String, [Option<String>; 4], bool);

    fn key(&self) -> Self::Key {
        let parts = [&self.comm, &self.access, &self.capability, &self.peer];
        (self.profile.clone(), self.operation.clone(), parts.map(|part| part.known().cloned()), self.enforced)
    }

    fn occurrences_mut(&mut self) -> &mut Occurrences {
        &mut self.occurrences
    }

    fn absorb(&mut self, later: Self) {
        self.signal = later.signal;
        self.of_container |= later.of_container;
        join_names(&mut self.names, later.names);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denial(body: &str) -> Option<ApparmorDenial> {
        let line = format!("audit: type=1400 audit(1700000000.123:42): {body}");
        ApparmorDenial::of(&Event::parse(&line).unwrap(), Fact::Absent)
    }

    #[test]
    fn a_mount_a_signal_and_a_capability() {
        let mount = denial(
            "apparmor=\"DENIED\" operation=\"mount\" info=\"failed flags match\" error=-13 profile=\"docker-default\" \
             name=\"/mnt/\" pid=4242 comm=\"mount\" fstype=\"tmpfs\" srcname=\"none\"",
        )
        .unwrap();
        assert_eq!((mount.profile.as_str(), mount.operation.as_str()), ("docker-default", "mount"));
        assert_eq!((mount.names, mount.enforced), (vec!["/mnt/".to_owned()], true));
        let signal = denial(
            "apparmor=\"DENIED\" operation=\"signal\" class=\"signal\" profile=\"docker-default\" pid=1 comm=\"runc\" \
             requested_mask=\"receive\" denied_mask=\"receive\" signal=term peer=\"runc\"",
        )
        .unwrap();
        assert_eq!((signal.peer, signal.signal), (Fact::Known("runc".into()), Fact::Known("term".into())));
        let capable = denial(
            "apparmor=\"ALLOWED\" operation=\"capable\" profile=\"x\" pid=1 comm=\"y\" capability=21  capname=\"sys_admin\"",
        )
        .unwrap();
        assert_eq!((capable.capability, capable.enforced), (Fact::Known("sys_admin".into()), false));
    }

    #[test]
    fn other_messages_of_apparmor_are_no_denials() {
        for body in [
            "apparmor=\"STATUS\" operation=\"profile_load\" profile=\"unconfined\" name=\"x\"",
            "apparmor=\"DENIED\" profile=\"x\"",
            "avc:  denied  { read }",
        ] {
            assert_eq!(denial(body), None, "{body}");
        }
    }
}
