//! Which controllers containers can use.

use std::collections::BTreeMap;

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::{Fact, Unknown};

use super::TABLE;
use super::hierarchies::Hierarchies;

/// The controllers that are always told, by their names in version 2.
const NAMES: [&str; 13] = [
    "cpu",
    "cpuset",
    "devices",
    "freezer",
    "hugetlb",
    "io",
    "memory",
    "misc",
    "net_cls",
    "net_prio",
    "perf_event",
    "pids",
    "rdma",
];

/// A controller.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Controller {
    /// Whether the kernel has it and no kernel argument takes it away.
    ///
    /// Source: /proc/cgroups, column `enabled`; cgroup.controllers
    pub available: Fact<bool>,
    /// Whether it can be used: it is mounted in version 1 (`cpu` together with `cpuacct`), or in the root of
    /// version 2. Version 2 lists neither `devices`, which need CONFIG_CGROUP_BPF and Linux 4.15, nor
    /// `freezer`, of which a file tells.
    ///
    /// Source: /proc/self/mountinfo; cgroup.controllers; /proc/config.gz; cgroup.freeze
    pub enabled: Fact<bool>,
    /// Whether control groups below the root can use it.
    ///
    /// Source: cgroup.subtree_control of the root of version 2; /proc/self/mountinfo
    pub delegated: Fact<bool>,
    /// The version that it is used in: 1 or 2; absent if it is not used.
    ///
    /// Source: /proc/self/mountinfo; cgroup.controllers
    pub version: Fact<u8>,
    /// Where its hierarchy is mounted; absent if it is not used.
    ///
    /// Source: /proc/self/mountinfo
    pub mount: Fact<String>,
}

/// The controllers of `/proc/cgroups`, by their names in version 1: whether each is enabled.
///
/// From Linux 6.14 on those that version 1 does not have are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table(BTreeMap<String, bool>);

/// What the root of version 2 says.
#[derive(Debug, Clone)]
pub(super) struct UnifiedControllers {
    /// Where it is mounted.
    pub(super) mount: String,
    /// Whether it is the root of all control groups.
    pub(super) is_root: Fact<bool>,
    /// cgroup.controllers
    pub(super) listed: Fact<Vec<String>>,
    /// cgroup.subtree_control
    pub(super) delegated: Fact<Vec<String>>,
    /// Whether groups can be frozen.
    pub(super) freezer: Fact<bool>,
    /// Whether devices can be restricted.
    pub(super) devices: Fact<bool>,
}

/// All that is known about controllers.
pub(super) struct Sources<'a> {
    pub(super) table: Fact<Table>,
    pub(super) hierarchies: &'a Hierarchies,
    /// Absent if version 2 is not mounted.
    pub(super) unified: Fact<UnifiedControllers>,
}

impl Table {
    /// A line for each: its name, the number of its hierarchy, how many groups it has, whether it is enabled.
    pub(super) fn parse(text: &str) -> Result<Self, Unknown> {
        let malformed = |line| Unknown::malformed(TABLE, format!("{line:?} is no line of a controller"));
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let row = |line: &str| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            match fields[..] {
                [name, _, _, "0"] => Ok((name.to_owned(), false)),
                [name, _, _, "1"] => Ok((name.to_owned(), true)),
                _ => Err(malformed(line.to_owned())),
            }
        };
        lines.map(row).collect::<Result<_, _>>().map(Self)
    }
}

impl Sources<'_> {
    /// Every controller by its name in version 2.
    pub(super) fn controllers(&self) -> BTreeMap<String, Controller> {
        let mut names: Vec<&str> = NAMES.to_vec();
        if let Some(table) = self.table.known() {
            names.extend(table.0.keys().map(|name| v2_name(name)));
        }
        if let Some(listed) = self.unified.known().and_then(|unified| unified.listed.known()) {
            names.extend(listed.iter().map(String::as_str));
        }
        names.into_iter().map(|name| (name.to_owned(), self.controller(name))).collect()
    }

    fn controller(&self, name: &str) -> Controller {
        match self.hierarchies.v1_mount(v1_name(name)) {
            Some(mount) => {
                // Without accounting the kernel limits the processor but nobody sees what is used.
                let complete = name != "cpu" || self.hierarchies.v1_mount("cpuacct").is_some();
                Controller {
                    available: Fact::Known(true),
                    enabled: Fact::Known(complete),
                    delegated: Fact::Known(complete),
                    version: Fact::Known(1),
                    mount: Fact::Known(mount.to_owned()),
                }
            }
            None => self.unified_controller(name),
        }
    }

    /// A controller that is not mounted in version 1.
    fn unified_controller(&self, name: &str) -> Controller {
        let enabled = self.unified.as_ref().and_then(|unified| match name {
            "freezer" => unified.freezer.clone(),
            "devices" => unified.devices.clone(),
            // Is part of every control group of version 2 and listed nowhere.
            "perf_event" => self.in_table(name).or_absent(false),
            _ => unified.listed.as_ref().map(|listed| listed.iter().any(|listed| listed == name)),
        });
        let if_enabled = enabled.as_ref().and_then(|enabled| enabled.then_some(()).into());
        Controller {
            available: self.available(name, &enabled),
            delegated: if_enabled.as_ref().and_then(|()| self.delegated(name)).or_absent(false),
            version: if_enabled.as_ref().map(|()| 2),
            mount: if_enabled.and_then(|()| self.unified.as_ref().map(|unified| unified.mount.clone())),
            enabled: enabled.or_absent(false),
        }
    }

    fn delegated(&self, name: &str) -> Fact<bool> {
        match name {
            "freezer" | "devices" | "perf_event" => Fact::Known(true),
            _ => self.unified.as_ref().and_then(|unified| {
                unified
                    .delegated
                    .as_ref()
                    .map(|delegated| delegated.iter().any(|delegated| delegated == name))
            }),
        }
    }

    /// Whether the kernel has the controller that is not mounted in version 1; `enabled` is what version 2
    /// says.
    fn available(&self, name: &str, enabled: &Fact<bool>) -> Fact<bool> {
        match (enabled, self.in_table(v1_name(name))) {
            (Fact::Known(true), _) => Fact::Known(true),
            (_, Fact::Known(available)) => Fact::Known(available),
            (_, Fact::Gap(unknown)) => Fact::Gap(unknown),
            (Fact::Gap(unknown), Fact::Absent) => Fact::Gap(unknown.clone()),
            (Fact::Known(false) | Fact::Absent, Fact::Absent) => self.available_unlisted(name),
        }
    }

    /// Whether the kernel has a controller that `/proc/cgroups` does not list, and version 2 neither.
    fn available_unlisted(&self, name: &str) -> Fact<bool> {
        let root = self.unified.as_ref().and_then(|unified| unified.is_root.clone());
        match root {
            Fact::Known(true) => Fact::Known(false),
            Fact::Gap(unknown) => Fact::Gap(unknown),
            // Only these can be built without their version 1, and then only version 2 tells.
            Fact::Absent if !matches!(name, "cpuset" | "memory") => Fact::Known(false),
            Fact::Absent | Fact::Known(false) => Fact::Gap(Unknown::new(
                GapReason::Unsupported,
                TABLE,
                format!("the kernel lists {name} only in the root of version 2, which cannot be seen"),
            )),
        }
    }

    /// Whether `/proc/cgroups` says that the controller is enabled; absent if it does not list it.
    fn in_table(&self, v1_name: &str) -> Fact<bool> {
        self.table.as_ref().and_then(|table| table.0.get(v1_name).copied().into())
    }
}

/// The name of a controller in version 1 by its name in version 2.
fn v1_name(name: &str) -> &str {
    if name == "io" { "blkio" } else { name }
}

/// The name of a controller in version 2 by its name in version 1.
fn v2_name(name: &str) -> &str {
    match name {
        "blkio" => "io",
        "cpuacct" => "cpu",
        name => name,
    }
}

#[cfg(test)]
mod tests;
