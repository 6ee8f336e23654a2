//! The kubelet: its effective configuration, credentials and static pods: `$.kubelet`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::Fact;

/// The kubelet: its effective configuration, credentials and static pods.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Kubelet {}

/// Reads them.
pub fn collect(_ctx: &Context<'_>) -> Fact<Kubelet> {
    Fact::Absent
}
