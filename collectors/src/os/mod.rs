//! The operating system: which distribution, for which processors, how it starts, and whether what is
//! scanned is a node at all.

mod architecture;
mod boot_loader;
mod container;
mod family;
mod init;
mod release;

use schemars::JsonSchema;
use serde::Serialize;

pub use boot_loader::BootLoader;
pub use container::ContainerKind;
pub use family::Family;
pub use init::Init;
pub(crate) use init::init;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::Host;
use release::OsRelease;

const MACHINE_ID: &str = "/etc/machine-id";

/// What an ostree deployment has: a mark while it runs, and its repository.
const OSTREE: [&str; 3] = ["/run/ostree-booted", "/ostree/repo", "/sysroot/ostree/repo"];

/// The distribution's name in os-release, `ID`; `None` if that file does not say.
///
/// # Errors
///
/// If there is no such file, or it cannot be read.
pub(crate) fn id(host: &Host) -> Result<Option<String>, Unknown> {
    release::read(host).map(|release| release.get("ID").map(str::to_owned))
}

/// The operating system.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OsFacts {
    /// The distribution: `debian`, `ubuntu`, `rhel`, `flatcar`.
    /// Source: `ID` in /etc/os-release or /usr/lib/os-release.
    pub id: Fact<String>,
    /// The distributions that it is made from, the closest first.
    /// Source: `ID_LIKE` in os-release.
    pub id_like: Fact<Vec<String>>,
    /// The family of distributions that it belongs to.
    /// Source: `ID` and `ID_LIKE` in os-release.
    pub family: Fact<Family>,
    /// Its name: `Debian GNU/Linux`.
    /// Source: `NAME` in os-release.
    pub name: Fact<String>,
    /// Its name with its version: `Debian GNU/Linux 12 (bookworm)`.
    /// Source: `PRETTY_NAME` in os-release.
    pub pretty_name: Fact<String>,
    /// Its version: `12`, `24.04`, `9.5`; absent on rolling releases.
    /// Source: `VERSION_ID` in os-release.
    pub version_id: Fact<String>,
    /// The version's code name: `bookworm`.
    /// Source: `VERSION_CODENAME` in os-release.
    pub version_codename: Fact<String>,
    /// Its variant: `coreos`, `server`.
    /// Source: `VARIANT_ID` in os-release.
    pub variant_id: Fact<String>,
    /// The host name.
    /// Source: /proc/sys/kernel/hostname; of a target that is not this process's own root /etc/hostname.
    pub hostname: Fact<String>,
    /// The architecture, as `uname -m` names it: `x86_64`, `aarch64`.
    /// Source: uname(2) on a running node; else the ELF header of /bin/sh or another program.
    pub architecture: Fact<String>,
    /// Whether the machine has an id of its own; the id itself is not collected.
    /// Source: /etc/machine-id.
    pub machine_id: Fact<MachineId>,
    /// The init program; absent if an offline root has none.
    /// Source: /run/systemd/system, /run/openrc, /proc/1/comm on a running node; else /sbin/init.
    pub init: Fact<Init>,
    /// systemd's version; absent if it is not installed.
    /// Source: the name of its library, libsystemd-shared-VERSION.so.
    pub systemd_version: Fact<u32>,
    /// The boot loader; absent if there is none.
    /// Source: the EFI variable LoaderInfo; files below /boot and /efi; /etc/default/grub.
    pub boot_loader: Fact<BootLoader>,
    /// Whether the system is an ostree deployment: /usr is read-only, and kernel arguments are changed
    /// with rpm-ostree or bootc.
    /// Source: /run/ostree-booted, /ostree/repo, /sysroot/ostree/repo.
    pub ostree: Fact<bool>,
    /// What the scanned root is a container of; absent if it is a node's.
    /// Source: /proc/self/mountinfo, /run/host/container-manager, /run/systemd/container, /proc/1/environ.
    pub container: Fact<ContainerKind>,
}

/// Whether a machine has an id of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MachineId {
    /// It has.
    Initialized,
    /// It gets one at its first boot, which is then recognised as such.
    Uninitialized,
    /// The file is empty: it gets one when it boots.
    Empty,
    /// The file is missing.
    Missing,
}

/// Reads the operating system's facts.
pub fn collect(ctx: &Context<'_>) -> Fact<OsFacts> {
    let release = Fact::from(release::read(ctx.host));
    let get = |name: &str| release.as_ref().and_then(|release| release.get(name).map(str::to_owned).into());
    let get_or = |name: &str, default: &str| release.as_ref().map(|release| release.get_or(name, default));
    Fact::Known(OsFacts {
        id: get_or("ID", "linux"),
        id_like: release.as_ref().map(OsRelease::id_like),
        family: release
            .as_ref()
            .map(|release| Family::of(&release.get_or("ID", "linux"), &release.id_like())),
        name: get_or("NAME", "Linux"),
        pretty_name: get_or("PRETTY_NAME", "Linux"),
        version_id: get("VERSION_ID"),
        version_codename: get("VERSION_CODENAME"),
        variant_id: get("VARIANT_ID"),
        hostname: host_name(ctx.host),
        architecture: architecture::read(ctx),
        machine_id: machine_id(ctx.host),
        init: init(ctx),
        systemd_version: init::systemd_version(ctx.host),
        boot_loader: boot_loader::read(ctx.host),
        ostree: is_ostree(ctx.host).into(),
        container: container::read(ctx),
    })
}

/// The host name. The kernel tells that of the process which asks, whatever mount it is asked through.
/// The node's host name.
///
/// The procfs answers for the UTS namespace of the process that reads it, whatever mount it is read through:
/// it tells this node's name and never another one's.
pub(crate) fn host_name(host: &Host) -> Fact<String> {
    let own = host.is_running() && host.is_own_root();
    let source = if own { "/proc/sys/kernel/hostname" } else { "/etc/hostname" };
    Fact::from(host.read_text(source)).and_then(|text| {
        let name = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
        name.map(str::to_owned).into()
    })
}

fn machine_id(host: &Host) -> Fact<MachineId> {
    let id = Fact::from(host.read_text(MACHINE_ID)).and_then(|text| match text.trim() {
        "" => Fact::Known(MachineId::Empty),
        "uninitialized" => Fact::Known(MachineId::Uninitialized),
        id if id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()) => {
            Fact::Known(MachineId::Initialized)
        }
        _ => Fact::Gap(Unknown::malformed(MACHINE_ID, format!("{MACHINE_ID}: is no machine id"))),
    });
    id.or_absent(MachineId::Missing)
}

fn is_ostree(host: &Host) -> Result<bool, Unknown> {
    for path in OSTREE {
        if host.exists(path)? {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Options;
    use crate::tree::Tree;
    use plimsoll_engine::demand::Demand;
    use std::time::Instant;

    fn facts(host: &Host) -> OsFacts {
        let (demand, options) = (Demand::everything(), Options::default());
        match collect(&Context { host, demand: &demand, options: &options, deadline: Instant::now() }) {
            Fact::Known(facts) => facts,
            other => panic!("{other:?}"),
        }
    }

    fn known(text: &str) -> Fact<String> {
        Fact::Known(text.to_owned())
    }

    #[test]
    fn red_hat_9() {
        let tree = Tree::new()
            .link("etc/os-release", "../usr/lib/os-release")
            .file(
                "usr/lib/os-release",
                "NAME=\"Red Hat Enterprise Linux\"\nVERSION=\"9.5 (Plow)\"\nID=\"rhel\"\nID_LIKE=\"fedora\"\n\
                 VERSION_ID=\"9.5\"\nPLATFORM_ID=\"platform:el9\"\nPRETTY_NAME=\"Red Hat Enterprise Linux 9.5 (Plow)\"\n\
                 ANSI_COLOR=\"0;31\"\nCPE_NAME=\"cpe:/o:redhat:enterprise_linux:9::baseos\"\n",
            )
            .file("etc/hostname", "# set by the installer\nnode-1\n")
            .file("etc/machine-id", "uninitialized\n");
        let facts = facts(&tree.host());
        assert_eq!((facts.id, facts.version_id), (known("rhel"), known("9.5")));
        assert_eq!(facts.family, Fact::Known(Family::Rhel));
        assert_eq!(facts.id_like, Fact::Known(vec!["fedora".to_owned()]));
        assert_eq!(facts.version_codename, Fact::Absent);
        assert_eq!(facts.hostname, known("node-1"));
        assert_eq!(facts.machine_id, Fact::Known(MachineId::Uninitialized));
        assert_eq!(facts.container, Fact::Absent);
        assert_eq!(facts.ostree, Fact::Known(false));
    }

    #[test]
    fn a_root_without_os_release_is_of_an_unknown_distribution() {
        let facts = facts(&Tree::new().dir("ostree/repo").file("etc/machine-id", "0123\n").host());
        assert!(matches!(facts.id, Fact::Gap(_)));
        assert!(matches!(facts.family, Fact::Gap(_)));
        assert!(matches!(facts.version_id, Fact::Gap(_)));
        assert!(matches!(facts.machine_id, Fact::Gap(_)));
        assert_eq!(facts.ostree, Fact::Known(true));
        assert_eq!(facts.hostname, Fact::Absent);
    }

    #[test]
    fn a_machine_id_may_be_empty_or_missing() {
        assert_eq!(
            machine_id(&Tree::new().file("etc/machine-id", "\n").host()),
            Fact::Known(MachineId::Empty)
        );
        assert_eq!(machine_id(&Tree::new().host()), Fact::Known(MachineId::Missing));
        let id = "3d1219c7c4c5404aaa1f6d2a48adfda4\n";
        assert_eq!(
            machine_id(&Tree::new().file("etc/machine-id", id).host()),
            Fact::Known(MachineId::Initialized)
        );
    }

    #[test]
    fn the_live_node_tells_its_own_name() {
        let facts = facts(&Host::live().unwrap());
        assert_eq!(facts.hostname, known(rustix::system::uname().nodename().to_str().unwrap()));
    }
}
