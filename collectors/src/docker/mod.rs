//! The Docker engine: what is installed, what is configured, what runs, and what it says of itself.
//!
//! The configuration is put together as dockerd does it: its command line, of the running process or else
//! of its unit, over daemon.json over the defaults. Only a running dockerd is asked anything.

mod config_file;
mod daemon_json;
mod engine;
mod flags;
mod installation;
mod instance;
mod merge;
mod options;
mod rootless;
mod service;
mod socket;
mod swarm;
#[cfg(test)]
mod tests;
mod types;
mod values;

use schemars::JsonSchema;
use serde::Serialize;

pub use config_file::{ConfigFile, Key};
pub use engine::{Containers, Engine};
pub(crate) use instance::{Instance, instances, with_remapped};
pub use merge::{Configuration, Conflict};
pub(crate) use rootless::{Rootless, rootless_instances, rootless_socket};
pub use service::Service;
pub(crate) use service::UNITS;

use crate::accounts::Accounts;
use crate::context::Context;
use crate::fact::{Fact, Sourced, Unknown};
use crate::proxy::{Proxy, is_proxy_variable};
use crate::redact::mask_arguments;
use crate::unix_socket::Socket;
use config_file::File;
use flags::Flags;
use installation::Installation;

/// The Docker engine of the node.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Docker {
    /// Whether the node has a dockerd: a binary, a unit or a running process.
    ///
    /// Source: the binary's usual places, systemd's unit search path, /proc
    pub installed: Fact<bool>,
    /// dockerd's executable.
    ///
    /// Source: /proc/PID/exe, else the binary's usual places
    pub binary: Fact<String>,
    /// Whether a dockerd runs for the whole node.
    ///
    /// Source: /var/run/docker.pid, /proc/PID/stat
    pub running: Fact<bool>,
    /// Its process id.
    ///
    /// Source: /var/run/docker.pid, /proc/PID/stat
    pub pid: Fact<u32>,
    /// Its command line, the program first, secrets masked: that of the running process, else the one that
    /// its unit would start it with.
    ///
    /// Source: /proc/PID/cmdline, else the unit's `ExecStart`
    pub arguments: Fact<Vec<String>>,
    /// The configuration by key of daemon.json: defaults, over them daemon.json, over it the flags. The keys
    /// of `proxies` stand among the others. Secrets are masked.
    ///
    /// Source: daemon.json, dockerd's command line
    pub config: Fact<Configuration>,
    /// The configuration file.
    ///
    /// Source: daemon.json
    pub config_file: Fact<ConfigFile>,
    /// The options that are set by a flag and in daemon.json; dockerd does not start with one.
    ///
    /// Source: daemon.json, dockerd's command line
    pub conflicts: Fact<Vec<Conflict>>,
    /// The keys of daemon.json that no dockerd from 20.10 to 29 knows; dockerd does not start with one.
    ///
    /// Source: daemon.json
    pub unknown_keys: Fact<Vec<Key>>,
    /// The keys of daemon.json that dockerd accepts and does nothing with: a flag's name where the key has
    /// another one (`registry-mirror`), or a key at the wrong place.
    ///
    /// Source: daemon.json
    pub ignored_keys: Fact<Vec<Key>>,
    /// The unit that starts dockerd.
    ///
    /// Source: systemd's unit search path, `docker.service`
    pub service: Fact<Service>,
    /// dockerd's unix socket.
    ///
    /// Source: the option `hosts`, the unit `docker.socket`
    pub socket: Fact<Socket>,
    /// The users in the group that may use the socket, sorted; each of them is as good as root.
    ///
    /// Source: the option `group`, /etc/group, /etc/passwd
    pub group_members: Fact<Vec<String>>,
    /// What dockerd says of itself.
    ///
    /// Source: Engine API over dockerd's unix socket
    pub engine: Fact<Engine>,
    /// The directory of images, containers and volumes.
    ///
    /// Source: the option `data-root`
    pub root_dir: Fact<Sourced<String>>,
    /// Whether the node has joined a swarm.
    ///
    /// Source: swarm/docker-state.json below the option `data-root`
    pub swarm_member: Fact<bool>,
    /// The proxy that dockerd pulls through.
    ///
    /// Source: the options `http-proxy`, `https-proxy`, `no-proxy`, dockerd's environment
    pub proxy: Fact<Proxy>,
}

/// Reads the facts of the Docker engine.
pub fn collect(ctx: &Context<'_>) -> Fact<Docker> {
    let installation = Installation::find(ctx);
    Fact::Known(match installation.daemon.is_there() {
        Fact::Known(true) => Docker::of(ctx, &installation),
        installed => Docker::none(installed),
    })
}

/// The seccomp profile that dockerd is configured with.
pub(crate) fn seccomp_profile(ctx: &Context<'_>) -> Fact<Sourced<String>> {
    let installation = Installation::find(ctx);
    installation
        .daemon
        .is_there()
        .and_then(|there| if there { Fact::Known(()) } else { Fact::Absent })
        .and_then(|()| installation.configuration(ctx, installation.config_file()))
        .and_then(|config| config.text("seccomp-profile"))
}

impl Docker {
    /// The facts of an installed dockerd.
    fn of(ctx: &Context<'_>, installation: &Installation) -> Self {
        let daemon = &installation.daemon;
        let process = &daemon.process;
        let accounts = Accounts::read(ctx.host);
        let arguments = daemon.arguments(ctx.host);
        let flags = arguments.as_ref().map(|arguments| Flags::parse(arguments.get(1..).unwrap_or_default()));
        let file = flags.as_ref().map(|flags| File::read(ctx.host, flags, installation.config_file()));
        let config = flags.as_ref().and_then(|flags| file.as_ref().and_then(|file| file.merge(flags)));
        let socket = socket::path(&config, &installation.socket_unit);
        let running = process.as_ref().map(|_| true).or_absent(false);
        let root_dir = config.as_ref().and_then(|config| config.text("data-root"));
        Self {
            installed: Fact::Known(true),
            binary: daemon.binary.clone(),
            running: running.clone(),
            pid: process.as_ref().map(|process| process.pid),
            arguments: arguments.map(|arguments| {
                mask_arguments(&arguments.into_iter().map(|argument| argument.value).collect::<Vec<_>>())
            }),
            config_file: file.as_ref().map(|file| file.facts()),
            conflicts: flags.as_ref().and_then(|flags| file.as_ref().and_then(|file| file.conflicts(flags))),
            unknown_keys: file.as_ref().and_then(|file| file.keys(daemon_json::unknown_keys)),
            ignored_keys: file.as_ref().and_then(|file| file.keys(daemon_json::ignored_keys)),
            service: daemon.unit.as_ref().map(Service::of),
            group_members: group_members(&config, &accounts),
            engine: engine::collect(ctx, running, socket.as_ref().map(|socket| socket.value.clone())),
            socket: socket.map(|path| Socket::at(ctx.host, path.value, &accounts)),
            swarm_member: swarm::is_member(ctx.host, &root_dir),
            root_dir,
            proxy: Fact::Known(Proxy::configured(
                &daemon.environment(ctx.host, is_proxy_variable),
                |option| config.as_ref().and_then(|config| config.text(option)),
            )),
            config,
        }
    }

    /// The facts where no dockerd is installed, or where that cannot be told.
    fn none(installed: Fact<bool>) -> Self {
        fn rest<T>(installed: &Fact<bool>) -> Fact<T> {
            installed.as_ref().and_then(|_| Fact::Absent)
        }
        Self {
            binary: rest(&installed),
            running: installed.clone(),
            pid: rest(&installed),
            arguments: rest(&installed),
            config: rest(&installed),
            config_file: rest(&installed),
            conflicts: rest(&installed),
            unknown_keys: rest(&installed),
            ignored_keys: rest(&installed),
            service: rest(&installed),
            socket: rest(&installed),
            group_members: rest(&installed),
            engine: rest(&installed),
            root_dir: rest(&installed),
            swarm_member: rest(&installed),
            proxy: rest(&installed),
            installed,
        }
    }
}

/// Whoever is in the group that dockerd gives its socket to.
fn group_members(config: &Fact<Configuration>, accounts: &Result<Accounts, Unknown>) -> Fact<Vec<String>> {
    config.as_ref().and_then(|config| config.text("group")).and_then(|group| match accounts {
        Ok(accounts) => accounts.members(&group.value).into(),
        Err(unknown) => Fact::Gap(unknown.clone()),
    })
}
