//! The rights of root, one by one (capabilities(7)).

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::Fact;

use super::super::container::Runtime;
use super::status::Status;

/// The capabilities by their numbers (linux/capability.h).
const NAMES: [&str; 41] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
];

/// What docker and containerd give to a container that asks for nothing.
const DEFAULT: &[&str] = &[
    "CAP_AUDIT_WRITE",
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_MKNOD",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_RAW",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_CHROOT",
];

/// What podman and CRI-O give less.
const LESS: &[&str] = &["CAP_AUDIT_WRITE", "CAP_MKNOD", "CAP_NET_RAW"];

/// The capabilities from which a process reaches the node: all of a node's root but in name.
const NOT_IN_PRIVILEGED: &[&str] =
    &["CAP_SYS_ADMIN", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_BOOT", "CAP_SYS_TIME"];

/// The capabilities of a container's first process, by the kernel's names, sorted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Capabilities {
    /// Those that it has now. One that is not root has none, whatever it may gain.
    ///
    /// Source: /proc/PID/status `CapEff`
    pub effective: Vec<String>,
    /// Those that it and its children can have at most.
    ///
    /// Source: /proc/PID/status `CapBnd`
    pub bounding: Vec<String>,
    /// Those that it can have beyond what its runtime gives to containers that ask for nothing: 14 for docker and
    /// containerd, 11 for podman and CRI-O.
    ///
    /// Source: /proc/PID/status `CapBnd`
    pub added: Vec<String>,
    /// Whether it can have those of a privileged container: all, or all that the runtime itself has.
    ///
    /// Source: /proc/PID/status `CapBnd`
    pub all: bool,
}

impl Capabilities {
    pub(super) fn of(status: &Status, runtime: Option<Runtime>) -> Fact<Self> {
        let (Some(effective), Some(bounding)) = (status.effective, status.bounding) else {
            return Fact::Absent;
        };
        let bounding = names(bounding);
        let is_default = |name: &String| {
            let has_less = matches!(runtime, Some(Runtime::Podman | Runtime::CriO));
            DEFAULT.contains(&name.as_str()) && !(has_less && LESS.contains(&name.as_str()))
        };
        Fact::Known(Self {
            effective: names(effective),
            added: bounding.iter().filter(|name| !is_default(name)).cloned().collect(),
            all: NOT_IN_PRIVILEGED.iter().all(|name| bounding.iter().any(|has| has == name)),
            bounding,
        })
    }
}

/// The names of the bits of `set`; one that has none yet is called by its number, as capsh does.
fn names(set: u64) -> Vec<String> {
    let set_bits = (0..u64::BITS).filter(|bit| set >> bit & 1 == 1);
    let name = |bit: u32| {
        let name = usize::try_from(bit).ok().and_then(|bit| NAMES.get(bit));
        name.map_or_else(|| bit.to_string(), |name| (*name).to_owned())
    };
    let mut names: Vec<String> = set_bits.map(name).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(effective: u64, bounding: u64, runtime: Runtime) -> Capabilities {
        let status = Status { effective: Some(effective), bounding: Some(bounding), ..Status::default() };
        Capabilities::of(&status, Some(runtime)).known().unwrap().clone()
    }

    #[test]
    fn dockers_default_set_adds_nothing() {
        let default = of(0xa804_25fb, 0xa804_25fb, Runtime::Docker);
        assert_eq!(default.effective, DEFAULT);
        assert!(default.added.is_empty() && !default.all);
        assert_eq!(of(0, 0xa804_25fb, Runtime::Podman).added, LESS);
        // podman's own.
        assert!(of(0, 0x8004_05fb, Runtime::Podman).added.is_empty());
    }

    #[test]
    fn what_is_added_is_named_also_of_one_that_is_not_root() {
        let added = of(0, 0xa804_25fb | 1 << 12 | 1 << 21, Runtime::Containerd);
        assert_eq!(added.added, ["CAP_NET_ADMIN", "CAP_SYS_ADMIN"]);
        assert!(added.effective.is_empty() && !added.all);
    }

    #[test]
    fn all_are_all_that_the_kernel_has_and_a_new_one_has_its_number() {
        assert!(of(0, 0x1ff_ffff_ffff, Runtime::Docker).all);
        let new = of(1 << 41, 0x3ff_ffff_ffff, Runtime::Docker);
        assert_eq!(new.effective, ["41"]);
        assert_eq!(new.bounding.len(), 42);
    }
}
