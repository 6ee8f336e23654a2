//! What of the running node is read once for all containers.

use std::sync::Arc;

use crate::cgroup::hierarchies::Hierarchies;
use crate::context::Context;
use crate::cpu::list;
use crate::fact::{Fact, Unknown};
use crate::mounts::host_mounts::HostMounts;
use crate::mounts::mountinfo;
use crate::processes::Processes;

use super::process::{Clock, Defaults, HostNamespaces, Modules, sockets};

/// The node around its containers.
#[derive(Debug)]
pub(super) struct Surroundings {
    pub(super) processes: Arc<Processes>,
    pub(super) hierarchies: Result<Hierarchies, Unknown>,
    pub(super) namespaces: HostNamespaces,
    pub(super) mounts: Result<HostMounts, Unknown>,
    /// The sockets at which runtimes take orders.
    pub(super) sockets: Vec<String>,
    pub(super) modules: Modules,
    /// What a container may do that asks for nothing.
    pub(super) capabilities: Defaults,
    pub(super) clock: Clock,
    /// The processors that run.
    pub(super) online: Fact<Vec<u64>>,
}

impl Surroundings {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// If the node's processes cannot be listed.
    pub(super) fn read(ctx: &Context<'_>) -> Result<Self, Unknown> {
        Ok(Self {
            processes: Processes::of(ctx)?,
            hierarchies: hierarchies(ctx),
            namespaces: HostNamespaces::read(ctx),
            mounts: HostMounts::read(ctx),
            sockets: sockets(ctx.host),
            modules: Modules::read(ctx),
            capabilities: Defaults::read(ctx),
            clock: Clock::read(ctx),
            online: list::read(ctx.host, list::ONLINE),
        })
    }
}

fn hierarchies(ctx: &Context<'_>) -> Result<Hierarchies, Unknown> {
    let text = mountinfo::read(ctx.host)?;
    Hierarchies::parse(&text).map_err(|malformed| malformed.gap(mountinfo::file(ctx.host)))
}
