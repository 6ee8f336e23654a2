//! Where dockerd is: its binary, its unit, its process.

use plimsoll_engine::snapshot::{GapReason, Layer, Origin};

use super::process::{self, Process};
use super::proxy::{self, Environment};
use super::service;
use crate::context::Context;
use crate::exec_start;
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::Host;
use crate::origin;
use crate::redact::mask;
use crate::systemd::{Unit, UnitFiles};

/// Where packages, static builds and the snap put dockerd.
const BINARIES: [&str; 6] = [
    "/usr/bin/dockerd",
    "/usr/sbin/dockerd",
    "/usr/local/bin/dockerd",
    "/usr/local/sbin/dockerd",
    "/opt/bin/dockerd",
    "/snap/docker/current/bin/dockerd",
];

/// The traces of dockerd on the node.
#[derive(Debug)]
pub(super) struct Installation {
    pub(super) process: Fact<Process>,
    pub(super) unit: Fact<Unit>,
    /// The unit of the socket that systemd may open for dockerd.
    pub(super) socket_unit: Fact<Unit>,
    pub(super) binary: Fact<String>,
}

impl Installation {
    /// Looks for dockerd.
    pub(super) fn find(ctx: &Context<'_>) -> Self {
        let process = ctx.running("/proc", || process::find(ctx));
        let binary = find_binary(ctx.host, &process);
        let (unit, socket_unit) = match UnitFiles::list(ctx.host) {
            Ok(files) => (
                find_unit(&files, &[service::UNIT, service::SNAP_UNIT]),
                find_unit(&files, &["docker.socket"]),
            ),
            Err(unknown) => (Fact::Gap(unknown.clone()), Fact::Gap(unknown)),
        };
        Self { process, unit, socket_unit, binary }
    }

    /// Whether there is one. A trace says yes; the lack of any says no only if every place could be looked
    /// at. Off line there is no process to be missed.
    pub(super) fn is_there(&self) -> Fact<bool> {
        fn state<T>(fact: &Fact<T>) -> Fact<()> {
            fact.as_ref().map(|_| ())
        }
        let traces = [state(&self.process), state(&self.unit), state(&self.binary)];
        if traces.contains(&Fact::Known(())) {
            return Fact::Known(true);
        }
        let matters = |unknown: &Unknown| unknown.reason != GapReason::Offline;
        let gap = traces.into_iter().find_map(|trace| match trace {
            Fact::Gap(unknown) if matters(&unknown) => Some(unknown),
            _ => None,
        });
        gap.map_or(Fact::Known(false), Fact::Gap)
    }

    /// dockerd's command line, the program first: that of the process, else that of the unit; empty if there
    /// is neither. An argument that the unit gives has its place there.
    pub(super) fn arguments(&self, host: &Host) -> Fact<Vec<Sourced<String>>> {
        let configured = self.unit.as_ref().and_then(|unit| exec_start::arguments(host, unit).into());
        let configured =
            configured.map(|arguments: Vec<_>| arguments.into_iter().map(as_flag).collect::<Vec<_>>());
        match &self.process {
            Fact::Known(process) => {
                Fact::Known(placed(process, configured.known().map(Vec::as_slice).unwrap_or_default()))
            }
            Fact::Absent | Fact::Gap(_) => configured.or_absent(Vec::new()),
        }
    }

    /// The configuration file when no flag names another. The snap's unit starts a script that names its own.
    pub(super) fn config_file(&self) -> &'static str {
        match &self.unit {
            Fact::Known(unit) if unit.file.ends_with(service::SNAP_UNIT) => {
                "/var/snap/docker/current/config/daemon.json"
            }
            _ => "/etc/docker/daemon.json",
        }
    }

    /// dockerd's environment, as far as it is about proxies: that of the process, else that of the unit.
    pub(super) fn environment(&self, host: &Host) -> Result<Environment, Unknown> {
        let configured = match &self.unit {
            Fact::Known(unit) => exec_start::environment(host, unit),
            Fact::Absent => Ok(Environment::new()),
            Fact::Gap(unknown) => Err(unknown.clone()),
        };
        match &self.process {
            Fact::Known(process) => {
                let running = process::environment(host, process.pid)?;
                Ok(proxy::placed(process.pid, running, &configured.unwrap_or_default()))
            }
            Fact::Absent | Fact::Gap(_) => configured,
        }
    }
}

/// The first of the units `names` that there is.
fn find_unit(files: &UnitFiles<'_>, names: &[&str]) -> Fact<Unit> {
    let mut units = names.iter().map(|name| Unit::find(files, name));
    match units.find(|unit| !matches!(unit, Ok(None))) {
        Some(Ok(unit)) => unit.into(),
        Some(Err(unknown)) => Fact::Gap(unknown),
        None => Fact::Absent,
    }
}

fn find_binary(host: &Host, process: &Fact<Process>) -> Fact<String> {
    if let Some(executable) = process.known().and_then(|process| process.executable.clone()) {
        return Fact::Known(executable);
    }
    let mut unknown = None;
    for path in BINARIES {
        match host.exists(path) {
            Ok(true) => return Fact::Known(path.to_owned()),
            Ok(false) => {}
            Err(error) => unknown = Some(error),
        }
    }
    unknown.map_or(Fact::Absent, |error| Fact::Gap(error.into()))
}

/// Whatever file an argument comes from, it is one.
fn as_flag(argument: Sourced<String>) -> Sourced<String> {
    Sourced { origin: Origin { layer: Layer::Flag, ..argument.origin }, ..argument }
}

/// The process's arguments, each with its place in the unit if the unit gives the same one.
pub(super) fn placed(process: &Process, configured: &[Sourced<String>]) -> Vec<Sourced<String>> {
    let place = |argument: &String| {
        let same = configured.iter().find(|configured| configured.value == *argument);
        same.cloned().unwrap_or_else(|| Sourced {
            value: argument.clone(),
            origin: Origin {
                layer: Layer::Flag,
                file: Some(format!("/proc/{}/cmdline", process.pid)),
                text: Some(mask(argument)),
                ..origin::default()
            },
        })
    };
    process.arguments.iter().map(place).collect()
}
