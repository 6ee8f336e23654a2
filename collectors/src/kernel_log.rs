//! Signs of trouble in the kernel's log: `$.kernel_log`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::Fact;

/// Signs of trouble in the kernel's log.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct KernelLog {}

/// Reads them.
pub fn collect(_ctx: &Context<'_>) -> Fact<KernelLog> {
    Fact::Absent
}
