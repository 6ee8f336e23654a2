//! CNI: network configurations and plugins: `$.cni`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::Fact;

/// CNI: network configurations and plugins.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Cni {}

/// Reads them.
pub fn collect(_ctx: &Context<'_>) -> Fact<Cni> {
    Fact::Absent
}
