//! Where dockerd's unix socket is.

use super::merge::Configuration;
use crate::fact::{Fact, Sourced};
use crate::systemd::Unit;

/// Where dockerd listens when nothing else is said.
const DEFAULT_PATH: &str = "/var/run/docker.sock";

/// Where the socket is: the first unix socket of the option `hosts`; that of the unit `docker.socket` where
/// systemd hands it over. Absent if dockerd listens on none.
pub(super) fn path(config: &Fact<Configuration>, unit: &Fact<Unit>) -> Fact<Sourced<String>> {
    config.as_ref().and_then(|config| {
        config.get("hosts").and_then(|hosts| {
            let addresses: Vec<&str> =
                hosts.value.as_array().into_iter().flatten().filter_map(|host| host.as_str()).collect();
            let unix = addresses.iter().find_map(|address| {
                address.strip_prefix("unix://").or_else(|| address.starts_with('/').then_some(*address))
            });
            let path = |path: &str| Sourced { value: path.to_owned(), origin: hosts.origin.clone() };
            match unix {
                Some("") => Fact::Known(path(DEFAULT_PATH)),
                Some(unix) => Fact::Known(path(unix)),
                None if addresses.iter().any(|address| address.starts_with("fd://")) => handed_over(unit),
                None => Fact::Absent,
            }
        })
    })
}

/// The socket that systemd opens for dockerd.
fn handed_over(unit: &Fact<Unit>) -> Fact<Sourced<String>> {
    unit.as_ref().and_then(|unit| {
        let listens = unit.all("Socket", "ListenStream");
        let listen = listens.into_iter().find(|listen| listen.value.starts_with(['/', '%']));
        // `%t` is /run for the system's units; no other specifier makes sense here.
        let path = |listen: &Sourced<String>| Sourced {
            value: listen.value.replace("%t", "/run"),
            origin: listen.origin.clone(),
        };
        listen.map(path).into()
    })
}
