//! Container runtimes at work: `$.runtimes`.
//!
//! Which daemons run and whether they answer; which processes are stuck in the kernel; and whether shims,
//! task bundles and the state directories of the OCI runtimes agree with the processes that there are.

mod bundle;
#[cfg(feature = "cri")]
mod cri;
mod daemon;
mod places;
mod probe;
mod shim;
mod state;
mod stuck;
mod temporary;
#[cfg(test)]
mod tests;
mod world;

use schemars::JsonSchema;
use serde::Serialize;

pub use bundle::Bundle;
pub use daemon::{Condition, Cri, Daemon, DaemonName};
pub use shim::{Shim, ShimKind};
pub use state::{OciState, OciStatus};
pub use stuck::StuckTask;
pub use temporary::TemporaryMount;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use places::Places;
use world::World;

/// Container runtimes at work.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Runtimes {
    /// The daemons that run on the node itself, sorted by name and number.
    ///
    /// Source: /proc
    pub daemons: Vec<Daemon>,
    /// The processes that are stuck in the kernel, by number: in uninterruptible sleep now, and for the whole
    /// time that was looked. Of daemons, shims and the processes of containers every thread is looked at, of others
    /// the first. Where there were too many threads, there is a gap at the end.
    ///
    /// Source: /proc/PID/status, /proc/PID/task/TID/status
    pub stuck_tasks: Vec<Fact<StuckTask>>,
    /// The processes that stand between a daemon and its containers, by number.
    ///
    /// Source: /proc
    pub shims: Vec<Shim>,
    /// containerd's tasks, sorted by their path. A directory that cannot be read is a gap at the end.
    ///
    /// Source: io.containerd.runtime.v2.task in containerd's state directories
    pub bundles: Vec<Fact<Bundle>>,
    /// What the OCI runtimes remember, sorted by its path. A directory that cannot be read is a gap at the end.
    ///
    /// Source: state.json of runc, status of crun
    pub states: Vec<Fact<OciState>>,
    /// The mounts that containerd made for a moment and that are there.
    ///
    /// Source: /proc/1/mountinfo
    pub temporary_mounts: Fact<Vec<TemporaryMount>>,
}

/// Reads them.
pub fn collect(ctx: &Context<'_>) -> Fact<Runtimes> {
    ctx.running("/proc", || Fact::from(Runtimes::read(ctx)))
}

impl Runtimes {
    fn read(ctx: &Context<'_>) -> Result<Self, Unknown> {
        let world = World::read(ctx)?;
        let watch = stuck::Watch::begin(ctx, &world);
        let found = daemon::find(ctx, &world)?;
        let places = Places::of(&found);
        let shims = shim::all(&world);
        let bundles = bundle::all(ctx, &places, &world);
        let states = state::all(ctx, &places, &world);
        Ok(Self {
            temporary_mounts: temporary::all(ctx),
            daemons: probe::ask_all(ctx, found),
            stuck_tasks: watch.end(ctx, &world),
            shims,
            bundles,
            states,
        })
    }
}
