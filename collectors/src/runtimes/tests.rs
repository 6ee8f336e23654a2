//! Nodes captured with their processes and state directories.

use std::time::Instant;

use plimsoll_engine::demand::Demand;
use plimsoll_engine::snapshot::{GapReason, Layer};

use super::*;
use crate::context::Options;
use crate::tree::Tree;

const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn facts(tree: &Tree) -> Runtimes {
    let (demand, options) = (Demand::everything(), Options { sockets: false, ..Options::default() });
    let (host, deadline) = (tree.running(), Instant::now() + options.timeout);
    let ctx = Context { host: &host, demand: &demand, options: &options, deadline };
    collect(&ctx).known().cloned().unwrap()
}

fn process(tree: Tree, pid: u32, name: &str, parent: u32, arguments: &str) -> Tree {
    let stat = format!("{pid} ({name}) S {parent} 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 {pid}00 1 1");
    tree.file(&format!("proc/{pid}/comm"), format!("{name}\n"))
        .file(&format!("proc/{pid}/stat"), stat)
        .file(
            &format!("proc/{pid}/status"),
            format!("Name:\t{name}\nPPid:\t{parent}\nUid:\t0\t0\t0\t0\nNSpid:\t{pid}\n"),
        )
        .file(&format!("proc/{pid}/cgroup"), format!("0::/default/{ID}\n"))
        .file(&format!("proc/{pid}/cmdline"), arguments.replace(' ', "\0") + "\0")
}

/// Where a daemon listens, and what says so.
fn endpoint(daemon: &Daemon) -> (&str, Layer, Option<&str>) {
    let socket = daemon.socket.known().unwrap_or_else(|| panic!("{daemon:?}"));
    (&socket.value, socket.origin.layer, socket.origin.file.as_deref())
}

/// containerd with a container: its shim and its process.
fn node() -> Tree {
    let shim = format!("/usr/bin/containerd-shim-runc-v2 -namespace default -id {ID} -address /run/x.sock");
    let mut tree = process(Tree::new().file("proc/1/mountinfo", ""), 1, "systemd", 0, "/sbin/init");
    tree = process(tree, 700, "containerd", 1, "/usr/bin/containerd --state /srv/state");
    tree = process(tree, 800, "containerd-shim", 1, &shim);
    process(tree, 801, "sleep", 800, "sleep 1d")
        .file(&format!("srv/state/io.containerd.runtime.v2.task/default/{ID}/init.pid"), "801")
}

fn bundle(tree: &Tree) -> Bundle {
    match &facts(tree).bundles[..] {
        [Fact::Known(bundle)] => bundle.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_container_with_its_shim_and_its_process_is_sound() {
    let tree = node();
    let told = facts(&tree);
    let [daemon] = &told.daemons[..] else { panic!("{:?}", told.daemons) };
    assert_eq!((daemon.name, daemon.pid), (DaemonName::Containerd, 700));
    assert_eq!(endpoint(daemon), ("/run/containerd/containerd.sock", Layer::Default, None));
    assert!(matches!(&daemon.responding, Fact::Gap(unknown) if unknown.reason == GapReason::NotCollected));
    let [shim] = &told.shims[..] else { panic!("{:?}", told.shims) };
    assert_eq!((shim.pid, shim.has_process), (800, true));
    assert_eq!((&shim.namespace, &shim.container), (&Fact::Known("default".into()), &Fact::Known(ID.into())));
    let bundle = bundle(&tree);
    assert_eq!((&bundle.process_alive, &bundle.has_shim), (&Fact::Known(true), &Fact::Known(true)));
    assert!(told.stuck_tasks.is_empty() && told.states.is_empty());
}

#[test]
fn a_thread_that_is_stuck_is_found_in_a_daemon_and_in_a_container() {
    let thread = |tree: Tree, pid: u32, tid: u32, name: &str, state: char| {
        let stat =
            |state| format!("{tid} ({name}) {state} 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 2 0 {tid}00 1 1");
        let path = |file: &str| format!("proc/{pid}/task/{tid}/{file}");
        tree.file(&format!("proc/{pid}/stat"), stat('S'))
            .file(&path("stat"), stat(state))
            .file(&path("status"), "voluntary_ctxt_switches:\t7\nnonvoluntary_ctxt_switches:\t1\n")
            .file(&path("wchan"), "nfs_wait_bit_killable")
    };
    let tree = thread(node(), 700, 705, "containerd", 'D');
    let tree = thread(tree, 801, 806, "sleep", 'D');
    let tree = thread(tree, 801, 807, "sleep", 'S');
    let tree =
        process(tree, 900, "other", 1, "other").file("proc/900/cgroup", "0::/system.slice/o.service\n");
    let tree = thread(tree, 900, 906, "other", 'D');
    let told = facts(&tree);
    let found: Vec<_> =
        told.stuck_tasks.iter().filter_map(Fact::known).map(|task| (task.pid, task.tid)).collect();
    assert_eq!(found, [(700, 705), (801, 806)]);
    let Some(Fact::Known(task)) = told.stuck_tasks.last() else { panic!("{:?}", told.stuck_tasks) };
    assert_eq!(task.wchan, Fact::Known("nfs_wait_bit_killable".to_owned()));
    assert_eq!(task.container, Fact::Known(ID.to_owned()));
}

#[test]
fn a_killed_shim_leaves_a_container_that_nobody_holds() {
    let mut tree = node();
    for file in ["comm", "stat", "status", "cgroup", "cmdline"] {
        tree = tree.remove(&format!("proc/800/{file}"));
    }
    let tree = process(tree, 801, "sleep", 1, "sleep 1d");
    let bundle = bundle(&tree);
    assert_eq!((&bundle.process_alive, &bundle.has_shim), (&Fact::Known(true), &Fact::Known(false)));
    assert_eq!(bundle.pid, Fact::Known(801));
}

#[test]
fn a_number_that_was_given_anew_is_not_the_containers() {
    let tree = node().file("proc/801/cgroup", "0::/system.slice/cron.service\n");
    let tree =
        process(tree, 800, "cron", 1, "cron").file("proc/801/cgroup", "0::/system.slice/cron.service\n");
    let bundle = bundle(&tree);
    assert_eq!((&bundle.process_alive, &bundle.has_shim), (&Fact::Known(false), &Fact::Known(false)));
}

#[test]
fn a_container_of_a_pod_is_held_by_the_shim_of_its_sandbox() {
    let tree = process(node(), 801, "sleep", 1, "sleep 1d");
    let other = "f".repeat(64);
    let path = |file: &str| format!("srv/state/io.containerd.runtime.v2.task/default/{other}/{file}");
    let tree = tree.file(&path("init.pid"), "999").file(
        &path("config.json"),
        format!("{{\"annotations\": {{\"io.kubernetes.cri.sandbox-id\": \"{ID}\"}}}}"),
    );
    let told = facts(&tree);
    let [_, Fact::Known(in_pod)] = &told.bundles[..] else { panic!("{:?}", told.bundles) };
    assert_eq!((&in_pod.process_alive, &in_pod.has_shim), (&Fact::Known(false), &Fact::Known(true)));
    let tree = tree.file(&path("config.json"), "{");
    let [_, Fact::Known(damaged)] = &facts(&tree).bundles[..] else { panic!() };
    assert!(matches!(damaged.has_shim, Fact::Gap(_)));
}

#[test]
fn each_daemon_is_asked_where_its_own_configuration_says() {
    let mut tree = process(Tree::new().file("proc/1/mountinfo", ""), 1, "systemd", 0, "/sbin/init");
    for (pid, name, arguments) in [
        (100, "containerd", "containerd"),
        (110, "containerd", "containerd --config /var/run/docker/containerd/containerd.toml"),
        (
            120,
            "containerd",
            "containerd -c /var/lib/rancher/k3s/agent/etc/containerd/config.toml -a /k3s.sock",
        ),
        (200, "crio", "crio"),
        (300, "dockerd", "dockerd"),
        (310, "dockerd", "dockerd --config-file=/srv/daemon.json -H unix:///flag.sock"),
        (320, "dockerd", "dockerd -H fd:// --config-file=/none.json"),
    ] {
        tree = process(tree, pid, name, 1, arguments);
    }
    let tree = tree
        .file(
            "etc/containerd/config.toml",
            "version = 2\nimports = ['/etc/containerd/conf.d/*.toml']\n[grpc]\naddress = '/main.sock'\n",
        )
        .file("etc/containerd/conf.d/10.toml", "[grpc]\naddress = '/run/imported.sock'\n")
        .file(
            "var/run/docker/containerd/containerd.toml",
            "[grpc]\naddress = '/var/run/docker/containerd/containerd.sock'\n",
        )
        .file("var/lib/rancher/k3s/agent/etc/containerd/config.toml", "version = 3\n")
        .file("proc/200/environ", "")
        .file("etc/crio/crio.conf", "[crio.api]\nlisten = '/run/other/crio.sock'\n")
        .file("etc/crio/crio.conf.d/10.conf", "[crio.api]\nlisten = '/run/drop-in.sock'\n")
        .file("etc/docker/daemon.json", r#"{"hosts": ["tcp://127.0.0.1:2375", "unix:///srv/docker.sock"]}"#)
        .file("usr/lib/systemd/system/docker.socket", "[Socket]\nListenStream=/run/activated.sock\n");
    let told = facts(&tree);
    let endpoints: Vec<_> = told.daemons.iter().map(|daemon| (daemon.pid, endpoint(daemon))).collect();
    let expected = [
        (100, ("/run/imported.sock", Layer::DropIn, Some("/etc/containerd/conf.d/10.toml"))),
        (
            110,
            (
                "/run/docker/containerd/containerd.sock",
                Layer::File,
                Some("/var/run/docker/containerd/containerd.toml"),
            ),
        ),
        (120, ("/k3s.sock", Layer::Flag, Some("/proc/120/cmdline"))),
        (200, ("/run/drop-in.sock", Layer::DropIn, Some("/etc/crio/crio.conf.d/10.conf"))),
        (300, ("/srv/docker.sock", Layer::File, Some("/etc/docker/daemon.json"))),
        (310, ("/flag.sock", Layer::Flag, Some("/proc/310/cmdline"))),
        (320, ("/run/activated.sock", Layer::File, Some("/usr/lib/systemd/system/docker.socket"))),
    ];
    assert_eq!(endpoints, expected);
    let broken = facts(&tree.file("etc/containerd/conf.d/10.toml", "["));
    assert!(
        matches!(&broken.daemons[0].socket, Fact::Gap(unknown) if unknown.reason == GapReason::Malformed)
    );
}

#[test]
fn a_users_daemon_is_asked_at_the_users_own_place_or_not_at_all() {
    let of_user = |tree: Tree, pid: u32, name: &str, arguments: &str| {
        let status = format!("Name:\t{name}\nPPid:\t1\nUid:\t1000\t1000\t1000\t1000\nNSpid:\t{pid}\n");
        process(tree, pid, name, 1, arguments)
            .file(&format!("proc/{pid}/status"), status)
            .file(&format!("proc/{pid}/environ"), "HOME=/home/a\0XDG_RUNTIME_DIR=/run/user/1000\0")
    };
    let tree = process(Tree::new().file("proc/1/mountinfo", ""), 1, "systemd", 0, "/sbin/init");
    let tree = of_user(tree, 100, "containerd", "containerd");
    let tree = of_user(tree, 110, "containerd", "containerd --address /run/user/1000/c.sock");
    let tree = of_user(tree, 300, "dockerd", "dockerd");
    let told = facts(&tree);
    let [hidden, named, docker] = &told.daemons[..] else { panic!("{:?}", told.daemons) };
    assert!(matches!(&hidden.socket, Fact::Gap(unknown) if unknown.reason == GapReason::Unsupported));
    assert_eq!(endpoint(named).0, "/run/user/1000/c.sock");
    assert_eq!(endpoint(docker).0, "/run/user/1000/docker.sock");
    let tree =
        tree.file("home/a/.config/docker/daemon.json", r#"{"hosts": ["unix:///run/user/1000/d.sock"]}"#);
    assert_eq!(endpoint(&facts(&tree).daemons[2]).0, "/run/user/1000/d.sock");
}

fn runc(pid: u32, started: u64, freezer: &str) -> String {
    format!(
        "{{\"id\":\"c\",\"init_process_pid\":{pid},\"init_process_start\":{started},\"cgroup_paths\":{{\"freezer\":\"{freezer}\"}},\
         \"config\":{{\"labels\":[\"bundle=/srv/bundle\"]}}}}"
    )
}

fn state(tree: Tree) -> OciState {
    match &facts(&tree).states[..] {
        [Fact::Known(state)] => state.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn runc_remembers_containers_that_run_are_paused_or_are_gone() {
    let with = |text: String| node().file("run/runc/c/state.json", text);
    let running = state(with(runc(801, 80100, "/sys/fs/cgroup/freezer/c")));
    assert_eq!(
        (running.status, running.bundle_exists),
        (Fact::Known(OciStatus::Running), Fact::Known(false))
    );
    let frozen = with(runc(801, 80100, "/sys/fs/cgroup/freezer/c"))
        .file("sys/fs/cgroup/freezer/c/freezer.state", "FROZEN\n");
    assert_eq!(state(frozen).status, Fact::Known(OciStatus::Paused));
    assert_eq!(state(with(runc(801, 7, ""))).status, Fact::Known(OciStatus::Stopped));
    assert_eq!(state(with(runc(9999, 7, ""))).status, Fact::Known(OciStatus::Stopped));
    assert!(matches!(state(with("{}".to_owned())).status, Fact::Gap(_)));
    let created = with(runc(801, 80100, "")).fifo("run/runc/c/exec.fifo");
    assert_eq!(state(created).status, Fact::Known(OciStatus::Created));
    assert!(matches!(&facts(&with("{".to_owned())).states[..], [Fact::Gap(_)]));
}

#[test]
fn crun_remembers_in_its_own_words() {
    let status =
        r#"{"pid":801,"process-start-time":80100,"cgroup-path":"/machine.slice/c","bundle":"/srv/bundle"}"#;
    let tree = node()
        .file("run/user/1000/crun/c/status", status)
        .file("sys/fs/cgroup/machine.slice/c/cgroup.freeze", "1\n")
        .dir("srv/bundle");
    let state = state(tree);
    assert_eq!((state.root.as_str(), state.runtime.as_str()), ("/run/user/1000/crun", "crun"));
    assert_eq!((state.status, state.bundle_exists), (Fact::Known(OciStatus::Paused), Fact::Known(true)));
}

#[test]
fn hidden_processes_and_images_are_gaps() {
    let (demand, options) = (Demand::everything(), Options::default());
    let reason = |host: &crate::host::Host| {
        let deadline = Instant::now() + options.timeout;
        match collect(&Context { host, demand: &demand, options: &options, deadline }) {
            Fact::Gap(unknown) => unknown.reason,
            other => panic!("{other:?}"),
        }
    };
    let hidden = process(Tree::new(), 700, "containerd", 1, "containerd");
    assert_eq!(reason(&hidden.running()), GapReason::Denied);
    assert_eq!(reason(&node().host()), GapReason::Offline);
}
