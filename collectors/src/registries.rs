//! Registries, signature policy and logins that the tools of containers/image read: `$.registries`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::Fact;

/// Registries, signature policy and logins that the tools of containers/image read.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Registries {}

/// Reads them.
pub fn collect(_ctx: &Context<'_>) -> Fact<Registries> {
    Fact::Absent
}
