//! Container storage: `$.storage`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::Fact;

/// Container storage.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Storage {}

/// Reads them.
pub fn collect(_ctx: &Context<'_>) -> Fact<Storage> {
    Fact::Absent
}
