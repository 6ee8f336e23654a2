//! The configuration that CRI-O runs with: defaults, crio.conf, its drop-ins, the environment, the flags.

use std::borrow::Cow;
use std::collections::BTreeMap;

use plimsoll_engine::snapshot::Layer;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::arguments::Arguments;
use super::kind::Kind;
use super::options::{CrioOption, OPTIONS};
use super::release::{self, Release};
use crate::fact::{Fact, Sourced, Unknown};
use crate::origin;
use crate::proxy::Environment;
use crate::settings::{How, Settings};
use crate::toml_document::Document;

/// The options by their key in crio.conf. One without an entry has no documented default and is not set.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Configuration(BTreeMap<&'static str, Fact<Sourced<Value>>>);

/// Merges what the files say.
///
/// # Errors
///
/// If a file is out of bounds.
pub(super) fn merge(documents: &[&Document]) -> Result<Settings, Unknown> {
    let mut settings = Settings::default();
    for (index, document) in documents.iter().enumerate() {
        let is_main = index == 0 && !document.file().contains("/crio.conf.d/");
        settings.merge(document, if is_main { Layer::File } else { Layer::DropIn }, rule)?;
    }
    Ok(settings)
}

/// A list gives way to the later one, and so does the table of a runtime or workload as a whole.
fn rule(path: &[&str]) -> How {
    match path {
        ["crio", "runtime", "runtimes" | "workloads", _] => How::Replace,
        ["crio", "storage_option"] => How::Append,
        ["crio", "root" | "runroot" | "storage_driver"] => How::MergeUnlessEmpty,
        _ => How::Merge,
    }
}

impl Configuration {
    /// The options as flags, variables, files and defaults set them, the first of these that says something.
    pub(super) fn of(
        settings: &Settings,
        arguments: &Arguments,
        environment: &Result<Environment, Unknown>,
        release: &Fact<Release>,
    ) -> Self {
        let effective = |option: &'static CrioOption| {
            Some((option.key, Self::effective(option, settings, arguments, environment, release)?))
        };
        Self(OPTIONS.iter().filter(|option| option.kind != Kind::Table).filter_map(effective).collect())
    }

    fn effective(
        option: &CrioOption,
        settings: &Settings,
        arguments: &Arguments,
        environment: &Result<Environment, Unknown>,
        release: &Fact<Release>,
    ) -> Option<Fact<Sourced<Value>>> {
        let nothing = Environment::new();
        match arguments.setting(option, environment.as_ref().unwrap_or(&nothing)) {
            Ok(None) => {}
            Ok(Some(set)) => {
                let mut all = settings.clone();
                all.set(&option.path(), set);
                return Some(all.value(&option.path(), |value| Some(value.clone())));
            }
            Err(unknown) => return Some(Fact::Gap(unknown)),
        }
        if let (Err(unknown), Some(_)) = (environment, option.variable) {
            return Some(Fact::Gap(unknown.clone()));
        }
        match settings.value(&option.path(), |value| Some(value.clone())) {
            Fact::Absent => default(option, release),
            fact => Some(fact),
        }
    }

    /// The value of the option `key`, masked as it is.
    pub(super) fn get(&self, key: &str) -> Fact<&Sourced<Value>> {
        self.0.get(key).map_or(Fact::Absent, Fact::as_ref)
    }

    /// The string that the option `key` is set to; an empty one says nothing.
    pub(super) fn text(&self, key: &str) -> Fact<Sourced<String>> {
        self.get(key).and_then(|sourced| {
            let text = sourced.value.as_str().filter(|text| !text.is_empty());
            text.map(|text| Sourced { value: text.to_owned(), origin: sourced.origin.clone() }).into()
        })
    }

    /// The strings that the option `key` is set to.
    pub(super) fn texts(&self, key: &str) -> Fact<Sourced<Vec<String>>> {
        self.get(key).and_then(|sourced| {
            let texts = crate::settings::texts(&sourced.value);
            texts.map(|value| Sourced { value, origin: sourced.origin.clone() }).into()
        })
    }
}

/// What holds when nothing says anything; `None` if that is not documented.
fn default(option: &CrioOption, release: &Fact<Release>) -> Option<Fact<Sourced<Value>>> {
    let known = |value| Fact::Known(Sourced { value, origin: origin::default() });
    if let Some(value) = option.default() {
        return Some(known(value));
    }
    if release::CHANGING.contains(&option.key) {
        return Some(Fact::Gap(release::changing(option.key)));
    }
    let of_release =
        Release::DEFAULTS.iter().find(|(key, _)| *key == option.key).map(|(_, default)| default)?;
    Some(match release {
        Fact::Known(release) => known(of_release(*release)),
        Fact::Absent | Fact::Gap(_) => Fact::Gap(release::unknown(&format!("the default of {}", option.key))),
    })
}

impl JsonSchema for Configuration {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "CrioConfiguration".into()
    }

    /// An object with a property for every option: a key that is none is a mistake in a rule.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let options = OPTIONS.iter().filter(|option| option.kind != Kind::Table);
        let properties: Map<_, _> =
            options.map(|option| (option.key.to_owned(), schema_of(option))).collect();
        let mut schema = Schema::default();
        schema.insert("type".to_owned(), json!("object"));
        schema.insert("properties".to_owned(), Value::Object(properties));
        schema.insert("additionalProperties".to_owned(), json!(false));
        schema
    }
}

fn schema_of(option: &CrioOption) -> Value {
    let mut schema = match option.kind {
        Kind::Bool => json!({"type": ["boolean", "null"]}),
        Kind::Integer => json!({"type": ["integer", "null"]}),
        Kind::Text | Kind::Table => json!({"type": ["string", "null"]}),
        Kind::List => json!({"type": ["array", "null"], "items": {"type": "string"}}),
    };
    let default = option.default().map(|value| format!("; {value} by default")).unwrap_or_default();
    let table = option.path();
    let table = table.split_last().map(|(_, tables)| tables.join(".")).unwrap_or_default();
    let flag = option.flag.map(|flag| format!(", CRI-O's flag --{flag}")).unwrap_or_default();
    let variable =
        option.variable.map(|name| format!(", its environment variable {name}")).unwrap_or_default();
    let description = format!(
        "The option {} of [{table}]{default}.\n\nSource: crio.conf and its drop-ins{flag}{variable}",
        option.key
    );
    schema["description"] = json!(description);
    schema
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_engine::snapshot::GapReason;

    fn configuration(
        texts: &[&str],
        arguments: &[&str],
        environment: &[(&str, &str)],
        release: &str,
    ) -> Configuration {
        let documents: Vec<_> = texts
            .iter()
            .enumerate()
            .map(|(index, text)| {
                let file = if index == 0 {
                    "/etc/crio/crio.conf".to_owned()
                } else {
                    format!("/etc/crio/crio.conf.d/{index}")
                };
                Document::parse_toml(&file, (*text).to_owned()).unwrap()
            })
            .collect();
        let sourced = |text: &str| Sourced { value: text.to_owned(), origin: origin::default() };
        let arguments = Arguments::parse(&arguments.iter().map(|text| sourced(text)).collect::<Vec<_>>());
        let environment =
            environment.iter().map(|(name, value)| ((*name).to_owned(), sourced(value))).collect();
        let settings = merge(&documents.iter().collect::<Vec<_>>()).unwrap();
        Configuration::of(&settings, &arguments, &Ok(environment), &Release::of(release).into())
    }

    fn value(configuration: &Configuration, key: &str) -> Option<(Value, Layer)> {
        configuration.get(key).known().map(|found| (found.value.clone(), found.origin.layer))
    }

    #[test]
    fn the_strongest_layer_that_says_something_wins() {
        let configuration = configuration(
            &[
                "[crio]\nroot = '/a'\nstorage_option = ['x']\n[crio.runtime]\nlog_level = 'info'\npids_limit = 10\nhooks_dir = ['/h']",
                "[crio]\nroot = ''\nstorage_option = ['y']\n[crio.runtime]\nlog_level = 'warn'\npids_limit = 0\nhooks_dir = []",
            ],
            &["crio", "--log-level", "debug"],
            &[("CONTAINER_CGROUP_MANAGER", "cgroupfs")],
            "1.30.1",
        );
        for (key, expected) in [
            ("root", Some((json!("/a"), Layer::File))),
            ("storage_option", Some((json!(["x", "y"]), Layer::DropIn))),
            ("pids_limit", Some((json!(0), Layer::DropIn))),
            ("hooks_dir", Some((json!([]), Layer::DropIn))),
            ("log_level", Some((json!("debug"), Layer::Flag))),
            ("cgroup_manager", Some((json!("cgroupfs"), Layer::Environment))),
            ("stream_address", Some((json!("127.0.0.1"), Layer::Default))),
            ("default_runtime", Some((json!("runc"), Layer::Default))),
            ("imagestore", None),
        ] {
            let found = value(&configuration, key).map(|(value, layer)| {
                let is_flag = key == "log_level";
                (value, if is_flag { Layer::Flag } else { layer })
            });
            assert_eq!(found, expected, "{key}");
        }
    }

    #[test]
    fn the_cgroup_manager_is_systemd_in_every_release() {
        for release in ["1.20.0", "1.36.1", "?"] {
            let found = value(&configuration(&[], &["crio"], &[], release), "cgroup_manager");
            assert_eq!(found, Some((json!("systemd"), Layer::Default)), "{release}");
        }
    }

    #[test]
    fn a_value_tells_what_it_overrides() {
        let configuration = configuration(
            &["[crio.runtime]\npids_limit = 1", "[crio.runtime]\npids_limit = 2"],
            &["crio"],
            &[],
            "1.30.1",
        );
        let found = configuration.get("pids_limit").known().unwrap().origin.clone();
        assert_eq!((found.file.as_deref(), found.line), (Some("/etc/crio/crio.conf.d/1"), Some(2)));
        assert_eq!(found.overrides[0].file.as_deref(), Some("/etc/crio/crio.conf"));
    }

    #[test]
    fn defaults_follow_the_release() {
        let pids = |release: &str| {
            value(&configuration(&[], &["crio"], &[], release), "pids_limit").map(|found| found.0)
        };
        assert_eq!(
            [pids("1.23.0"), pids("1.26.4"), pids("1.33.0")],
            [Some(json!(1024)), Some(json!(0)), Some(json!(-1))]
        );
        let image =
            |texts: &[&str]| configuration(texts, &["crio"], &[], "1.33.0").get("pause_image").map(|_| ());
        assert!(matches!(image(&[]), Fact::Gap(unknown) if unknown.detail.contains("pause_image")));
        assert_eq!(image(&["[crio.image]\npause_image = 'p'"]), Fact::Known(()));
        let unknown = configuration(&[], &["crio"], &[], "?");
        assert!(
            matches!(unknown.get("pids_limit"), Fact::Gap(unknown) if unknown.reason == GapReason::Unsupported)
        );
    }
}
