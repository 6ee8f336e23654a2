//! The rights of root, one by one (capabilities(7)).

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::crio;
use crate::fact::Fact;
use crate::podman;

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

/// What the runtimes of the node give to a container that asks for nothing, by the kernel's names.
#[derive(Debug)]
pub(in super::super) struct Defaults {
    /// CRI-O's.
    crio: Fact<Vec<String>>,
    /// podman's.
    podman: Fact<Vec<String>>,
}

impl Defaults {
    /// As CRI-O and podman are configured; docker and containerd cannot be.
    pub(in super::super) fn read(ctx: &Context<'_>) -> Self {
        let named = |names: Fact<Vec<String>>| {
            names.map(|names| names.iter().map(|name| kernels(name)).collect::<Vec<_>>())
        };
        Self {
            crio: named(crio::default_capabilities(ctx)),
            podman: named(podman::default_capabilities(ctx)),
        }
    }

    fn of(&self, runtime: Option<Runtime>) -> Fact<Vec<String>> {
        match runtime {
            Some(Runtime::CriO) => self.crio.clone(),
            Some(Runtime::Podman) => self.podman.clone(),
            _ => Fact::Known(DEFAULT.iter().map(|name| (*name).to_owned()).collect()),
        }
    }
}

/// The kernel's name of what configurations call `CHOWN`, `cap_chown` or `CAP_CHOWN`.
fn kernels(name: &str) -> String {
    let name = name.to_ascii_uppercase();
    if name.starts_with("CAP_") || name == ALL { name } else { format!("CAP_{name}") }
}

/// What configurations call all of them.
const ALL: &str = "ALL";

/// The capabilities from which a process reaches the node: all of a node's root but in name.
const NOT_IN_PRIVILEGED: &[&str] =
    &["CAP_SYS_ADMIN", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_BOOT", "CAP_SYS_TIME"];

/// The capabilities of a container's first process, by the kernel's names, sorted.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
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
    /// containerd, 11 for podman and 9 for CRI-O if these are not configured otherwise.
    ///
    /// Source: /proc/PID/status `CapBnd`; `default_capabilities` of crio.conf and containers.conf
    pub added: Fact<Vec<String>>,
    /// Whether it can have those of a privileged container: all, or all that the runtime itself has.
    ///
    /// Source: /proc/PID/status `CapBnd`
    pub all: bool,
}

impl Capabilities {
    pub(super) fn of(status: &Status, runtime: Option<Runtime>, defaults: &Defaults) -> Fact<Self> {
        let (Some(effective), Some(bounding)) = (status.effective, status.bounding) else {
            return Fact::Absent;
        };
        let bounding = names(bounding);
        let beyond = |defaults: Vec<String>| {
            let is_default = |name: &&String| defaults.iter().any(|other| other == *name || other == ALL);
            bounding.iter().filter(|name| !is_default(name)).cloned().collect()
        };
        Fact::Known(Self {
            effective: names(effective),
            added: defaults.of(runtime).map(beyond),
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

    const NOT_PODMANS: [&str; 3] = ["CAP_AUDIT_WRITE", "CAP_MKNOD", "CAP_NET_RAW"];

    fn defaults(crio: &[&str]) -> Defaults {
        let own = |names: &[&str]| Fact::Known(names.iter().map(|name| kernels(name)).collect());
        let podman: Vec<&str> = DEFAULT.iter().copied().filter(|name| !NOT_PODMANS.contains(name)).collect();
        Defaults { crio: own(crio), podman: own(&podman) }
    }

    fn with(effective: u64, bounding: u64, runtime: Runtime, defaults: &Defaults) -> Capabilities {
        let status = Status { effective: Some(effective), bounding: Some(bounding), ..Status::default() };
        Capabilities::of(&status, Some(runtime), defaults).known().unwrap().clone()
    }

    fn of(effective: u64, bounding: u64, runtime: Runtime) -> Capabilities {
        with(effective, bounding, runtime, &defaults(&[]))
    }

    fn added(capabilities: &Capabilities) -> &[String] {
        capabilities.added.known().unwrap()
    }

    #[test]
    fn dockers_default_set_adds_nothing() {
        let default = of(0xa804_25fb, 0xa804_25fb, Runtime::Docker);
        assert_eq!(default.effective, DEFAULT);
        assert!(added(&default).is_empty() && !default.all);
        assert_eq!(added(&of(0, 0xa804_25fb, Runtime::Podman)), NOT_PODMANS);
        // podman's own.
        assert!(added(&of(0, 0x8004_05fb, Runtime::Podman)).is_empty());
    }

    #[test]
    fn what_crio_is_configured_with_is_its_default() {
        let nine = [
            "CHOWN",
            "DAC_OVERRIDE",
            "FSETID",
            "FOWNER",
            "SETGID",
            "SETUID",
            "SETPCAP",
            "NET_BIND_SERVICE",
            "KILL",
        ];
        let of = |names: &[&str], bounding| with(0, bounding, Runtime::CriO, &defaults(names));
        assert!(added(&of(&nine, 0x5fb)).is_empty());
        assert_eq!(added(&of(&nine, 0x8004_05fb)), ["CAP_SETFCAP", "CAP_SYS_CHROOT"]);
        assert_eq!(added(&of(&["chown", "CAP_NET_RAW"], 1 | 1 << 13 | 1 << 5)), ["CAP_KILL"]);
        assert!(added(&of(&["ALL"], 0x1ff_ffff_ffff)).is_empty());
        let unknown = Defaults { crio: Fact::Gap(crate::fact::Unknown::offline("x")), podman: Fact::Absent };
        assert!(matches!(with(0, 1, Runtime::CriO, &unknown).added, Fact::Gap(_)));
    }

    #[test]
    fn what_is_added_is_named_also_of_one_that_is_not_root() {
        let more = of(0, 0xa804_25fb | 1 << 12 | 1 << 21, Runtime::Containerd);
        assert_eq!(added(&more), ["CAP_NET_ADMIN", "CAP_SYS_ADMIN"]);
        assert!(more.effective.is_empty() && !more.all);
    }

    #[test]
    fn all_are_all_that_the_kernel_has_and_a_new_one_has_its_number() {
        assert!(of(0, 0x1ff_ffff_ffff, Runtime::Docker).all);
        let new = of(1 << 41, 0x3ff_ffff_ffff, Runtime::Docker);
        assert_eq!(new.effective, ["41"]);
        assert_eq!(new.bounding.len(), 42);
    }
}
