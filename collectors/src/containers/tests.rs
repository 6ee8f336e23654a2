//! Whole nodes, captured: version 1 with docker, version 2 with a pod of containerd.

use std::time::Instant;

use plimsoll_engine::demand::Demand;
use plimsoll_engine::snapshot::GapReason;
use serde_json::{Value, json};

use super::*;
use crate::context::Options;
use crate::host::Host;
use crate::tree::Tree;

const A: &str = "a3f1c0d2e4b5968778695a4b3c2d1e0fa3f1c0d2e4b5968778695a4b3c2d1e0f";
const B: &str = "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfb0b1b2b3b4b5b6b7b8b9babbbcbdbebf";
const UID: &str = "2c48913c-b29f-11e7-9350-020968147796";

fn read(host: &Host) -> Fact<Containers> {
    let (demand, options) = (Demand::everything(), Options::default());
    let deadline = Instant::now() + options.timeout;
    collect(&Context { host, demand: &demand, options: &options, deadline })
}

/// What is told of the container `id`, gaps as null.
fn one(host: &Host, id: &str) -> Container {
    let containers = read(host).known().cloned().unwrap();
    let found =
        containers.into_iter().find_map(|fact| fact.known().filter(|container| container.id == id).cloned());
    found.unwrap_or_else(|| panic!("{id} is not among the containers"))
}

fn pids(processes: &Processes) -> Vec<u32> {
    processes.list.iter().map(|process| process.pid).collect()
}

fn process(tree: Tree, pid: u32, parent: u32, cgroup: &str, namespaces: u64) -> Tree {
    let file = |name: &str| format!("proc/{pid}/{name}");
    let mut tree = tree
        .file(&file("comm"), "sleep\n")
        .file(
            &file("status"),
            format!(
                "Name:\tsleep\nState:\tS (sleeping)\nPPid:\t{parent}\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t\n\
                 NSpid:\t{pid}\t1\nVmSwap:\t8 kB\nCapEff:\t00000000a80435fb\nCapBnd:\t00000000a80435fb\n\
                 NoNewPrivs:\t0\nSeccomp:\t2\n"
            ),
        )
        .file(&file("cgroup"), cgroup)
        .file(&file("uid_map"), "0 0 4294967295\n")
        .file(
            &file("stat"),
            format!("{pid} (sleep) S {parent} 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 12345 4608000 1"),
        )
        .file(&file("mountinfo"), "90 80 0:60 / / rw - overlay overlay rw,lowerdir=/l/A,upperdir=/u/diff,workdir=/u/work\n");
    for (kind, own) in [("pid", true), ("net", false), ("mnt", true), ("user", false)] {
        let number = if own { namespaces } else { 1 };
        tree = tree.link(&file(&format!("ns/{kind}")), &format!("{kind}:[{number}]"));
    }
    tree
}

fn node(mounts: &str) -> Tree {
    let tree = process(Tree::new(), 1, 0, "0::/init.scope\n", 1);
    tree.file("proc/1/mountinfo", format!("27 1 254:0 / / rw - ext4 /dev/vda rw\n{mounts}"))
        .file("proc/stat", "cpu 1\nbtime 1764280000\n")
        .file("sys/devices/system/cpu/online", "0-3\n")
}

fn v1(tree: Tree) -> Tree {
    let group = |controller: &str, name: &str| format!("sys/fs/cgroup/{controller}/docker/{A}/{name}");
    tree.file(&group("cpu", "cpu.shares"), "512\n")
        .file(&group("cpu", "cpu.cfs_quota_us"), "20000\n")
        .file(&group("cpu", "cpu.cfs_period_us"), "100000\n")
        .file(&group("cpu", "cpu.stat"), "nr_periods 200\nnr_throttled 50\nthrottled_time 1500000000\n")
        .file(&group("cpuacct", "cpuacct.usage"), "71531790000\n")
        .file(&group("memory", "memory.usage_in_bytes"), "8388608\n")
        .file(&group("memory", "memory.limit_in_bytes"), "16777216\n")
        .file(&group("memory", "memory.soft_limit_in_bytes"), "9223372036854771712\n")
        .file(
            &group("memory", "memory.stat"),
            "cache 1\ntotal_cache 4096\ntotal_dirty 1024\ntotal_writeback 3072\ntotal_inactive_file 4096\n",
        )
        .file(&group("memory", "memory.oom_control"), "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n")
        .file(&group("pids", "pids.current"), "15\n")
        .file(&group("pids", "pids.max"), "20\n")
        .file(&group("devices", "devices.list"), "a *:* rwm\n")
        .file(&group("freezer", "freezer.state"), "FROZEN\n")
}

const V1_MOUNTS: &str = "\
    32 27 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
    33 27 0:30 / /sys/fs/cgroup/cpuacct rw - cgroup cgroup rw,cpuacct\n\
    35 27 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
    36 27 0:33 / /sys/fs/cgroup/devices rw - cgroup cgroup rw,devices\n\
    37 27 0:34 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer\n\
    39 27 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n\
    41 27 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

fn v1_groups() -> String {
    let line = |(number, controller): (usize, &str)| format!("{number}:{controller}:/docker/{A}\n");
    let controllers = ["cpu", "cpuacct", "memory", "devices", "freezer", "pids"];
    controllers.into_iter().enumerate().map(line).collect::<String>() + "0::/\n"
}

fn docker_node() -> Tree {
    let config = json!({
        "Name": "/web", "Created": "2026-11-27T22:40:00.1Z", "Config": {"Image": "bb:1", "Env": ["TOKEN=secret"]},
        "State": {"Running": true, "Pid": 700, "StartedAt": "2026-11-27T22:40:01Z"}, "RestartCount": 0,
    });
    process(v1(node(V1_MOUNTS)), 700, 690, &v1_groups(), 9)
        .file(&format!("var/lib/docker/containers/{A}/config.v2.json"), config.to_string())
}

#[test]
fn a_container_of_docker_on_version_1_is_told_whole() {
    let tree = process(docker_node(), 701, 700, &v1_groups(), 9);
    let container = one(&tree.running(), A);
    assert_eq!(
        (container.name, container.image),
        (Fact::Known("web".to_owned()), Fact::Known("bb:1".to_owned()))
    );
    assert_eq!((container.state, container.pid), (Fact::Known(State::Paused), Fact::Known(700)));
    assert_eq!((container.pod, container.runtime), (Fact::Absent, Fact::Known(Runtime::Docker)));
    let processes = container.processes.known().unwrap();
    assert_eq!((pids(processes), &processes.swap_bytes), (vec![700, 701], &Fact::Known(16 * 1024)));
    assert_eq!(
        container.namespaces.known().unwrap().shared_with_host,
        Fact::Known(vec!["net".to_owned(), "user".to_owned()])
    );
    let security = container.security.known().unwrap();
    assert_eq!(security.capabilities.known().unwrap().added, Fact::Known(vec!["CAP_NET_ADMIN".to_owned()]));
    assert_eq!(security.identity.known().unwrap().root_is_host_root, Fact::Known(true));
    assert_eq!(container.filesystem.known().unwrap().upper_dir, Fact::Known("/u/diff".to_owned()));
}

#[test]
fn version_1_has_its_figures_in_directories_of_their_own() {
    let cgroup = serde_json::to_value(one(&docker_node().running(), A).cgroup).unwrap();
    let expected = [
        ("/cpu/request_cores", json!(0.5)),
        ("/cpu/limit_cores", json!(0.2)),
        ("/cpu/throttled_percent", json!(25.0)),
        ("/cpu/throttled_seconds", json!(1.5)),
        ("/cpu/usage_seconds", json!(71.53179)),
        ("/cpu/weight", Value::Null),
        ("/memory/limit_bytes", json!(16_777_216)),
        ("/memory/request_bytes", Value::Null),
        ("/memory/working_set_bytes", json!(8_384_512)),
        ("/memory/dirty_percent", json!(0.02)),
        ("/memory/oom_kills", json!(2)),
        ("/pids/used_percent", json!(75.0)),
        ("/devices/all", json!(true)),
        ("/cpuset", Value::Null),
    ];
    for (pointer, value) in expected {
        assert_eq!(cgroup.pointer(pointer), Some(&value), "{pointer}: {cgroup:#}");
    }
}

fn pod_node() -> Tree {
    let slice = format!(
        "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{}.slice",
        UID.replace('-', "_")
    );
    let group = |name: &str| format!("sys/fs/cgroup/{slice}/cri-containerd-{B}.scope/{name}");
    let task =
        |id: &str, file: &str| format!("run/containerd/io.containerd.runtime.v2.task/k8s.io/{id}/{file}");
    let bundle = json!({"annotations": {
        "io.kubernetes.cri.container-type": "container", "io.kubernetes.cri.container-name": "web",
        "io.kubernetes.cri.image-name": "nginx:1", "io.kubernetes.cri.sandbox-id": A,
    }});
    let sandbox = json!({"annotations": {
        "io.kubernetes.cri.container-type": "sandbox", "io.kubernetes.cri.sandbox-name": "web-0",
        "io.kubernetes.cri.sandbox-namespace": "shop", "io.kubernetes.cri.sandbox-uid": UID,
    }});
    let tree = node("31 27 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    process(tree, 800, 790, &format!("0::/{slice}/cri-containerd-{B}.scope\n"), 9)
        .file(&group("cgroup.controllers"), "cpuset cpu io memory pids\n")
        .file(&group("cgroup.events"), "populated 1\nfrozen 0\n")
        .file(&group("cpu.weight"), "39\n")
        .file(&group("cpu.max"), "max 100000\n")
        .file(&group("cpu.stat"), "usage_usec 2000000\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0\n")
        .file(&group("memory.current"), "4096\n")
        .file(&group("memory.max"), "max\n")
        .file(&group("memory.low"), "0\n")
        .file(&group("memory.min"), "0\n")
        .file(&group("memory.stat"), "file 1024\nfile_dirty 0\nfile_writeback 0\ninactive_file 512\n")
        .file(&group("memory.events"), "oom 0\noom_kill 0\n")
        .file(&group("memory.oom.group"), "1\n")
        .file(&group("pids.current"), "3\n")
        .file(&group("pids.max"), "max\n")
        .file(&format!("sys/fs/cgroup/{slice}/pids.max"), "1000\n")
        .file(&group("cpuset.cpus"), "2-7\n")
        .file(&group("cpuset.cpus.effective"), "2-3\n")
        .file(&group("cpuset.mems.effective"), "0\n")
        .file(&task(B, "config.json"), bundle.to_string())
        .file(&task(B, "init.pid"), "800")
        .file(&task(A, "config.json"), sandbox.to_string())
}

#[test]
fn a_container_of_a_pod_on_version_2_is_told_whole() {
    let container = one(&pod_node().running(), B);
    assert_eq!(
        (container.name, container.state),
        (Fact::Known("web".to_owned()), Fact::Known(State::Running))
    );
    assert_eq!(container.containerd_namespace, Fact::Known("k8s.io".to_owned()));
    assert_eq!(container.started_at, Fact::Known("2025-11-27T21:48:43Z".to_owned()));
    let pod = container.pod.known().unwrap();
    assert_eq!(
        (&pod.name, &pod.namespace),
        (&Fact::Known("web-0".to_owned()), &Fact::Known("shop".to_owned()))
    );
    assert_eq!((&pod.uid, &pod.qos), (&Fact::Known(UID.to_owned()), &Fact::Known(Qos::Burstable)));
    let cgroup = serde_json::to_value(container.cgroup).unwrap();
    for (pointer, value) in [
        ("/cpu/request_cores", json!(0.975)),
        ("/cpu/limit_cores", Value::Null),
        ("/cpu/usage_seconds", json!(2.0)),
        ("/cpu/throttled_percent", Value::Null),
        ("/memory/limit_bytes", Value::Null),
        ("/memory/request_bytes", Value::Null),
        ("/memory/oom_group", json!(true)),
        ("/pids/limit", Value::Null),
        ("/pids/limit_above", json!(1000)),
        ("/cpuset/offline_cpus", json!([4, 5, 6, 7])),
        ("/cpuset/pinned", json!(true)),
    ] {
        assert_eq!(cgroup.pointer(pointer), Some(&value), "{pointer}: {cgroup:#}");
    }
}

fn pods(host: &Host) -> Fact<Pods> {
    let (demand, options) = (Demand::everything(), Options::default());
    let deadline = Instant::now() + options.timeout;
    collect_pods(&Context { host, demand: &demand, options: &options, deadline })
}

#[test]
fn a_pod_has_the_limits_of_the_group_above_its_containers() {
    let slice = format!(
        "sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{}.slice",
        UID.replace('-', "_")
    );
    let tree = pod_node()
        .file(&format!("{slice}/cgroup.controllers"), "cpu memory pids\n")
        .file(&format!("{slice}/cpu.weight"), "39\n")
        .file(&format!("{slice}/cpu.max"), "50000 100000\n")
        .file(&format!("{slice}/memory.max"), "1048576\n")
        .file(&format!("{slice}/pids.current"), "900\n");
    let [pod] = pods(&tree.running()).known().cloned().unwrap().try_into().unwrap();
    assert_eq!((pod.label.as_str(), pod.uid.as_str()), ("shop/web-0", UID));
    assert_eq!(
        (pod.qos, pod.containers.as_slice()),
        (Fact::Known(Qos::Burstable), ["shop/web-0/web".to_owned()].as_slice())
    );
    let cgroup = pod.cgroup.known().unwrap();
    let pids = cgroup.pids.known().unwrap();
    assert_eq!((&pids.limit, &pids.used_percent), (&Fact::Known(1000), &Fact::Known(90.0)));
    assert_eq!(cgroup.cpu.known().unwrap().limit_cores, Fact::Known(0.5));
    assert_eq!(pod.limits_below_containers, Fact::Known(vec![]), "its container has no limit of its own");
    let container = format!("{slice}/cri-containerd-{B}.scope");
    let tree = tree
        .file(&format!("{container}/cpu.max"), "100000 100000\n")
        .file(&format!("{container}/memory.max"), "1048576\n");
    let [pod] = pods(&tree.running()).known().cloned().unwrap().try_into().unwrap();
    assert_eq!(
        pod.limits_below_containers,
        Fact::Known(vec![LimitBelow { resource: Resource::Cpu, pod: 0.5, containers: 1.0 }])
    );
}

#[test]
fn containers_without_a_pod_make_none_and_off_line_nobody_knows() {
    assert_eq!(pods(&docker_node().running()).known().map(Vec::len), Some(0));
    assert!(matches!(pods(&pod_node().host()), Fact::Gap(Unknown { reason: GapReason::Offline, .. })));
}

#[test]
fn devices_of_what_is_no_control_group_are_unknown_and_not_forbidden() {
    let container = one(&pod_node().running(), B);
    let devices = container.cgroup.known().unwrap().devices.known().unwrap().clone();
    assert!(matches!((devices.all, devices.program), (Fact::Gap(_), Fact::Gap(_))));
}

#[test]
fn the_sandbox_without_processes_is_stopped() {
    let container = one(&pod_node().running(), A);
    assert_eq!((container.kind, container.state), (Fact::Known(Kind::Sandbox), Fact::Known(State::Stopped)));
    assert_eq!((container.pid, container.processes), (Fact::Absent, Fact::Absent));
}

#[test]
fn a_container_that_nobody_wrote_down_has_no_known_name() {
    let tree = process(node(V1_MOUNTS), 700, 1, &v1_groups(), 9);
    let container = one(&tree.running(), A);
    assert!(matches!(container.name, Fact::Gap(Unknown { reason: GapReason::Unsupported, .. })));
    assert_eq!(container.runtime, Fact::Known(Runtime::Docker));
    assert!(matches!(container.cgroup.known().unwrap().cpu, Fact::Gap(_)), "its directory is not there");
}

#[test]
fn a_record_that_says_running_without_a_process_is_not_believed() {
    let tree = node("").file(
        &format!("var/lib/docker/containers/{A}/config.v2.json"),
        json!({"Name": "/web", "State": {"Running": true, "Pid": 1}}).to_string(),
    );
    let container = one(&tree.running(), A);
    assert_eq!((container.state, container.pid), (Fact::Known(State::Stopped), Fact::Absent));
}

#[test]
fn what_may_run_where_not_every_process_is_seen_is_unknown() {
    // The processes of others are hidden: those of the containers, and that of the init system.
    let hidden = |tree: Tree| {
        let tree = ["comm", "status", "cgroup", "stat", "uid_map", "mountinfo"]
            .into_iter()
            .fold(tree, |tree, file| tree.remove(&format!("proc/1/{file}")));
        ["pid", "net", "mnt", "user"]
            .into_iter()
            .fold(tree, |tree, kind| tree.remove(&format!("proc/1/ns/{kind}")))
            .remove_dir("proc/1")
    };
    let is_denied = |fact: &Fact<State>| matches!(fact, Fact::Gap(gap) if gap.reason == GapReason::Denied);
    let docker = |state: Value| {
        let record = json!({"Name": "/web", "State": state}).to_string();
        hidden(node("").file(&format!("var/lib/docker/containers/{A}/config.v2.json"), record))
    };
    let running = one(&docker(json!({"Running": true, "Pid": 700})).running(), A);
    assert!(is_denied(&running.state) && matches!(running.processes, Fact::Gap(_)), "{:?}", running.state);
    let ended =
        json!({"Running": false, "StartedAt": "2026-11-27T22:40:01Z", "FinishedAt": "2026-11-27T22:41:01Z"});
    assert_eq!(one(&docker(ended).running(), A).state, Fact::Known(State::Stopped));
    let task = format!("run/containerd/io.containerd.runtime.v2.task/default/{A}/init.pid");
    assert!(is_denied(&one(&hidden(node("").file(&task, "700")).running(), A).state));
}

#[test]
fn a_broken_record_is_a_gap_of_what_it_would_have_told() {
    let tree =
        docker_node().file(&format!("var/lib/docker/containers/{A}/config.v2.json"), "{\"Name\": \"/we");
    let container = one(&tree.running(), A);
    assert!(matches!(container.name, Fact::Gap(Unknown { reason: GapReason::Malformed, .. })));
    assert_eq!(container.state, Fact::Known(State::Paused));
}

#[test]
fn off_line_there_are_records_and_nobody_knows_what_runs() {
    let container = one(&docker_node().host(), A);
    assert_eq!(container.name, Fact::Known("web".to_owned()));
    assert!(matches!(container.state, Fact::Gap(Unknown { reason: GapReason::Offline, .. })));
    assert!(matches!(container.security, Fact::Gap(Unknown { reason: GapReason::Offline, .. })));
}

#[test]
fn a_node_without_containers_has_none() {
    assert_eq!(read(&node("").running()).known().map(Vec::len), Some(0));
}

#[test]
fn a_place_that_cannot_be_read_is_a_gap_at_the_end() {
    let tree = docker_node().file("run/containerd/io.containerd.runtime.v2.task", "");
    let containers = read(&tree.running()).known().cloned().unwrap();
    assert!(matches!(containers.last(), Some(Fact::Gap(_))), "{containers:#?}");
    assert_eq!(containers.len(), 2);
}

#[test]
fn no_environment_enters_the_facts() {
    let facts = serde_json::to_string(&read(&docker_node().running())).unwrap();
    assert!(!facts.contains("secret"), "{facts}");
}

#[test]
fn a_container_without_a_group_is_found_by_its_recorded_process() {
    let state =
        json!({"init_process_pid": 700, "init_process_start": 12345, "created": "2026-11-27T22:40:00.1Z"});
    let tree = process(node(V1_MOUNTS), 700, 1, "0::/user.slice\n", 9)
        .file("run/runc/loose/state.json", state.to_string());
    let tree = process(tree, 705, 700, "0::/user.slice\n", 9);
    let container = one(&tree.running(), "loose");
    assert_eq!((&container.runtime, &container.pid), (&Fact::Known(Runtime::Runc), &Fact::Known(700)));
    assert_eq!(pids(container.processes.known().unwrap()), [700, 705]);
    assert!(matches!(container.cgroup, Fact::Absent));
    // The number was given to another process since.
    let state = json!({"init_process_pid": 700, "init_process_start": 99});
    let tree = tree.file("run/runc/loose/state.json", state.to_string());
    assert_eq!(one(&tree.running(), "loose").pid, Fact::Absent);
}
