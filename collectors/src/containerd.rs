//! containerd: its effective configuration: `$.containerd`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::Fact;

/// containerd: its effective configuration.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Containerd {}

/// Reads them.
pub fn collect(_ctx: &Context<'_>) -> Fact<Containerd> {
    Fact::Absent
}
