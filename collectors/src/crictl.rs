//! crictl's configuration: `$.crictl`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::Fact;

/// crictl's configuration.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Crictl {}

/// Reads them.
pub fn collect(_ctx: &Context<'_>) -> Fact<Crictl> {
    Fact::Absent
}
