//! Whole nodes, as their files were captured.

use super::*;
use crate::context::Options;
use crate::tree::Tree;
use plimsoll_engine::demand::Demand;
use std::time::Instant;

fn collect_from(host: &Host) -> Fact<CgroupFacts> {
    let (demand, options) = (Demand::everything(), Options::default());
    collect(&Context { host, demand: &demand, options: &options, deadline: Instant::now() + options.timeout })
}

fn facts(tree: &Tree) -> CgroupFacts {
    collect_from(&tree.running()).known().cloned().unwrap()
}

fn is_enabled(facts: &CgroupFacts, name: &str) -> Fact<bool> {
    facts.controllers[name].enabled.clone()
}

/// Debian 12 with systemd 252.
fn debian() -> Tree {
    let mounts = "\
        25 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,discard,errors=remount-ro\n\
        24 25 0:23 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw\n\
        31 24 0:27 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:10 - cgroup2 cgroup2 \
        rw,nsdelegate,memory_recursiveprot\n\
        32 24 0:28 / /sys/fs/pstore rw,nosuid,nodev,noexec,relatime shared:11 - pstore pstore rw\n";
    let table: String = [
        "cpuset",
        "cpu",
        "cpuacct",
        "blkio",
        "memory",
        "devices",
        "freezer",
        "net_cls",
        "perf_event",
        "net_prio",
        "hugetlb",
        "pids",
        "rdma",
        "misc",
    ]
    .iter()
    .map(|name| format!("{name}\t0\t73\t1\n"))
    .collect();
    Tree::new()
        .file("proc/1/mountinfo", mounts)
        .file("proc/1/comm", "systemd\n")
        .file("proc/cgroups", format!("#subsys_name\thierarchy\tnum_cgroups\tenabled\n{table}"))
        .file("proc/cmdline", "BOOT_IMAGE=/boot/vmlinuz-6.1.0-26-amd64 root=UUID=1f2e ro quiet\n")
        .file("proc/filesystems", "nodev\tsysfs\nnodev\tcgroup\nnodev\tcgroup2\n\text4\n")
        .file("proc/sys/kernel/osrelease", "6.1.0-26-amd64\n")
        .file(
            "boot/config-6.1.0-26-amd64",
            "CONFIG_CGROUPS=y\nCONFIG_CGROUP_BPF=y\n# CONFIG_RT_GROUP_SCHED is not set\n",
        )
        .file("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids rdma misc\n")
        .file("sys/fs/cgroup/cgroup.subtree_control", "cpu memory pids\n")
        .file("sys/fs/cgroup/cgroup.stat", "nr_descendants 72\nnr_dying_descendants 3\n")
        .file("sys/fs/cgroup/init.scope/cgroup.freeze", "0\n")
}

#[test]
fn a_node_with_systemds_default() {
    let facts = facts(&debian());
    assert_eq!(facts.mode, Fact::Known(Mode::Unified));
    assert_eq!(
        facts.reason,
        Fact::Known(
            "systemd mounts them so by default, and no kernel argument asks for anything else".to_owned()
        )
    );
    assert_eq!(facts.unified_mount, Fact::Known("/sys/fs/cgroup".to_owned()));
    assert_eq!(
        (facts.descendants.clone(), facts.dying_descendants.clone()),
        (Fact::Known(72), Fact::Known(3))
    );
    assert_eq!(facts.v2_controllers.known().unwrap().len(), 8);
    assert_eq!(
        (facts.boot_argument.clone(), facts.disabled_by_argument.clone()),
        (Fact::Absent, Fact::Known(vec![]))
    );
    for name in ["cpu", "devices", "freezer", "io", "memory", "pids"] {
        assert_eq!(is_enabled(&facts, name), Fact::Known(true), "{name}");
    }
    assert_eq!(facts.controllers["cpuset"].delegated, Fact::Known(false));
}

#[test]
fn a_node_whose_memory_controller_is_switched_off() {
    let tree = debian()
        .file(
            "proc/cgroups",
            "#subsys_name\thierarchy\tnum_cgroups\tenabled\nmemory\t0\t1\t0\npids\t0\t73\t1\n",
        )
        .file("proc/cmdline", "console=serial0 cgroup_disable=memory rootwait\n")
        .file("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io pids\n");
    let facts = facts(&tree);
    assert_eq!(facts.disabled_by_argument, Fact::Known(vec!["memory".to_owned()]));
    assert_eq!(facts.controllers["memory"].available, Fact::Known(false));
    assert_eq!(is_enabled(&facts, "memory"), Fact::Known(false));
}

#[test]
fn groups_and_programs_decide_about_freezer_and_devices() {
    let without =
        debian().file("boot/config-6.1.0-26-amd64", "CONFIG_CGROUPS=y\n# CONFIG_CGROUP_BPF is not set\n");
    assert_eq!(is_enabled(&facts(&without), "devices"), Fact::Known(false));
    // Before 5.2 no group can be frozen, and before 4.15 no program attached.
    let old = debian()
        .file("proc/sys/kernel/osrelease", "4.14.0-1\n")
        .remove("sys/fs/cgroup/init.scope/cgroup.freeze");
    let found = facts(&old);
    assert_eq!(
        (is_enabled(&found, "freezer"), is_enabled(&found, "devices")),
        (Fact::Known(false), Fact::Known(false))
    );
}

#[test]
fn what_is_missing_is_told_where_it_is_missing() {
    let tree = debian()
        .remove("boot/config-6.1.0-26-amd64")
        .remove("sys/fs/cgroup/cgroup.stat")
        .file("proc/cgroups", "memory\t0\n");
    let facts = facts(&tree);
    assert!(matches!(facts.controllers["devices"].enabled, Fact::Gap(_)));
    assert!(matches!(facts.controllers["net_cls"].available, Fact::Gap(_)));
    assert_eq!(is_enabled(&facts, "memory"), Fact::Known(true));
    assert_eq!(facts.descendants, Fact::Absent);
}

#[test]
fn a_hierarchy_that_cannot_be_seen_is_a_gap() {
    let facts = facts(&debian().remove("sys/fs/cgroup/cgroup.controllers"));
    assert_eq!(facts.mode, Fact::Known(Mode::Unified));
    assert!(matches!(facts.v2_controllers, Fact::Gap(_)));
    assert!(matches!(facts.controllers["memory"].enabled, Fact::Gap(_)));
}

#[test]
fn an_image_has_no_control_groups_to_tell() {
    let Fact::Gap(unknown) = collect_from(&debian().host()) else { panic!() };
    assert_eq!(unknown.reason, GapReason::Offline);
}

#[test]
fn this_machine_and_its_statfs_agree() {
    let host = Host::live().unwrap();
    let is_v2 = host.stat_fs(ROOT).is_ok_and(|found| found.fs_type == CGROUP2_SUPER_MAGIC);
    let facts = collect_from(&host).known().cloned().unwrap();
    assert_eq!(facts.mode == Fact::Known(Mode::Unified), is_v2, "{facts:?}");
}

#[test]
fn a_kernel_names_the_versions_that_it_has() {
    let both = supported("nodev\tsysfs\nnodev\tcgroup\nnodev\tcgroup2\n\text4\n");
    assert_eq!(both, Supported { v1: true, v2: true });
    assert_eq!(supported("nodev\tcgroup2\n"), Supported { v1: false, v2: true });
    assert_eq!(supported("\text4\n"), Supported { v1: false, v2: false });
}
