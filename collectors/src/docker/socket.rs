//! Where dockerd's unix socket is.

use super::merge::Configuration;
use crate::fact::Fact;
use crate::systemd::Unit;

/// Where dockerd listens when nothing else is said.
const DEFAULT_PATH: &str = "/var/run/docker.sock";

/// Where the socket is: the first unix socket of the option `hosts`; that of the unit `docker.socket` where
/// systemd hands it over. Absent if dockerd listens on none.
pub(super) fn path(config: &Fact<Configuration>, unit: &Fact<Unit>) -> Fact<String> {
    config.as_ref().and_then(|config| {
        config.get("hosts").and_then(|hosts| {
            let hosts: Vec<&str> =
                hosts.value.as_array().into_iter().flatten().filter_map(|host| host.as_str()).collect();
            let unix = hosts.iter().find_map(|host| {
                host.strip_prefix("unix://").or_else(|| host.starts_with('/').then_some(*host))
            });
            match unix {
                Some("") => Fact::Known(DEFAULT_PATH.to_owned()),
                Some(path) => Fact::Known(path.to_owned()),
                None if hosts.iter().any(|host| host.starts_with("fd://")) => handed_over(unit),
                None => Fact::Absent,
            }
        })
    })
}

/// The socket that systemd opens for dockerd.
fn handed_over(unit: &Fact<Unit>) -> Fact<String> {
    unit.as_ref().and_then(|unit| {
        let listens = unit.all("Socket", "ListenStream");
        let path = listens
            .into_iter()
            .map(|setting| setting.value.as_str())
            .find(|address| address.starts_with(['/', '%']));
        // `%t` is /run for the system's units; no other specifier makes sense here.
        path.map(|path| path.replace("%t", "/run")).into()
    })
}
