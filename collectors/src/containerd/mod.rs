//! containerd: its effective configuration: `$.containerd`.
//!
//! The configuration is put together as containerd does it: its command line, of the running process or else
//! of its unit, over the imports in their order over the main file over the defaults. Nothing is asked of a
//! running containerd.

mod cri;
mod deprecated;
mod embedded;
mod files;
mod flags;
mod hosts;
mod imports;
mod instance;
mod merge;
mod program;
mod reading;
mod registry;
mod release;
mod runtime;
mod server;
mod service;
#[cfg(test)]
mod tests;
mod view;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

pub use cri::Cri;
pub use deprecated::Deprecated;
pub use files::ConfigFile;
pub use hosts::{RegistryHosts, Server as RegistryServer};
pub(crate) use instance::{Instance, STATES, instances};
pub use merge::ReplacedTable;
pub use program::Manager;
pub use registry::{Mirror, Registry, RegistryConfig};
pub use runtime::Runtime;
pub use server::Server;
pub(crate) use service::units;

use crate::accounts::Accounts;
use crate::context::Context;
use crate::daemon::Daemon;
use crate::fact::{Fact, Sourced, Unknown};
use crate::proxy::{Proxy, is_proxy_variable};
use crate::redact::mask_arguments;
use crate::settings::{self, Settings};
use crate::unix_socket::Socket;
use files::Files;
use instance::{DEFAULT_ROOT, DEFAULT_STATE, directory};
use merge::Merged;
use program::CONTAINERD;
use reading::Reading;
use release::Release;
use view::or_default;

/// containerd on the node.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Containerd {
    /// Whether the node has a containerd: a binary, a unit or a running process.
    ///
    /// Source: the binary's usual places, systemd's unit search path, /proc
    pub installed: Fact<bool>,
    /// Its executable.
    ///
    /// Source: /proc/PID/exe, else the binary's usual places
    pub binary: Fact<String>,
    /// Whether one runs for the whole node.
    ///
    /// Source: /proc/PID/stat
    pub running: Fact<bool>,
    /// Its process id.
    ///
    /// Source: /proc/PID/stat
    pub pid: Fact<u32>,
    /// Its command line, the program first, secrets masked: that of the running process, else the one that its
    /// unit or its distribution would start it with.
    ///
    /// Source: /proc/PID/cmdline, else the unit's `ExecStart`, else what k0s, MicroK8s or Talos starts it with
    pub arguments: Fact<Vec<String>>,
    /// The version of its package; absent if no package manager knows it.
    ///
    /// Source: the databases of dpkg, rpm and apk
    pub version: Fact<String>,
    /// Whose it is, if another program brings it and writes its configuration; absent if it is a service of
    /// its own.
    ///
    /// Source: the configuration file's path
    pub managed_by: Fact<Manager>,
    /// The unit of systemd that starts it, or that starts the program that does: `containerd.service`,
    /// `k3s-agent.service`; absent where systemd starts neither.
    ///
    /// Source: /proc/PID/cgroup, else systemd's unit search path
    pub unit: Fact<String>,
    /// The main configuration file.
    ///
    /// Source: containerd's flag `--config`, else the usual places
    pub config_file: Fact<ConfigFile>,
    /// The template that the main configuration file is written out of at each start; absent if it is not.
    ///
    /// Source: `managed_by`, the directory of the main configuration file
    pub template: Fact<String>,
    /// The file to change the configuration in: the template, a file that is merged, or the main one; absent where its
    /// manager has none of containerd's form, as dockerd and Talos.
    ///
    /// Source: `managed_by`, the directory of the main configuration file
    pub edited_file: Fact<String>,
    /// The files that it imports, and that those import, in the order in which they are merged.
    ///
    /// Source: config.toml, `imports`
    pub imports: Fact<Vec<ConfigFile>>,
    /// The version that containerd takes the configuration for; absent if no file says one, which makes it 1.
    ///
    /// Source: config.toml, `version`
    pub config_version: Fact<Sourced<u64>>,
    /// The highest version that the installed containerd reads.
    ///
    /// Source: the package's version
    pub config_version_supported: Fact<u64>,
    /// Every setting as it comes out of files and flags, by the names of the files; defaults are left out.
    ///
    /// Source: config.toml and its imports, containerd's command line
    pub config: Fact<Settings>,
    /// The plugins' tables that an import makes containerd 1 forget.
    ///
    /// Source: config.toml and its imports, `plugins`
    pub replaced_tables: Fact<Vec<ReplacedTable>>,
    /// The settings that stand where this containerd does not look for them: tables of another version.
    ///
    /// Source: config.toml and its imports, `plugins`
    pub ignored_settings: Fact<Vec<Sourced<String>>>,
    /// The settings that are deprecated.
    ///
    /// Source: config.toml and its imports
    pub deprecated: Fact<Vec<Deprecated>>,
    /// The plugins that are not loaded, by the names of the file.
    ///
    /// Source: config.toml, `disabled_plugins`
    pub disabled_plugins: Fact<Sourced<Vec<String>>>,
    /// The plugins without which containerd does not start.
    ///
    /// Source: config.toml, `required_plugins`
    pub required_plugins: Fact<Sourced<Vec<String>>>,
    /// The directory of images and snapshots; `/var/lib/containerd` by default.
    ///
    /// Source: config.toml, `root`; the flag `--root`
    pub root: Fact<Sourced<String>>,
    /// The directory of what runs; `/run/containerd` by default.
    ///
    /// Source: config.toml, `state`; the flag `--state`
    pub state: Fact<Sourced<String>>,
    /// How much it logs; `info` by default.
    ///
    /// Source: config.toml, `debug.level`; the flag `--log-level`
    pub log_level: Fact<Sourced<String>>,
    /// Where it listens.
    ///
    /// Source: config.toml
    pub server: Fact<Server>,
    /// Its unix socket.
    ///
    /// Source: config.toml, `grpc.address`
    pub socket: Fact<Socket>,
    /// Whether its database is written without waiting for the disk; `false` by default.
    ///
    /// Source: config.toml, `no_sync` of the plugin `io.containerd.metadata.v1.bolt`
    pub no_sync: Fact<Sourced<bool>>,
    /// Whether an unpacked layer is on disk before it counts as unpacked; `false` by default.
    ///
    /// Source: config.toml, `sync_fs` of the plugin `io.containerd.service.v1.diff-service`
    pub sync_fs: Fact<Sourced<bool>>,
    /// The CRI plugin.
    ///
    /// Source: config.toml
    pub cri: Fact<Cri>,
    /// The registries that have a directory of their own, sorted.
    ///
    /// Source: `registry.config_path`, `REGISTRY/hosts.toml`
    pub registry_hosts: Fact<Vec<RegistryHosts>>,
    /// The proxy that it pulls through.
    ///
    /// Source: containerd's environment
    pub proxy: Fact<Proxy>,
}

/// Reads the facts of containerd.
pub fn collect(ctx: &Context<'_>) -> Fact<Containerd> {
    let mut daemon = Daemon::find(ctx, &CONTAINERD, program::is_of_node);
    if daemon.process == Fact::Absent {
        daemon.process = Daemon::find(ctx, &CONTAINERD, |_| true).process;
    }
    Fact::Known(match daemon.is_there() {
        Fact::Known(true) => Containerd::of(ctx, &daemon),
        installed => Containerd::none(&installed),
    })
}

impl Containerd {
    /// The facts of an installed containerd.
    fn of(ctx: &Context<'_>, daemon: &Daemon) -> Self {
        let Reading { arguments, managed_by, version, release, files, merged } = Reading::of(ctx, daemon);
        // The plugin `opt` adds its own directory.
        let mut directories = daemon.program_directories(ctx.host);
        directories.push("/opt/containerd/bin".to_owned());
        let cri = merged.as_ref().map(|merged| Cri::of(merged, &release, ctx.host, &directories));
        let server = merged.as_ref().map(Server::of);
        let text = |key: &[&str], default: &str| {
            merged
                .as_ref()
                .and_then(|merged| or_default(merged.settings.value(key, settings::text), default.to_owned()))
        };
        let texts = |key: &str| {
            merged
                .as_ref()
                .and_then(|merged| or_default(merged.settings.value(&[key], settings::texts), Vec::new()))
        };
        let config_file = files.as_ref().and_then(Files::main);
        let config_version = merged.as_ref().and_then(|merged| merged.version.clone());
        let path = config_file.as_ref().map(|file| file.path.value.clone());
        let template = path.as_ref().and_then(|path| {
            service::template(&managed_by, path, config_version.known().map(|version| version.value))
        });
        Self {
            installed: Fact::Known(true),
            binary: daemon.binary.clone(),
            running: daemon.process.as_ref().map(|_| true).or_absent(false),
            pid: daemon.process.as_ref().map(|process| process.pid),
            arguments: arguments.map(|arguments| {
                mask_arguments(&arguments.into_iter().map(|argument| argument.value).collect::<Vec<_>>())
            }),
            unit: service::unit(ctx, daemon, &managed_by),
            config_file,
            edited_file: path.and_then(|path| service::edited_file(&managed_by, &path, &template)),
            template,
            imports: files.as_ref().and_then(Files::imported),
            config_version,
            config_version_supported: release.map(Release::config_version),
            replaced_tables: merged.as_ref().map(|merged| merged.replaced.clone()),
            ignored_settings: merged.as_ref().map(view::ignored),
            deprecated: merged.as_ref().map(deprecated::read),
            disabled_plugins: texts("disabled_plugins"),
            required_plugins: texts("required_plugins"),
            root: directory(&merged, "root", DEFAULT_ROOT),
            state: directory(&merged, "state", DEFAULT_STATE),
            log_level: text(&["debug", "level"], "info"),
            socket: socket(ctx, &server),
            no_sync: plugin_switch(&merged, ["io.containerd.metadata.v1.bolt", "bolt"], "no_sync"),
            sync_fs: plugin_switch(
                &merged,
                ["io.containerd.service.v1.diff-service", "diff-service"],
                "sync_fs",
            ),
            registry_hosts: cri.as_ref().and_then(|cri| {
                cri.registry.config_path.as_ref().and_then(|path| hosts::read(ctx, &path.value))
            }),
            proxy: Fact::Known(Proxy::of(&daemon.environment(ctx.host, is_proxy_variable))),
            config: merged.map(|merged| merged.settings),
            version,
            managed_by,
            server,
            cri,
        }
    }

    /// The facts where no containerd is installed, or where that cannot be told.
    fn none(installed: &Fact<bool>) -> Self {
        fn rest<T>(installed: &Fact<bool>) -> Fact<T> {
            installed.as_ref().and_then(|_| Fact::Absent)
        }
        Self {
            installed: installed.clone(),
            binary: rest(installed),
            running: installed.clone(),
            pid: rest(installed),
            arguments: rest(installed),
            version: rest(installed),
            managed_by: rest(installed),
            unit: rest(installed),
            config_file: rest(installed),
            template: rest(installed),
            edited_file: rest(installed),
            imports: rest(installed),
            config_version: rest(installed),
            config_version_supported: rest(installed),
            config: rest(installed),
            replaced_tables: rest(installed),
            ignored_settings: rest(installed),
            deprecated: rest(installed),
            disabled_plugins: rest(installed),
            required_plugins: rest(installed),
            root: rest(installed),
            state: rest(installed),
            log_level: rest(installed),
            server: rest(installed),
            socket: rest(installed),
            no_sync: rest(installed),
            sync_fs: rest(installed),
            cri: rest(installed),
            registry_hosts: rest(installed),
            proxy: rest(installed),
        }
    }
}

/// The unix socket; absent if the address is none.
fn socket(ctx: &Context<'_>, server: &Fact<Server>) -> Fact<Socket> {
    let accounts: Result<Accounts, Unknown> = Accounts::read(ctx.host);
    server.as_ref().and_then(|server| {
        server.address.as_ref().and_then(|address| {
            let path = address.value.strip_prefix("unix://").unwrap_or(&address.value);
            let path = path.starts_with('/').then(|| path.to_owned());
            Fact::from(path).map(|path| Socket::at(ctx.host, path, &accounts))
        })
    })
}

/// A switch of a plugin, which version 1 of the file calls by its short name.
fn plugin_switch(merged: &Fact<Merged>, plugins: [&str; 2], key: &str) -> Fact<Sourced<bool>> {
    merged.as_ref().and_then(|merged| {
        let mut values =
            plugins.iter().map(|plugin| merged.settings.value(&["plugins", plugin, key], Value::as_bool));
        or_default(values.find(|value| *value != Fact::Absent).unwrap_or(Fact::Absent), false)
    })
}
