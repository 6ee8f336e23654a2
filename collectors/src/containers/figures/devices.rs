//! Devices that a container may use.

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::{Fact, Unknown};

use super::group::Group;

/// The list of version 1.
const LIST: &str = "devices.list";

/// What lets a group use every device.
const ALL: &str = "a *:* rwm";

/// The devices of a container.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Devices {
    /// Whether it may use every device of the node. In version 2 a program decides, which only bpf(2) shows.
    ///
    /// Source: devices.list
    pub all: Fact<bool>,
}

impl Devices {
    pub(super) fn read(group: &Group<'_>) -> Fact<Self> {
        match group.v1("devices") {
            Fact::Absent => group.v2().map(|_| Self { all: Fact::Gap(decided_by_program(group)) }),
            found => found.map(|devices| Self { all: devices.text(LIST).map(|list| allows_all(&list)) }),
        }
    }
}

fn decided_by_program(group: &Group<'_>) -> Unknown {
    let detail =
        "in version 2 of control groups a BPF program decides about devices, which cannot be read as a file";
    Unknown::new(GapReason::Unsupported, group.path(), detail)
}

fn allows_all(list: &str) -> bool {
    list.lines().any(|line| line.trim() == ALL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_line_for_everything_allows_everything() {
        assert!(allows_all("a *:* rwm"));
        assert!(!allows_all("c 1:5 rwm\nb *:* m\nc *:* m\nc 136:* rwm\n"));
        assert!(!allows_all(""));
    }
}
