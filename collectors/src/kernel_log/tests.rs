//! Whole logs.

use std::time::{Duration, Instant};

use plimsoll_engine::demand::Demand;
use plimsoll_engine::snapshot::GapReason;

use super::*;
use crate::context::Options;
use crate::host::Host;
use crate::tree::Tree;

fn facts_in(host: &Host, remaining: Duration) -> Fact<KernelLog> {
    let (demand, options) = (Demand::everything(), Options::default());
    collect(&Context { host, demand: &demand, options: &options, deadline: Instant::now() + remaining })
}

fn facts(host: &Host) -> Fact<KernelLog> {
    facts_in(host, Duration::from_secs(600))
}

/// What the kernel says when a container reaches its limit, in Debian 12's /var/log/kern.log.
const KILL: &str = "\
2026-11-27T22:25:34.1+00:00 n kernel: [  900.000001] java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
2026-11-27T22:25:34.1+00:00 n kernel: [  900.000002] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=ID,mems_allowed=0,oom_memcg=/docker/ID,task_memcg=/docker/ID,task=java,pid=4711,uid=0
2026-11-27T22:25:34.1+00:00 n kernel: [  900.500000] Memory cgroup out of memory: Killed process 4711 (java) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:0
2026-11-27T22:25:35.1+00:00 n kernel: [  901.000003] oom_reaper: reaped process 4711 (java), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB
";

#[test]
fn kills_in_one_container_are_one_sign() {
    let id = "0123456789abcdef".repeat(4);
    let text = KILL.replace("ID", &id);
    let later = text.replace("22:25", "23:25").replace("[  900.", "[ 4500.");
    let tree = Tree::new().file("var/log/kern.log", format!("{text}{later}"));
    let log = facts(&tree.host()).known().cloned().unwrap();
    assert_eq!((log.source.as_str(), log.from_boot), ("/var/log/kern.log", false));
    let [Fact::Known(sign)] = &log.signs[..] else { panic!("{:?}", log.signs) };
    assert_eq!((sign.kind, sign.subject.as_str(), sign.count), (Kind::CgroupOutOfMemory, "java", 2));
    assert_eq!(sign.container, Fact::Known(id));
    assert_eq!((&sign.first_seconds, &sign.last_seconds), (&Fact::Known(900.5), &Fact::Known(4500.5)));
    assert_eq!(sign.last_time, Fact::Known("2026-11-27T23:25:34.1+00:00".to_owned()));
    assert!(sign.sample.starts_with("Memory cgroup out of memory: Killed process 4711 (java)"));
}

#[test]
fn an_image_without_logs_is_offline_and_one_that_hides_them_is_a_gap() {
    let reason = |tree: &Tree| match facts(&tree.host()) {
        Fact::Gap(unknown) => unknown.reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(reason(&Tree::new()), GapReason::Offline);
    assert_eq!(reason(&Tree::new().fifo("var/log/kern.log")), GapReason::Malformed);
}

#[test]
fn a_flood_of_different_signs_ends_in_a_gap() {
    let lines = (0..1000).map(|n| format!("[{n}.0] Buffer I/O error on dev sd{n}, logical block 0\n"));
    let tree = Tree::new().file("var/log/dmesg", lines.collect::<String>());
    let log = facts(&tree.host()).known().cloned().unwrap();
    assert_eq!(log.signs.len(), 301);
    assert!(matches!(log.signs.last(), Some(Fact::Gap(_))));
}

#[test]
fn without_time_the_signs_are_a_gap() {
    let tree = Tree::new().file("var/log/dmesg", "[1.0] nf_conntrack: table full, dropping packet\n");
    let log = facts_in(&tree.host(), Duration::ZERO).known().cloned().unwrap();
    assert!(matches!(&log.signs[..], [Fact::Gap(unknown)] if unknown.reason == GapReason::Timeout));
}
