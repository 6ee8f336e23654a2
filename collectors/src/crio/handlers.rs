//! The runtimes that CRI-O starts containers with.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::release::Release;
use crate::commands;
use crate::fact::{Fact, Sourced};
use crate::host::Host;
use crate::origin;
use crate::settings::{self, Settings};

/// A runtime of CRI-O.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RuntimeHandler {
    /// Its name, the handler of a RuntimeClass.
    ///
    /// Source: crio.conf, the table
    pub name: String,
    /// The program as it is configured; absent stands for the program of the runtime's name.
    ///
    /// Source: crio.conf, `runtime_path`
    pub runtime_path: Fact<Sourced<String>>,
    /// Where that program is; absent if it is not found.
    ///
    /// Source: CRI-O's `PATH`, the usual directories of programs
    pub path: Fact<String>,
    /// `oci` (the default), `vm` or `pod`.
    ///
    /// Source: crio.conf, `runtime_type`
    pub runtime_type: Fact<Sourced<String>>,
    /// Whether privileged containers do without the node's devices; `false` by default.
    ///
    /// Source: crio.conf, `privileged_without_host_devices`
    pub privileged_without_host_devices: Fact<Sourced<bool>>,
    /// The annotations that pods may use with it.
    ///
    /// Source: crio.conf, `allowed_annotations`
    pub allowed_annotations: Fact<Sourced<Vec<String>>>,
}

const RUNTIMES: [&str; 3] = ["crio", "runtime", "runtimes"];

/// The runtimes by name. CRI-O's own one is always among them.
pub(super) fn read(
    settings: &Settings,
    release: &Fact<Release>,
    host: &Host,
    path: &[String],
) -> Fact<Vec<RuntimeHandler>> {
    let mut names: Vec<&str> = settings.table(&RUNTIMES).tables().map(|(name, _)| name).collect();
    match release {
        Fact::Known(release) => names.push(release.own_runtime()),
        // Packages configure both of the names that CRI-O's own one has had.
        Fact::Absent | Fact::Gap(_) if names.is_empty() => {
            return Fact::Gap(super::release::unknown("CRI-O's own runtime"));
        }
        Fact::Absent | Fact::Gap(_) => {}
    }
    names.sort_unstable();
    names.dedup();
    Fact::Known(names.into_iter().map(|name| RuntimeHandler::read(settings, name, host, path)).collect())
}

impl RuntimeHandler {
    fn read(settings: &Settings, name: &str, host: &Host, path: &[String]) -> Self {
        let table = settings.table(&[&RUNTIMES[..], &[name]].concat());
        let text = |key: &str| {
            let text = table.value(&[key], settings::text);
            text.and_then(|text| if text.value.is_empty() { Fact::Absent } else { Fact::Known(text) })
        };
        let runtime_path = text("runtime_path");
        let program = match &runtime_path {
            Fact::Absent => Fact::Known(name.to_owned()),
            configured => configured.as_ref().map(|configured| configured.value.clone()),
        };
        Self {
            name: name.to_owned(),
            path: program.and_then(|program| commands::find_in(host, path, &program)),
            runtime_path,
            runtime_type: or_default(text("runtime_type"), "oci".to_owned()),
            privileged_without_host_devices: or_default(
                table.value(&["privileged_without_host_devices"], Value::as_bool),
                false,
            ),
            allowed_annotations: or_default(
                table.value(&["allowed_annotations"], settings::texts),
                Vec::new(),
            ),
        }
    }
}

fn or_default<T>(fact: Fact<Sourced<T>>, default: T) -> Fact<Sourced<T>> {
    fact.or_absent(Sourced { value: default, origin: origin::default() })
}
