//! Units on trees of files.

use plimsoll_engine::snapshot::GapReason;
use serde_json::json;

use crate::fact::{Fact, Unknown};
use crate::systemd;
use crate::tree::Tree;

use super::activity::is_active;

const UNIT: &str = "usr/lib/systemd/system/docker.service";
const GROUP: &str = "sys/fs/cgroup/system.slice/docker.service";

/// A node with systemd as its init system and a unit.
fn node(unit: &str) -> Tree {
    Tree::new()
        .file(UNIT, unit)
        .dir("run/systemd/system")
        .dir("run/systemd/units")
        .dir("sys/fs/cgroup/system.slice")
}

fn active(tree: &Tree, name: &str) -> Result<bool, Unknown> {
    let host = tree.host();
    let unit = systemd::Unit::load(&host, name).unwrap().unwrap();
    is_active(&host, name, &unit)
}

#[test]
fn a_service_is_active_if_it_was_started_and_has_a_process() {
    let idle = || node("[Service]\nType=notify\n");
    let started = || idle().link("run/systemd/units/invocation:docker.service", "0123456789abcdef");
    let name = "docker.service";
    assert_eq!(active(&idle(), name), Ok(false));
    let running = started().file(&format!("{GROUP}/cgroup.events"), "populated 1\nfrozen 0\n");
    assert_eq!(active(&running, name), Ok(true));
    let crash_looping = started().file(&format!("{GROUP}/cgroup.events"), "populated 0\nfrozen 0\n");
    assert_eq!(active(&crash_looping, name), Ok(false));
    assert_eq!(active(&started(), name), Ok(false), "its control group is gone");
}

#[test]
fn a_oneshot_stays_active_without_a_process() {
    let tree = node("[Service]\nType=oneshot\nRemainAfterExit=yes\n")
        .link("run/systemd/units/invocation:docker.service", "0123456789abcdef");
    assert_eq!(active(&tree, "docker.service"), Ok(true));
}

#[test]
fn before_version_235_the_control_group_alone_decides() {
    let old = || Tree::new().file(UNIT, "[Service]\nNice=1\n").dir("run/systemd/system");
    let v1 = "sys/fs/cgroup/systemd/system.slice";
    let running = old()
        .file(&format!("{v1}/docker.service/cgroup.procs"), "")
        .file(&format!("{v1}/docker.service/supervised/cgroup.procs"), "4711\n");
    assert_eq!(active(&running, "docker.service"), Ok(true));
    assert_eq!(active(&old().dir(v1), "docker.service"), Ok(false));
    assert_eq!(active(&old(), "docker.service").unwrap_err().reason, GapReason::Unsupported);
}

#[test]
fn the_unit_says_in_which_slice_its_group_is() {
    let tree = node("[Service]\nSlice=podruntime-engine.slice\n")
        .link("run/systemd/units/invocation:docker.service", "0")
        .file(
            "sys/fs/cgroup/podruntime.slice/podruntime-engine.slice/docker.service/cgroup.events",
            "populated 1\n",
        );
    assert_eq!(active(&tree, "docker.service"), Ok(true));
}

#[test]
fn what_only_systemd_knows_is_a_gap() {
    let name = "multi-user.target";
    let tree = node("").file(&format!("usr/lib/systemd/system/{name}"), "[Unit]\nDescription=x\n");
    assert_eq!(active(&tree, name).unwrap_err().reason, GapReason::Unsupported);
    let other_init = Tree::new().file(UNIT, "[Service]\nNice=1\n");
    assert_eq!(active(&other_init, "docker.service").unwrap_err().reason, GapReason::Unsupported);
}

#[test]
fn settings_show_what_counts_and_no_environment() {
    let tree = Tree::new().file(
        UNIT,
        "[Service]\nExecStartPre=/bin/a\nExecStartPre=/bin/b\nEnvironment=TOKEN=geheim HTTP_PROXY=http://u:p@proxy\nLimitNOFILE=1\nLimitNOFILE=2\n",
    );
    let host = tree.host();
    let unit = systemd::Unit::load(&host, "docker.service").unwrap().unwrap();
    let settings = super::settings(&unit);
    let plain: Vec<_> = settings.iter().map(|(key, value)| (key.as_str(), value.value.as_str())).collect();
    assert_eq!(plain, [("Service.ExecStartPre", "/bin/a\n/bin/b"), ("Service.LimitNOFILE", "2")]);
    assert_eq!(settings["Service.LimitNOFILE"].origin.line, Some(6));
    assert_eq!(unit.environment().into_keys().collect::<Vec<_>>(), ["HTTP_PROXY", "TOKEN"]);
}

#[test]
fn a_unit_that_is_not_there_does_not_run() {
    let missing = serde_json::to_value(Fact::Known(super::missing())).unwrap();
    assert_eq!(
        missing,
        json!({"exists": false, "file": null, "state": null, "active": false, "drop_ins": [], "settings": {}, "environment_names": []})
    );
}
