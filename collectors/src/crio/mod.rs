//! CRI-O: its effective configuration: `$.crio`.
//!
//! The configuration is put together as CRI-O does it: its command line, of the running process or else of its
//! unit, over its environment over the drop-ins in their order over crio.conf over the defaults of its release.
//! Nothing is asked of a running CRI-O.

mod arguments;
mod configuration;
mod files;
mod handlers;
mod kind;
mod options;
mod reading;
mod release;
mod shutdown;
#[cfg(test)]
mod tests;
mod ulimits;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

pub use configuration::Configuration;
pub use files::ConfigFile;
pub use handlers::RuntimeHandler;
pub use shutdown::Shutdown;
pub use ulimits::Ulimit;

use crate::accounts::Accounts;
use crate::context::Context;
use crate::daemon::{Daemon, Process, Program};
use crate::fact::{Fact, Sourced};
use crate::proxy::Proxy;
use crate::redact::mask_arguments;
use crate::unix_socket::Socket;
use reading::Reading;

const CRIO: Program = Program {
    process: "crio",
    pid_file: None,
    binaries: &["/usr/bin/crio", "/usr/local/bin/crio", "/usr/sbin/crio", "/opt/bin/crio"],
    units: UNITS,
};

/// The units of CRI-O's packages.
pub(crate) const UNITS: &[&str] = &["crio.service", "cri-o.service"];

/// CRI-O on the node.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Crio {
    /// Whether the node has a CRI-O: a binary, a unit or a running process.
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
    /// unit would start it with.
    ///
    /// Source: /proc/PID/cmdline, else the unit's `ExecStart`
    pub arguments: Fact<Vec<String>>,
    /// The version of its package; absent if no package manager knows it.
    ///
    /// Source: the databases of dpkg, rpm and apk
    pub version: Fact<String>,
    /// The main configuration file.
    ///
    /// Source: the flag `--config`, the variable `CONTAINER_CONFIG`, else /etc/crio/crio.conf
    pub config_file: Fact<ConfigFile>,
    /// The files that come after it, in the order in which they are merged: each below the directory, whatever
    /// its name.
    ///
    /// Source: the flag `--config-dir`, the variable `CONTAINER_CONFIG_DIR`, else /etc/crio/crio.conf.d
    pub drop_ins: Fact<Vec<ConfigFile>>,
    /// The keys of the files that mean nothing to any CRI-O from 1.20 to 1.36, with their tables.
    ///
    /// Source: crio.conf and its drop-ins
    pub unknown_keys: Fact<Vec<Sourced<String>>>,
    /// The configuration by key of crio.conf, without the tables: defaults of the release, over them crio.conf,
    /// its drop-ins, the environment, the flags. Secrets are masked.
    ///
    /// Source: crio.conf and its drop-ins, CRI-O's environment and command line
    pub config: Fact<Configuration>,
    /// The runtimes, by name.
    ///
    /// Source: crio.conf, `[crio.runtime.runtimes]`
    pub runtimes: Fact<Vec<RuntimeHandler>>,
    /// Whether the default runtime is among the runtimes.
    ///
    /// Source: crio.conf, `default_runtime`, `[crio.runtime.runtimes]`
    pub default_runtime_defined: Fact<bool>,
    /// The default limits of containers, in the order of the file.
    ///
    /// Source: the option `default_ulimits`
    pub default_ulimits: Fact<Vec<Ulimit>>,
    /// The directories of hooks that are configured and not there.
    ///
    /// Source: the option `hooks_dir`
    pub missing_hooks_dirs: Fact<Vec<String>>,
    /// The files of registry logins that are configured and not there; CRI-O pulls without a login then.
    ///
    /// Source: the options `global_auth_file`, `pause_image_auth_file`
    pub missing_auth_files: Fact<Vec<Sourced<String>>>,
    /// How CRI-O ended the last time.
    ///
    /// Source: the option `clean_shutdown_file`
    pub shutdown: Fact<Shutdown>,
    /// Its unix socket.
    ///
    /// Source: the option `listen`
    pub socket: Fact<Socket>,
    /// The proxy that it pulls through.
    ///
    /// Source: CRI-O's environment
    pub proxy: Fact<Proxy>,
}

/// Reads the facts of CRI-O.
pub fn collect(ctx: &Context<'_>) -> Fact<Crio> {
    let daemon = Daemon::find(ctx, &CRIO, |_| true);
    Fact::Known(match daemon.is_there() {
        Fact::Known(true) => Crio::of(ctx, &daemon),
        installed => Crio::none(&installed),
    })
}

/// The seccomp profile that CRI-O is configured with.
pub(crate) fn seccomp_profile(ctx: &Context<'_>) -> Fact<Sourced<String>> {
    Fact::as_ref(&configuration(ctx)).and_then(|config| config.text("seccomp_profile"))
}

/// The seccomp profile that CRI-O gives privileged containers, which go without one if it is not configured.
pub(crate) fn privileged_seccomp_profile(ctx: &Context<'_>) -> Fact<Sourced<String>> {
    Fact::as_ref(&configuration(ctx)).and_then(|config| config.text("privileged_seccomp_profile"))
}

/// The capabilities that CRI-O gives to containers that ask for nothing, as they are configured, else its own
/// nine; those also if there is no CRI-O.
pub(crate) fn default_capabilities(ctx: &Context<'_>) -> Fact<Vec<String>> {
    let configured =
        Fact::as_ref(&configuration(ctx)).and_then(|config| config.texts("default_capabilities"));
    let own = options::DEFAULT_CAPABILITIES.map(str::to_owned);
    configured.map(|names| names.value).or_absent(own.into())
}

/// The directories of hooks that CRI-O reads; absent if there is no CRI-O.
pub(crate) fn hook_directories(ctx: &Context<'_>) -> Fact<Vec<Sourced<String>>> {
    Fact::as_ref(&configuration(ctx)).and_then(|config| config.texts("hooks_dir")).map(each)
}

/// The directory of CRI-O's network configurations, and those of its network plugins; absent if there is no
/// CRI-O.
pub(crate) fn network_directories(ctx: &Context<'_>) -> Fact<(Sourced<String>, Vec<Sourced<String>>)> {
    Fact::as_ref(&configuration(ctx)).and_then(|config| {
        let plugins = config.texts("plugin_dirs").map(each).or_absent(Vec::new());
        config.text("network_dir").and_then(|directory| plugins.map(|plugins| (directory, plugins)))
    })
}

/// Where CRI-O finds the logins and the signature policies of its pulls.
#[derive(Debug)]
pub(crate) struct ImageFiles {
    /// The files of logins that it is told of.
    pub(crate) logins: Vec<Sourced<String>>,
    /// The directory of files of logins of single namespaces.
    pub(crate) login_directory: String,
    /// The policy that it has of its own, and no other program.
    pub(crate) policy: Option<Sourced<String>>,
    /// The directory of policies of single namespaces.
    pub(crate) policy_directory: String,
}

/// The files of CRI-O's pulls; absent if there is no CRI-O.
pub(crate) fn image_files(ctx: &Context<'_>) -> Fact<ImageFiles> {
    Fact::as_ref(&configuration(ctx)).map(|config| {
        let named = |key| config.text(key).known().cloned().filter(|path| !path.value.is_empty());
        let directory = |key, default: &str| named(key).map_or_else(|| default.to_owned(), |path| path.value);
        ImageFiles {
            logins: ["global_auth_file", "pause_image_auth_file"].into_iter().filter_map(named).collect(),
            login_directory: directory("namespaced_auth_dir", "/etc/crio/auth"),
            policy: named("signature_policy"),
            policy_directory: directory("signature_policy_dir", "/etc/crio/policies"),
        }
    })
}

/// What CRI-O is configured with, for the collectors of what it is told there; absent if there is none.
fn configuration(ctx: &Context<'_>) -> Arc<Fact<Configuration>> {
    ctx.host.once(|| {
        let daemon = Daemon::find(ctx, &CRIO, |_| true);
        daemon
            .is_there()
            .and_then(|there| if there { Reading::of(ctx, &daemon).config } else { Fact::Absent })
    })
}

/// Where CRI-O listens and has its store, for the collectors that tell how it is called.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Server {
    /// The number of its process; `None` if it does not run.
    pub(crate) pid: Option<u32>,
    /// Its unix socket.
    pub(crate) socket: String,
    /// Its store, if it is told of one.
    pub(crate) root: Option<String>,
}

/// The CRI-O of the node; absent if there is none.
pub(crate) fn server(ctx: &Context<'_>) -> Fact<Server> {
    configuration(ctx).as_ref().as_ref().and_then(|config| {
        config.text("listen").map(|listen| Server {
            pid: Daemon::find(ctx, &CRIO, |_| true).process.known().map(|process| process.pid),
            socket: listen.value.trim_start_matches("unix://").to_owned(),
            root: config.text("root").known().map(|root| root.value.clone()).filter(|root| !root.is_empty()),
        })
    })
}

/// The members of a list, each with the place of the list.
fn each(list: Sourced<Vec<String>>) -> Vec<Sourced<String>> {
    let Sourced { value, origin } = list;
    value.into_iter().map(|value| Sourced { value, origin: origin.clone() }).collect()
}

/// The unix socket of the CRI-O that runs as `process`.
pub(crate) fn socket(ctx: &Context<'_>, process: Process) -> Fact<Sourced<String>> {
    text(&Reading::of(ctx, &Daemon::running(ctx, &CRIO, process)).config, "listen")
}

impl Crio {
    /// The facts of an installed CRI-O.
    fn of(ctx: &Context<'_>, daemon: &Daemon) -> Self {
        let Reading { line, environment, version, release, files, settings, config } =
            Reading::of(ctx, daemon);
        let running = daemon.process.as_ref().map(|_| true).or_absent(false);
        let runtimes = settings.as_ref().and_then(|settings| {
            handlers::read(settings, &release, ctx.host, &daemon.program_directories(ctx.host))
        });
        Self {
            installed: Fact::Known(true),
            binary: daemon.binary.clone(),
            running: running.clone(),
            pid: daemon.process.as_ref().map(|process| process.pid),
            arguments: line.map(|line| {
                mask_arguments(&line.into_iter().map(|argument| argument.value).collect::<Vec<_>>())
            }),
            version,
            config_file: files.as_ref().map(|files| files.main()),
            drop_ins: files.as_ref().and_then(|files| files.drop_ins()),
            unknown_keys: files.as_ref().and_then(|files| files.unknown_keys().into()),
            default_runtime_defined: default_runtime_defined(&config, &runtimes),
            runtimes,
            default_ulimits: texts(&config, "default_ulimits").map(ulimits::read),
            missing_hooks_dirs: texts(&config, "hooks_dir").and_then(|dirs| missing(ctx, &dirs)),
            missing_auth_files: config.as_ref().and_then(|_| missing_auth_files(ctx)),
            shutdown: text(&config, "clean_shutdown_file")
                .map(|file| Shutdown::read(ctx.host, file, &running)),
            socket: text(&config, "listen").map(|path| {
                let path = path.value.strip_prefix("unix://").unwrap_or(&path.value).to_owned();
                Socket::at(ctx.host, path, &Accounts::read(ctx.host))
            }),
            proxy: Fact::Known(Proxy::of(&environment)),
            config,
        }
    }

    /// The facts where no CRI-O is installed, or where that cannot be told.
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
            config_file: rest(installed),
            drop_ins: rest(installed),
            unknown_keys: rest(installed),
            config: rest(installed),
            runtimes: rest(installed),
            default_runtime_defined: rest(installed),
            default_ulimits: rest(installed),
            missing_hooks_dirs: rest(installed),
            missing_auth_files: rest(installed),
            shutdown: rest(installed),
            socket: rest(installed),
            proxy: rest(installed),
        }
    }
}

fn text(config: &Fact<Configuration>, key: &str) -> Fact<Sourced<String>> {
    config.as_ref().and_then(|config| config.text(key))
}

fn texts(config: &Fact<Configuration>, key: &str) -> Fact<Sourced<Vec<String>>> {
    config.as_ref().and_then(|config| config.texts(key))
}

fn default_runtime_defined(config: &Fact<Configuration>, runtimes: &Fact<Vec<RuntimeHandler>>) -> Fact<bool> {
    text(config, "default_runtime").and_then(|name| {
        runtimes.as_ref().map(|runtimes| runtimes.iter().any(|runtime| runtime.name == name.value))
    })
}

/// Those of the directories that are not there. CRI-O makes its default one itself.
fn missing(ctx: &Context<'_>, directories: &Sourced<Vec<String>>) -> Fact<Vec<String>> {
    let is_default = directories.origin.layer == plimsoll_engine::snapshot::Layer::Default;
    let mut missing = Vec::new();
    for directory in directories.value.iter().filter(|_| !is_default) {
        match ctx.host.exists(directory) {
            Ok(true) => {}
            Ok(false) => missing.push(directory.clone()),
            Err(error) => return Fact::Gap(error.into()),
        }
    }
    Fact::Known(missing)
}

/// Those of the files of logins that are not there.
fn missing_auth_files(ctx: &Context<'_>) -> Fact<Vec<Sourced<String>>> {
    image_files(ctx).and_then(|files| {
        let mut missing = Vec::new();
        for file in files.logins {
            match ctx.host.exists(&file.value) {
                Ok(true) => {}
                Ok(false) => missing.push(file),
                Err(error) => return Fact::Gap(error.into()),
            }
        }
        Fact::Known(missing)
    })
}
