//! Runs the collectors that are wanted, side by side, each isolated from the others.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Instant;

use plimsoll_engine::demand::Demand;
use plimsoll_engine::snapshot::{GapReason, SCHEMA, Snapshot, Target, Tool};
use serde_json::Value;

use crate::assemble::Assembly;
use crate::context::{Context, Options};
use crate::host::Host;
use crate::registry::{self, Collector};

/// The prefix of the names of the threads that collectors run in, by which a panic hook can tell them
/// from the program's own.
pub const THREAD_PREFIX: &str = "collector:";

/// Takes a snapshot of `host` with every collector that `demand` wants.
///
/// Each collector runs in a thread of its own: an error, a panic or a hang is a gap for its own facts,
/// and the scan ends by the deadline of [`Options::timeout`]. A thread that hangs in the kernel cannot
/// be ended; it is left behind and dies with the process.
///
/// `taken_at` is the time that the snapshot carries, RFC 3339.
pub fn snapshot(
    host: &Arc<Host>,
    demand: &Arc<Demand>,
    options: &Options,
    target: Target,
    taken_at: String,
) -> Snapshot {
    collect(registry::all(), host, demand, options).into_snapshot(target, taken_at)
}

fn collect(
    collectors: Vec<Collector>,
    host: &Arc<Host>,
    demand: &Arc<Demand>,
    options: &Options,
) -> Assembly {
    let deadline = Instant::now() + options.timeout;
    let (sender, receiver) = mpsc::channel::<(&'static str, Result<Value, String>)>();
    let mut assembly = Assembly::default();
    let mut pending = Vec::new();
    for collector in collectors.into_iter().filter(|collector| demand.wants(&[collector.name])) {
        let name = collector.name;
        let (host, demand, options) = (Arc::clone(host), Arc::clone(demand), options.clone());
        let sender = sender.clone();
        let run = move || {
            let context = Context { host: &host, demand: &demand, options: &options, deadline };
            let result = catch_unwind(AssertUnwindSafe(|| collector.collect(&context)));
            // The scan may have gone on without this collector: then nobody listens, and that is fine.
            let _ = sender.send((name, result.map_err(|panic| panic_text(panic.as_ref()))));
        };
        match std::thread::Builder::new().name(format!("{THREAD_PREFIX}{name}")).spawn(run) {
            Ok(_detached) => pending.push(name),
            Err(error) => {
                assembly.add_gap(name, GapReason::Failed, format!("no thread for the collector: {error}"))
            }
        }
    }
    drop(sender);
    while !pending.is_empty() {
        match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok((name, result)) => {
                pending.retain(|waiting| *waiting != name);
                match result {
                    Ok(facts) => assembly.add(name, facts),
                    Err(panic) => {
                        assembly.add_gap(name, GapReason::Failed, format!("the collector panicked: {panic}"));
                    }
                }
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    for name in pending {
        let detail = format!("the collector did not end within {:?}", options.timeout);
        assembly.add_gap(name, GapReason::Timeout, detail);
    }
    assembly
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

impl Assembly {
    fn into_snapshot(mut self, target: Target, taken_at: String) -> Snapshot {
        self.gaps.sort();
        Snapshot {
            schema: SCHEMA,
            tool: Tool::this(),
            taken_at,
            target,
            facts: Value::Object(self.facts),
            origins: self.origins,
            gaps: self.gaps,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Fact;
    use std::time::Duration;

    fn scan(collectors: Vec<Collector>) -> Assembly {
        let host = Arc::new(Host::live().unwrap());
        let options = Options { timeout: Duration::from_millis(300), sockets: false, ..Options::default() };
        collect(collectors, &host, &Arc::new(Demand::everything()), &options)
    }

    #[test]
    fn a_panic_and_a_hang_are_gaps_of_their_own_facts_only() {
        let started = Instant::now();
        let assembly = scan(vec![
            Collector::new::<u32>("sound", |_| Fact::Known(7)),
            Collector::new::<u32>("panics", |_| panic!("index out of range")),
            Collector::new::<u32>("hangs", |_| {
                std::thread::sleep(Duration::from_secs(3600));
                Fact::Absent
            }),
        ]);
        assert!(started.elapsed() < Duration::from_secs(30));
        assert_eq!(assembly.facts["sound"], 7);
        let gap = |name: &str| assembly.gaps.iter().find(|gap| gap.path == format!("/{name}")).unwrap();
        assert_eq!(gap("panics").reason, GapReason::Failed);
        assert_eq!(gap("panics").detail, "the collector panicked: index out of range");
        assert_eq!(gap("hangs").reason, GapReason::Timeout);
        assert_eq!(assembly.gaps.len(), 2);
    }
}
