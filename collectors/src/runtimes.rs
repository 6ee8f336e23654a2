//! Container runtimes at work: sockets, shims, state directories: `$.runtimes`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::Fact;

/// Container runtimes at work: sockets, shims, state directories.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Runtimes {}

/// Reads them.
pub fn collect(_ctx: &Context<'_>) -> Fact<Runtimes> {
    Fact::Absent
}
