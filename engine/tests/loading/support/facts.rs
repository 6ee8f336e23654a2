//! Facts such as collectors tell, and the catalogue of their schemas.
#![allow(dead_code, reason = "only the schemas of these types are used")]

use std::collections::BTreeMap;

use plimsoll_engine::catalogue::Catalogue;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

/// The catalogue of the facts below.
pub(crate) fn catalogue() -> Catalogue {
    Catalogue::from_schemas([
        ("docker".to_owned(), schema::<Docker>()),
        ("files".to_owned(), keyed(schema::<BTreeMap<String, File>>())),
        ("memory".to_owned(), schema::<Memory>()),
        ("mounts".to_owned(), schema::<Vec<Mount>>()),
        ("os".to_owned(), schema::<Os>()),
        ("sysctl".to_owned(), keyed(schema::<BTreeMap<String, Setting>>())),
    ])
}

fn schema<F: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<F>().to_value()
}

/// The mark of maps of which only the keys that rules name are read.
fn keyed(mut schema: Value) -> Value {
    schema["x-keyed"] = Value::Bool(true);
    schema
}

/// The operating system.
#[derive(JsonSchema)]
struct Os {
    /// The distribution's id.
    ///
    /// Source: /etc/os-release
    id: String,
    /// The family that it belongs to.
    family: Family,
    /// The release, such as 12.
    version_id: Option<String>,
    /// What process 1 is.
    init: Option<Init>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum Family {
    Debian,
    Rhel,
    Suse,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum Init {
    /// systemd.
    Systemd,
    /// OpenRC.
    Openrc,
}

/// Memory of the node.
#[derive(JsonSchema)]
struct Memory {
    /// All memory.
    ///
    /// Unit: bytes.
    /// Source: /proc/meminfo
    total_bytes: u64,
    /// How long tasks waited.
    pressure: Option<Pressure>,
}

#[derive(JsonSchema)]
struct Pressure {
    /// Over ten seconds.
    ///
    /// Unit: percent
    some_avg10: f64,
}

/// A mounted file system.
#[derive(JsonSchema)]
struct Mount {
    /// Where.
    target: String,
    /// Of which type.
    fs_type: String,
    /// With which options.
    options: Vec<String>,
    /// Whether nothing can be written.
    read_only: bool,
    /// How full it is.
    ///
    /// Unit: percent
    used_percent: Option<f64>,
}

/// A file.
#[derive(JsonSchema)]
struct File {
    /// Whether it is there.
    exists: bool,
    /// Its permissions, in octal.
    mode: Option<String>,
    /// Who owns it.
    uid: Option<u32>,
}

/// A kernel setting.
#[derive(JsonSchema)]
struct Setting {
    /// The value in force.
    running: Option<IntegerOrText>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum IntegerOrText {
    Integer(i64),
    Text(String),
}

/// Docker.
#[derive(JsonSchema)]
struct Docker {
    /// Whether it is installed.
    installed: bool,
    /// The configuration in force, by the keys of `daemon.json`.
    config: BTreeMap<String, Value>,
    /// The daemon.
    engine: Option<Engine>,
}

#[derive(JsonSchema)]
struct Engine {
    /// Its version.
    version: Option<String>,
    /// Its own network.
    bridge: Option<String>,
}
