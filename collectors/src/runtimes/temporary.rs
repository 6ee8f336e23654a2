//! The mounts that containerd makes for a moment, to unpack a layer or to look into a snapshot.

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::mounts::mountinfo;

/// A mount that was made for a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TemporaryMount {
    /// Where it is: `/var/lib/containerd/tmpmounts/containerd-mount123456`.
    ///
    /// Source: /proc/1/mountinfo
    pub target: String,
    /// The type of what is mounted.
    ///
    /// Source: /proc/1/mountinfo
    pub fs_type: String,
}

/// The mounts that are there, in the kernel's order.
pub(super) fn all(ctx: &Context<'_>) -> Fact<Vec<TemporaryMount>> {
    Fact::from(mountinfo::read(ctx.host)).and_then(|text| {
        let mounts: Result<Vec<_>, _> = mountinfo::parse(&text).collect();
        match mounts {
            Ok(mounts) => Fact::Known(
                mounts
                    .iter()
                    .filter(|mount| is_temporary(&mount.target))
                    .map(|mount| TemporaryMount {
                        target: mount.target.clone().into_owned(),
                        fs_type: mount.fs_type.clone().into_owned(),
                    })
                    .collect(),
            ),
            Err(_) => Fact::Gap(Unknown::malformed("/proc/1/mountinfo", "a line is none of a mount")),
        }
    })
}

/// `containerd-mount` and a number that was made up.
fn is_temporary(target: &str) -> bool {
    let name = target.rsplit('/').next().unwrap_or(target);
    name.strip_prefix("containerd-mount")
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_containerd_makes_up_count() {
        assert!(is_temporary("/var/lib/containerd/tmpmounts/containerd-mount3029571839"));
        assert!(!is_temporary("/tmp/containerd-mount"));
        assert!(!is_temporary("/tmp/containerd-mount12/x"));
        assert!(!is_temporary("/tmp/containerd-mounts"));
    }
}
