//! The data roots of docker that there may be stores of its driver devicemapper in.

use crate::context::Context;
use crate::docker;
use crate::fact::{Fact, Unknown};

/// Where docker's packages have the data root.
const ROOT: &str = "/var/lib/docker";

/// The packages' place and the data roots of the node's dockerds, each once.
///
/// # Errors
///
/// If of a dockerd it cannot be told where its data root is.
pub(super) fn read(ctx: &Context<'_>) -> Result<Vec<String>, Unknown> {
    let mut roots = vec![ROOT.to_owned()];
    for dockerd in docker::instances(ctx).iter() {
        match &dockerd.data_root {
            Fact::Known(root) => roots.push(root.value.trim_end_matches('/').to_owned()),
            Fact::Absent => {}
            Fact::Gap(unknown) => return Err(unknown.clone()),
        }
    }
    roots.sort_unstable();
    roots.dedup();
    Ok(roots)
}
