//! `units`: systemd units with their drop-ins merged, whether they are enabled, and whether they are active.

mod activity;
#[cfg(test)]
mod tests;

use std::cell::OnceCell;
use std::collections::BTreeMap;

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::{Fact, Sourced, Unknown};
use crate::keyed::Keyed;
use crate::redact;
use crate::systemd::{self, UnitFiles};

pub use crate::systemd::State;

pub(crate) use activity::is_active;

/// A systemd unit.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Unit {
    /// Whether there is such a unit, by this name or as an alias or an instance of a template.
    /// Source: the unit search path, `/etc/systemd/system` first (systemd.unit(5)).
    pub exists: bool,
    /// The file that defines it; of a masked unit what masks it.
    /// Source: as `exists`.
    pub file: Fact<String>,
    /// Whether it is enabled, with the words of `systemctl is-enabled`.
    /// Source: the links of the search path, the `[Install]` section.
    pub state: Fact<State>,
    /// Whether it is running: of a service, that it has been started and has a process or needs none any
    /// more.
    /// Source: /run/systemd/units/invocation:UNIT, and cgroup.events or cgroup.procs of the unit's control group
    pub active: Fact<bool>,
    /// The drop-ins that change it, in the order in which they apply.
    /// Source: the directories `UNIT.d`, `PREFIX-.TYPE.d` and `TYPE.d` of the search path.
    pub drop_ins: Vec<String>,
    /// Its settings, as `Section.Key`: of each the value that counts; of a list one line per value.
    /// Environment variables and credentials are left out.
    /// Source: the unit file and its drop-ins.
    pub settings: BTreeMap<String, Sourced<String>>,
    /// The names of the environment variables that it sets, sorted.
    /// Source: `Environment=` of the unit file and its drop-ins.
    pub environment_names: Vec<String>,
}

/// Reads the units that are asked for.
pub fn collect(ctx: &Context<'_>) -> Fact<Keyed<Fact<Unit>>> {
    let files = OnceCell::new();
    Fact::Known(Keyed::read(ctx.demand.keys(&["units"]), |name| {
        match files.get_or_init(|| UnitFiles::list(ctx.host)) {
            Ok(files) => read(ctx, files, name).into(),
            Err(unknown) => Fact::Gap(unknown.clone()),
        }
    }))
}

fn read(ctx: &Context<'_>, files: &UnitFiles<'_>, name: &str) -> Result<Unit, Unknown> {
    if !systemd::is_unit_name(name) {
        let detail = "no name of a unit: it does not end with a unit type such as .service";
        return Err(Unknown { reason: GapReason::Unsupported, source: None, detail: detail.to_owned() });
    }
    let Some(unit) = systemd::Unit::find(files, name)? else { return Ok(missing()) };
    Ok(Unit {
        exists: true,
        file: Fact::Known(unit.file.clone()),
        state: Fact::Known(unit.state),
        active: ctx.running("/run/systemd/units", || is_active(ctx.host, name, &unit).into()),
        drop_ins: unit.drop_ins.clone(),
        settings: settings(&unit),
        environment_names: unit.environment().into_keys().collect(),
    })
}

/// What is not there is known not to run.
fn missing() -> Unit {
    Unit {
        exists: false,
        file: Fact::Absent,
        state: Fact::Absent,
        active: Fact::Known(false),
        drop_ins: Vec::new(),
        settings: BTreeMap::new(),
        environment_names: Vec::new(),
    }
}

fn settings(unit: &systemd::Unit) -> BTreeMap<String, Sourced<String>> {
    let secret = |key: &str| matches!(key, "Environment" | "SetCredential" | "SetCredentialEncrypted");
    unit.settings()
        .filter(|(_, key, _)| !secret(key))
        .filter_map(|(section, key, values)| {
            let last = values.last()?;
            let lines: Vec<String> = values.iter().map(|value| redact::mask(&value.value)).collect();
            let effective = Sourced { value: lines.join("\n"), origin: last.origin.clone() };
            Some((format!("{section}.{key}"), effective))
        })
        .collect()
}
