//! Where the dockerds of the node listen and keep their files: for collectors that look there.

use std::sync::Arc;

use super::installation::Installation;
use super::socket;
use crate::context::Context;
use crate::daemon::Process;
use crate::fact::{Fact, Sourced};
use crate::host::Host;
use crate::listing;

/// A dockerd: its socket and its directories as they come out of its flags, daemon.json and the defaults.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Instance {
    /// The number of its process; `None` if it does not run.
    pub(crate) pid: Option<u32>,
    /// Whether the node has it; where nothing tells of a dockerd, this is what one would be by default.
    pub(crate) is_there: bool,
    /// Its first unix socket; absent if it listens on none.
    pub(crate) socket: Fact<Sourced<String>>,
    /// The directory of images, containers and volumes.
    pub(crate) data_root: Fact<Sourced<String>>,
    /// The directory of what runs.
    pub(crate) exec_root: Fact<Sourced<String>>,
}

/// The dockerd that is installed, or of its packages if none is, and every other one of root that runs.
pub(crate) fn instances(ctx: &Context<'_>) -> Arc<Vec<Instance>> {
    ctx.host.once(|| {
        let installed = Installation::find(ctx);
        let others = installed.others(ctx);
        std::iter::once(installed).chain(others).map(|dockerd| Instance::of(ctx, &dockerd)).collect()
    })
}

impl Instance {
    /// That which runs as `process`.
    pub(crate) fn running(ctx: &Context<'_>, process: Process) -> Self {
        Self::of(ctx, &Installation::find(ctx).of_process(ctx, process))
    }

    fn of(ctx: &Context<'_>, installation: &Installation) -> Self {
        let config = installation.configuration(ctx, installation.config_file());
        let directory = |key| config.as_ref().and_then(|config| config.text(key));
        Self {
            is_there: installation.daemon.is_there() == Fact::Known(true),
            pid: installation.daemon.process.known().map(|process| process.pid),
            socket: socket::path(&config, &installation.socket_unit),
            data_root: directory("data-root"),
            exec_root: directory("exec-root"),
        }
    }
}

/// The data root `root` and those of its user namespaces, `<uid>.<gid>`.
pub(crate) fn with_remapped(host: &Host, root: String) -> Vec<String> {
    let is_remapped = |name: &&String| {
        name.split_once('.')
            .is_some_and(|(uid, gid)| uid.parse::<u32>().is_ok() && gid.parse::<u32>().is_ok())
    };
    let names = listing::names(host, &root).unwrap_or_default();
    let base = root.trim_end_matches('/');
    let remapped: Vec<String> =
        names.iter().filter(is_remapped).map(|name| format!("{base}/{name}")).collect();
    [root].into_iter().chain(remapped).collect()
}
