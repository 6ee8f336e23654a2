//! Devices that a container may use.

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::{Fact, Unknown};
use crate::host::DeviceAccess;

use super::group::Group;

/// The list of version 1.
const LIST: &str = "devices.list";

/// What lets a group use every device.
const ALL: &str = "a *:* rwm";

/// The devices of a container.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Devices {
    /// Whether it may use every device of the node: version 1 lists what is allowed, in version 2 nothing decides
    /// about devices, or programs that let everything through.
    ///
    /// Source: devices.list; bpf(2) `BPF_PROG_QUERY`, `BPF_OBJ_GET_INFO_BY_FD`
    pub all: Fact<bool>,
    /// Whether a program decides about devices; absent in version 1.
    ///
    /// Source: bpf(2) `BPF_PROG_QUERY`
    pub program: Fact<bool>,
}

impl Devices {
    pub(super) fn read(group: &Group<'_>) -> Fact<Self> {
        match group.v1("devices") {
            Fact::Absent => group.v2().map(|group| {
                let access = Fact::from(group.directory.device_access().map_err(Unknown::from));
                Self {
                    all: access.as_ref().map(|access| *access != DeviceAccess::Decided),
                    program: access.map(|access| access != DeviceAccess::NoProgram),
                }
            }),
            found => found.map(|devices| Self {
                all: devices.text(LIST).map(|list| allows_all(&list)),
                program: Fact::Absent,
            }),
        }
    }
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
