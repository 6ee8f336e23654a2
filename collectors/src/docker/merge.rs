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
    let default = option.default().map(|value| format!("; {value} by default")).unwrap_or_default();
    let flag = option.flag.map(|flag| format!(", dockerd's flag --{flag}")).unwrap_or_default();
    let description = format!("The option {}{default}.\n\nSource: daemon.json{flag}", option.key);
    schema["description"] = json!(description);
    schema
}

#[cfg(test)]
mod tests {
    use super::super::flags::tests::arguments;
    use super::super::types::wrong_types;
    use super::*;

    const FILE: &str = "/etc/docker/daemon.json";

    fn document(text: &str) -> Document {
        Document::parse(FILE, text.to_owned()).unwrap()
    }

    fn merged(flags: &[&str], text: &str) -> Configuration {
        let document = document(text);
        Configuration::merge(&Flags::parse(&arguments(flags)), Some(&document), &wrong_types(&document))
    }

    fn value(configuration: &Configuration, key: &str) -> Option<(Value, Layer)> {
        configuration.get(key).known().map(|sourced| (sourced.value.clone(), sourced.origin.layer))
    }

    #[test]
    fn the_strongest_layer_that_says_something_wins() {
        let text = r#"{"live-restore": true, "mtu": 0, "iptables": false, "log-driver": null, "proxies": {"http-proxy": "http://u:p@x"}}"#;
        let configuration = merged(&["--icc=false", "--log-opt=max-size=1m"], text);
        for (key, expected) in [
            ("live-restore", Some((json!(true), Layer::File))),
            ("iptables", Some((json!(false), Layer::File))),
            ("icc", Some((json!(false), Layer::Flag))),
            ("log-opts", Some((json!({"max-size": "1m"}), Layer::Flag))),
            ("mtu", Some((json!(1500), Layer::Default))),
            ("log-driver", Some((json!("json-file"), Layer::Default))),
            ("http-proxy", Some((json!("http://***@x"), Layer::File))),
            ("hosts", Some((json!(["unix:///var/run/docker.sock"]), Layer::Default))),
            ("storage-driver", None),
            ("ip6tables", None),
        ] {
            assert_eq!(value(&configuration, key), expected, "{key}");
        }
    }

    #[test]
    fn a_value_says_where_it_stands_and_what_it_overrides() {
        let configuration = merged(&["--debug"], "{\n  \"debug\": false,\n  \"live-restore\": true\n}");
        let origin = &configuration.get("live-restore").known().unwrap().origin;
        assert_eq!(
            (origin.file.as_deref(), origin.line, origin.column, origin.length),
            (Some(FILE), Some(3), Some(3), Some(20))
        );
        let default = Overridden { layer: Layer::Default, file: None, line: None, value: json!(false) };
        assert_eq!(origin.overrides, std::slice::from_ref(&default));
        let origin = &configuration.get("debug").known().unwrap().origin;
        let file = Overridden {
            layer: Layer::File,
            file: Some(FILE.to_owned()),
            line: Some(2),
            value: json!(false),
        };
        assert_eq!((origin.layer, &origin.overrides), (Layer::Flag, &vec![file, default]));
    }

    #[test]
    fn runtimes_come_from_flags_and_file_together() {
        let flags = ["--add-runtime=crun=/usr/bin/crun", "--add-runtime=kata=/flag"];
        let text = r#"{"runtimes": {"kata": {"path": "/file"}}}"#;
        let expected = json!({"crun": {"path": "/usr/bin/crun"}, "kata": {"path": "/file"}});
        assert_eq!(value(&merged(&flags, text), "runtimes"), Some((expected, Layer::Flag)));
        assert_eq!(conflicts(&Flags::parse(&arguments(&flags)), &document(text)), []);
    }

    #[test]
    fn a_value_of_the_wrong_type_is_unknown_and_the_others_are_not() {
        let configuration = merged(&["--mtu=big"], r#"{"live-restore": "true", "icc": false}"#);
        assert!(matches!(configuration.get("live-restore"), Fact::Gap(_)));
        assert!(matches!(configuration.get("mtu"), Fact::Gap(_)));
        assert_eq!(value(&configuration, "icc"), Some((json!(false), Layer::File)));
    }

    #[test]
    fn tls_moves_the_default_host() {
        let hosts = value(&merged(&["--tls"], "{}"), "hosts");
        assert_eq!(hosts, Some((json!(["tcp://127.0.0.1:2376"]), Layer::Default)));
    }

    #[test]
    fn conflicts_are_those_that_dockerd_20_10_refuses() {
        let found = |flags: &[&str], text: &str| -> Vec<String> {
            let conflicts = conflicts(&Flags::parse(&arguments(flags)), &document(text));
            conflicts
                .into_iter()
                .map(|conflict| format!("{} {}", conflict.key.value, conflict.flag))
                .collect()
        };
        assert_eq!(found(&["-H", "fd://"], r#"{"hosts": []}"#), ["hosts --host"]);
        assert_eq!(found(&["--iptables=false"], r#"{"iptables": true}"#), ["iptables --iptables"]);
        assert_eq!(found(&["--log-opt=a=b"], r#"{"log-opts": {"c": "d"}}"#), ["log-opts --log-opt"]);
        assert_eq!(found(&["--config-file=/x"], r#"{"config-file": "y"}"#), ["config-file --config-file"]);
        assert_eq!(found(&["--debug"], r#"{"anything": {"debug": true}}"#), ["debug --debug"]);
        assert_eq!(found(&["--label=a=b"], r#"{"label": ["c=d"], "icc": true}"#), [""; 0]);
    }

    #[test]
    fn a_conflict_shows_both_sides() {
        let flags = Flags::parse(&arguments(&["--http-proxy=http://u:p@flag"]));
        let conflicts =
            conflicts(&flags, &document("{\"proxies\": {\n  \"http-proxy\": \"http://u:p@file\"}}"));
        let [conflict] = conflicts.as_slice() else { panic!("{conflicts:?}") };
        assert_eq!((conflict.key.origin.line, conflict.file_value.origin.column), (Some(2), Some(17)));
        assert_eq!(conflict.file_value.value, "http://***@file");
        assert_eq!(
            (&conflict.flag_value.value, conflict.flag_value.origin.layer),
            (&json!("http://***@flag"), Layer::Flag)
        );
    }
}
