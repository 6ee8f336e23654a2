//! What the processes of a container are and may do.

mod capabilities;
mod confinement;
mod filesystem;
mod identity;
mod layers;
mod namespaces;
mod sensitive;
mod status;
mod tally;
mod times;

use schemars::JsonSchema;
use serde::Serialize;

pub use capabilities::Capabilities;
pub(super) use capabilities::Defaults;
pub use confinement::{AppArmor, Seccomp, Selinux};
pub use filesystem::{Filesystem, HostMount};
pub use identity::Identity;
pub use namespaces::Namespaces;
pub use tally::{Process, Processes};

use confinement::Confinement;
pub(super) use confinement::Modules;
pub(super) use namespaces::{HostNamespaces, inode as namespace};
pub(super) use sensitive::sockets;
pub(super) use status::Status;
pub(super) use tally::Tally;
pub(super) use times::{Clock, start_ticks};

use crate::fact::Fact;
use crate::host::Dir;

use super::container::Runtime;

/// What the first process of a container may do.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Security {
    /// Who it runs as.
    ///
    /// Source: /proc/PID/status, /proc/PID/uid_map
    pub identity: Fact<Identity>,
    /// The rights of root that it has.
    ///
    /// Source: /proc/PID/status `CapEff`, `CapBnd`
    pub capabilities: Fact<Capabilities>,
    /// Whether system calls are filtered; absent if the kernel cannot.
    ///
    /// Source: /proc/PID/status `Seccomp`
    pub seccomp: Fact<Seccomp>,
    /// Whether programs that it starts gain no rights by set-user-id or file capabilities; absent before Linux
    /// 4.10.
    ///
    /// Source: /proc/PID/status `NoNewPrivs`
    pub no_new_privileges: Fact<bool>,
    /// The profile of AppArmor that it is under; absent where AppArmor is off.
    ///
    /// Source: /proc/PID/attr/apparmor/current, /proc/PID/attr/current
    pub apparmor: Fact<AppArmor>,
    /// Its label of SELinux; absent where SELinux is off.
    ///
    /// Source: /proc/PID/attr/current
    pub selinux: Fact<Selinux>,
}

impl Security {
    /// Of the process whose directory in procfs is `process` and whose status is `status`.
    pub(super) fn read(
        process: &Dir,
        status: &Fact<Status>,
        runtime: Option<Runtime>,
        modules: &Modules,
        defaults: &Defaults,
    ) -> Self {
        let confinement = Confinement::read(process, modules);
        Self {
            identity: Identity::read(process, status),
            capabilities: status.as_ref().and_then(|status| Capabilities::of(status, runtime, defaults)),
            seccomp: status.as_ref().and_then(|status| status.seccomp.and_then(Seccomp::of).into()),
            no_new_privileges: status.as_ref().and_then(|status| status.no_new_privileges.into()),
            apparmor: confinement.apparmor,
            selinux: confinement.selinux,
        }
    }
}
