//! The configuration that dockerd runs with: defaults, daemon.json, flags.

use std::borrow::Cow;
use std::collections::BTreeMap;

use plimsoll_engine::snapshot::{Layer, Origin, Overridden};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::daemon_json::{self, member_of};
use super::flags::{Flags, Setting};
use super::options::{DaemonOption, FLAGS_ONLY, Kind, OPTIONS};
use super::types::WrongType;
use crate::fact::{Fact, Sourced, Unknown};
use crate::json_document::{Document, Member};
use crate::origin;
use crate::redact::mask_value;

/// The options by their key in daemon.json. One without an entry has no documented default and is not set.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Configuration(BTreeMap<&'static str, Fact<Sourced<Value>>>);

/// An option that is set by a flag and in daemon.json; dockerd does not start with it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Conflict {
    /// The option's key in daemon.json.
    ///
    /// Source: daemon.json, the key
    pub key: Sourced<String>,
    /// What daemon.json says, secrets masked.
    ///
    /// Source: daemon.json, the value
    pub file_value: Sourced<Value>,
    /// What the flag says, secrets masked; `null` if its value is of the wrong type.
    ///
    /// Source: the unit's `ExecStart`, or /proc/PID/cmdline
    pub flag_value: Sourced<Value>,
    /// The flag, `--live-restore`.
    pub flag: String,
}

impl Configuration {
    /// Merges the flags and daemon.json's object over the defaults.
    pub(super) fn merge(flags: &Flags, document: Option<&Document>, wrong: &[WrongType]) -> Self {
        let effective = OPTIONS.iter().filter_map(|option| {
            let wrong = wrong.iter().find(|wrong| wrong.option.key == option.key);
            let fact = match wrong {
                Some(wrong) => Fact::Gap(Unknown::malformed(
                    wrong.error.origin.file.clone().unwrap_or_default(),
                    wrong.error.message.clone(),
                )),
                None => effective(option, flags, document)?,
            };
            Some((option.key, fact))
        });
        let mut configuration = Self(effective.collect());
        let hosts = configuration.default_hosts();
        configuration.0.entry("hosts").or_insert(hosts);
        configuration
    }

    /// Where dockerd listens when nothing is said.
    fn default_hosts(&self) -> Fact<Sourced<Value>> {
        self.get("tls").map(|tls| {
            let host = if tls.value == true { "tcp://127.0.0.1:2376" } else { "unix:///var/run/docker.sock" };
            Sourced { value: json!([host]), origin: origin::default() }
        })
    }

    /// The value of the option `key`, masked as it is.
    pub(super) fn get(&self, key: &str) -> Fact<&Sourced<Value>> {
        self.0.get(key).map_or(Fact::Absent, Fact::as_ref)
    }

    /// The string that the option `key` is set to.
    pub(super) fn text(&self, key: &str) -> Fact<Sourced<String>> {
        self.get(key).and_then(|sourced| {
            let text = sourced.value.as_str().map(str::to_owned);
            text.map(|value| Sourced { value, origin: sourced.origin.clone() }).into()
        })
    }
}

/// The options that flags and daemon.json both set. Runtimes may come from both.
pub(super) fn conflicts(flags: &Flags, document: &Document) -> Vec<Conflict> {
    let conflict = |option: &DaemonOption| {
        let flag = option.conflicting_flag().filter(|_| option.kind != Kind::Runtimes)?;
        let setting = flags.get(flag)?;
        let member = daemon_json::key(document, option.key)?;
        let file_value = mask_value(member.value.to_value());
        let flag_value = mask_value(setting.value.clone().unwrap_or_default());
        Some(Conflict {
            key: Sourced { value: option.key.to_owned(), origin: document.origin_of_member(member) },
            file_value: Sourced { value: file_value, origin: document.origin_of(&member.value) },
            flag_value: Sourced { value: flag_value, origin: setting.origin.clone() },
            flag: format!("--{flag}"),
        })
    };
    OPTIONS.iter().chain(FLAGS_ONLY).filter_map(conflict).collect()
}

/// What an option is set to, by the strongest layer that says something; `None` if none does.
fn effective(
    option: &DaemonOption,
    flags: &Flags,
    document: Option<&Document>,
) -> Option<Fact<Sourced<Value>>> {
    let default = option.default();
    let flag = option.flag.and_then(|flag| flags.get(flag));
    let file = document.and_then(|document| Some((document, member_of(document, option)?)));
    let weaker = |file: Option<(&Document, &Member)>| {
        let file = file.map(|(document, member)| overridden_file(document, member));
        let default =
            default.clone().map(|value| Overridden { layer: Layer::Default, file: None, line: None, value });
        file.into_iter().chain(default).collect::<Vec<_>>()
    };
    match (flag, file) {
        (Some(setting), None) => Some(of_flag(setting, weaker(None))),
        (Some(setting), Some((document, member))) => {
            let mut fact = of_flag(setting, weaker(Some((document, member))));
            if let (Fact::Known(sourced), Kind::Runtimes) = (&mut fact, option.kind) {
                extend(&mut sourced.value, mask_value(member.value.to_value()));
            }
            Some(fact)
        }
        (None, Some((document, member))) => {
            let value = mask_value(member.value.to_value());
            Some(Fact::Known(overriding(value, document.origin_of_member(member), weaker(None))))
        }
        (None, None) => default.map(|value| Fact::Known(Sourced { value, origin: origin::default() })),
    }
}

fn of_flag(setting: &Setting, weaker: Vec<Overridden>) -> Fact<Sourced<Value>> {
    match &setting.value {
        Ok(value) => Fact::Known(overriding(mask_value(value.clone()), setting.origin.clone(), weaker)),
        Err(message) => {
            let source = setting.origin.file.clone().unwrap_or_default();
            Fact::Gap(Unknown::malformed(source, message.clone()))
        }
    }
}

/// The value with the weaker layers that said something else.
fn overriding(value: Value, mut origin: Origin, weaker: Vec<Overridden>) -> Sourced<Value> {
    let different = weaker.into_iter().filter(|weaker| weaker.value != value);
    origin.overrides = different.chain(std::mem::take(&mut origin.overrides)).collect();
    Sourced { value, origin }
}

fn overridden_file(document: &Document, member: &Member) -> Overridden {
    let origin = document.origin_of_member(member);
    let value = mask_value(member.value.to_value());
    Overridden { layer: Layer::File, file: origin.file, line: origin.line, value }
}

/// Adds what the file says to what the flags say; the file wins for a runtime that both name.
fn extend(flags: &mut Value, file: Value) {
    if let (Value::Object(flags), Value::Object(file)) = (flags, file) {
        flags.extend(file);
    }
}

impl JsonSchema for Configuration {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Configuration".into()
    }

    /// An object with a property for every option: a key that is none is a mistake in a rule.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let properties: Map<_, _> =
            OPTIONS.iter().map(|option| (option.key.to_owned(), schema_of(option))).collect();
        let mut schema = Schema::default();
        schema.insert("type".to_owned(), json!("object"));
        schema.insert("properties".to_owned(), Value::Object(properties));
        schema.insert("additionalProperties".to_owned(), json!(false));
        schema
    }
}

fn schema_of(option: &DaemonOption) -> Value {
    let mut schema = match option.kind {
        Kind::Bool => json!({"type": ["boolean", "null"]}),
        Kind::Integer => json!({"type": ["integer", "null"]}),
        Kind::Text | Kind::Size | Kind::Address => json!({"type": ["string", "null"]}),
        Kind::List => json!({"type": ["array", "null"], "items": {"type": "string"}}),
        Kind::Pools => {
            json!({"type": ["array", "null"], "items": {"type": "object", "additionalProperties": true}})
        }
        Kind::Words => json!({"type": ["object", "null"], "additionalProperties": {"type": "string"}}),
        Kind::Switches => json!({"type": ["object", "null"], "additionalProperties": {"type": "boolean"}}),
        Kind::Groups | Kind::Runtimes | Kind::Ulimits | Kind::Object => {
            json!({"type": ["object", "null"], "additionalProperties": true})
        }
    };
    let flag = option.flag.map(|flag| format!(" or dockerd's flag --{flag}")).unwrap_or_default();
    let default = option.default().map(|value| format!("; {value} by default")).unwrap_or_default();
    schema["description"] = json!(format!("The option {} of daemon.json{flag}{default}.", option.key));
    schema
}
