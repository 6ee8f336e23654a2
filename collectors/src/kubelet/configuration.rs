//! The configuration that the kubelet runs with: defaults, its file, drop-ins, flags.
//!
//! Drop-ins are merged as JSON merge patches (RFC 7396): maps entry by entry, lists as a whole, and `null`
//! takes away what was said. Flags replace, except those of feature gates.

use std::borrow::Cow;
use std::collections::BTreeMap;

use plimsoll_engine::snapshot::{GapReason, Layer, Origin, Overridden};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::config_file::{self, File};
use super::fields::{Default, FIELDS, Field, Kind};
use super::flags::Flags;
use super::types::{is_zero_duration, wrong};
use super::version::Version;
use crate::document::{Content, Document, Member, Node};
use crate::fact::{Fact, Sourced, Unknown};
use crate::origin;
use crate::redact::mask_value;

/// The fields by their names in `KubeletConfiguration`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Configuration(BTreeMap<String, Entry>);

/// A field, or a group of fields.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
enum Entry {
    Group(BTreeMap<String, Entry>),
    Field(Fact<Sourced<Value>>),
}

/// What a field is set to so far.
#[derive(Debug, Clone, PartialEq)]
enum Setting {
    One(Sourced<Value>),
    Map(BTreeMap<String, Sourced<Value>>),
}

/// A field that a file sets, and a flag overrides.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Override {
    /// The field's path in `KubeletConfiguration`: `readOnlyPort`.
    pub key: String,
    /// What the kubelet runs with.
    ///
    /// Source: the flag
    pub value: Sourced<Value>,
    /// The flag, `--read-only-port`.
    pub flag: String,
    /// The file that says something else.
    pub file: String,
    /// What the file says, secrets masked.
    ///
    /// Source: the kubelet's configuration file or drop-in
    pub file_value: Value,
}

/// What makes up the configuration.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layers<'a> {
    pub(super) version: Option<Version>,
    /// The main file first.
    pub(super) files: &'a [&'a File],
    pub(super) flags: &'a Flags,
}

impl Configuration {
    /// Puts the layers together.
    pub(super) fn of(layers: Layers<'_>) -> Fact<Self> {
        let mut documents = Vec::with_capacity(layers.files.len());
        for file in layers.files {
            match file.document() {
                Fact::Known(document) => documents.push((*file, document)),
                Fact::Absent => {}
                Fact::Gap(unknown) => return Fact::Gap(unknown),
            }
        }
        let mut configuration = Self(BTreeMap::new());
        for field in FIELDS {
            if let Some(entry) = effective(field, layers, &documents) {
                configuration.insert(field.path, entry);
            }
        }
        Fact::Known(configuration)
    }

    fn insert(&mut self, path: &str, entry: Entry) {
        let mut group = &mut self.0;
        let mut names = path.split('.').peekable();
        while let Some(name) = names.next() {
            if names.peek().is_none() {
                group.insert(name.to_owned(), entry);
                return;
            }
            let next = group.entry(name.to_owned()).or_insert_with(|| Entry::Group(BTreeMap::new()));
            let Entry::Group(below) = next else { return };
            group = below;
        }
    }

    /// The value of the field at `path`.
    pub(super) fn get(&self, path: &str) -> Fact<&Sourced<Value>> {
        let mut group = &self.0;
        for name in path.split('.') {
            match group.get(name) {
                Some(Entry::Group(below)) => group = below,
                Some(Entry::Field(fact)) => return fact.as_ref(),
                None => return Fact::Absent,
            }
        }
        Fact::Absent
    }

    /// The string that the field at `path` is set to; absent if that is empty.
    pub(super) fn text(&self, path: &str) -> Fact<Sourced<String>> {
        self.get(path).and_then(|sourced| {
            let text = sourced.value.as_str().filter(|text| !text.is_empty());
            text.map(|text| Sourced { value: text.to_owned(), origin: sourced.origin.clone() }).into()
        })
    }

    /// The fields that a file sets and a flag overrides with something else.
    pub(super) fn overrides(&self) -> Vec<Override> {
        let overridden = |field: &Field| {
            let sourced = self.get(field.path).known().copied()?.clone();
            let by_flag = sourced.origin.layer == Layer::Flag;
            let of_file = |lower: &&Overridden| matches!(lower.layer, Layer::File | Layer::DropIn);
            let lower = sourced.origin.overrides.iter().find(of_file).filter(|_| by_flag)?.clone();
            Some(Override {
                key: field.path.to_owned(),
                flag: format!("--{}", field.flag?),
                file: lower.file?,
                file_value: lower.value,
                value: sourced,
            })
        };
        FIELDS.iter().filter_map(overridden).collect()
    }
}

/// What a field is set to by all layers together; `None` if none says anything.
fn effective(field: &Field, layers: Layers<'_>, documents: &[(&File, &Document)]) -> Option<Entry> {
    let default = field.default(layers.version, layers.files.iter().any(|file| file.layer == Layer::File));
    let mut setting = of_default(field, &default);
    let mut said = false;
    for (file, document) in documents {
        let Some(member) = config_file::member(document, field.path) else { continue };
        if let Some(error) = wrong(document, field, &member.value) {
            return Some(Entry::Field(Fact::Gap(error.unknown())));
        }
        if is_silent(field, &member.value) {
            let resets = file.layer == Layer::DropIn;
            (setting, said) = if resets { (of_default(field, &default), false) } else { (setting, said) };
            continue;
        }
        let keeps = file.layer == Layer::DropIn || keeps_defaults(field, document);
        setting = Some(over(field, setting, file, document, member, keeps));
        said = true;
    }
    if let Some(given) = field.flag.and_then(|flag| layers.flags.value(flag, field.kind)) {
        match given.value {
            Ok(value) => {
                let given = Sourced { value, origin: given.origin };
                setting = Some(by_flag(field, setting, given));
                said = true;
            }
            Err(message) => {
                let source = given.origin.file.unwrap_or_else(|| "the kubelet's command line".to_owned());
                return Some(Entry::Field(Fact::Gap(Unknown::malformed(source, message))));
            }
        }
    }
    if !said && default == Default::DependsOnVersion {
        let detail = "the default depends on the kubelet's version, which is not known";
        return Some(Entry::Field(Fact::Gap(Unknown::new(GapReason::Unsupported, "kubelet", detail))));
    }
    setting.map(entry)
}

fn of_default(field: &Field, default: &Default) -> Option<Setting> {
    let Default::Value(value) = default else { return None };
    let sourced = |value: &Value| Sourced { value: value.clone(), origin: origin::default() };
    Some(match value {
        Value::Object(entries) if field.kind.is_map() => {
            Setting::Map(entries.iter().map(|(name, value)| (name.clone(), sourced(value))).collect())
        }
        value => Setting::One(sourced(value)),
    })
}

/// Whether a value says nothing: `null`, or a zero that the kubelet cannot tell from silence.
fn is_silent(field: &Field, node: &Node) -> bool {
    match &node.content {
        Content::Null => true,
        Content::Number(number) => field.zero_is_silence && number.as_f64() == Some(0.0),
        Content::Text(text) if field.kind == Kind::Duration => {
            field.zero_is_silence && is_zero_duration(text)
        }
        Content::Text(text) => field.zero_is_silence && text.is_empty(),
        _ => false,
    }
}

/// Whether the file asks for its thresholds to be added to the default ones.
fn keeps_defaults(field: &Field, document: &Document) -> bool {
    let merges = document.root().member("mergeDefaultEvictionSettings");
    field.path == "evictionHard" && merges.is_some_and(|merges| merges.value.content == Content::Bool(true))
}

/// What a file says over what was said before.
fn over(
    field: &Field,
    before: Option<Setting>,
    file: &File,
    document: &Document,
    member: &Member,
    keeps: bool,
) -> Setting {
    if !field.kind.is_map() {
        let value = shown(field, member.value.to_value());
        return Setting::One(overriding(value, file.origin_of(document, member), one(before)));
    }
    let before = entries(before);
    let mut map = if keeps { before.clone() } else { BTreeMap::new() };
    for member in member.value.members() {
        if member.value.content == Content::Null {
            map.remove(&member.name);
            continue;
        }
        let value = shown(field, member.value.to_value());
        let origin = file.origin_of(document, member);
        map.insert(member.name.clone(), overriding(value, origin, before.get(&member.name).cloned()));
    }
    Setting::Map(map)
}

/// What a flag says over what was said before.
fn by_flag(field: &Field, before: Option<Setting>, given: Sourced<Value>) -> Setting {
    let Value::Object(said) = &given.value else {
        let value = shown(field, given.value);
        return Setting::One(overriding(value, given.origin, one(before)));
    };
    let before = entries(before);
    // Feature gates that the flag does not name keep what the files say.
    let mut map = if field.kind == Kind::Switches { before.clone() } else { BTreeMap::new() };
    for (name, value) in said {
        let value = shown(field, value.clone());
        map.insert(name.clone(), overriding(value, given.origin.clone(), before.get(name).cloned()));
    }
    Setting::Map(map)
}

fn one(setting: Option<Setting>) -> Option<Sourced<Value>> {
    match setting {
        Some(Setting::One(sourced)) => Some(sourced),
        Some(Setting::Map(_)) | None => None,
    }
}

fn entries(setting: Option<Setting>) -> BTreeMap<String, Sourced<Value>> {
    match setting {
        Some(Setting::Map(map)) => map,
        Some(Setting::One(_)) | None => BTreeMap::new(),
    }
}

/// The value with the weaker layers that said something else.
fn overriding(value: Value, origin: Origin, before: Option<Sourced<Value>>) -> Sourced<Value> {
    let mut overrides = Vec::new();
    if let Some(Sourced { value, origin }) = before {
        overrides.push(Overridden { layer: origin.layer, file: origin.file, line: origin.line, value });
        overrides.extend(origin.overrides);
    }
    overrides.retain(|lower| lower.value != value);
    Sourced { value, origin: Origin { overrides, ..origin } }
}

/// What of a value may be shown in a snapshot: a header's value is as good as a password.
fn shown(field: &Field, value: Value) -> Value {
    if field.kind == Kind::Headers { json!(["***"]) } else { mask_value(value) }
}

fn entry(setting: Setting) -> Entry {
    match setting {
        Setting::Map(map) => Entry::Group(
            map.into_iter().map(|(name, value)| (name, Entry::Field(Fact::Known(value)))).collect(),
        ),
        Setting::One(sourced) => Entry::Field(Fact::Known(sourced)),
    }
}

impl JsonSchema for Configuration {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "KubeletConfiguration".into()
    }

    /// An object with a property for every field: a key that is none is a mistake in a rule.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut root = group("The kubelet's configuration.");
        for field in FIELDS {
            let mut below = &mut root;
            let mut names = field.path.split('.').peekable();
            while let Some(name) = names.next() {
                let made = if names.peek().is_none() {
                    schema_of(field)
                } else {
                    group("Fields of the kubelet's configuration.")
                };
                let properties = below["properties"].as_object_mut();
                let Some(properties) = properties else { break };
                below = properties.entry(name.to_owned()).or_insert(made);
            }
        }
        let mut schema = Schema::default();
        for name in ["type", "properties", "additionalProperties"] {
            schema.insert(name.to_owned(), root[name].take());
        }
        schema
    }
}

fn group(description: &str) -> Value {
    json!({"type": ["object", "null"], "description": description, "properties": Map::new(), "additionalProperties": false})
}

fn schema_of(field: &Field) -> Value {
    let mut schema = match field.kind {
        Kind::Bool => json!({"type": ["boolean", "null"]}),
        Kind::Integer => json!({"type": ["integer", "null"]}),
        Kind::Number => json!({"type": ["number", "null"]}),
        Kind::Text | Kind::Duration => json!({"type": ["string", "null"]}),
        Kind::List => json!({"type": ["array", "null"], "items": {"type": "string"}}),
        Kind::Words | Kind::Thresholds => {
            json!({"type": ["object", "null"], "additionalProperties": {"type": "string"}})
        }
        Kind::Switches => json!({"type": ["object", "null"], "additionalProperties": {"type": "boolean"}}),
        Kind::Headers => {
            json!({"type": ["object", "null"], "additionalProperties": {"type": "array", "items": {"type": "string"}}})
        }
        Kind::Objects => json!({"type": ["array", "null"], "items": {}}),
        Kind::Object => json!({"type": ["object", "null"], "additionalProperties": true}),
    };
    let default = match field.default(None, true) {
        Default::Value(value) => format!("; {value} by default"),
        Default::DependsOnVersion => "; the default depends on the kubelet's version".to_owned(),
        Default::Unsaid => String::new(),
    };
    let flag = field.flag.map(|flag| format!(", the kubelet's flag --{flag}")).unwrap_or_default();
    let description = format!(
        "The field {}{default}.\n\nSource: the kubelet's configuration file and drop-ins{flag}",
        field.path
    );
    schema["description"] = json!(description);
    schema
}
