//! docker's own image store and its graph driver overlay2.

use super::check::Check;
use super::survey::{Examined, Survey};
use crate::fact::Fact;

/// Any of these in a directory makes it such a store.
pub(super) const MARKS: &[&str] = &["image/overlay2/layerdb", "overlay2/l"];

/// The checks of such a store.
pub(super) const CHECKS: &[Check] = &[];

/// Looks at the store at `path`.
pub(super) fn examine(_survey: &Survey<'_>, _path: &str) -> Fact<Examined> {
    Fact::Absent
}
