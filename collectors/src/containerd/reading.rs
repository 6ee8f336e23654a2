//! Everything that containerd's configuration is made of, as it was read.

use super::embedded;
use super::files::Files;
use super::flags::Flags;
use super::imports::Imports;
use super::merge::Merged;
use super::program::{self, Manager};
use super::release::{self, Release};
use crate::context::Context;
use crate::daemon::Daemon;
use crate::fact::{Fact, Sourced};
use crate::packages;

/// containerd's configuration, and what it comes from.
#[derive(Debug)]
pub(super) struct Reading {
    /// The command line, the program first.
    pub(super) arguments: Fact<Vec<Sourced<String>>>,
    pub(super) managed_by: Fact<Manager>,
    /// The package's version.
    pub(super) version: Fact<String>,
    pub(super) release: Fact<Release>,
    pub(super) files: Fact<Files>,
    /// What comes out of everything.
    pub(super) merged: Fact<Merged>,
}

impl Reading {
    /// Reads them for the containerd that was found.
    pub(super) fn of(ctx: &Context<'_>, daemon: &Daemon) -> Self {
        let arguments = match &daemon.process {
            Fact::Known(_) => daemon.arguments(ctx.host),
            _ => daemon.arguments(ctx.host).and_then(|unit| embedded::arguments(ctx.host, unit)),
        };
        let flags = arguments.as_ref().map(|arguments| Flags::parse(arguments));
        let path = flags.as_ref().map(|flags| {
            let flag = flags.config.clone();
            let flag = flag.map(|path| Sourced { value: daemon.absolute(&path.value), origin: path.origin });
            program::config_file(ctx.host, flag, daemon.process.known().is_some())
        });
        let managed_by = path.as_ref().and_then(|path| program::manager(&path.value));
        let version = version(ctx, &managed_by);
        let release = version.as_ref().and_then(|version| Release::of(version).into());
        let imports = Imports { host: ctx.host, release: &release, directory: daemon.directory() };
        let files = path.map(|path| Files::read(ctx, path, &imports));
        let merged = flags.as_ref().and_then(|flags| {
            files.as_ref().and_then(|files| {
                files.documents().and_then(|documents| Merged::of(&documents, flags, &release)).into()
            })
        });
        Self { arguments, managed_by, version, release, files, merged }
    }
}

/// The version of the package; what another program brings is not what a package of containerd tells.
fn version(ctx: &Context<'_>, managed_by: &Fact<Manager>) -> Fact<String> {
    match managed_by {
        Fact::Absent | Fact::Known(Manager::Docker) => packages::version(ctx.host, &program::PACKAGES),
        Fact::Known(_) => {
            Fact::Gap(release::unknown("the version of a containerd inside of another program"))
        }
        Fact::Gap(unknown) => Fact::Gap(unknown.clone()),
    }
}
