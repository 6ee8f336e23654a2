//! `plimsoll whois`: from a process, a layer, a path or a name to the container, its pod and its image. No daemon
//! is asked, so that it works with all of them dead.

mod chain;
mod search;
#[cfg(test)]
mod tests;

use std::io::Write;

use clap::Args;
use plimsoll_reports::visible;
use serde_json::json;

use crate::cli::{ListFormat, TargetArgs};
use crate::containers::{Container, Containers};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{files, terminal};
use search::{Found, Question};

#[derive(Debug, Args)]
pub(crate) struct Whois {
    /// A process id; the beginning of a container's id or name; a pod's name or uid; a layer's directory or id;
    /// any path of a container on the node; or pidns:INODE
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
        let containers = Containers::of(&self.target)?;
        let found = search::find(&question, &containers.list);
        let text = match self.format {
            ListFormat::Text => self.text(&question, &found, &containers),
            ListFormat::Json => self.json(&found, &containers)?,
        };
        files::write(None, text.as_bytes())?;
        for gap in &containers.gaps {
            writeln!(terminal::stderr(), "there may be others, {}: {}", gap.reason, visible(&gap.detail))?;
        }
        Ok(match (found.is_answer(), containers.gaps.is_empty()) {
            (true, _) => Exit::Success,
            (false, true) => Exit::Failed,
            // What could not be read may hold the answer.
            (false, false) => Exit::Undetermined,
        })
    }

    fn text(&self, question: &Question, found: &Found<'_>, containers: &Containers) -> String {
        let what = visible(&self.what);
        match found.containers.as_slice() {
            [] => {
                let count = containers.list.len();
                format!("none of the {count} containers that are known has {}\n", visible(&question.sought()))
            }
            [container] => chain::text(container, found.pid, &containers.list),
            several if found.is_ambiguous => {
                format!("{what} can mean {} containers, say more of one:\n{}", several.len(), list(several))
            }
            several => format!("{what} belongs to {} containers:\n{}", several.len(), list(several)),
        }
    }

    fn json(&self, found: &Found<'_>, containers: &Containers) -> Result<String, Failure> {
        let answer = json!({
            "asked": self.what,
            "matched_by": found.by,
            "ambiguous": found.is_ambiguous,
            "pid": found.pid,
            "containers": found.containers.iter().map(|container| &container.facts).collect::<Vec<_>>(),
            "searched": containers.list.len(),
            "gaps": containers.gaps,
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
