//! What LSMs and seccomp denied: `$.denials`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::Fact;

/// What LSMs and seccomp denied.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Denials {}

/// Reads them.
pub fn collect(_ctx: &Context<'_>) -> Fact<Denials> {
    Fact::Absent
}
