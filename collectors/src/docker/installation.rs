//! Where dockerd is: its binary, its units, its process.

use super::config_file::File;
use super::flags::Flags;
use super::merge::Configuration;
use super::service;
use crate::context::Context;
use crate::daemon::{self, Daemon, Process, Program};
use crate::fact::Fact;
use crate::systemd::{Unit, UnitFiles};

pub(super) const DOCKERD: Program = Program {
    process: "dockerd",
    pid_file: Some("/var/run/docker.pid"),
    binaries: &[
        "/usr/bin/dockerd",
        "/usr/sbin/dockerd",
        "/usr/local/bin/dockerd",
        "/usr/local/sbin/dockerd",
        "/opt/bin/dockerd",
        "/snap/docker/current/bin/dockerd",
    ],
    units: service::UNITS,
};

/// The traces of dockerd on the node.
#[derive(Debug)]
pub(super) struct Installation {
    pub(super) daemon: Daemon,
    /// The unit of the socket that systemd may open for dockerd.
    pub(super) socket_unit: Fact<Unit>,
}

impl Installation {
    /// Looks for dockerd.
    pub(super) fn find(ctx: &Context<'_>) -> Self {
        let socket_unit = match UnitFiles::list(ctx.host) {
            Ok(files) => daemon::find_unit(&files, &["docker.socket"]),
            Err(unknown) => Fact::Gap(unknown),
        };
        Self { daemon: Daemon::find(ctx, &DOCKERD, |_| true), socket_unit }
    }

    /// That of another dockerd, which runs as `process`.
    pub(super) fn of_process(&self, ctx: &Context<'_>, process: Process) -> Self {
        Self { daemon: Daemon::running(ctx, &DOCKERD, process), socket_unit: self.socket_unit.clone() }
    }

    /// Those of every other dockerd that runs.
    pub(super) fn others(&self, ctx: &Context<'_>) -> Vec<Self> {
        let others = self.daemon.others(ctx, &DOCKERD).into_iter();
        others.map(|daemon| Self { daemon, socket_unit: self.socket_unit.clone() }).collect()
    }

    /// What its command line makes of the configuration file, by default `config_file`.
    pub(super) fn configuration(&self, ctx: &Context<'_>, config_file: &str) -> Fact<Configuration> {
        let arguments = self.daemon.arguments(ctx.host);
        let flags = arguments.map(|arguments| Flags::parse(arguments.get(1..).unwrap_or_default()));
        flags.and_then(|flags| File::read(ctx.host, &flags, config_file).merge(&flags))
    }

    /// The configuration file when no flag names another. The snap's unit starts a script that names its own.
    pub(super) fn config_file(&self) -> &'static str {
        match &self.daemon.unit {
            Fact::Known(unit) if unit.file.ends_with(service::SNAP_UNIT) => {
                "/var/snap/docker/current/config/daemon.json"
            }
            _ => "/etc/docker/daemon.json",
        }
    }
}
