//! What containers.conf and its drop-ins say together.

use std::borrow::Cow;
use std::collections::BTreeMap;

use plimsoll_engine::snapshot::Overridden;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::containers_conf::{File, member};
use super::settings::{Kind, SETTINGS, Setting};
use crate::document::{Document, Node};
use crate::fact::{Fact, Sourced};
use crate::redact::mask_value;

/// The settings that some file makes, by table and key.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Configuration(BTreeMap<&'static str, BTreeMap<&'static str, Sourced<Value>>>);

impl Configuration {
    /// Merges the files, the weakest first.
    pub(super) fn merge(files: &[(&File, &Document)]) -> Self {
        let mut tables: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for setting in SETTINGS {
            if let Some(value) = effective(setting, files) {
                tables.entry(setting.table).or_default().insert(setting.key, value);
            }
        }
        Self(tables)
    }

    /// The value of `table.key`, if some file sets it.
    pub(super) fn get(&self, table: &str, key: &str) -> Option<&Sourced<Value>> {
        self.0.get(table)?.get(key)
    }

    /// The text of `table.key`.
    pub(super) fn text(&self, table: &str, key: &str) -> Option<Sourced<String>> {
        let value = self.get(table, key)?;
        Some(Sourced { value: value.value.as_str()?.to_owned(), origin: value.origin.clone() })
    }

    /// The texts of the list `table.key`, each with the place of the list.
    pub(super) fn texts(&self, table: &str, key: &str) -> Option<Vec<Sourced<String>>> {
        let list = self.get(table, key)?;
        let texts = list.value.as_array()?.iter().filter_map(Value::as_str);
        Some(texts.map(|text| Sourced { value: text.to_owned(), origin: list.origin.clone() }).collect())
    }
}

/// The value of the strongest file that sets it, with the weaker ones' as what it overrides.
fn effective(setting: &Setting, files: &[(&File, &Document)]) -> Option<Sourced<Value>> {
    let mut effective: Option<Sourced<Value>> = None;
    for (file, document) in files {
        let Some(member) = member(document, setting) else { continue };
        let mut origin = document.origin_of_member(member);
        origin.layer = file.layer;
        if setting.is_environment() {
            origin.text = None;
        }
        let weaker = effective.take();
        let value = match &weaker {
            Some(weaker) if appends(&member.value) => appended(&weaker.value, value(setting, &member.value)),
            None if appends(&member.value) => {
                appended(&setting.own_list().unwrap_or_default(), value(setting, &member.value))
            }
            _ => value(setting, &member.value),
        };
        if let Some(Sourced { value: lost, origin: place }) = weaker.filter(|weaker| weaker.value != value) {
            origin.overrides =
                vec![Overridden { layer: place.layer, file: place.file, line: place.line, value: lost }];
            origin.overrides.extend(place.overrides);
        }
        effective = Some(Sourced { value, origin });
    }
    effective
}

/// A value without its secrets: of variables of the environment only their names.
fn value(setting: &Setting, node: &Node) -> Value {
    let value = node.to_value();
    match (setting.kind, value) {
        (Kind::List, Value::Array(items)) => {
            let texts = items.iter().filter_map(Value::as_str);
            if setting.is_environment() {
                return texts.map(|text| text.split_once('=').map_or(text, |(name, _)| name)).collect();
            }
            mask_value(texts.collect())
        }
        (_, value) => mask_value(value),
    }
}

/// Whether a list says that it adds to the weaker one.
fn appends(node: &Node) -> bool {
    let items = node.to_value();
    items
        .as_array()
        .is_some_and(|items| items.iter().any(|item| item.get("append") == Some(&Value::Bool(true))))
}

fn appended(weaker: &Value, value: Value) -> Value {
    match (weaker, value) {
        (Value::Array(weaker), Value::Array(items)) => weaker.iter().cloned().chain(items).collect(),
        (_, value) => value,
    }
}

/// The merged configuration's list `table.key`; absent if no file sets it.
pub(super) fn texts(
    configuration: &Fact<Configuration>,
    table: &str,
    key: &str,
) -> Fact<Vec<Sourced<String>>> {
    configuration.as_ref().and_then(|configuration| configuration.texts(table, key).into())
}

impl JsonSchema for Configuration {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "ContainersConf".into()
    }

    /// An object with a property for every table and key: a key that is none is a mistake in a rule.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut tables: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
        for setting in SETTINGS {
            let mut schema = setting.kind.schema();
            schema["description"] = json!(format!(
                "The setting {} of the table {}; absent if no file makes it.\n\nSource: containers.conf",
                setting.key, setting.table
            ));
            tables.entry(setting.table).or_default().insert(setting.key.to_owned(), schema);
        }
        let table = |(name, keys): (&str, Map<String, Value>)| {
            let description = format!("The table {name}.\n\nSource: containers.conf");
            let schema = json!({"type": ["object", "null"], "description": description, "properties": keys, "additionalProperties": false});
            (name.to_owned(), schema)
        };
        let mut schema = Schema::default();
        schema.insert("type".to_owned(), json!("object"));
        schema.insert("properties".to_owned(), Value::Object(tables.into_iter().map(table).collect()));
        schema.insert("additionalProperties".to_owned(), json!(false));
        schema
    }
}
