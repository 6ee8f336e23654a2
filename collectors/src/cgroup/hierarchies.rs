//! The cgroup hierarchies that are mounted.

use schemars::JsonSchema;
use serde::Serialize;

use crate::mounts::mountinfo::{self, Malformed, MountInfo, split_options};
use crate::mounts::table::MountTable;

use super::ROOT;

/// The names that controllers have as mount options of version 1.
const V1_CONTROLLERS: [&str; 16] = [
    "blkio",
    "cpu",
    "cpuacct",
    "cpuset",
    "debug",
    "devices",
    "dmem",
    "freezer",
    "hugetlb",
    "memory",
    "misc",
    "net_cls",
    "net_prio",
    "perf_event",
    "pids",
    "rdma",
];

/// How control groups are mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Version 2, and nothing of version 1 at its place.
    Unified,
    /// Version 1, with a version 2 beside it.
    Hybrid,
    /// Version 1 only.
    Legacy,
    /// Not at all.
    None,
}

/// A hierarchy that is mounted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CgroupMount {
    /// Where.
    ///
    /// Source: /proc/self/mountinfo, field 5
    pub path: String,
    /// 1 or 2.
    ///
    /// Source: /proc/self/mountinfo, field 9: `cgroup` or `cgroup2`
    pub version: u8,
    /// The controllers on it by their names in version 1, or the name of a hierarchy without controllers:
    /// `cpu`, `cpuacct`, `name=systemd`. None for version 2, of which `v2_controllers` tells them.
    ///
    /// Source: /proc/self/mountinfo, field 11
    pub controllers: Vec<String>,
    /// Whether it is mounted read-only.
    ///
    /// Source: /proc/self/mountinfo, `ro` in field 6 or 11
    pub read_only: bool,
}

/// The hierarchies that processes can see, in the order in which they are mounted.
#[derive(Debug, Clone)]
pub(crate) struct Hierarchies {
    pub(super) mounts: Vec<CgroupMount>,
}

impl Hierarchies {
    /// The hierarchies of a mountinfo.
    ///
    /// # Errors
    ///
    /// The first malformed line that looks as if it were about one.
    pub(crate) fn parse(mountinfo: &str) -> Result<Self, Malformed> {
        let mut mounts = Vec::new();
        for line in mountinfo::parse(mountinfo) {
            match line {
                Ok(mount) => mounts.push(mount),
                Err(malformed) if malformed.mentions("cgroup") => return Err(malformed),
                Err(_) => {}
            }
        }
        let table = MountTable::of(mounts);
        let visible = table.visible();
        let seen = table.mounts().iter().filter(|mount| visible.contains(&mount.id));
        Ok(Self { mounts: seen.filter_map(CgroupMount::of).collect() })
    }

    /// How they are mounted.
    pub(super) fn mode(&self) -> Mode {
        let has = |version| self.mounts.iter().any(|mount| mount.version == version);
        match (has(1), has(2)) {
            _ if self.unified_mount() == Some(ROOT) => Mode::Unified,
            (true, true) => Mode::Hybrid,
            (true, false) => Mode::Legacy,
            (false, true) => Mode::Unified,
            (false, false) => Mode::None,
        }
    }

    /// Where version 2 is mounted, first of all where runtimes look for it.
    pub(crate) fn unified_mount(&self) -> Option<&str> {
        let mut mounts =
            self.mounts.iter().filter(|mount| mount.version == 2).map(|mount| mount.path.as_str());
        let first = mounts.clone().next();
        mounts.find(|path| *path == ROOT).or(first)
    }

    /// Where the version 1 of `controller` is mounted, first of all where runtimes look for it.
    pub(crate) fn v1_mount(&self, controller: &str) -> Option<&str> {
        let has = |mount: &&CgroupMount| mount.controllers.iter().any(|name| name == controller);
        let mut mounts = self.mounts.iter().filter(has).map(|mount| mount.path.as_str());
        let first = mounts.clone().next();
        mounts.find(|path| path.starts_with(ROOT)).or(first)
    }
}

impl CgroupMount {
    fn of(mount: &MountInfo<'_>) -> Option<Self> {
        let version = match mount.fs_type.as_ref() {
            "cgroup" => 1,
            "cgroup2" => 2,
            _ => return None,
        };
        let is_controller = |option: &str| V1_CONTROLLERS.contains(&option) || option.starts_with("name=");
        let mut controllers: Vec<String> = split_options(mount.super_options)
            .filter(|option| version == 1 && is_controller(option))
            .map(|option| option.into_owned())
            .collect();
        controllers.sort();
        Some(Self {
            path: mount.target.clone().into_owned(),
            version,
            controllers,
            read_only: mount.is_read_only(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &str) -> Hierarchies {
        Hierarchies::parse(&format!(
            "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:21 / /sys rw - sysfs sysfs rw\n{lines}"
        ))
        .unwrap()
    }

    #[test]
    fn unified_as_debian_and_others_mount_it() {
        let found = of(
            "30 2 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n",
        );
        assert_eq!((found.mode(), found.unified_mount()), (Mode::Unified, Some("/sys/fs/cgroup")));
        assert_eq!(found.mounts[0].controllers, [""; 0]);
    }

    #[test]
    fn hybrid_as_systemd_mounts_it() {
        let found = of("\
            25 2 0:23 / /sys/fs/cgroup ro,nosuid,nodev,noexec shared:9 - tmpfs tmpfs ro,size=4096k,nr_inodes=1024,mode=755\n\
            26 25 0:24 / /sys/fs/cgroup/unified rw,nosuid,nodev,noexec,relatime shared:10 - cgroup2 cgroup2 rw,nsdelegate\n\
            27 25 0:25 / /sys/fs/cgroup/systemd rw,nosuid,nodev,noexec,relatime shared:11 - cgroup cgroup rw,xattr,name=systemd\n\
            30 25 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid,nodev,noexec,relatime shared:15 - cgroup cgroup rw,cpu,cpuacct\n\
            31 25 0:30 / /sys/fs/cgroup/cpuset ro,relatime shared:16 - cgroup cgroup rw,cpuset,clone_children\n");
        assert_eq!((found.mode(), found.unified_mount()), (Mode::Hybrid, Some("/sys/fs/cgroup/unified")));
        let cpu = CgroupMount {
            path: "/sys/fs/cgroup/cpu,cpuacct".into(),
            version: 1,
            controllers: vec!["cpu".into(), "cpuacct".into()],
            read_only: false,
        };
        assert_eq!(found.mounts[2], cpu);
        assert_eq!(found.mounts[1].controllers, ["name=systemd"]);
        assert!(found.mounts[3].read_only);
        assert_eq!(found.v1_mount("cpuacct"), Some("/sys/fs/cgroup/cpu,cpuacct"));
        assert_eq!(found.v1_mount("memory"), None);
    }

    #[test]
    fn without_version_2_it_is_legacy_and_without_any_none() {
        let legacy = of("31 2 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
        assert_eq!((legacy.mode(), legacy.unified_mount()), (Mode::Legacy, None));
        assert_eq!(of("").mode(), Mode::None);
    }

    #[test]
    fn a_version_1_that_somebody_adds_does_not_end_the_unified_mode() {
        let found = of("\
            31 1 0:31 / /run/net_cls rw - cgroup net_cls rw,net_cls\n\
            30 2 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n\
            32 1 0:26 / /run/cilium/cgroupv2 rw - cgroup2 none rw\n");
        assert_eq!((found.mode(), found.unified_mount()), (Mode::Unified, Some("/sys/fs/cgroup")));
        assert_eq!(found.mounts.len(), 3);
    }

    #[test]
    fn a_covered_hierarchy_does_not_count() {
        let found = of("\
            30 2 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n\
            31 30 0:31 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
            32 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
        assert_eq!(found.mode(), Mode::Legacy);
    }

    #[test]
    fn a_malformed_line_counts_if_it_may_be_about_control_groups() {
        assert!(Hierarchies::parse("30 2 0:26 / /sys/fs/cgroup rw cgroup2\n").is_err());
        assert!(Hierarchies::parse("30 2 0:26 / /home rw ext4\n").is_ok());
    }
}
