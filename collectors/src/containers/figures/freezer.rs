//! Whether the processes of a group are frozen, as a paused container's are.

use crate::fact::Fact;

use super::group::Group;

/// Whether `group` is frozen; absent if the kernel cannot freeze it.
pub(in super::super) fn is_frozen(group: &Group<'_>) -> Fact<bool> {
    match group.v1("freezer") {
        Fact::Absent => group
            .v2()
            .and_then(|v2| v2.counters("cgroup.events"))
            .and_then(|events| events.get("frozen"))
            .map(|frozen| frozen == 1),
        found => found.and_then(|freezer| freezer.text("freezer.state")).map(|state| state != "THAWED"),
    }
}
