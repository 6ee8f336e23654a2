//! OCI hooks: the programs that podman and CRI-O have the runtime run while a container starts and ends.
//!
//! Both read every `*.json` of their hook directories before each container, and refuse the container if one
//! of the files is wrong, whether the hook concerns it or not (oci-hooks(5)).

mod definition;
mod directories;
mod go_regex;
mod program;
#[cfg(test)]
mod tests;

use plimsoll_engine::snapshot::{GapReason, Layer, Origin};
use schemars::JsonSchema;
use serde::Serialize;

pub use directories::Directory;
pub use program::Program;

use crate::context::Context;
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::{HostError, HostErrorKind};
use crate::json_document::Document;
use crate::origin;
use definition::Definition;

/// How many hooks of a directory are looked at.
const MAX_HOOKS: usize = 1000;

/// The stages that the runtime specification has deprecated.
const DEPRECATED_STAGES: [&str; 1] = ["prestart"];

/// The OCI hooks of the node.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OciHooks {
    /// The directories that hooks are read from, in the order in which they are read.
    ///
    /// Source: `hooks_dir` of containers.conf, else /usr/share/containers/oci/hooks.d and
    /// /etc/containers/oci/hooks.d
    pub directories: Fact<Vec<Directory>>,
    /// The hooks: every file `*.json` of the directories. A directory or file that cannot be read is a gap in
    /// the list.
    ///
    /// Source: the hook directories
    pub hooks: Fact<Vec<Fact<Hook>>>,
}

/// A hook's file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Hook {
    /// Its path.
    pub file: String,
    /// The file of the same name in a later directory, which is used in its place.
    ///
    /// Source: the hook directories
    pub hidden_by: Fact<String>,
    /// Its permission bits, octal, such as `"0644"`.
    ///
    /// Source: statx(2), `stx_mode`
    pub mode: Fact<String>,
    /// Its owner's user id.
    ///
    /// Source: statx(2), `stx_uid`
    pub uid: Fact<u32>,
    /// Whether podman and CRI-O take it.
    ///
    /// Source: the file
    pub valid: Fact<bool>,
    /// What is wrong with it, in words.
    ///
    /// Source: the file, the offending place
    pub error: Fact<Sourced<String>>,
    /// The version of its format: `1.0.0` or, deprecated, `0.1.0`.
    ///
    /// Source: the file, `version`
    pub version: Fact<String>,
    /// When the runtime runs it: `createRuntime`, `poststop`, …
    ///
    /// Source: the file, `stages`
    pub stages: Fact<Vec<Sourced<String>>>,
    /// Those of the stages that the runtime specification has deprecated.
    ///
    /// Source: the file, `stages`
    pub deprecated_stages: Fact<Vec<Sourced<String>>>,
    /// How long it may run; absent if for ever.
    ///
    /// Unit: seconds
    /// Source: the file, `hook.timeout`
    pub timeout_seconds: Fact<Sourced<i64>>,
    /// Why no container ever runs it, in words; absent if one may.
    ///
    /// Source: the file, `when`, `stages`
    pub never_runs_because: Fact<Sourced<String>>,
    /// The program that it runs.
    ///
    /// Source: the file, `hook.path`
    pub program: Fact<Program>,
}

/// Reads the hooks.
pub fn collect(ctx: &Context<'_>) -> Fact<OciHooks> {
    let directories = directories::find(ctx);
    Fact::Known(OciHooks { hooks: directories.as_ref().map(|list| hooks(ctx, list)), directories })
}

fn hooks(ctx: &Context<'_>, directories: &[Directory]) -> Vec<Fact<Hook>> {
    let listed: Vec<_> = directories.iter().map(|directory| names(ctx, directory)).collect();
    let mut hooks = Vec::new();
    for (at, (directory, names)) in directories.iter().zip(&listed).enumerate() {
        let names = match names {
            Ok(names) => names,
            Err(unknown) => {
                hooks.push(Fact::Gap(unknown.clone()));
                continue;
            }
        };
        for (count, name) in names.iter().enumerate() {
            let file = format!("{}/{name}", directory.path.value);
            if count >= MAX_HOOKS || ctx.is_short_of_time() {
                let detail = "there are too many hooks to look at";
                hooks.push(Fact::Gap(Unknown::new(GapReason::Timeout, file, detail)));
                break;
            }
            let mut later = directories.iter().zip(&listed).skip(at + 1).rev();
            let hiding = later.find(|(later, names)| {
                later.hides(directory) && names.as_ref().is_ok_and(|names| names.contains(name))
            });
            let hidden_by = hiding.map(|(later, _)| format!("{}/{name}", later.path.value));
            hooks.extend(hook(ctx, file, hidden_by));
        }
    }
    hooks
}

/// The names of the hooks' files in a directory; none if it is not there.
fn names(ctx: &Context<'_>, directory: &Directory) -> Result<Vec<String>, Unknown> {
    let mut names = crate::listing::names(ctx.host, &directory.path.value)?;
    names.retain(|name| name.ends_with(".json"));
    Ok(names)
}

/// The hook of a file; `None` of a link to nothing, which podman passes over, too.
fn hook(ctx: &Context<'_>, file: String, hidden_by: Option<String>) -> Option<Fact<Hook>> {
    let definition = match Document::read(ctx.host, &file) {
        Fact::Known(document) => {
            Fact::Known(document.and_then(|document| Definition::parse(&document)).map_err(|e| e.sourced()))
        }
        Fact::Absent => return None,
        Fact::Gap(unknown) => match ctx.host.read_text(&file) {
            Err(HostError { kind: HostErrorKind::NotRegular(kind), .. }) => {
                let origin = Origin { layer: Layer::File, file: Some(file.clone()), ..origin::default() };
                Fact::Known(Err(Sourced { value: format!("it is {kind}"), origin }))
            }
            _ => Fact::Gap(unknown),
        },
    };
    Some(Fact::Known(Hook::of(ctx, file, hidden_by, &definition)))
}

impl Hook {
    fn of(
        ctx: &Context<'_>,
        file: String,
        hidden_by: Option<String>,
        definition: &Fact<Result<Definition, Sourced<String>>>,
    ) -> Self {
        let metadata = Fact::from(ctx.host.metadata(&file));
        let sound = definition.as_ref().and_then(|result| result.as_ref().ok().into());
        let deprecated = |stage: &Sourced<String>| DEPRECATED_STAGES.contains(&stage.value.as_str());
        Self {
            hidden_by: hidden_by.into(),
            mode: metadata.as_ref().map(|metadata| format!("{:04o}", metadata.mode)),
            uid: metadata.as_ref().map(|metadata| metadata.uid),
            valid: definition.as_ref().map(Result::is_ok),
            error: definition.as_ref().and_then(|result| result.as_ref().err().cloned().into()),
            version: sound.as_ref().map(|definition| definition.version.to_owned()),
            stages: sound.as_ref().map(|definition| definition.stages.clone()),
            deprecated_stages: sound.as_ref().map(|definition| {
                definition.stages.iter().filter(|stage| deprecated(stage)).cloned().collect()
            }),
            timeout_seconds: sound.as_ref().and_then(|definition| definition.timeout.clone().into()),
            never_runs_because: sound
                .as_ref()
                .and_then(|definition| definition.never_runs_because.clone().into()),
            program: sound.map(|definition| Program::at(ctx.host, definition.path.clone())),
            file,
        }
    }
}
