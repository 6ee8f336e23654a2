//! Who the first process of a container runs as, inside and for the node (user_namespaces(7)).

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::{Fact, Unknown};
use crate::host::Dir;

use super::status::Status;

/// The user and the groups of a container's first process.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Identity {
    /// Its user id in the container.
    ///
    /// Source: /proc/PID/status `Uid`, /proc/PID/uid_map
    pub uid: Fact<u32>,
    /// Its user id for the node.
    ///
    /// Source: /proc/PID/status `Uid`
    pub host_uid: Fact<u32>,
    /// Its group id for the node.
    ///
    /// Source: /proc/PID/status `Gid`
    pub host_gid: Fact<u32>,
    /// Its supplementary groups for the node.
    ///
    /// Source: /proc/PID/status `Groups`
    pub host_groups: Vec<u32>,
    /// Whether root in the container is root of the node: there is no user namespace that maps it to somebody
    /// else.
    ///
    /// Source: /proc/PID/uid_map
    pub root_is_host_root: Fact<bool>,
}

/// A line of `uid_map`: `length` ids from `inside` on are those from `outside` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    inside: u64,
    outside: u64,
    length: u64,
}

impl Identity {
    pub(super) fn read(process: &Dir, status: &Fact<Status>) -> Fact<Self> {
        let map =
            Fact::from(process.read("uid_map")).and_then(|bytes| parse(&String::from_utf8_lossy(&bytes)));
        status.as_ref().map(|status| Self {
            uid: map.as_ref().and_then(|map| status.user.and_then(|user| inside(map, user.into())).into()),
            host_uid: status.user.into(),
            host_gid: status.group.into(),
            host_groups: status.groups.clone(),
            root_is_host_root: map.as_ref().map(|map| outside(map, 0) == Some(0)),
        })
    }
}

fn parse(map: &str) -> Fact<Vec<Range>> {
    let range = |line: &str| {
        let mut numbers = line.split_whitespace().map(|number| number.parse().ok());
        let range = Range { inside: numbers.next()??, outside: numbers.next()??, length: numbers.next()?? };
        Some(range)
    };
    match map.lines().map(range).collect() {
        Some(ranges) => Fact::Known(ranges),
        None => Fact::Gap(Unknown::malformed("/proc/PID/uid_map", "a line is not three numbers")),
    }
}

fn inside(map: &[Range], outside: u64) -> Option<u32> {
    let range =
        map.iter().find(|range| outside.checked_sub(range.outside).is_some_and(|n| n < range.length))?;
    u32::try_from(range.inside.checked_add(outside - range.outside)?).ok()
}

fn outside(map: &[Range], inside: u64) -> Option<u64> {
    let range =
        map.iter().find(|range| inside.checked_sub(range.inside).is_some_and(|n| n < range.length))?;
    range.outside.checked_add(inside - range.inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(text: &str) -> Vec<Range> {
        parse(text).known().unwrap().clone()
    }

    #[test]
    fn without_a_user_namespace_everybody_is_who_he_is() {
        let map = map("         0          0 4294967295\n");
        assert_eq!((inside(&map, 0), outside(&map, 0), inside(&map, 1000)), (Some(0), Some(0), Some(1000)));
    }

    #[test]
    fn in_a_user_namespace_root_is_somebody() {
        let map = map("0 100000 65536\n65536 1000 1\n");
        assert_eq!(
            (outside(&map, 0), inside(&map, 100_000), inside(&map, 100_042)),
            (Some(100_000), Some(0), Some(42))
        );
        assert_eq!((inside(&map, 1000), inside(&map, 0)), (Some(65536), None));
    }

    #[test]
    fn a_map_of_something_else_is_a_gap() {
        assert!(matches!(parse("0 0\n"), Fact::Gap(_)));
        assert!(matches!(parse("0 x 1\n"), Fact::Gap(_)));
        assert_eq!(parse(""), Fact::Known(Vec::new()));
        assert_eq!(outside(&[Range { inside: 0, outside: u64::MAX, length: 9 }], 1), None);
    }
}
