//! The same disk looked at while the node is off: every fact that does not need a running node has to be the
//! one that was told live.

use std::error::Error;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::compare::Comparison;
use super::disk::{Disks, Mounted};
use super::results::Results;
use crate::run::output;

/// Facts whose meaning is the running node's, though an offline root has an answer of its own to them:
/// where a file system is mounted, what lies on file systems that are only mounted while it runs, and the log of
/// denials, which grows until the node is off.
const OF_THE_RUNNING_NODE: [&str; 4] = ["/mounts", "/filesystem", "/network/resolver", "/denials"];

/// What changes in containers, and in the stores that hold them, when the node is switched off.
const ENDS_WITH_THE_NODE: [(&str, &[&str]); 2] = [
    ("/containers/", &["/state", "/pid", "/exit_code", "/finished_at", "/started_at", "/oom_killed"]),
    ("/storage/stores/", &["/in_use", "/counts/containers", "/age"]),
];

/// Compares the snapshot of `plimsoll collect --root` with the live one.
pub(crate) fn compare(
    disks: &Disks,
    binary: &Path,
    live: &Results,
    comparison: &mut Comparison,
) -> Result<(), Box<dyn Error>> {
    let mounted = Mounted::at(&disks.root, &["loop", "ro", "noload"])?;
    let text = output(Command::new(binary).args(["collect", "--root"]).arg(&mounted.target))?;
    let offline: Value = serde_json::from_str(&text)?;
    let mut leaves = Vec::new();
    collect_leaves(&offline["facts"], String::new(), &mut leaves);
    for (pointer, value) in leaves {
        let needs_running = OF_THE_RUNNING_NODE.iter().any(|prefix| pointer.starts_with(prefix))
            || ENDS_WITH_THE_NODE.iter().any(|(prefix, ends)| {
                pointer.starts_with(prefix) && ends.iter().any(|end| pointer.ends_with(end))
            });
        let volatile = ["/files/~1run", "/files/~1proc", "/files/~1sys", "/files/~1dev"];
        if needs_running || volatile.iter().any(|prefix| pointer.starts_with(prefix)) {
            continue;
        }
        // A module that is loaded is one that is available, too.
        if value == "available" && live.fact(&pointer).is_some_and(|state| state == "loaded") {
            comparison.agreed();
        } else {
            comparison.same(live, &pointer, "--root", value);
        }
    }
    Ok(())
}

fn collect_leaves<'v>(value: &'v Value, pointer: String, into: &mut Vec<(String, &'v Value)>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                collect_leaves(value, format!("{pointer}/{key}"), into);
            }
        }
        Value::Array(list) if list.iter().any(Value::is_object) => {
            for (index, value) in list.iter().enumerate() {
                collect_leaves(value, format!("{pointer}/{index}"), into);
            }
        }
        // What an offline root has no answer to.
        Value::Null => {}
        _ => into.push((pointer, value)),
    }
}
