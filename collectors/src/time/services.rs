//! The services that keep a node's clock.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::{Host, HostError, HostErrorKind};
use crate::processes::Processes;
use crate::systemd::{State, Unit, UnitFiles};

/// A service that keeps the clock.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct NtpService {
    /// Which one.
    /// Source: unit files, /etc/runlevels and /proc/PID/comm.
    pub name: Name,
    /// Whether it starts at boot.
    /// Source: the links of systemd's `.wants` directories, or of OpenRC's /etc/runlevels.
    pub enabled: Fact<bool>,
    /// Whether a process of it runs, a container's included.
    /// Source: /proc/PID/comm.
    pub running: Fact<bool>,
}

/// A program that keeps the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Name {
    /// chrony's chronyd.
    Chrony,
    /// systemd-timesyncd.
    SystemdTimesyncd,
    /// The reference implementation's ntpd, or busybox's.
    Ntpd,
    /// ntpd-rs.
    NtpdRs,
    /// NTPsec's ntpd.
    Ntpsec,
    /// OpenNTPD's ntpd.
    Openntpd,
    /// linuxptp's ptp4l.
    Ptp4l,
}

/// By what a service is known.
struct Signs {
    name: Name,
    /// Its units, by the names that distributions give them.
    units: &'static [&'static str],
    /// Its scripts for OpenRC.
    scripts: &'static [&'static str],
    /// The name of its process; the kernel keeps 15 characters.
    process: &'static str,
}

/// Three programs are called `ntpd`. The one that has a unit is meant, or else the last.
const SERVICES: [Signs; 7] = [
    Signs {
        name: Name::Chrony,
        units: &["chrony.service", "chronyd.service"],
        scripts: &["chronyd"],
        process: "chronyd",
    },
    Signs {
        name: Name::SystemdTimesyncd,
        units: &["systemd-timesyncd.service"],
        scripts: &[],
        process: "systemd-timesyn",
    },
    Signs { name: Name::NtpdRs, units: &["ntpd-rs.service"], scripts: &[], process: "ntp-daemon" },
    Signs {
        name: Name::Ptp4l,
        units: &["ptp4l.service", "ptp4l@.service"],
        scripts: &["ptp4l"],
        process: "ptp4l",
    },
    Signs { name: Name::Ntpsec, units: &["ntpsec.service"], scripts: &[], process: "ntpd" },
    Signs { name: Name::Openntpd, units: &["openntpd.service"], scripts: &["openntpd"], process: "ntpd" },
    Signs {
        name: Name::Ntpd,
        units: &["ntp.service", "ntpd.service"],
        scripts: &["ntpd", "ntp"],
        process: "ntpd",
    },
];

/// The services that are installed or run, in a fixed order.
pub(super) fn read(ctx: &Context<'_>) -> Fact<Vec<NtpService>> {
    let processes = ctx.running("/proc", || Processes::of(ctx).into());
    list(ctx.host, |name| processes.as_ref().and_then(|processes| is_running(processes, name))).into()
}

/// Whether a process called `name` runs; unknown if there is none among those that could be seen.
fn is_running(processes: &Processes, name: &str) -> Fact<bool> {
    match (processes.named(&[name]).next(), processes.incomplete()) {
        (None, Some(unknown)) => Fact::Gap(unknown.clone()),
        (process, _) => Fact::Known(process.is_some()),
    }
}

fn list(host: &Host, is_running: impl Fn(&str) -> Fact<bool>) -> Result<Vec<NtpService>, Unknown> {
    let files = UnitFiles::list(host)?;
    let mut services: Vec<NtpService> = Vec::new();
    let mut explained = BTreeSet::new();
    for signs in &SERVICES {
        let running = is_running(signs.process);
        let enabled = enabled(host, &files, signs)?;
        let is_seen = running == Fact::Known(true) && !explained.contains(signs.process);
        // Until the last of a name, a process without a unit may belong to another.
        let is_last = SERVICES
            .iter()
            .rfind(|other| other.process == signs.process)
            .is_some_and(|last| last.name == signs.name);
        if enabled.is_some() || is_seen && is_last {
            explained.insert(signs.process);
            services.push(NtpService {
                name: signs.name,
                enabled: Fact::Known(enabled.unwrap_or(false)),
                running,
            });
        }
    }
    Ok(services)
}

/// Whether the service starts at boot; `None` if it is not installed as a service.
fn enabled(host: &Host, files: &UnitFiles<'_>, signs: &Signs) -> Result<Option<bool>, Unknown> {
    for name in signs.units {
        match Unit::find(files, name)?.map(|unit| unit.state) {
            // Another service answers to this name for the sake of old configurations.
            None | Some(State::Alias) => {}
            Some(State::Indirect) => return Ok(Some(name.contains('@'))),
            Some(state) => {
                return Ok(Some(matches!(state, State::Enabled | State::EnabledRuntime | State::Generated)));
            }
        }
    }
    let mut installed = None;
    for script in signs.scripts {
        for level in ["sysinit", "boot", "default"] {
            if is_there(host, &format!("/etc/runlevels/{level}/{script}"))? {
                return Ok(Some(true));
            }
        }
        if host.exists("/etc/runlevels")? && is_there(host, &format!("/etc/init.d/{script}"))? {
            installed = Some(false);
        }
    }
    Ok(installed)
}

fn is_there(host: &Host, path: &str) -> Result<bool, Unknown> {
    match host.symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(HostError { kind: HostErrorKind::NotFound, .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    const INSTALL: &str = "[Unit]\n[Service]\nExecStart=/usr/sbin/x\n[Install]\nWantedBy=multi-user.target\n";

    fn names(host: &Host, processes: &[&str]) -> Vec<(Name, Fact<bool>, Fact<bool>)> {
        let services = list(host, |name| Fact::Known(processes.contains(&name))).unwrap();
        services.into_iter().map(|service| (service.name, service.enabled, service.running)).collect()
    }

    #[test]
    fn installed_enabled_and_running_are_three_things() {
        let (yes, no) = (Fact::Known(true), Fact::Known(false));
        let rhel = Tree::new()
            .file("usr/lib/systemd/system/chronyd.service", INSTALL)
            .link(
                "etc/systemd/system/multi-user.target.wants/chronyd.service",
                "/usr/lib/systemd/system/chronyd.service",
            )
            .file("usr/lib/systemd/system/ntpd.service", INSTALL);
        assert_eq!(
            names(&rhel.host(), &["chronyd", "bash"]),
            [(Name::Chrony, yes.clone(), yes.clone()), (Name::Ntpd, no.clone(), no.clone())]
        );
        let alpine =
            Tree::new().link("etc/runlevels/default/ntpd", "/etc/init.d/ntpd").file("etc/init.d/ntpd", "");
        assert_eq!(names(&alpine.host(), &["ntpd"]), [(Name::Ntpd, yes.clone(), yes.clone())]);
        assert_eq!(names(&Tree::new().host(), &["ntpd"]), [(Name::Ntpd, no, yes)]);
        assert_eq!(names(&Tree::new().host(), &[]), []);
    }

    #[test]
    fn a_process_called_ntpd_is_of_the_service_that_is_installed() {
        let ubuntu = Tree::new()
            .file("usr/lib/systemd/system/ntpsec.service", format!("{INSTALL}Alias=ntp.service\n"))
            .link("etc/systemd/system/ntp.service", "/usr/lib/systemd/system/ntpsec.service")
            .link(
                "etc/systemd/system/multi-user.target.wants/ntpsec.service",
                "/usr/lib/systemd/system/ntpsec.service",
            );
        assert_eq!(names(&ubuntu.host(), &["ntpd"]), [(Name::Ntpsec, Fact::Known(true), Fact::Known(true))]);
    }
}
