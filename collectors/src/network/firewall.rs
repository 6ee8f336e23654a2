//! The services that manage the packet filter and so may undo what a network plugin sets up.

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::{Fact, Unknown};
use crate::host::{Host, HostError, HostErrorKind};
use crate::systemd::{State, Unit, UnitFiles};
use crate::units::is_active;

const UFW: &str = "/etc/ufw/ufw.conf";

/// The services that manage the packet filter.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Firewall {
    /// Whether firewalld starts at boot or runs.
    /// Source: firewalld.service, /etc/runlevels
    pub firewalld: Fact<bool>,
    /// Whether ufw is switched on; its unit is enabled in any case and does nothing if it is not.
    /// Source: /etc/ufw/ufw.conf (ENABLED)
    pub ufw: Fact<bool>,
    /// Whether a service loads nftables rules at boot, or has.
    /// Source: nftables.service, /etc/runlevels
    pub nftables_service: Fact<bool>,
}

/// Looks at the services.
pub(super) fn read(host: &Host) -> Firewall {
    let files = UnitFiles::list(host);
    let service = |name: &str| match &files {
        Ok(files) => enabled_or_running(host, files, name).into(),
        Err(unknown) => Fact::Gap(unknown.clone()),
    };
    Firewall { firewalld: service("firewalld"), ufw: ufw(host).into(), nftables_service: service("nftables") }
}

/// Whether the service `name` is enabled, by systemd or OpenRC, or active.
fn enabled_or_running(host: &Host, files: &UnitFiles<'_>, name: &str) -> Result<bool, Unknown> {
    for level in ["boot", "default", "sysinit"] {
        match host.symlink_metadata(format!("/etc/runlevels/{level}/{name}")) {
            Ok(_) => return Ok(true),
            Err(HostError { kind: HostErrorKind::NotFound, .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let name = format!("{name}.service");
    let Some(unit) = Unit::find(files, &name)? else { return Ok(false) };
    if matches!(unit.state, State::Enabled | State::EnabledRuntime) {
        return Ok(true);
    }
    if host.is_running() { is_active(host, &name, &unit) } else { Ok(false) }
}

/// The last assignment counts, as in the shell that reads the file.
fn ufw(host: &Host) -> Result<bool, Unknown> {
    let text = match host.read_text(UFW) {
        Err(HostError { kind: HostErrorKind::NotFound, .. }) => return Ok(false),
        result => result?,
    };
    let value = text.lines().rev().find_map(|line| line.trim().strip_prefix("ENABLED="));
    Ok(value.is_some_and(|value| value.trim_matches(['"', '\'', ' ']).eq_ignore_ascii_case("yes")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    const UNIT: &str = "[Service]\nType=oneshot\n[Install]\nWantedBy=sysinit.target\n";

    #[test]
    fn enabled_services_and_ufws_own_switch_count() {
        let tree = Tree::new()
            .file("usr/lib/systemd/system/nftables.service", UNIT)
            .file("usr/lib/systemd/system/firewalld.service", UNIT)
            .link(
                "etc/systemd/system/sysinit.target.wants/nftables.service",
                "/lib/systemd/system/nftables.service",
            )
            .file("etc/ufw/ufw.conf", "# Set to yes\n#ENABLED=yes\nENABLED=no\nLOGLEVEL=low\n");
        let firewall = read(&tree.host());
        assert_eq!(firewall.nftables_service, Fact::Known(true));
        assert_eq!(firewall.firewalld, Fact::Known(false));
        assert_eq!(firewall.ufw, Fact::Known(false));
        let tree = tree.file("etc/ufw/ufw.conf", "ENABLED=\"yes\"\n");
        assert_eq!(read(&tree.host()).ufw, Fact::Known(true));
    }

    #[test]
    fn openrc_enables_by_a_link_in_a_runlevel() {
        let tree = Tree::new().link("etc/runlevels/default/nftables", "/etc/init.d/nftables");
        assert_eq!(read(&tree.host()).nftables_service, Fact::Known(true));
    }
}
