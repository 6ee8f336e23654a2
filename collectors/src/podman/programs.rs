//! The programs that podman runs containers with: the OCI runtime and conmon.

use schemars::JsonSchema;
use serde::Serialize;

use super::configuration::Configuration;
use crate::commands;
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::{FileKind, Host};
use crate::origin;

/// The runtimes that podman prefers when nothing is configured, the preferred one first.
const RUNTIMES: [&str; 2] = ["crun", "runc"];

/// Where podman looks for each of them when its files name no paths, in this order: the defaults of its library
/// `containers/common`.
const RUNTIME_DIRECTORIES: [&str; 6] =
    ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/sbin", "/bin"];

/// Where podman looks for conmon beside its own directory of programs.
const CONMON: [&str; 4] = [
    "/usr/libexec/podman/conmon",
    "/usr/local/libexec/podman/conmon",
    "/usr/local/lib/podman/conmon",
    "/usr/lib/podman/conmon",
];

/// The OCI runtime that containers run with when nothing else is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Runtime {
    /// Its name, or its path.
    ///
    /// Source: containers.conf, `engine.runtime`; else crun or runc, whichever is there
    pub name: Sourced<String>,
    /// The program; absent if it is nowhere.
    ///
    /// Source: containers.conf, `engine.runtimes`; else the directories of programs
    pub path: Fact<String>,
}

/// The runtime that podman uses.
pub(super) fn runtime(host: &Host, configuration: &Configuration) -> Runtime {
    let path = |name: &str| match runtime_path(host, configuration, name) {
        Ok(path) => path.into(),
        Err(unknown) => Fact::Gap(unknown),
    };
    if let Some(name) = configuration.text("engine", "runtime").filter(|name| !name.value.is_empty()) {
        return Runtime { path: path(&name.value), name };
    }
    let by_default = |name: &str| Sourced { value: name.to_owned(), origin: origin::default() };
    let found = RUNTIMES.iter().map(|name| Runtime { name: by_default(name), path: path(name) });
    let mut found = found.filter(|runtime| runtime.path != Fact::Absent);
    found.next().unwrap_or_else(|| Runtime { name: by_default(RUNTIMES[0]), path: Fact::Absent })
}

fn runtime_path(host: &Host, configuration: &Configuration, name: &str) -> Result<Option<String>, Unknown> {
    if name.starts_with('/') {
        return first(host, std::iter::once(name));
    }
    let configured =
        configuration.get("engine", "runtimes").and_then(|runtimes| runtimes.value.get(name)?.as_array());
    let found = match configured {
        Some(paths) => first(host, paths.iter().filter_map(|path| path.as_str())),
        None if RUNTIMES.contains(&name) => {
            let paths = RUNTIME_DIRECTORIES.map(|directory| format!("{directory}/{name}"));
            first(host, paths.iter().map(String::as_str))
        }
        None => Ok(None),
    };
    match found? {
        Some(path) => Ok(Some(path)),
        None => in_directories(host, name),
    }
}

/// conmon, which keeps a container running when podman has gone.
pub(super) fn conmon(host: &Host, configuration: &Configuration) -> Result<Option<String>, Unknown> {
    let configured = configuration.texts("engine", "conmon_path").unwrap_or_default();
    let paths = configured.iter().map(|path| path.value.as_str()).chain(CONMON);
    match first(host, paths)? {
        Some(path) => Ok(Some(path)),
        None => in_directories(host, "conmon"),
    }
}

/// The first of the paths that a file is at.
fn first<'p>(host: &Host, paths: impl Iterator<Item = &'p str>) -> Result<Option<String>, Unknown> {
    for path in paths {
        if let Some(metadata) = present(Fact::from(host.metadata(path)))?
            && metadata.kind == FileKind::Regular
        {
            return Ok(Some(path.to_owned()));
        }
    }
    Ok(None)
}

fn present<T>(fact: Fact<T>) -> Result<Option<T>, Unknown> {
    match fact {
        Fact::Known(value) => Ok(Some(value)),
        Fact::Absent => Ok(None),
        Fact::Gap(unknown) => Err(unknown),
    }
}

fn in_directories(host: &Host, name: &str) -> Result<Option<String>, Unknown> {
    present(commands::find(host, name)?.path)
}
