//! Where containerds have their stores, as they are started and configured.

use super::super::discovery::Configured;
use super::super::survey::Survey;
use super::keeper;
use crate::containerd;
use crate::fact::Fact;

/// The stores of the containerd that is installed, of those that run, and of users.
pub(in crate::storage) fn configured(survey: &Survey<'_>) -> Configured {
    let mut configured = Configured { paths: keeper::of_users(survey), unknown: Vec::new() };
    for instance in containerd::instances(survey.ctx).iter() {
        match &instance.root {
            Fact::Known(root) => configured.paths.push(root.value.clone()),
            Fact::Absent => {}
            Fact::Gap(unknown) => configured.unknown.push(unknown.clone()),
        }
    }
    configured
}
