//! The containers of the node: `$.containers`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::Fact;

/// The containers of the node.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Containers {}

/// Reads them.
pub fn collect(_ctx: &Context<'_>) -> Fact<Containers> {
    Fact::Absent
}
