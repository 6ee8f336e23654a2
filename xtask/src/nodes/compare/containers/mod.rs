//! The containers, one by one: `docker inspect`, `podman inspect`, `ctr tasks list`, `lsns`.

mod docker;
mod namespaces;
mod podman;
mod tasks;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Comparison;
use crate::nodes::results::Results;

pub(super) fn compare(results: &Results, comparison: &mut Comparison) {
    docker::compare(results, comparison);
    podman::compare(results, comparison);
    tasks::compare(results, comparison);
    namespaces::compare(results, comparison);
}

/// The containers that plimsoll tells.
fn told(results: &Results) -> &[Value] {
    results.fact("/containers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Compares which containers of `runtime` there are, by their ids.
fn same_ids<'v>(
    results: &Results,
    comparison: &mut Comparison,
    tool: &'static str,
    runtime: &str,
    ids: impl Iterator<Item = &'v Value>,
) {
    let text = |id: &Value| id.as_str().map(str::to_owned);
    let ours = told(results).iter().filter(|container| container["runtime"] == runtime);
    let ours = ours.filter_map(|container| text(&container["id"])).collect();
    comparison.same_set("/containers", tool, ours, ids.filter_map(text).collect());
}

/// A container that plimsoll and a tool tell, and how the two are compared.
struct Both<'r> {
    results: &'r Results,
    tool: &'static str,
    pointer: String,
}

impl<'r> Both<'r> {
    /// The container with this id; none if plimsoll does not tell it.
    fn find(results: &'r Results, tool: &'static str, id: &Value) -> Option<Self> {
        let index = told(results).iter().position(|container| container["id"] == *id)?;
        Some(Self { results, tool, pointer: format!("/containers/{index}") })
    }

    /// The fact at this place of the container has to be what the tool says.
    fn same(&self, comparison: &mut Comparison, place: &str, theirs: &Value) {
        comparison.same(self.results, &format!("{}{place}", self.pointer), self.tool, theirs);
    }

    /// The words in the list at this place of the container have to be these.
    fn same_words(&self, comparison: &mut Comparison, place: &str, theirs: BTreeSet<String>) {
        let pointer = format!("{}{place}", self.pointer);
        let ours = words(self.results.fact(&pointer).unwrap_or(&Value::Null));
        comparison.same_set(&pointer, self.tool, ours, theirs);
    }
}

fn words(list: &Value) -> BTreeSet<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What both engines call the states, in plimsoll's words.
fn state(status: &Value) -> Value {
    if status == "exited" { "stopped".into() } else { status.clone() }
}

/// A time to the second, as plimsoll tells it.
fn second(time: &Value) -> Value {
    let time = time.as_str().unwrap_or_default();
    time.split_once('.').map_or(json!(time), |(second, _)| json!(format!("{second}Z")))
}

/// An engine writes 0 or -1 where there is no limit.
fn limit(number: &Value) -> Value {
    number.as_u64().filter(|limit| *limit > 0).map_or(Value::Null, Value::from)
}

/// Billionths of a processor as processors.
fn cores(nano: &Value) -> Value {
    nano.as_f64().filter(|nano| *nano > 0.0).map_or(Value::Null, |nano| (nano / 1e9).into())
}

/// The kinds of namespaces in whose mode an engine writes `host`.
fn host_namespaces(host: &Value) -> BTreeSet<String> {
    let modes = [("pid", "PidMode"), ("ipc", "IpcMode"), ("uts", "UTSMode"), ("net", "NetworkMode")];
    modes.into_iter().filter(|(_, mode)| host[*mode] == "host").map(|(kind, _)| kind.to_owned()).collect()
}

/// Compares which of the namespaces that an engine has a mode for are the node's.
fn same_namespaces(both: &Both<'_>, comparison: &mut Comparison, host: &Value) {
    let pointer = format!("{}/namespaces/shared_with_host", both.pointer);
    let mut ours = words(both.results.fact(&pointer).unwrap_or(&Value::Null));
    ours.retain(|kind| ["pid", "ipc", "uts", "net"].contains(&kind.as_str()));
    comparison.same_set(&pointer, both.tool, ours, host_namespaces(host));
}
