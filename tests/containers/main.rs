//! The containers of a real dockerd, a real containerd and a real podman, compared with what these say themselves.
//!
//! Ignored unless asked for, because it needs root and the engines: `cargo test --test containers -- --ignored`.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the test starts the engines, runs the binary, and fails by panicking"
)]

#[path = "../support/dockerd.rs"]
mod dockerd;
mod engines;

use std::process::Command;
use std::time::Duration;

use engines::{Containerd, Dockerd, Podman, Swap, eventually};
use serde_json::Value;

fn plimsoll(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll")).args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

fn json(arguments: &[&str]) -> Value {
    let (_, text) = plimsoll(arguments);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// What Plimsoll tells of the container `id`.
fn facts(id: &str) -> Value {
    json(&["query", &format!("$.containers[?@.id == '{id}']")])[0].clone()
}

/// The texts of a list, sorted.
fn sorted(list: &Value) -> Vec<String> {
    let mut texts: Vec<String> = list
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| item.as_str().unwrap_or_default().to_owned())
        .collect();
    texts.sort();
    texts
}

/// Containers of many shapes: a name, docker's options, and the program.
const SHAPES: [(&str, &[&str], &[&str]); 9] = [
    ("plain", &[], &["sleep", "9999"]),
    ("hostns", &["--pid=host", "--ipc=host", "--uts=host"], &["sleep", "9999"]),
    (
        "caps",
        &["--cap-add=SYS_ADMIN", "--cap-add=NET_ADMIN", "--security-opt=seccomp=unconfined"],
        &["sleep", "9999"],
    ),
    (
        "dropped",
        &["--cap-drop=ALL", "--security-opt=no-new-privileges", "--user=1000:1000"],
        &["sleep", "9999"],
    ),
    (
        "limited",
        &["--cpus=0.2", "--memory=64m", "--pids-limit=20", "--cpu-shares=512", "--read-only"],
        &["sleep", "9999"],
    ),
    ("mounts", &["--volume=/etc:/node/etc:ro", "--volume=/:/node/root"], &["sleep", "9999"]),
    ("family", &[], &["sh", "-c", "sleep 9999 & sleep 9998 & wait"]),
    ("ended", &[], &["sh", "-c", "exit 3"]),
    ("pinned", &["--cpuset-cpus=0"], &["sleep", "9999"]),
];

#[test]
#[ignore = "needs root and a real dockerd, which .ci/run installs"]
fn dockers_containers_are_what_docker_inspect_says() {
    let docker = Dockerd::start();
    for (name, options, program) in SHAPES {
        docker.run(name, options, program);
    }
    docker.run("frozen", &[], &["sleep", "9999"]);
    docker.docker(&["pause", "frozen"]);
    docker.docker(&["create", "--name", "created", "--net=none", engines::IMAGE, "sleep", "1"]);
    eventually("the program ends", || docker.inspect("ended")["State"]["Status"] == "exited");
    for id in docker.ids() {
        compare_with_inspect(&docker, &id);
    }
}

/// Plimsoll's word for the state that an engine's `inspect` tells.
fn state_of(state: &Value) -> &str {
    match state["Status"].as_str().unwrap() {
        "exited" => "stopped",
        other => other,
    }
}

/// A limit as engines have it, with 0 for none.
fn limit(value: &Value) -> Value {
    if value.as_u64().unwrap_or(0) == 0 { Value::Null } else { value.clone() }
}

fn compare_with_inspect(docker: &Dockerd, id: &str) {
    let (facts, inspected) = (facts(id), docker.inspect(id));
    let name = inspected["Name"].as_str().unwrap().trim_start_matches('/');
    let same = |pointer: &str, expected: &Value| {
        let told = facts.pointer(pointer).cloned().unwrap_or_default();
        assert_eq!(&told, expected, "{name} {pointer}");
    };
    let (state, host) = (&inspected["State"], &inspected["HostConfig"]);
    let status = state_of(state);
    same("/state", &status.into());
    same("/name", &name.into());
    same("/image", &inspected["Config"]["Image"]);
    same("/restarts", &inspected["RestartCount"]);
    same("/oom_killed", &state["OOMKilled"]);
    same("/writable_layer", &inspected["GraphDriver"]["Data"]["UpperDir"]);
    if status == "stopped" {
        same("/exit_code", &state["ExitCode"]);
    }
    if !matches!(status, "running" | "paused") {
        same("/pid", &Value::Null);
        return;
    }
    same("/pid", &state["Pid"]);
    same("/log_path", &inspected["LogPath"]);
    same("/filesystem/merged_dir", &inspected["GraphDriver"]["Data"]["MergedDir"]);
    let lower = inspected["GraphDriver"]["Data"]["LowerDir"].as_str().unwrap().split(':');
    same("/filesystem/lower_dirs", &lower.map(Value::from).collect());
    same("/filesystem/read_only", &host["ReadonlyRootfs"]);
    let working_dir = inspected["Config"]["WorkingDir"].as_str().filter(|directory| !directory.is_empty());
    same("/filesystem/working_dir", &working_dir.unwrap_or("/").into());
    same("/cgroup/memory/limit_bytes", &limit(&host["Memory"]));
    same("/cgroup/pids/limit", &limit(&host["PidsLimit"]));
    let cores = host["NanoCpus"].as_f64().filter(|cpus| *cpus > 0.0).map(|cpus| cpus / 1e9);
    same("/cgroup/cpu/limit_cores", &cores.map_or(Value::Null, Value::from));
    let shared = sorted(&facts["namespaces"]["shared_with_host"]);
    for (kind, mode) in [("pid", "PidMode"), ("ipc", "IpcMode"), ("uts", "UTSMode"), ("net", "NetworkMode")] {
        assert_eq!(shared.iter().any(|name| name == kind), host[mode] == "host", "{name} {kind}");
    }
    let added: Vec<String> = sorted(&host["CapAdd"])
        .into_iter()
        .map(|name| format!("CAP_{}", name.trim_start_matches("CAP_")))
        .collect();
    assert_eq!(sorted(&facts["security"]["capabilities"]["added"]), added, "{name}");
    let options = sorted(&host["SecurityOpt"]);
    let has = |option: &str| options.iter().any(|found| found == option);
    assert_eq!(facts["security"]["seccomp"] == "disabled", has("seccomp=unconfined"), "{name}");
    same("/security/no_new_privileges", &has("no-new-privileges").into());
    compare_with_kernel(&facts, name);
    let mut pids: Vec<u64> = docker.pids(id);
    pids.sort_unstable();
    let told =
        facts["processes"]["list"].as_array().unwrap().iter().map(|process| process["pid"].as_u64().unwrap());
    assert_eq!(told.collect::<Vec<_>>(), pids, "{name}");
}

/// What the kernel says of the container's first process and its control groups.
fn compare_with_kernel(facts: &Value, name: &str) {
    let same = |pointer: &str, expected: Value| {
        assert_eq!(facts.pointer(pointer).cloned().unwrap_or_default(), expected, "{name} {pointer}");
    };
    let pid = facts["pid"].as_u64().unwrap();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let number = |field: &str| -> Value {
        let line = status.lines().find_map(|line| line.strip_prefix(&format!("{field}:"))).unwrap();
        line.split_whitespace().next().unwrap().parse::<u64>().unwrap().into()
    };
    same("/monitor", number("PPid"));
    same("/security/identity/host_uid", number("Uid"));
    same("/security/identity/host_gid", number("Gid"));
    let shared = sorted(&facts["namespaces"]["shared_with_host"]);
    for kind in ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"] {
        let of = |process: &str| std::fs::read_link(format!("/proc/{process}/ns/{kind}")).unwrap();
        let is_shared = of(&pid.to_string()) == of("self");
        assert_eq!(shared.iter().any(|name| name == kind), is_shared, "{name} {kind}");
    }
    let memberships = std::fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
    let file = |controller: &str, file: &str| -> Option<String> {
        let has = |line: &&str| line.split(':').nth(1).unwrap().split(',').any(|name| name == controller);
        let path = memberships.lines().find(has)?.splitn(3, ':').nth(2)?;
        let read = |mount: &str| std::fs::read_to_string(format!("/sys/fs/cgroup/{mount}{path}/{file}")).ok();
        read(controller).or_else(|| read("cpu,cpuacct")).map(|text| text.trim().to_owned())
    };
    let parsed = |text: Option<String>| text.map_or(Value::Null, |text| text.parse::<u64>().unwrap().into());
    // Of a node of version 2 the booted ones are compared.
    if file("cpu", "cpu.shares").is_some() {
        same("/cgroup/cpu/shares", parsed(file("cpu", "cpu.shares")));
        same("/cgroup/cpu/period_us", parsed(file("cpu", "cpu.cfs_period_us")));
        same("/cgroup/pids/current", parsed(file("pids", "pids.current")));
        same("/cgroup/memory/oom_kills", 0.into());
        assert!(file("cpuset", "cpuset.cpus").is_none_or(|cpus| !cpus.is_empty()), "{name}");
    }
}

#[test]
#[ignore = "needs root and a real dockerd, which .ci/run installs"]
fn whois_says_the_same_when_every_daemon_is_dead() {
    let docker = Dockerd::start();
    for (name, options, program) in SHAPES {
        docker.run(name, options, program);
    }
    let containerd = Containerd::start();
    containerd.run("loose", &[]);
    let pids: Vec<String> = docker
        .ids()
        .iter()
        .chain([&"loose".to_owned()])
        .filter_map(|id| facts(id)["pid"].as_u64())
        .map(|pid| pid.to_string())
        .collect();
    assert!(pids.len() >= SHAPES.len());
    let groups: Vec<String> = docker
        .ids()
        .iter()
        .filter_map(|id| Some(format!("/sys/fs/cgroup/pids{}", facts(id)["cgroup"]["path"].as_str()?)))
        .collect();
    let asked: Vec<&String> = pids.iter().chain(&groups).collect();
    let ask = || asked.iter().map(|what| plimsoll(&["whois", what])).collect::<Vec<_>>();
    let alive = ask();
    assert!(alive.iter().all(|(code, text)| *code == Some(0) && text.contains("image       ")), "{alive:#?}");
    docker.kill();
    containerd.kill();
    assert_eq!(ask(), alive);
}

#[test]
#[ignore = "needs root and a real containerd, which .ci/run installs"]
fn containerds_tasks_are_what_ctr_says() {
    let containerd = Containerd::start();
    containerd.run("loose", &[]);
    containerd.run("nethost", &["--net-host"]);
    let tasks = containerd.tasks();
    assert_eq!(tasks.len(), 2);
    for (id, pid) in tasks {
        let facts = facts(&id);
        assert_eq!((&facts["pid"], &facts["state"]), (&pid.into(), &"running".into()), "{id}");
        assert_eq!(facts["containerd_namespace"], "default");
        assert!(facts["image"].as_str().unwrap().ends_with(engines::IMAGE), "{facts:#}");
        let shares = sorted(&facts["namespaces"]["shared_with_host"]).contains(&"net".to_owned());
        assert_eq!(shares, id == "nethost");
    }
}

/// Containers of podman: a name, podman's options, and the program.
const SHAPES_OF_PODMAN: [(&str, &[&str], &[&str]); 6] = [
    ("web", &["--net=host"], &["sleep", "9999"]),
    ("privileged", &["--net=host", "--privileged"], &["sleep", "9999"]),
    ("caps", &["--net=host", "--cap-add=SYS_ADMIN", "--security-opt=seccomp=unconfined"], &["sleep", "9999"]),
    (
        "limited",
        &["--net=host", "--memory=64m", "--pids-limit=20", "--read-only", "--user=1000:1000"],
        &["sleep", "9999"],
    ),
    ("hostns", &["--net=host", "--pid=host", "--ipc=host", "--uts=host"], &["sleep", "9999"]),
    ("ended", &["--net=host"], &["sh", "-c", "exit 3"]),
];

#[test]
#[ignore = "needs root and a real podman, which .ci/run installs"]
fn podmans_containers_are_what_podman_inspect_says() {
    let podman = Podman::start();
    for (name, options, program) in SHAPES_OF_PODMAN {
        podman.run(name, options, program);
    }
    podman.pod("shop", "inpod");
    eventually("the program ends", || podman.inspect("ended")["State"]["Status"] == "exited");
    for name in podman.names() {
        compare_with_podman(&podman.inspect(&name), &name);
    }
    let unwatched = || {
        let report = json(&["check", "--only", "podman-container-without-conmon", "--format", "json"]);
        let findings = report["findings"].as_array().unwrap().clone();
        let failed = findings.iter().filter(|finding| finding["outcome"] == "fail");
        failed.map(|finding| finding["subject"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(unwatched(), Vec::<String>::new());
    podman.kill_conmon("caps");
    assert_eq!(unwatched(), ["caps"]);
    let inpod = podman.inspect("inpod");
    let facts = facts(inpod["Id"].as_str().unwrap());
    assert_eq!((&facts["pod"]["name"], &facts["pod"]["uid"]), (&"shop".into(), &inpod["Pod"]), "{facts:#}");
}

fn compare_with_podman(inspected: &Value, name: &str) {
    let facts = facts(inspected["Id"].as_str().unwrap());
    let same = |pointer: &str, expected: &Value| {
        let told = facts.pointer(pointer).cloned().unwrap_or_default();
        assert_eq!(&told, expected, "{name} {pointer}: {facts:#}");
    };
    let (state, host) = (&inspected["State"], &inspected["HostConfig"]);
    let status = state_of(state);
    same("/name", &name.into());
    same("/runtime", &"podman".into());
    same("/state", &status.into());
    same("/image", &inspected["ImageName"]);
    same("/kind", &if inspected["IsInfra"] == true { "sandbox" } else { "container" }.into());
    same("/log_path", &host["LogConfig"]["Path"]);
    same("/restarts", &inspected["RestartCount"]);
    if status == "stopped" {
        same("/exit_code", &state["ExitCode"]);
        same("/oom_killed", &state["OOMKilled"]);
    }
    if status != "running" {
        return same("/pid", &Value::Null);
    }
    same("/pid", &state["Pid"]);
    same("/monitor", &state["ConmonPid"]);
    same("/cgroup/path", &state["CgroupPath"]);
    same("/filesystem/read_only", &host["ReadonlyRootfs"]);
    same("/cgroup/memory/limit_bytes", &limit(&host["Memory"]));
    same("/cgroup/pids/limit", &limit(&host["PidsLimit"]));
    assert_eq!(sorted(&facts["security"]["capabilities"]["bounding"]), sorted(&inspected["BoundingCaps"]));
    assert_eq!(sorted(&facts["security"]["capabilities"]["effective"]), sorted(&inspected["EffectiveCaps"]));
    compare_with_kernel(&facts, name);
    let options = sorted(&host["SecurityOpt"]);
    let is_unconfined =
        host["Privileged"] == true || options.iter().any(|option| option == "seccomp=unconfined");
    assert_eq!(facts["security"]["seccomp"] == "disabled", is_unconfined, "{name}");
}

#[test]
#[ignore = "needs root and a real dockerd, which .ci/run installs"]
fn top_names_the_one_that_waits_swaps_or_was_killed() {
    let _swap = Swap::on();
    let docker = Dockerd::start();
    docker.run("idle", &["--cpus=0.5"], &["sleep", "9999"]);
    docker.run("busy", &["--cpus=0.1"], &["sh", "-c", "while :; do :; done"]);
    // The pipe is full at once, and dd keeps all that it has read.
    let hoard = "dd if=/dev/zero bs=60M count=1 | sleep 9999";
    docker.run("hoarder", &["--memory=24m", "--memory-swap=200m"], &["sh", "-c", hoard]);
    docker.run(
        "killed",
        &["--memory=16m", "--memory-swap=16m"],
        &["dd", "if=/dev/zero", "of=/dev/null", "bs=64M"],
    );
    eventually("the kernel kills", || docker.inspect("killed")["State"]["Status"] == "exited");
    std::thread::sleep(Duration::from_secs(2));
    let first = |arguments: &[&str]| {
        let ranking = json(arguments);
        ranking["containers"][0].clone()
    };
    let busy = first(&["top", "throttle", "--interval", "2s", "--format", "json"]);
    assert_eq!(busy["name"], "busy", "{busy:#}");
    // How much depends on what else the node does; the kernel never lets it have all that it asks for.
    assert!(busy["throttled"].as_f64().unwrap() > 0.0, "{busy:#}");
    let hoarder = first(&["top", "swap", "--format", "json"]);
    assert_eq!(hoarder["name"], "hoarder", "{hoarder:#}");
    assert!(hoarder["swapped"].as_f64().unwrap() > 8e6, "{hoarder:#}");
    let killed = facts(docker.inspect("killed")["Id"].as_str().unwrap());
    assert_eq!((&killed["oom_killed"], &killed["exit_code"]), (&true.into(), &137.into()));
    let report =
        json(&["check", "--only", "container-*", "--set", "workload.swap.maximum=8Mi", "--format", "json"]);
    for (rule, subject) in [("container-killed-for-memory", "killed"), ("container-swapped-out", "hoarder")] {
        let findings = report["findings"].as_array().unwrap();
        let is_it = |finding: &&Value| {
            finding["rule"] == rule && finding["subject"] == subject && finding["outcome"] == "fail"
        };
        assert!(findings.iter().any(|finding| is_it(&finding)), "{rule} of {subject}: {report:#}");
    }
}
