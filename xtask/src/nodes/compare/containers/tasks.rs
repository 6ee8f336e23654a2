//! containerd's own tasks, of its namespace `default`: `ctr tasks list`.

use serde_json::{Value, json};

use super::{Both, same_ids};
use crate::nodes::compare::Comparison;
use crate::nodes::results::Results;

const TOOL: &str = "ctr tasks list";

pub(super) fn compare(results: &Results, comparison: &mut Comparison) {
    let Some(text) = results.tool("ctr-tasks") else { return };
    let tasks: Vec<(Value, u64, String)> = text.lines().skip(1).filter_map(task).collect();
    same_ids(results, comparison, TOOL, "containerd", tasks.iter().map(|(id, _, _)| id));
    for (id, pid, state) in tasks {
        let Some(both) = Both::find(results, TOOL, &id) else { continue };
        both.same(comparison, "/pid", &json!(pid));
        both.same(comparison, "/state", &json!(state));
        both.same(comparison, "/containerd_namespace", &json!("default"));
    }
}

/// A line of `TASK PID STATUS`.
fn task(line: &str) -> Option<(Value, u64, String)> {
    let mut words = line.split_whitespace();
    Some((json!(words.next()?), words.next()?.parse().ok()?, words.next()?.to_lowercase()))
}
