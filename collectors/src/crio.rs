//! CRI-O: its effective configuration: `$.crio`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::Fact;

/// CRI-O: its effective configuration.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Crio {}

/// Reads them.
pub fn collect(_ctx: &Context<'_>) -> Fact<Crio> {
    Fact::Absent
}
