//! The namespaces of a container, and which of them are the node's (namespaces(7)).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::{Dir, HostErrorKind};

/// The kinds, by their names in `/proc/PID/ns`.
const KINDS: [&str; 7] = ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"];

/// Who is in the namespaces of the node: init, the kernel's own threads, and, looking at the node that it runs
/// on, this process. A process with more rights than this one keeps its own from it.
const OF_THE_NODE: [&str; 3] = ["1", "2", "self"];

/// The namespaces of a container's first process.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Namespaces {
    /// The kinds that it shares with the node, sorted: `cgroup`, `ipc`, `mnt`, `net`, `pid`, `user`, `uts`. All but
    /// `user` and `cgroup` are the container's own unless somebody asked for the node's.
    ///
    /// Source: /proc/PID/ns, /proc/1/ns
    pub shared_with_host: Fact<Vec<String>>,
    /// The numbers of its namespaces by kind.
    ///
    /// Source: /proc/PID/ns
    pub inodes: BTreeMap<String, u64>,
}

/// The numbers of the node's namespaces by kind.
#[derive(Debug, Clone)]
pub(in super::super) struct HostNamespaces(BTreeMap<&'static str, Fact<u64>>);

impl HostNamespaces {
    pub(in super::super) fn read(ctx: &Context<'_>) -> Self {
        let of_the_node = OF_THE_NODE.into_iter().filter(|pid| *pid != "self" || ctx.host.is_own_root());
        let directories: Vec<_> =
            of_the_node.map(|pid| ctx.host.open_dir(format!("/proc/{pid}/ns"))).collect();
        let look = |kind| {
            let mut found = directories.iter().map(|directory| match directory {
                Ok(directory) => inode(directory, kind),
                Err(error) => Fact::Gap(error.clone().into()),
            });
            let first = found.next().unwrap_or(Fact::Absent);
            if matches!(first, Fact::Gap(_)) {
                found.find(|fact| fact.known().is_some()).unwrap_or(first)
            } else {
                first
            }
        };
        Self(KINDS.into_iter().map(|kind| (kind, look(kind))).collect())
    }

    /// The number of the node's namespace of `kind`.
    pub(in super::super) fn inode(&self, kind: &str) -> Fact<u64> {
        self.0.get(kind).cloned().unwrap_or(Fact::Absent)
    }
}

impl Namespaces {
    /// Of the process whose directory in procfs is `process`.
    pub(in super::super) fn read(process: &Dir, host: &HostNamespaces) -> Fact<Self> {
        let directory = match process.open_dir("ns") {
            Ok(directory) => directory,
            Err(error) => return Fact::Gap(error.into()),
        };
        let mut inodes = BTreeMap::new();
        for kind in KINDS {
            match inode(&directory, kind) {
                Fact::Known(number) => drop(inodes.insert(kind.to_owned(), number)),
                Fact::Absent => {}
                Fact::Gap(unknown) => return Fact::Gap(unknown),
            }
        }
        Fact::Known(Self { shared_with_host: shared(&inodes, host), inodes })
    }
}

fn shared(inodes: &BTreeMap<String, u64>, host: &HostNamespaces) -> Fact<Vec<String>> {
    let mut shared = Vec::new();
    for (kind, number) in inodes {
        match host.inode(kind) {
            Fact::Known(of_node) if of_node == *number => shared.push(kind.clone()),
            Fact::Known(_) | Fact::Absent => {}
            Fact::Gap(unknown) => return Fact::Gap(unknown),
        }
    }
    Fact::Known(shared)
}

/// The number in the link `kind`, `pid:[4026531836]`; absent if the kernel does not have the kind.
pub(in super::super) fn inode(namespaces: &Dir, kind: &str) -> Fact<u64> {
    match namespaces.read_link(kind) {
        Ok(link) => match number(&link) {
            Some(number) => Fact::Known(number),
            None => Fact::Gap(Unknown::malformed(
                format!("/proc/PID/ns/{kind}"),
                format!("{link:?} is no namespace"),
            )),
        },
        Err(error) if error.kind == HostErrorKind::NotFound => Fact::Absent,
        Err(error) => Fact::Gap(error.into()),
    }
}

fn number(link: &str) -> Option<u64> {
    link.split_once(":[")?.1.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(pid: Fact<u64>) -> HostNamespaces {
        HostNamespaces([("pid", pid), ("net", Fact::Known(9))].into())
    }

    #[test]
    fn what_has_the_nodes_number_is_shared() {
        let inodes = BTreeMap::from([("pid".to_owned(), 7), ("net".to_owned(), 9), ("uts".to_owned(), 1)]);
        assert_eq!(shared(&inodes, &host(Fact::Known(8))), Fact::Known(vec!["net".to_owned()]));
        let gap = Fact::Gap(Unknown::offline("/proc/1/ns"));
        assert!(matches!(shared(&inodes, &host(gap)), Fact::Gap(_)));
    }

    #[test]
    fn a_link_holds_the_number() {
        assert_eq!(number("pid:[4026531836]"), Some(4_026_531_836));
        for link in ["", "pid", "pid:[]", "pid:[x]", "/pid:[1"] {
            assert_eq!(number(link), None, "{link}");
        }
    }
}
