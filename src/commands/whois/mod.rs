//! `plimsoll whois`: from a process, a layer, a path or a name to the container, its pod and its image, or from a
//! layer or a blob to the images of a store, or from a device of the device mapper to whose it is. No daemon is asked, so that it works with all of them dead.

mod chain;
mod device;
mod lines;
mod search;
mod stored;
#[cfg(test)]
mod tests;

use std::io::Write;

use clap::Args;
use plimsoll_engine::demand::Demand;
use plimsoll_engine::snapshot::Snapshot;
use plimsoll_reports::visible;
use serde_json::json;

use crate::cli::{ListFormat, TargetArgs};
use crate::containers::{Container, Containers};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{files, terminal};
use device::Devices;
use search::{Found, Question};
use stored::Stored;

#[derive(Debug, Args)]
pub(crate) struct Whois {
    /// A process id, also of a shim or conmon; the beginning of a container's id or name; a pod's name or uid;
    /// an image's name or id; a layer's directory, id or digest; a blob's file or digest; any path of a container
    /// on the node, its control group among them; a device of the device mapper, dm-3; or pidns:INODE
    #[arg(value_name = "WHAT")]
    what: String,
    /// The notation of the answer
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
    #[command(flatten)]
    target: TargetArgs,
}

impl Whois {
    pub(crate) fn run(&self) -> Result<Exit, Failure> {
        let question = Question::parse(&self.what);
        let mut snapshot = self.target.snapshot(self.demand(&question))?;
        let containers = Containers::taken_from(&mut snapshot);
        let devices = match question {
            Question::Device(_) => Devices::of(&snapshot),
            _ => Devices::default(),
        };
        let found = search::find(&question, &containers.list, &devices);
        let stored = if found.containers.is_empty() && found.device.is_none() {
            Stored::find(&question, &self.with_storage(snapshot)?)
        } else {
            Stored::default()
        };
        let text = match self.format {
            ListFormat::Text => self.text(&question, &found, &containers, &stored),
            ListFormat::Json => self.json(&found, &containers, &stored)?,
        };
        files::write(None, text.as_bytes())?;
        let gaps = || containers.gaps.iter().chain(&devices.gaps).chain(&stored.gaps);
        for gap in gaps() {
            writeln!(terminal::stderr(), "there may be others, {}: {}", gap.reason, visible(&gap.detail))?;
        }
        Ok(match (found.is_answer() || !stored.is_empty(), gaps().count()) {
            (true, _) => Exit::Success,
            (false, 0) => Exit::Failed,
            // What could not be read may hold the answer.
            (false, _) => Exit::Undetermined,
        })
    }

    /// The containers; a saved snapshot is read only once, and has the storage or has it not.
    fn demand(&self, question: &Question) -> Demand {
        let mut demand = Demand::default();
        Containers::demand(&mut demand);
        if matches!(question, Question::Device(_)) {
            device::demand(&mut demand);
        }
        if self.target.snapshot.is_some() {
            stored::demand(&mut demand);
        }
        demand
    }

    /// The snapshot with the stores, which take longer to read than the containers do.
    fn with_storage(&self, snapshot: Snapshot) -> Result<Snapshot, Failure> {
        if self.target.snapshot.is_some() {
            return Ok(snapshot);
        }
        let mut demand = Demand::default();
        stored::demand(&mut demand);
        self.target.snapshot(demand)
    }

    fn text(&self, question: &Question, found: &Found<'_>, all: &Containers, stored: &Stored) -> String {
        let what = visible(&self.what);
        if let Some(device) = found.device {
            let chain = found.containers.first().map(|container| chain::text(container, None, &all.list));
            return device::text(device) + &chain.unwrap_or_default();
        }
        match found.containers.as_slice() {
            [] if !stored.is_empty() => stored.text(),
            [] => {
                let count = all.list.len();
                format!("none of the {count} containers that are known has {}\n", visible(&question.sought()))
            }
            [container] => chain::text(container, found.pid, &all.list),
            several if found.is_ambiguous => {
                format!("{what} can mean {} containers, say more of one:\n{}", several.len(), list(several))
            }
            several => format!("{what} belongs to {} containers:\n{}", several.len(), list(several)),
        }
    }

    fn json(&self, found: &Found<'_>, all: &Containers, stored: &Stored) -> Result<String, Failure> {
        let answer = json!({
            "asked": self.what,
            "matched_by": found.by,
            "ambiguous": found.is_ambiguous,
            "pid": found.pid,
            "device": found.device,
            "containers": found.containers.iter().map(|container| &container.facts).collect::<Vec<_>>(),
            "searched": all.list.len(),
            "stored": stored,
            "gaps": all.gaps.iter().chain(&stored.gaps).collect::<Vec<_>>(),
        });
        Ok(serde_json::to_string_pretty(&answer).map_err(std::io::Error::other)? + "\n")
    }
}

fn list(containers: &[&Container]) -> String {
    let line = |container: &&Container| {
        let (runtime, state) =
            (container.text("/runtime").unwrap_or("?"), container.text("/state").unwrap_or("?"));
        format!("{}  {}  {runtime}  {state}\n", visible(container.id()), visible(container.label()))
    };
    containers.iter().map(line).collect()
}
