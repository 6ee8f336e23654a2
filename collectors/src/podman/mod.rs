//! podman: its effective configuration: `$.podman`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::Fact;

/// podman: its effective configuration.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Podman {}

/// Reads them.
pub fn collect(_ctx: &Context<'_>) -> Fact<Podman> {
    Fact::Absent
}

/// The directories that containers.conf has podman read hooks from.
pub(crate) fn hook_directories(_ctx: &Context<'_>) -> Fact<Vec<crate::fact::Sourced<String>>> {
    Fact::Absent
}

/// The seccomp profile that containers.conf names.
pub(crate) fn seccomp_profile(_ctx: &Context<'_>) -> Fact<crate::fact::Sourced<String>> {
    Fact::Absent
}
