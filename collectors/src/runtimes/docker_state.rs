//! Containers that docker takes for running, and that have no process.

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::places::Places;
use super::world::World;
use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::HostErrorKind;
use crate::listing;

/// A container whose record and whose process disagree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DriftedContainer {
    /// Its id.
    ///
    /// Source: the directory's name
    pub id: String,
    /// Its name, without the slash.
    ///
    /// Source: config.v2.json, `Name`
    pub name: String,
    /// The number that its process had.
    ///
    /// Source: config.v2.json, `State.Pid`
    pub pid: u32,
}

/// All such containers, sorted by id. What cannot be read is a gap at the end.
pub(super) fn all(ctx: &Context<'_>, places: &Places, world: &World) -> Vec<Fact<DriftedContainer>> {
    let mut drifted = Vec::new();
    let mut missing = None;
    for root in &places.docker_roots {
        let containers = format!("{root}/containers");
        let ids = listing::names(ctx.host, &containers).unwrap_or_else(|error| {
            missing = Some(Unknown::from(error));
            Vec::new()
        });
        for id in ids {
            if ctx.is_short_of_time() {
                missing =
                    Some(Unknown::new(GapReason::Timeout, &containers, "there are too many containers"));
                break;
            }
            let path = format!("{containers}/{id}/config.v2.json");
            match ctx.host.read(&path) {
                // A record that is no JSON is the storage's matter.
                Ok(text) => drifted.extend(drift(&text, id, world)),
                Err(error) if error.kind == HostErrorKind::NotFound => {}
                Err(error) => missing = Some(error.into()),
            }
        }
    }
    drifted.into_iter().map(Fact::Known).chain(missing.map(Fact::Gap)).collect()
}

fn drift(text: &[u8], id: String, world: &World) -> Option<DriftedContainer> {
    let record: Value = serde_json::from_slice(text).ok()?;
    let state = record.get("State")?;
    let is_running = state.get("Running").and_then(Value::as_bool) == Some(true);
    let pid = state.get("Pid").and_then(Value::as_u64).and_then(|pid| u32::try_from(pid).ok())?;
    let in_group = || world.cgroup(pid).is_none_or(|group| group.contains(&id));
    if !is_running || (world.alive(pid).is_some() && in_group()) {
        return None;
    }
    let name = record.get("Name").and_then(Value::as_str).unwrap_or_default();
    Some(DriftedContainer { name: name.trim_start_matches('/').to_owned(), id, pid })
}
