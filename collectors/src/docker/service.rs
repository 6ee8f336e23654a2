//! dockerd's systemd unit: how it is started, and with what environment.

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::{Fact, Sourced};
use crate::redact::mask;
use crate::systemd::{State, Unit};

/// dockerd's unit in every distribution's package.
pub(super) const UNIT: &str = "docker.service";

/// dockerd's unit in the snap.
pub(super) const SNAP_UNIT: &str = "snap.docker.dockerd.service";

/// Those that there may be.
pub(crate) const UNITS: &[&str] = &[UNIT, SNAP_UNIT];

/// The unit that starts dockerd.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Service {
    /// The unit file.
    ///
    /// Source: systemd's unit search path, `docker.service`
    pub file: String,
    /// Its drop-ins, in the order in which they apply.
    ///
    /// Source: `docker.service.d/*.conf` on systemd's unit search path
    pub drop_ins: Vec<String>,
    /// The command that starts dockerd, as it is written, secrets masked.
    ///
    /// Source: `[Service]` `ExecStart` of the unit and its drop-ins
    pub exec_start: Fact<Sourced<String>>,
    /// Whether dockerd is started at boot.
    ///
    /// Source: the links of `systemctl enable`
    pub enabled: bool,
    /// The files that hold more of its environment; a leading `-` is left out.
    ///
    /// Source: `[Service]` `EnvironmentFile` of the unit and its drop-ins
    pub environment_files: Vec<Sourced<String>>,
}

impl Service {
    /// What a unit says.
    pub(super) fn of(unit: &Unit) -> Self {
        let masked = |setting: &Sourced<String>| Sourced { value: mask(&setting.value), ..setting.clone() };
        let environment_files = unit.all("Service", "EnvironmentFile").into_iter().map(|setting| Sourced {
            value: setting.value.trim_start_matches('-').trim().to_owned(),
            origin: setting.origin.clone(),
        });
        Self {
            file: unit.file.clone(),
            drop_ins: unit.drop_ins.clone(),
            exec_start: unit.last("Service", "ExecStart").map(masked).into(),
            enabled: matches!(unit.state, State::Enabled | State::EnabledRuntime),
            environment_files: environment_files.collect(),
        }
    }
}
