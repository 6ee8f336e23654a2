//! Where containerds have their stores, as they are started and configured.

use super::super::discovery::Configured;
use super::super::survey::Survey;
use crate::containerd;
use crate::fact::Fact;

/// The stores of the containerd that is installed, and of those that run.
pub(in crate::storage) fn configured(survey: &Survey<'_>) -> Configured {
    let mut configured = Configured::default();
    for instance in containerd::instances(survey.ctx).iter() {
        match &instance.root {
            Fact::Known(root) => configured.paths.push(root.value.clone()),
            Fact::Absent => {}
            Fact::Gap(unknown) => configured.unknown.push(unknown.clone()),
        }
    }
    configured
}
