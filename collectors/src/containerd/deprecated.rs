//! Settings that containerd still heeds, or no longer does, and what takes their place.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::merge::Merged;
use crate::fact::Sourced;
use crate::settings::{Setting, Settings};

/// A setting that is on its way out.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Deprecated {
    /// The setting, from its plugin's table on.
    ///
    /// Source: config.toml, the value
    pub name: Sourced<String>,
    /// What takes its place.
    pub instead: &'static str,
}

const PLUGINS: [&str; 3] = ["io.containerd.grpc.v1.cri", "cri", "io.containerd.cri.v1.images"];

const SETTINGS: [(&[&str], &str); 6] = [
    (&["systemd_cgroup"], "SystemdCgroup in the options of each runtime"),
    (&["containerd", "default_runtime"], "containerd.default_runtime_name"),
    (&["containerd", "untrusted_workload_runtime"], "a runtime called untrusted"),
    (&["registry", "mirrors"], "hosts.toml below registry.config_path"),
    (&["registry", "configs"], "hosts.toml below registry.config_path, and imagePullSecrets"),
    (&["registry", "auths"], "imagePullSecrets of the pods"),
];

const OF_RUNTIMES: [(&str, &str); 2] = [
    ("runtime_engine", "BinaryName in the runtime's options"),
    ("runtime_root", "Root in the runtime's options"),
];

/// The deprecated settings that say something.
pub(super) fn read(merged: &Merged) -> Vec<Deprecated> {
    let mut found = Vec::new();
    for plugin in PLUGINS {
        let table = merged.settings.table(&["plugins", plugin]);
        for (path, instead) in SETTINGS {
            note(&mut found, table, path, instead);
        }
        for (runtime, _) in table.table(&["containerd", "runtimes"]).tables() {
            for (key, instead) in OF_RUNTIMES {
                note(&mut found, table, &["containerd", "runtimes", runtime, key], instead);
            }
        }
    }
    found
}

fn note(found: &mut Vec<Deprecated>, table: &Settings, path: &[&str], instead: &'static str) {
    if let Some(value) = table.get(path).and_then(first_value) {
        let name = Sourced { value: path.join("."), origin: value.origin.clone() };
        found.push(Deprecated { name, instead });
    }
}

/// The first value in a setting that is not what a configuration of defaults holds: empty, `false`, zero.
fn first_value(setting: &Setting) -> Option<&Sourced<Value>> {
    match setting {
        Setting::Table(table) => table.entries().find_map(|(_, setting)| first_value(setting)),
        Setting::Value(value) => says_something(&value.value).then_some(value),
    }
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Bool(value) => *value,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Null | Value::Object(_) => false,
    }
}
