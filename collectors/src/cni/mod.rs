//! CNI: the network configurations that the container runtime finds, and the plugins that they call.

mod configuration;
mod directories;
#[cfg(test)]
mod tests;

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;

pub use configuration::{Configuration, Plugin};

use crate::context::Context;
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::{Host, HostErrorKind};
use crate::listing;
use directories::Directories;

/// How runtimes know a configuration by its name.
const EXTENSIONS: [&str; 3] = [".conf", ".conflist", ".json"];

/// How many configurations are read at most.
const MAX_CONFIGURATIONS: usize = 500;

/// CNI: network configurations and plugins.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Cni {
    /// The directory of network configurations.
    ///
    /// Source: `cni.conf_dir` of containerd's config.toml, `network_dir` of crio.conf, else those of k3s and
    /// MicroK8s where they are, else /etc/cni/net.d
    pub conf_dir: Sourced<String>,
    /// Whether it is there.
    ///
    /// Source: the directory
    pub conf_dir_exists: Fact<bool>,
    /// The directories where plugins are looked for.
    ///
    /// Source: `cni.bin_dirs` or `cni.bin_dir` of containerd's config.toml, `plugin_dirs` of crio.conf, then those of the
    /// distribution, else the defaults of containerd, CRI-O and their packages
    pub bin_dirs: Vec<String>,
    /// The network configurations, in the order in which runtimes take them: by file name.
    ///
    /// Source: the files `*.conf`, `*.conflist` and `*.json` in the directory
    pub configurations: Fact<Vec<Configuration>>,
    /// The first configuration that is valid: the network that pods get; absent if there is none.
    ///
    /// Source: the configurations
    pub used: Fact<String>,
    /// The names of networks that several files configure.
    ///
    /// Source: `name` of the configurations
    pub duplicate_names: Fact<Vec<String>>,
}

/// Reads them.
pub fn collect(ctx: &Context<'_>) -> Fact<Cni> {
    let host = ctx.host;
    let directories = match Directories::find(ctx) {
        Ok(directories) => directories,
        Err(unknown) => return Fact::Gap(unknown),
    };
    let configurations = read(host, &directories);
    let all = configurations.as_ref();
    Fact::Known(Cni {
        conf_dir_exists: host.exists(&directories.configurations.value).map_err(Unknown::from).into(),
        used: all.as_ref().and_then(|all| used(all)),
        duplicate_names: all.map(|all| duplicate_names(all)),
        conf_dir: directories.configurations,
        bin_dirs: directories.plugins,
        configurations,
    })
}

fn read(host: &Host, directories: &Directories) -> Fact<Vec<Configuration>> {
    let directory = &directories.configurations.value;
    let names = match listing::names(host, directory) {
        Ok(names) => names,
        Err(error) if error.kind == HostErrorKind::NotFound => Vec::new(),
        Err(error) => return Fact::Gap(error.into()),
    };
    let names: Vec<_> = names
        .into_iter()
        .filter(|name| EXTENSIONS.iter().any(|extension| name.ends_with(extension)))
        .collect();
    if names.len() > MAX_CONFIGURATIONS {
        let detail = format!("there are more than {MAX_CONFIGURATIONS} network configurations");
        return Fact::Gap(Unknown::new(GapReason::Unsupported, directory, detail));
    }
    let read = |name| Configuration::read(host, format!("{directory}/{name}"), &directories.plugins);
    Fact::Known(names.into_iter().map(read).collect())
}

/// The first valid one; unknown if one before it may be valid.
fn used(configurations: &[Configuration]) -> Fact<String> {
    for configuration in configurations {
        match &configuration.valid {
            Fact::Known(true) => return Fact::Known(configuration.file.clone()),
            Fact::Gap(unknown) => return Fact::Gap(unknown.clone()),
            Fact::Known(false) | Fact::Absent => {}
        }
    }
    Fact::Absent
}

fn duplicate_names(configurations: &[Configuration]) -> Vec<String> {
    let mut names: Vec<&String> = configurations
        .iter()
        .filter_map(|configuration| configuration.name.known())
        .map(|name| &name.value)
        .collect();
    names.sort_unstable();
    let mut twice: Vec<String> =
        names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0].clone()).collect();
    twice.dedup();
    twice
}
