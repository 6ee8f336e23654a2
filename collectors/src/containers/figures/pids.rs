//! Tasks: how many there are and may be.

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::Fact;

use super::group::Controller;
use super::values::share;

/// The tasks of a container: its processes and their threads.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Pids {
    /// How many there are.
    ///
    /// Unit: tasks
    /// Source: pids.current
    pub current: Fact<u64>,
    /// How many there may be; absent if there is no limit.
    ///
    /// Unit: tasks
    /// Source: pids.max
    pub limit: Fact<u64>,
    /// The least limit of the groups that hold this one, the pod's among them; absent if none has one.
    ///
    /// Unit: tasks
    /// Source: pids.max of the groups above
    pub limit_above: Fact<u64>,
    /// How much of the limit there is; absent if there is none.
    ///
    /// Unit: percent
    /// Source: pids.current, pids.max
    pub used_percent: Fact<f64>,
    /// How often a task could not be made for the limit.
    ///
    /// Unit: times
    /// Source: pids.events `max`
    pub refused: Fact<u64>,
}

impl Pids {
    pub(super) fn read(pids: &Controller, above: Fact<u64>) -> Self {
        let (current, limit) = (pids.number("pids.current"), pids.limit("pids.max"));
        Self {
            used_percent: share(&current, &limit),
            current,
            limit,
            limit_above: above,
            refused: pids.counters("pids.events").and_then(|events| events.get("max")),
        }
    }
}
