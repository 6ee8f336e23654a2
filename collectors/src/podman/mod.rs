//! podman: what is installed, how it is configured, and who uses it without root.
//!
//! There is no daemon: every podman reads the files anew. The facts are those of root's.

mod configuration;
mod containers_conf;
mod programs;
mod rootless;
mod settings;
mod storage;
#[cfg(test)]
mod tests;
mod values;

use schemars::JsonSchema;
use serde::Serialize;

pub use configuration::Configuration;
pub use containers_conf::{ConfigFile, Key};
pub use programs::Runtime;
pub use rootless::RootlessUser;
pub use storage::{ImageStore, Storage};
pub use values::{RefusedValue, Ulimit};

use crate::commands;
use crate::context::Context;
use crate::fact::{Fact, Sourced};
use crate::packages;
use containers_conf::ContainersConf;

/// podman on the node.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Podman {
    /// Whether it is installed.
    ///
    /// Source: the directories of programs
    pub installed: Fact<bool>,
    /// Its executable.
    ///
    /// Source: the directories of programs
    pub binary: Fact<String>,
    /// Its version; absent if no package says so.
    ///
    /// Source: the package `podman`
    pub version: Fact<String>,
    /// The files of its configuration, in the order in which they are read. One that cannot be read is a gap
    /// in the list.
    ///
    /// Source: /usr/share/containers/containers.conf, /etc/containers/containers.conf,
    /// /etc/containers/containers.conf.d/*.conf
    pub config_files: Fact<Vec<Fact<ConfigFile>>>,
    /// What the files say together, by table and key; secrets are masked, and of environment variables only
    /// the names are there.
    ///
    /// Source: containers.conf(5)
    pub config: Fact<Configuration>,
    /// The keys in the files that no podman knows; it passes over them.
    ///
    /// Source: containers.conf
    pub unknown_keys: Fact<Vec<Key>>,
    /// The values that podman refuses although their type is right.
    ///
    /// Source: containers.conf
    pub refused_values: Fact<Vec<RefusedValue>>,
    /// The limits that containers get when nothing else is asked for.
    ///
    /// Source: containers.conf, `containers.default_ulimits`
    pub ulimits: Fact<Vec<Ulimit>>,
    /// The OCI runtime.
    ///
    /// Source: containers.conf, `engine.runtime`, `engine.runtimes`
    pub runtime: Fact<Runtime>,
    /// conmon, without which no container starts.
    ///
    /// Source: containers.conf, `engine.conmon_path`; the directories of programs
    pub conmon: Fact<String>,
    /// How images and containers are stored. CRI-O, buildah and skopeo have the same file.
    ///
    /// Source: storage.conf
    pub storage: Fact<Storage>,
    /// The users with containers or a configuration of their own. A home that cannot be looked into is a gap
    /// in the list.
    ///
    /// Source: the homes in /etc/passwd
    pub rootless_users: Fact<Vec<Fact<RootlessUser>>>,
}

/// Reads podman's facts.
pub fn collect(ctx: &Context<'_>) -> Fact<Podman> {
    let command = Fact::from(commands::find(ctx.host, "podman"));
    let installed = command.as_ref().map(|command| command.found);
    let files = ContainersConf::of(ctx);
    let config = files.configuration();
    Fact::Known(Podman {
        binary: command.and_then(|command| command.path),
        version: match installed {
            Fact::Known(true) => packages::version(ctx.host, &["podman"]),
            _ => Fact::Absent,
        },
        installed,
        config_files: Fact::Known(files.facts()),
        unknown_keys: files.unknown_keys(),
        refused_values: config.as_ref().map(values::refused),
        ulimits: config.as_ref().map(values::ulimits),
        runtime: config.as_ref().map(|config| programs::runtime(ctx.host, config)),
        conmon: config.as_ref().and_then(|config| match programs::conmon(ctx.host, config) {
            Ok(path) => path.into(),
            Err(unknown) => Fact::Gap(unknown),
        }),
        storage: Fact::Known(Storage::read(ctx.host)),
        rootless_users: rootless::users(ctx),
        config,
    })
}

/// The directories that containers.conf has podman read hooks from; absent if it names none.
pub(crate) fn hook_directories(ctx: &Context<'_>) -> Fact<Vec<Sourced<String>>> {
    configuration::texts(&ContainersConf::of(ctx).configuration(), "engine", "hooks_dir")
}

/// The seccomp profile that containers.conf names; absent if it names none.
pub(crate) fn seccomp_profile(ctx: &Context<'_>) -> Fact<Sourced<String>> {
    let config = ContainersConf::of(ctx).configuration();
    config.and_then(|config| {
        config.text("containers", "seccomp_profile").filter(|path| !path.value.is_empty()).into()
    })
}

/// The capabilities that podman gives to containers that ask for nothing, as containers.conf has them, else its own
/// eleven.
pub(crate) fn default_capabilities(ctx: &Context<'_>) -> Fact<Vec<String>> {
    let configured =
        configuration::texts(&ContainersConf::of(ctx).configuration(), "containers", "default_capabilities");
    let own = settings::DEFAULT_CAPABILITIES.map(str::to_owned);
    configured.map(|names| names.into_iter().map(|name| name.value).collect()).or_absent(own.into())
}
