//! The files in which containerd keeps how the containers of the kubelet fare (container status in CRI).

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::places::Places;
use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::HostErrorKind;
use crate::listing;

/// Where they are, in containerd's root directory.
const CONTAINERS: &str = "io.containerd.grpc.v1.cri/containers";

/// A file that says nothing: containerd takes the container's state for unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InvalidStatus {
    /// The file.
    ///
    /// Source: containerd's root directories
    pub path: String,
    /// The container's id.
    ///
    /// Source: the directory's name
    pub id: String,
    /// Whether it is empty, as after a loss of power.
    ///
    /// Source: the file
    pub empty: bool,
}

/// All such files, sorted by their path. What cannot be read is a gap at the end.
pub(super) fn all(ctx: &Context<'_>, places: &Places) -> Vec<Fact<InvalidStatus>> {
    let mut invalid = Vec::new();
    let mut missing = None;
    for root in &places.containerd_roots {
        let containers = format!("{root}/{CONTAINERS}");
        let ids = listing::names(ctx.host, &containers).unwrap_or_else(|error| {
            missing = Some(Unknown::from(error));
            Vec::new()
        });
        for id in ids {
            if ctx.is_short_of_time() {
                missing =
                    Some(Unknown::new(GapReason::Timeout, &containers, "there are too many containers"));
                break;
            }
            let path = format!("{containers}/{id}/status");
            match ctx.host.read(&path) {
                Ok(text) if is_valid(&text) => {}
                Ok(text) => invalid.push(InvalidStatus { path, id, empty: text.is_empty() }),
                Err(error) if error.kind == HostErrorKind::NotFound => {}
                Err(error) => missing = Some(error.into()),
            }
        }
    }
    invalid.into_iter().map(Fact::Known).chain(missing.map(Fact::Gap)).collect()
}

/// `{"Version":"v1","Pid":…}`.
fn is_valid(text: &[u8]) -> bool {
    serde_json::from_slice::<Value>(text).is_ok_and(|status| status.get("Version").is_some())
}
