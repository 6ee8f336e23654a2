//! Control groups: which layout the node has, and which controllers containers can use.

mod arguments;
mod controllers;
pub(crate) mod hierarchies;
mod unified;

use std::collections::BTreeMap;

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;

pub use controllers::Controller;
pub use hierarchies::{CgroupMount, Mode};

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::Host;
use crate::kernel::{self, Version};
use crate::mounts::mountinfo;

use arguments::Layout;
use controllers::{Sources, Table, UnifiedControllers};
use hierarchies::Hierarchies;
use unified::{CONTROLLERS, Unified};

const TABLE: &str = "/proc/cgroups";
const FILESYSTEMS: &str = "/proc/filesystems";
const INIT: &str = "/proc/1/comm";
const RELEASE: &str = "/proc/sys/kernel/osrelease";

/// Where container runtimes look for control groups.
const ROOT: &str = "/sys/fs/cgroup";

/// Where `statfs` says that a file system is version 2 (linux/magic.h).
const CGROUP2_SUPER_MAGIC: i64 = 0x6367_7270;

/// Control groups.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CgroupFacts {
    /// How control groups are mounted: `unified` is version 2 at `/sys/fs/cgroup`, `legacy` version 1 only,
    /// `hybrid` the controllers on version 1 and a version 2 without most of them beside it.
    ///
    /// Source: /proc/self/mountinfo, checked against statfs(2) of /sys/fs/cgroup
    pub mode: Fact<Mode>,
    /// Why it is mounted so, in words.
    ///
    /// Source: /proc/cmdline, /proc/1/comm
    pub reason: Fact<String>,
    /// The versions that the kernel has.
    ///
    /// Source: /proc/filesystems
    pub supported: Fact<Supported>,
    /// Where version 2 is mounted: `/sys/fs/cgroup` in mode `unified`, mostly `/sys/fs/cgroup/unified` in
    /// mode `hybrid`.
    ///
    /// Source: /proc/self/mountinfo
    pub unified_mount: Fact<String>,
    /// All hierarchies that are mounted where processes can see them.
    ///
    /// Source: /proc/self/mountinfo
    pub mounts: Vec<CgroupMount>,
    /// The controllers by their names in version 2, by which `cpu` includes `cpuacct`, and `io` is `blkio`.
    ///
    /// Source: /proc/cgroups, cgroup.controllers, /proc/self/mountinfo
    pub controllers: BTreeMap<String, Controller>,
    /// The controllers that the kernel argument `cgroup_disable=` takes away.
    ///
    /// Source: /proc/cmdline
    pub disabled_by_argument: Fact<Vec<String>>,
    /// The kernel argument by which systemd chooses the mode, as it is written; the two joined with a space
    /// if both are there.
    ///
    /// Source: /proc/cmdline, `systemd.unified_cgroup_hierarchy`, `systemd.legacy_systemd_cgroup_controller`
    pub boot_argument: Fact<String>,
    /// The controllers of the root of version 2; none if version 2 is not mounted.
    ///
    /// Source: cgroup.controllers in the root of version 2
    pub v2_controllers: Fact<Vec<String>>,
    /// How many control groups version 2 has below its root.
    ///
    /// Unit: control groups
    /// Source: cgroup.stat in the root of version 2, nr_descendants
    pub descendants: Fact<u64>,
    /// How many of version 2 were removed but still hold memory. Many thousands slow the kernel down.
    ///
    /// Unit: control groups
    /// Source: cgroup.stat in the root of version 2, nr_dying_descendants
    pub dying_descendants: Fact<u64>,
}

/// The versions of control groups that the kernel has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Supported {
    /// Whether it has version 1.
    ///
    /// Source: /proc/filesystems, `cgroup`
    pub v1: bool,
    /// Whether it has version 2.
    ///
    /// Source: /proc/filesystems, `cgroup2`
    pub v2: bool,
}

/// Reads the control groups of a running node.
pub fn collect(ctx: &Context<'_>) -> Fact<CgroupFacts> {
    let file = mountinfo::file(ctx.host);
    ctx.running(file, || {
        let text = match mountinfo::read(ctx.host) {
            Ok(text) => text,
            Err(error) => return Fact::Gap(error.into()),
        };
        match Hierarchies::parse(&text) {
            Ok(hierarchies) => Fact::Known(facts(ctx, hierarchies)),
            Err(malformed) => Fact::Gap(malformed.gap(file)),
        }
    })
}

fn facts(ctx: &Context<'_>, hierarchies: Hierarchies) -> CgroupFacts {
    let mode = checked_mode(ctx.host, &hierarchies);
    let unified = match hierarchies.unified_mount() {
        Some(path) => Unified::open(ctx.host, path).into(),
        None => Fact::Absent,
    };
    let stat = |key| unified.as_ref().and_then(|unified| unified.stat(key));
    let arguments = kernel::arguments::read(ctx).map(|line| line.arguments);
    let layout = arguments.as_ref().map(Layout::of);
    let init = Fact::from(ctx.host.read_text(INIT)).map(|name| name.trim().to_owned());
    let sources = Sources {
        table: Fact::from(ctx.host.read_text(TABLE)).and_then(|text| Table::parse(&text).into()),
        unified: unified.as_ref().map(|unified| v2_controllers(ctx, unified, &hierarchies)),
        hierarchies: &hierarchies,
    };
    CgroupFacts {
        reason: mode.as_ref().and_then(|mode| reason(*mode, &layout, &init)),
        mode,
        supported: Fact::from(ctx.host.read_text(FILESYSTEMS)).map(|text| supported(&text)),
        unified_mount: hierarchies.unified_mount().map(str::to_owned).into(),
        controllers: sources.controllers(),
        disabled_by_argument: arguments.map(|arguments| arguments::disabled(&arguments)),
        boot_argument: layout.and_then(|layout| layout.text.into()),
        v2_controllers: unified.as_ref().and_then(|unified| unified.words(CONTROLLERS)).or_absent(Vec::new()),
        descendants: stat("nr_descendants"),
        dying_descendants: stat("nr_dying_descendants"),
        mounts: hierarchies.mounts,
    }
}

/// The mode that the mounts tell; a gap if `statfs` contradicts them, which container runtimes ask.
fn checked_mode(host: &Host, hierarchies: &Hierarchies) -> Fact<Mode> {
    let mode = hierarchies.mode();
    // Below another root the mounts are those of its first process, and need not be seen from here.
    let seen = if host.is_own_root() { host.stat_fs(ROOT).ok() } else { None };
    let is_v2 = hierarchies.unified_mount() == Some(ROOT);
    match seen {
        Some(seen) if (seen.fs_type == CGROUP2_SUPER_MAGIC) != is_v2 => {
            let detail =
                format!("statfs says type {:#x} at {ROOT}, which is not what the mounts say", seen.fs_type);
            Fact::Gap(Unknown::new(GapReason::Failed, ROOT, detail))
        }
        _ => Fact::Known(mode),
    }
}

fn reason(mode: Mode, layout: &Fact<Layout>, init: &Fact<String>) -> Fact<String> {
    layout.as_ref().and_then(|layout| init.as_ref().map(|init| layout.reason(mode, init)))
}

/// What containers can use of version 2.
fn v2_controllers(ctx: &Context<'_>, unified: &Unified<'_>, hierarchies: &Hierarchies) -> UnifiedControllers {
    let since = |release: (u32, u32)| {
        let running = Fact::from(ctx.host.read_text(RELEASE)).and_then(|text| Version::parse(&text).into());
        running.map(|running| (running.major, running.minor) >= release)
    };
    UnifiedControllers {
        mount: unified.path.clone(),
        is_root: unified.is_root(),
        listed: unified.words(CONTROLLERS),
        delegated: unified.words("cgroup.subtree_control"),
        freezer: match unified.child_has("cgroup.freeze") {
            Fact::Absent => since((5, 2)),
            known_or_gap => known_or_gap,
        },
        // Looked up only where version 1 does not restrict them: reading the configuration takes longest.
        devices: match hierarchies.v1_mount("devices") {
            Some(_) => Fact::Absent,
            None => since((4, 15))
                .and_then(|since| if since { attaches_programs(ctx) } else { Fact::Known(false) }),
        },
    }
}

/// Whether programs can be attached to control groups, by which version 2 restricts devices.
fn attaches_programs(ctx: &Context<'_>) -> Fact<bool> {
    if ctx.demand.wants(&["cgroup", "controllers", "devices"]) {
        kernel::current_config(ctx).map(|config| config.is_set("CONFIG_CGROUP_BPF")).into()
    } else {
        Fact::Gap(Unknown::new(GapReason::NotCollected, "CONFIG_CGROUP_BPF", "nobody asked for it"))
    }
}

fn supported(filesystems: &str) -> Supported {
    let has = |fs_type| filesystems.lines().any(|line| line.split_whitespace().next_back() == Some(fs_type));
    Supported { v1: has("cgroup"), v2: has("cgroup2") }
}

#[cfg(test)]
mod tests;
