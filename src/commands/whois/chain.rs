//! The answer for people: from the process to the layers.

use serde_json::Value;

use super::lines::{Lines, shown};
use crate::containers::{Container, Told};

/// How many processes are listed.
const PROCESSES: usize = 20;

/// What is known of `container`, of which the process `pid` was asked for. `all` are the node's containers.
pub(super) fn text(container: &Container, pid: Option<u64>, all: &[Container]) -> String {
    let mut lines = Lines::default();
    if let Some(pid) = pid {
        lines.add("process", process(container, pid));
    }
    lines.add("container", container.label());
    lines.add("id", container.id());
    lines.tell("runtime", container.told("/runtime"));
    lines.tell_if_any("namespace", container.told("/containerd_namespace"));
    lines.add("state", state(container));
    pod(&mut lines, container);
    if let Some(outer) = container.text("/outer") {
        let outer = all.iter().find(|other| other.id() == outer).map_or(outer, Container::label);
        lines.add("runs in", outer);
    }
    lines.tell("image", container.told("/image"));
    lines.tell_if_any("cgroup", container.told("/cgroup/path"));
    lines.tell_if_any("pid", container.told("/pid"));
    lines.tell_if_any("watched by", container.told("/monitor"));
    lines.tell_if_any("pidns", container.told("/namespaces/inodes/pid"));
    lines.tell_if_any("root", container.told("/filesystem/root"));
    lines.tell_if_any("works in", container.told("/filesystem/working_dir"));
    lines.tell("writable", container.told("/writable_layer"));
    lines.tell_if_any("merged", container.told("/filesystem/merged_dir"));
    lines.add_all("layers", container.list("/filesystem/lower_dirs").iter().filter_map(Value::as_str));
    lines.tell("log", container.told("/log_path"));
    lines.tell("record", container.told("/record"));
    processes(&mut lines, container);
    lines.text()
}

/// `4541 sleep, 1 in the container`.
fn process(container: &Container, pid: u64) -> String {
    let list = container.list("/processes/list");
    let found = list.iter().find(|process| process.get("pid").and_then(Value::as_u64) == Some(pid));
    found.map_or_else(|| pid.to_string(), described)
}

fn described(process: &Value) -> String {
    let number = |name: &str| process.get(name).and_then(Value::as_u64);
    let name = process.get("name").and_then(Value::as_str).unwrap_or("?");
    let inner = number("inner_pid").map(|inner| format!(", {inner} in the container")).unwrap_or_default();
    format!("{} {name}{inner}", number("pid").unwrap_or_default())
}

fn state(container: &Container) -> String {
    let Some(state) = container.text("/state") else { return shown(container.told("/state")) };
    let since =
        |pointer, word: &str| container.text(pointer).map(|at| format!(" {word} {at}")).unwrap_or_default();
    let ended = || {
        let code = container.facts.pointer("/exit_code").and_then(Value::as_i64);
        let code = code.map(|code| format!(", exit code {code}")).unwrap_or_default();
        let killed = container.facts.pointer("/oom_killed") == Some(&Value::Bool(true));
        format!("{}{code}{}", since("/finished_at", "since"), if killed { ", killed for memory" } else { "" })
    };
    match state {
        "running" | "paused" => format!("{state}{}", since("/started_at", "since")),
        "created" => format!("{state}{}", since("/created_at", "at")),
        _ => format!("{state}{}", ended()),
    }
}

fn pod(lines: &mut Lines, container: &Container) {
    if container.told("/pod") == Told::Absent {
        return;
    }
    let Told::Known(_) = container.told("/pod") else { return lines.tell("pod", container.told("/pod")) };
    let (name, namespace) = (shown(container.told("/pod/name")), container.text("/pod/namespace"));
    lines.add("pod", namespace.map(|namespace| format!("{namespace}/{name}")).unwrap_or(name));
    lines.tell_if_any("pod uid", container.told("/pod/uid"));
    lines.tell_if_any("qos", container.told("/pod/qos"));
}

fn processes(lines: &mut Lines, container: &Container) {
    let list = container.list("/processes/list");
    let more = list.len().saturating_sub(PROCESSES);
    let more = (more > 0).then(|| format!("and {more} more"));
    lines.add_all("processes", list.iter().take(PROCESSES).map(described).chain(more));
}
