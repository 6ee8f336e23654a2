//! What a collector is given: the host, what is wanted of it, and how far it may go.

use std::sync::Arc;
use std::time::{Duration, Instant};

use plimsoll_engine::demand::Demand;

use crate::depth::{Depth, Progress};
use crate::fact::{Fact, Unknown};
use crate::host::Host;

/// The surroundings of one collector's run.
#[derive(Debug)]
pub struct Context<'a> {
    /// The node, confined to its root.
    pub host: &'a Host,
    /// What the selected rules read.
    pub demand: &'a Demand,
    /// How far collectors may go.
    pub options: &'a Options,
    /// When this collector has to be done.
    pub deadline: Instant,
}

/// How far collectors may go.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long each collector may take.
    pub timeout: Duration,
    /// Whether runtimes may be asked over their local unix sockets.
    pub sockets: bool,
    /// How deep container storage is checked.
    pub depth: Depth,
    /// How far the check of container storage is.
    pub progress: Arc<Progress>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
            sockets: true,
            depth: Depth::default(),
            progress: Arc::default(),
        }
    }
}

impl Context<'_> {
    /// The fact that `read` tells on a running node; on any other a gap of reason `offline` that names
    /// `source`.
    pub fn running<T>(&self, source: &str, read: impl FnOnce() -> Fact<T>) -> Fact<T> {
        if self.host.is_running() { read() } else { Fact::Gap(Unknown::offline(source)) }
    }

    /// Whether the time is nearly over: what is left of it is for telling what was found.
    pub(crate) fn is_short_of_time(&self) -> bool {
        self.remaining() * 10 < self.options.timeout
    }

    /// How long this collector may still take.
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}
