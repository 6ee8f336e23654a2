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
