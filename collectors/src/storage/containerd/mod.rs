//! containerd's metadata, its snapshotter overlayfs and its content store.

use super::check::Check;
use super::survey::{Examined, Survey};
use crate::fact::Fact;

/// Any of these in a directory makes it such a store.
pub(super) const MARKS: &[&str] = &["io.containerd.metadata.v1.bolt", "io.containerd.content.v1.content"];

/// The checks of such a store.
pub(super) const CHECKS: &[Check] = &[];

/// Looks at the store at `path`.
pub(super) fn examine(_survey: &Survey<'_>, _path: &str) -> Fact<Examined> {
    Fact::Absent
}
