//! containers/storage: podman's, buildah's and CRI-O's.

use super::check::Check;
use super::discovery::Configured;
use super::survey::{Examined, Survey};
use crate::fact::Fact;

/// Any of these in a directory makes it such a store.
pub(super) const MARKS: &[&str] = &["overlay-layers", "overlay-images", "vfs-layers"];

/// The checks of such a store.
pub(super) const CHECKS: &[Check] = &[];

/// Looks at the store at `path`.
pub(super) fn examine(_survey: &Survey<'_>, _path: &str) -> Fact<Examined> {
    Fact::Absent
}

/// The stores that configurations name.
pub(super) fn configured(_survey: &Survey<'_>) -> Configured {
    Configured::default()
}
