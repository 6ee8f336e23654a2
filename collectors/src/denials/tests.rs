//! Whole logs.

use std::time::Instant;

use plimsoll_engine::demand::Demand;

use super::*;
use crate::context::Options;
use crate::host::Host;
use crate::tree::Tree;

fn facts(host: &Host) -> Fact<Denials> {
    let (demand, options) = (Demand::everything(), Options::default());
    collect(&Context { host, demand: &demand, options: &options, deadline: Instant::now() + options.timeout })
}

/// audit.log of a Fedora node: a container reads a volume that has the label of a home directory.
const AUDIT: &str = r#"type=AVC msg=audit(1732744800.101:501): avc:  denied  { read } for  pid=9321 comm="cat" name="secret.txt" dev="vda3" ino=131 scontext=system_u:system_r:container_t:s0:c12,c345 tcontext=unconfined_u:object_r:user_home_t:s0 tclass=file permissive=0
type=SYSCALL msg=audit(1732744800.101:501): arch=c000003e syscall=257 success=no exit=-13 a0=ffffff9c ppid=9300 pid=9321 comm="cat" exe="/usr/bin/coreutils" subj=system_u:system_r:container_t:s0:c12,c345 key=(null)
type=CWD msg=audit(1732744800.101:501): cwd="/"
type=PATH msg=audit(1732744800.101:501): item=0 name="/data/secret.txt" inode=131 dev=fd:03 mode=0100644 nametype=NORMAL
type=AVC msg=audit(1732744860.101:502): avc:  denied  { open } for  pid=9322 comm="cat" path="/data/other.txt" dev="vda3" ino=132 scontext=system_u:system_r:container_t:s0:c12,c345 tcontext=unconfined_u:object_r:user_home_t:s0 tclass=file permissive=0
type=SECCOMP msg=audit(1732744861.2:503): auid=4294967295 uid=0 gid=0 ses=4294967295 subj=unconfined pid=9400 comm="chrome" exe="/opt/chrome" sig=31 arch=c000003e syscall=272 compat=0 ip=0x7f code=0x80000000
type=AVC msg=audit(1732744862.3:504): apparmor="DENIED" operation="open" profile="docker-default" name="/proc/kcore" pid=9500 comm="cat" requested_mask="r" denied_mask="r" fsuid=0 ouid=0
type=USER_LOGIN msg=audit(1732744863.3:505): pid=1 uid=0 res=success
"#;

#[test]
fn denials_of_one_cause_are_one() {
    let denials = facts(&Tree::new().file("var/log/audit/audit.log", AUDIT).host()).known().cloned().unwrap();
    assert_eq!(denials.sources, ["/var/log/audit/audit.log"]);
    let [Fact::Known(selinux)] = &denials.selinux[..] else { panic!("{:?}", denials.selinux) };
    assert_eq!((selinux.source_type.as_str(), selinux.target_type.as_str()), ("container_t", "user_home_t"));
    assert_eq!(selinux.permissions, ["open", "read"]);
    assert_eq!(selinux.names, ["/data/other.txt", "/data/secret.txt"]);
    assert_eq!((selinux.answer, selinux.permissive), (Answer::LabelVolume, false));
    assert_eq!(selinux.occurrences.count, 2);
    assert_eq!(selinux.occurrences.first, Fact::Known("2024-11-27T22:00:00Z".to_owned()));
    assert_eq!(selinux.occurrences.last, Fact::Known("2024-11-27T22:01:00Z".to_owned()));
    assert!(matches!(&denials.seccomp[..], [Fact::Known(call)] if call.syscall == "unshare"));
    assert!(matches!(&denials.apparmor[..], [Fact::Known(denial)] if denial.names == ["/proc/kcore"]));
}

#[test]
fn what_both_logs_have_counts_once() {
    let kernel = "[1.0] audit: type=1400 audit(1732744862.3:504): apparmor=\"DENIED\" operation=\"open\" profile=\"docker-default\" name=\"/proc/kcore\" pid=9500 comm=\"cat\" requested_mask=\"r\" denied_mask=\"r\"\n\
                  [2.0] audit: type=1400 audit(1732744962.3:604): apparmor=\"DENIED\" operation=\"open\" profile=\"docker-default\" name=\"/proc/kmsg\" pid=9500 comm=\"cat\" requested_mask=\"r\" denied_mask=\"r\"\n";
    let tree = Tree::new().file("var/log/audit/audit.log", AUDIT).file("var/log/kern.log", kernel);
    let denials = facts(&tree.host()).known().cloned().unwrap();
    let [Fact::Known(apparmor)] = &denials.apparmor[..] else { panic!("{:?}", denials.apparmor) };
    assert_eq!(apparmor.occurrences.count, 2);
    assert_eq!(apparmor.names, ["/proc/kcore", "/proc/kmsg"]);
}

#[test]
fn a_log_that_cannot_be_read_is_a_gap_beside_what_could() {
    assert!(matches!(facts(&Tree::new().host()), Fact::Gap(unknown) if unknown.reason == GapReason::Offline));
    let hidden = Tree::new().fifo("var/log/audit/audit.log");
    assert!(matches!(facts(&hidden.host()), Fact::Gap(unknown) if unknown.reason == GapReason::Malformed));
    let denials = facts(&hidden.file("var/log/kern.log", "").host()).known().cloned().unwrap();
    assert!(matches!(&denials.selinux[..], [Fact::Gap(_)]));
}

#[test]
fn a_flood_of_causes_ends_in_a_gap() {
    let line = |n: u32| {
        format!("type=SECCOMP msg=audit({n}.0:{n}): comm=\"c{n}\" arch=c000003e syscall=1 code=0x0\n")
    };
    let text: String = (0..1000).map(line).collect();
    let denials = facts(&Tree::new().file("var/log/audit/audit.log", text).host()).known().cloned().unwrap();
    assert_eq!(denials.seccomp.len(), 201);
    assert!(matches!(denials.seccomp.last(), Some(Fact::Gap(_))));
    assert!(denials.selinux.is_empty());
}

#[test]
fn auditd_writes_where_it_is_told_and_what_it_withholds_is_missing() {
    let elsewhere = Tree::new()
        .file("etc/audit/auditd.conf", "log_file = /srv/audit.log\n")
        .file("srv/audit.log", AUDIT)
        .file("var/log/audit/audit.log", "");
    let denials = facts(&elsewhere.host()).known().cloned().unwrap();
    assert_eq!(denials.sources, ["/srv/audit.log"]);
    assert!(matches!(&denials.selinux[..], [Fact::Known(_)]));
    let silent =
        |tree: Tree| tree.file("etc/audit/auditd.conf", "write_logs = no\n").file("var/log/kern.log", "");
    let denials = facts(&silent(Tree::new()).host()).known().cloned().unwrap();
    assert!(matches!(&denials.apparmor[..], [Fact::Gap(unknown)] if unknown.detail.contains("auditd")));
    let image = Tree::new().file("etc/audit/auditd.conf", "write_logs = no\n");
    assert!(matches!(facts(&image.host()), Fact::Gap(unknown) if unknown.reason == GapReason::Offline));
    // Without a running auditd the kernel writes into its own log.
    let init = || Tree::new().process(1, 0, "init", "init");
    let denials = facts(&silent(init()).running()).known().cloned().unwrap();
    assert!(denials.apparmor.is_empty(), "{:?}", denials.apparmor);
    let denials =
        facts(&silent(init().process(9, 1, "auditd", "auditd")).running()).known().cloned().unwrap();
    assert!(matches!(&denials.apparmor[..], [Fact::Gap(_)]));
}

#[test]
fn what_was_cut_off_a_log_is_missing() {
    let filler =
        "type=USER_LOGIN msg=audit(1.2:3): pid=1 uid=0 res=success padding-padding-padding-padding\n";
    let text = filler.repeat((11 << 20) / filler.len()) + AUDIT;
    let denials = facts(&Tree::new().file("var/log/audit/audit.log", text).host()).known().cloned().unwrap();
    assert!(
        matches!(&denials.selinux[..], [Fact::Known(_), Fact::Gap(unknown)] if unknown.detail.contains("MiB"))
    );
}

#[test]
fn a_container_that_runs_is_known_by_its_label_and_its_profile() {
    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let tree = Tree::new()
        .process(1, 0, "init", "init")
        .process(700, 1, "conmon", "conmon")
        .file("proc/700/cgroup", format!("0::/machine.slice/libpod-conmon-{ID}.scope\n"))
        .file("proc/700/attr/current", "system_u:system_r:conmon_t:s0\n")
        .process(800, 700, "sleep", "sleep")
        .file("proc/800/cgroup", format!("0::/machine.slice/libpod-{ID}.scope/container\n"))
        .file("proc/800/attr/current", "system_u:system_r:my_web.process:s0:c12,c345\0")
        .file("proc/800/attr/apparmor/current", "my-profile (enforce)\n")
        .file(
            "proc/800/mountinfo",
            "90 80 0:60 / / rw - overlay overlay rw\n91 90 254:0 /srv/data /data rw - ext4 /dev/vda rw\n",
        )
        .file("proc/1/mountinfo", "27 1 254:0 / / rw - ext4 /dev/vda rw\n")
        .file(
            "var/log/audit/audit.log",
            AUDIT
                .replace("system_r:container_t", "system_r:my_web.process")
                .replace("docker-default", "my-profile//null-/bin/sh"),
        );
    let denials = facts(&tree.running()).known().cloned().unwrap();
    let Some(Fact::Known(selinux)) = denials.selinux.first() else { panic!("{:?}", denials.selinux) };
    assert_eq!(selinux.occurrences.container, Fact::Known(ID.to_owned()));
    assert_eq!((selinux.of_container, selinux.answer), (true, Answer::LabelVolume));
    assert_eq!(selinux.volume, Fact::Known("/srv/data".to_owned()));
    assert_eq!(selinux.module, "my_cat");
    let Some(Fact::Known(apparmor)) = denials.apparmor.first() else { panic!("{:?}", denials.apparmor) };
    assert!(apparmor.of_container);
    let another = tree.file("proc/800/attr/apparmor/current", "unconfined\n");
    let denials = facts(&another.running()).known().cloned().unwrap();
    assert!(matches!(denials.apparmor.first(), Some(Fact::Known(denial)) if !denial.of_container));
}
