//! Everything that CRI-O's configuration is made of, as it was read.

use super::arguments::Arguments;
use super::configuration::{self, Configuration};
use super::files::Files;
use super::options::OPTIONS;
use super::release::{self, Release};
use crate::context::Context;
use crate::daemon::Daemon;
use crate::fact::{Fact, Sourced, Unknown};
use crate::packages;
use crate::proxy::{Environment, is_proxy_variable};
use crate::settings::Settings;

/// CRI-O's configuration, and what it comes from.
#[derive(Debug)]
pub(super) struct Reading {
    /// The command line, the program first.
    pub(super) line: Fact<Vec<Sourced<String>>>,
    /// The variables that CRI-O heeds.
    pub(super) environment: Result<Environment, Unknown>,
    /// The package's version.
    pub(super) version: Fact<String>,
    pub(super) release: Fact<Release>,
    pub(super) files: Fact<Files>,
    /// What comes out of the files.
    pub(super) settings: Fact<Settings>,
    /// What comes out of everything.
    pub(super) config: Fact<Configuration>,
}

impl Reading {
    /// Reads them for the CRI-O that was found.
    pub(super) fn of(ctx: &Context<'_>, daemon: &Daemon) -> Self {
        let line = daemon.arguments(ctx.host);
        let arguments = line.as_ref().map(|line| Arguments::parse(line));
        let environment = daemon.environment(ctx.host, is_wanted);
        let version = packages::version(ctx.host, &release::PACKAGES);
        let release = version.as_ref().and_then(|version| Release::of(version).into());
        let place = |names: &[&str], variable: &str, default: &str| match &environment {
            Ok(variables) => arguments.as_ref().map(|arguments| {
                let set = arguments.text(names).or_else(|| variables.get(variable));
                let path = set.map_or(default, |set| &set.value);
                // An empty path names nothing.
                if path.is_empty() { String::new() } else { daemon.absolute(path) }
            }),
            Err(unknown) => Fact::Gap(unknown.clone()),
        };
        let main = place(&["config", "c"], "CONTAINER_CONFIG", "/etc/crio/crio.conf");
        let directory = place(&["config-dir", "d"], "CONTAINER_CONFIG_DIR", "/etc/crio/crio.conf.d");
        let files = main.and_then(|main| directory.map(|directory| Files::read(ctx, &main, &directory)));
        let settings = files.as_ref().and_then(|files| {
            files.documents().and_then(|documents| configuration::merge(&documents)).into()
        });
        let config = settings.as_ref().and_then(|settings| {
            arguments.as_ref().map(|arguments| Configuration::of(settings, arguments, &environment, &release))
        });
        Self { line, environment, version, release, files, settings, config }
    }
}

/// The variables that CRI-O heeds.
fn is_wanted(name: &str) -> bool {
    let is_option = || OPTIONS.iter().any(|option| option.variable == Some(name));
    is_proxy_variable(name) || name.starts_with("CONTAINER_CONFIG") || is_option()
}
