//! Where every docker of the node keeps its images and containers: for collectors that read them.

use super::config_file::File;
use super::flags::Flags;
use super::installation::{DOCKERD, Installation};
use crate::context::Context;
use crate::daemon;
use crate::fact::{Fact, Sourced};
use crate::host::Host;
use crate::listing;

/// The data root of the docker that is installed, or of its packages if none is, and those of every other dockerd
/// that runs.
pub(crate) fn data_roots(ctx: &Context<'_>) -> Vec<Fact<String>> {
    let installation = Installation::find(ctx);
    let config_file = installation.config_file();
    let root = |arguments: Fact<Vec<Sourced<String>>>| {
        arguments.and_then(|arguments| {
            let flags = Flags::parse(arguments.get(1..).unwrap_or_default());
            let config = File::read(ctx.host, &flags, config_file).merge(&flags);
            config.and_then(|config| config.text("data-root")).map(|root| root.value)
        })
    };
    let mut roots = vec![root(installation.daemon.arguments(ctx.host))];
    if ctx.host.is_running() {
        let others = daemon::all(ctx, &DOCKERD)
            .into_iter()
            .filter(|process| installation.daemon.process.known().is_none_or(|own| own.pid != process.pid));
        roots.extend(others.map(|process| root(Fact::Known(daemon::placed(&process, &[])))));
    }
    roots
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
