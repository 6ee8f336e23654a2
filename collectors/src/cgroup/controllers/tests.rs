use super::*;

/// Debian 12 and 13 with systemd: all on version 2.
const UNIFIED_TABLE: &str = "\
#subsys_name\thierarchy\tnum_cgroups\tenabled
cpuset\t0\t73\t1\ncpu\t0\t73\t1\ncpuacct\t0\t73\t1\nblkio\t0\t73\t1\nmemory\t0\t73\t1\ndevices\t0\t73\t1
freezer\t0\t73\t1\nnet_cls\t0\t73\t1\nperf_event\t0\t73\t1\nnet_prio\t0\t73\t1\nhugetlb\t0\t73\t1\npids\t0\t73\t1
rdma\t0\t73\t1\nmisc\t0\t73\t1
";
const UNIFIED_MOUNTS: &str = "30 2 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";

/// A Linux 6.18 whose init mounts version 1 controller by controller and an almost empty version 2.
const HYBRID_TABLE: &str = "\
#subsys_name\thierarchy\tnum_cgroups\tenabled
cpuset\t3\t1\t1\ncpu\t1\t1\t1\ncpuacct\t2\t1\t1\nblkio\t7\t1\t1\nmemory\t4\t17\t1\ndevices\t5\t1\t1\nfreezer\t6\t1\t1
net_cls\t0\t1\t1\nperf_event\t0\t1\t1\nnet_prio\t0\t1\t1\nhugetlb\t0\t1\t1\npids\t8\t1\t1
";
const HYBRID_MOUNTS: &str = "\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct
34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
36 31 0:33 / /sys/fs/cgroup/devices rw,relatime - cgroup cgroup rw,devices
37 31 0:34 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer
38 31 0:35 / /sys/fs/cgroup/blkio rw,relatime - cgroup cgroup rw,blkio
39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
";

fn unified(mount: &str, listed: &str, delegated: &str) -> Fact<UnifiedControllers> {
    let words = |text: &str| Fact::Known(text.split_whitespace().map(str::to_owned).collect());
    Fact::Known(UnifiedControllers {
        mount: mount.into(),
        is_root: Fact::Known(true),
        listed: words(listed),
        delegated: words(delegated),
        freezer: Fact::Known(true),
        devices: Fact::Known(true),
    })
}

fn controllers(table: &str, mounts: &str, unified: Fact<UnifiedControllers>) -> BTreeMap<String, Controller> {
    let hierarchies = Hierarchies::parse(mounts).unwrap();
    Sources { table: Table::parse(table).into(), hierarchies: &hierarchies, unified }.controllers()
}

/// The names of those for which `is` holds.
fn names(controllers: &BTreeMap<String, Controller>, is: impl Fn(&Controller) -> bool) -> Vec<&str> {
    controllers.iter().filter(|(_, controller)| is(controller)).map(|(name, _)| name.as_str()).collect()
}

#[test]
fn a_unified_node() {
    let unified = unified("/sys/fs/cgroup", "cpuset cpu io memory hugetlb pids rdma misc", "cpu memory pids");
    let found = controllers(UNIFIED_TABLE, UNIFIED_MOUNTS, unified);
    assert_eq!(
        names(&found, |controller| controller.enabled == Fact::Known(true)),
        [
            "cpu",
            "cpuset",
            "devices",
            "freezer",
            "hugetlb",
            "io",
            "memory",
            "misc",
            "perf_event",
            "pids",
            "rdma"
        ]
    );
    assert_eq!(
        names(&found, |controller| controller.delegated == Fact::Known(true)),
        ["cpu", "devices", "freezer", "memory", "perf_event", "pids"]
    );
    let absent = Controller {
        available: Fact::Known(true),
        enabled: Fact::Known(false),
        delegated: Fact::Known(false),
        version: Fact::Absent,
        mount: Fact::Absent,
    };
    assert_eq!(found["net_cls"], absent);
    assert_eq!(
        (&found["io"].version, &found["io"].mount),
        (&Fact::Known(2), &Fact::Known("/sys/fs/cgroup".into()))
    );
    assert!(!found.contains_key("cpuacct") && !found.contains_key("blkio"));
}

#[test]
fn a_hybrid_node() {
    let found = controllers(HYBRID_TABLE, HYBRID_MOUNTS, unified("/sys/fs/cgroup/unified", "hugetlb", ""));
    assert_eq!(
        names(&found, |controller| controller.version == Fact::Known(1)),
        ["cpu", "cpuset", "devices", "freezer", "io", "memory", "pids"]
    );
    assert_eq!(found["io"].mount, Fact::Known("/sys/fs/cgroup/blkio".into()));
    assert_eq!(names(&found, |controller| controller.version == Fact::Known(2)), ["hugetlb", "perf_event"]);
    assert_eq!(found["hugetlb"].delegated, Fact::Known(false));
    assert_eq!(names(&found, |controller| controller.available == Fact::Known(false)), ["misc", "rdma"]);
}

#[test]
fn a_disabled_controller_is_not_available() {
    let table = UNIFIED_TABLE.replace("memory\t0\t73\t1", "memory\t0\t1\t0");
    let found =
        controllers(&table, UNIFIED_MOUNTS, unified("/sys/fs/cgroup", "cpuset cpu io pids", "cpu pids"));
    assert_eq!(found["memory"].available, Fact::Known(false));
    assert_eq!(found["memory"].enabled, Fact::Known(false));
}

#[test]
fn the_processor_without_accounting_is_not_usable_in_version_1() {
    let mounts = HYBRID_MOUNTS.replace("rw,cpuacct", "rw");
    let found = controllers(HYBRID_TABLE, &mounts, Fact::Absent);
    assert_eq!((&found["cpu"].enabled, &found["cpu"].available), (&Fact::Known(false), &Fact::Known(true)));
}

#[test]
fn a_controller_without_version_1_is_known_from_version_2_only() {
    // Built without CONFIG_MEMCG_V1 and CONFIG_CPUSETS_V1.
    let table = UNIFIED_TABLE.replace("cpuset\t0\t73\t1\n", "").replace("memory\t0\t73\t1\n", "");
    let found =
        controllers(&table, UNIFIED_MOUNTS, unified("/sys/fs/cgroup", "cpuset cpu memory pids", "memory"));
    assert_eq!(
        (&found["memory"].available, &found["memory"].delegated),
        (&Fact::Known(true), &Fact::Known(true))
    );
    // No version 2 to ask: nobody knows whether the kernel has it, but it cannot be used.
    let found = controllers(&table, "", Fact::Absent);
    assert!(matches!(found["memory"].available, Fact::Gap(_)));
    assert_eq!(found["memory"].enabled, Fact::Known(false));
}

#[test]
fn in_a_cgroup_namespace_what_is_not_delegated_may_exist() {
    let Fact::Known(root) = unified("/sys/fs/cgroup", "cpu pids", "") else { panic!() };
    let inside = UnifiedControllers { is_root: Fact::Known(false), ..root };
    let table = UNIFIED_TABLE.replace("memory\t0\t73\t1\n", "");
    let found = controllers(&table, UNIFIED_MOUNTS, Fact::Known(inside));
    assert!(matches!(found["memory"].available, Fact::Gap(_)));
}

#[test]
fn what_cannot_be_read_is_a_gap_and_no_guess() {
    let unknown = Unknown::malformed("/sys/fs/cgroup/cgroup.controllers", "broken");
    let found = controllers(UNIFIED_TABLE, UNIFIED_MOUNTS, Fact::Gap(unknown.clone()));
    assert_eq!(found["memory"].enabled, Fact::Gap(unknown.clone()));
    assert_eq!(found["memory"].version, Fact::Gap(unknown));
    assert_eq!(found["memory"].available, Fact::Known(true));
    let found = controllers("memory 0 73\n", HYBRID_MOUNTS, Fact::Absent);
    assert_eq!(found["memory"].enabled, Fact::Known(true));
    assert!(matches!(found["hugetlb"].available, Fact::Gap(_)));
}

#[test]
fn a_controller_of_a_newer_kernel_is_told_too() {
    let table = format!("{UNIFIED_TABLE}dmem\t0\t73\t1\n");
    let found = controllers(&table, UNIFIED_MOUNTS, unified("/sys/fs/cgroup", "cpu dmem pids", ""));
    assert_eq!(found["dmem"].enabled, Fact::Known(true));
}
