//! The runtimes that the CRI plugin starts containers with.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::release;
use super::view::{Table, View, or_default};
use crate::commands;
use crate::fact::{Fact, Sourced};
use crate::host::Host;
use crate::settings;

/// The runtime that containerd knows without being told.
const RUNC: &str = "runc";
const RUNC_TYPE: &str = "io.containerd.runc.v2";
const RUNTIMES: [&str; 2] = ["containerd", "runtimes"];

/// A runtime of the CRI plugin.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Runtime {
    /// Its name, the handler of a RuntimeClass.
    ///
    /// Source: config.toml, the table
    pub name: String,
    /// The type of its shim: `io.containerd.runc.v2`; absent if the table says none, which containerd cannot
    /// start anything with.
    ///
    /// Source: config.toml, `runtime_type`
    pub runtime_type: Fact<Sourced<String>>,
    /// Whether systemd makes its control groups; `false` by default.
    ///
    /// Source: config.toml, `SystemdCgroup` of its options
    pub systemd_cgroup: Fact<Sourced<bool>>,
    /// The program that runs containers, as it is configured; `runc` by default. Absent if the shim is not
    /// runc's.
    ///
    /// Source: config.toml, `BinaryName` of its options
    pub binary: Fact<Sourced<String>>,
    /// Where that program is; absent if it is not found.
    ///
    /// Source: containerd's `PATH`, the usual directories of programs
    pub binary_path: Fact<String>,
    /// The program of its shim, `containerd-shim-runc-v2`, by name or path.
    ///
    /// Source: config.toml, `runtime_path`, else `runtime_type`
    pub shim: Fact<String>,
    /// Where the shim is; absent if it is not found.
    ///
    /// Source: containerd's `PATH`, the directory of its own program
    pub shim_path: Fact<String>,
    /// Whether privileged containers do without the node's devices; `false` by default.
    ///
    /// Source: config.toml, `privileged_without_host_devices`
    pub privileged_without_host_devices: Fact<Sourced<bool>>,
}

/// The runtimes by name. containerd 1 forgets its own `runc` as soon as one is configured.
pub(super) fn read(
    view: &View<'_>,
    is_two: Option<bool>,
    host: &Host,
    path: &[String],
) -> Fact<Vec<Runtime>> {
    let mut names = view.names(Table::Runtime, &RUNTIMES);
    let says_runc = names.contains(&RUNC);
    if !says_runc && (names.is_empty() || is_two == Some(true)) {
        names.push(RUNC);
    } else if !says_runc && is_two.is_none() {
        return Fact::Gap(release::unknown("whether runc is among the runtimes without being configured"));
    }
    let own = |name: &str| name == RUNC && (!says_runc || is_two == Some(true));
    Fact::Known(names.into_iter().map(|name| Runtime::read(view, name, own(name), host, path)).collect())
}

impl Runtime {
    /// Reads a runtime; that of containerd `own` has a type by itself.
    fn read(view: &View<'_>, name: &str, own: bool, host: &Host, path: &[String]) -> Self {
        let at = |key: &[&'static str]| -> Vec<String> {
            [&RUNTIMES[..], &[name], key].concat().into_iter().map(str::to_owned).collect()
        };
        let text = |key: &[&'static str]| {
            let at = at(key);
            let at: Vec<&str> = at.iter().map(String::as_str).collect();
            said(view.value(Table::Runtime, &at, &at, settings::text))
        };
        let bool = |key: &[&'static str]| {
            let at = at(key);
            let at: Vec<&str> = at.iter().map(String::as_str).collect();
            or_default(view.value(Table::Runtime, &at, &at, Value::as_bool), false)
        };
        let runtime_type = text(&["runtime_type"]);
        let runtime_type = if own { or_default(runtime_type, RUNC_TYPE.to_owned()) } else { runtime_type };
        let is_runc = runtime_type.as_ref().map(|name| name.value.starts_with("io.containerd.runc."));
        let binary = is_runc.and_then(|is_runc| {
            if is_runc { or_default(text(&["options", "BinaryName"]), RUNC.to_owned()) } else { Fact::Absent }
        });
        let shim = match text(&["runtime_path"]) {
            Fact::Absent => runtime_type.as_ref().and_then(|name| shim_of(&name.value).into()),
            path => path.map(|path| path.value),
        };
        Self {
            name: name.to_owned(),
            systemd_cgroup: bool(&["options", "SystemdCgroup"]),
            privileged_without_host_devices: bool(&["privileged_without_host_devices"]),
            binary_path: binary.as_ref().and_then(|binary| commands::find_in(host, path, &binary.value)),
            shim_path: shim.as_ref().and_then(|shim| commands::find_in(host, path, shim)),
            runtime_type,
            binary,
            shim,
        }
    }
}

/// An empty string says nothing.
fn said(fact: Fact<Sourced<String>>) -> Fact<Sourced<String>> {
    fact.and_then(|text| if text.value.is_empty() { Fact::Absent } else { Fact::Known(text) })
}

/// The program of a shim: `io.containerd.runc.v2` is `containerd-shim-runc-v2`.
fn shim_of(runtime_type: &str) -> Option<String> {
    if runtime_type.starts_with('/') {
        return Some(runtime_type.to_owned());
    }
    let mut parts = runtime_type.rsplit('.');
    let (version, name) = (parts.next()?, parts.next()?);
    parts.next().map(|_| format!("containerd-shim-{name}-{version}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_names_its_shim() {
        assert_eq!(shim_of("io.containerd.runc.v2").as_deref(), Some("containerd-shim-runc-v2"));
        assert_eq!(shim_of("io.containerd.kata-qemu.v2").as_deref(), Some("containerd-shim-kata-qemu-v2"));
        assert_eq!(shim_of("/opt/shim").as_deref(), Some("/opt/shim"));
        assert_eq!(shim_of("runc"), None);
        assert_eq!(shim_of("a.b"), None);
    }
}
