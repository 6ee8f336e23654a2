//! OCI hooks: `$.oci_hooks`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::Fact;

/// OCI hooks.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OciHooks {}

/// Reads them.
pub fn collect(_ctx: &Context<'_>) -> Fact<OciHooks> {
    Fact::Absent
}
