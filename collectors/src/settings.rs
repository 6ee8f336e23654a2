//! Settings merged from several files: every value with the place that won, and those that it overrode.
//!
//! How values of one name come together is each program's own rule, so it is handed in.

use std::collections::BTreeMap;

use plimsoll_engine::snapshot::{GapReason, Layer, Origin, Overridden};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Value, json};

use crate::document::{Content, Document, Member, Node};
use crate::fact::{Fact, Sourced, Unknown};
use crate::redact::mask_value;

/// How many values the files may set; a daemon's configuration has some dozens.
const MAX_VALUES: usize = 4096;

/// A table of settings. Secrets are masked.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Settings(BTreeMap<String, Setting>);

/// What a name in a table stands for.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Setting {
    Table(Settings),
    Value(Sourced<Value>),
}

/// What becomes of a value when a later file has one of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// Tables come together; any other value gives way to the later one.
    Merge,
    /// The whole gives way, tables too.
    Replace,
    /// The later list's items that are new are added.
    Append,
    /// The later value counts unless it is empty: `""`, `0`, `false`.
    MergeUnlessEmpty,
}

/// The rule of a program: how the value at a path comes together.
pub(crate) type Rule = fn(&[&str]) -> How;

impl Settings {
    /// Merges what `document` says over what is here.
    ///
    /// # Errors
    ///
    /// If the document sets more values than any configuration does.
    pub(crate) fn merge(&mut self, document: &Document, layer: Layer, rule: Rule) -> Result<(), Unknown> {
        if count(document.root()) > MAX_VALUES {
            let detail = format!("the file sets more than {MAX_VALUES} values");
            return Err(Unknown::new(GapReason::Unsupported, document.file(), detail));
        }
        let source = Source { document, layer, rule };
        self.merge_members(&source, document.root().members(), &mut Vec::new());
        Ok(())
    }

    /// Sets the value at `path`, as a flag does.
    pub(crate) fn set(&mut self, path: &[&str], value: Sourced<Value>) {
        let [tables @ .., name] = path else { return };
        let mut table = self;
        for part in tables {
            let entry = table.0.entry((*part).to_owned());
            let Setting::Table(next) = entry.or_insert_with(|| Setting::Table(Self::default())) else {
                return;
            };
            table = next;
        }
        table.put(name, value);
    }

    /// What stands at `path`.
    pub(crate) fn get(&self, path: &[&str]) -> Option<&Setting> {
        let (first, rest) = path.split_first()?;
        match (self.0.get(*first)?, rest) {
            (setting, []) => Some(setting),
            (Setting::Table(table), rest) => table.get(rest),
            (Setting::Value(_), _) => None,
        }
    }

    /// The table at `path`; an empty one if there is none.
    pub(crate) fn table(&self, path: &[&str]) -> &Self {
        static EMPTY: Settings = Settings(BTreeMap::new());
        match self.get(path) {
            Some(Setting::Table(table)) => table,
            _ => &EMPTY,
        }
    }

    /// The value at `path` as the type that `convert` makes of it.
    ///
    /// A value of another type is a gap: the program refuses it.
    pub(crate) fn value<T>(
        &self,
        path: &[&str],
        convert: impl FnOnce(&Value) -> Option<T>,
    ) -> Fact<Sourced<T>> {
        match self.get(path) {
            None => Fact::Absent,
            Some(Setting::Value(sourced)) => match convert(&sourced.value) {
                Some(value) => Fact::Known(Sourced { value, origin: sourced.origin.clone() }),
                None => Fact::Gap(wrong_type(path, &sourced.origin)),
            },
            Some(Setting::Table(_)) => Fact::Gap(Unknown {
                reason: GapReason::Malformed,
                source: None,
                detail: format!("{} is a table", path.join(".")),
            }),
        }
    }

    /// The names in the table, with what they stand for.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &Setting)> {
        self.0.iter().map(|(name, setting)| (name.as_str(), setting))
    }

    /// The tables in the table, by name.
    pub(crate) fn tables(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.entries().filter_map(|(name, setting)| match setting {
            Setting::Table(table) => Some((name, table)),
            Setting::Value(_) => None,
        })
    }

    fn merge_members<'d>(&mut self, source: &Source<'d>, members: &'d [Member], path: &mut Vec<&'d str>) {
        for member in members {
            path.push(&member.name);
            let how = (source.rule)(path);
            match (&member.value.content, how) {
                (Content::Object(_), How::Replace) => {
                    let mut table = Self::default();
                    table.merge_members(source, member.value.members(), path);
                    self.0.insert(member.name.clone(), Setting::Table(table));
                }
                (Content::Object(_), _) => {
                    let entry = self.0.entry(member.name.clone());
                    let setting = entry.or_insert_with(|| Setting::Table(Self::default()));
                    if let Setting::Value(_) = setting {
                        *setting = Setting::Table(Self::default());
                    }
                    if let Setting::Table(table) = setting {
                        table.merge_members(source, member.value.members(), path);
                    }
                }
                (_, how) => self.merge_value(source, member, how),
            }
            path.pop();
        }
    }

    fn merge_value(&mut self, source: &Source<'_>, member: &Member, how: How) {
        let mut value = source.value(member);
        let old = self.0.get(&member.name);
        match (how, old) {
            (How::MergeUnlessEmpty, Some(_)) if is_empty(&value.value) => return,
            (How::Append, Some(Setting::Value(old))) => value.value = joined(&old.value, value.value),
            _ => {}
        }
        self.put(&member.name, value);
    }

    /// Sets a value; what it overrides goes into its origin.
    fn put(&mut self, name: &str, mut value: Sourced<Value>) {
        if let Some(Setting::Value(old)) = self.0.remove(name) {
            let Sourced { value: old, origin } = old;
            value.origin.overrides = std::iter::once(Overridden {
                layer: origin.layer,
                file: origin.file,
                line: origin.line,
                value: old,
            })
            .chain(origin.overrides)
            .collect();
        }
        self.0.insert(name.to_owned(), Setting::Value(value));
    }
}

/// A file that is being merged.
struct Source<'d> {
    document: &'d Document,
    layer: Layer,
    rule: Rule,
}

impl Source<'_> {
    fn value(&self, member: &Member) -> Sourced<Value> {
        let origin = Origin { layer: self.layer, ..self.document.origin_of_member(member) };
        // The name tells whether the value is a secret.
        let masked = mask_value(json!({ member.name.as_str(): member.value.to_value() }));
        Sourced { value: masked.get(&member.name).cloned().unwrap_or_default(), origin }
    }
}

fn count(node: &Node) -> usize {
    node.members().iter().map(|member| count(&member.value).max(1)).sum()
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}

/// The items of both lists, each once.
fn joined(old: &Value, new: Value) -> Value {
    match (old, new) {
        (Value::Array(old), Value::Array(new)) => {
            let mut items = old.clone();
            for item in new {
                if !items.contains(&item) {
                    items.push(item);
                }
            }
            Value::Array(items)
        }
        (_, new) => new,
    }
}

fn wrong_type(path: &[&str], origin: &Origin) -> Unknown {
    let detail = format!("{} is of the wrong type", path.join("."));
    Unknown { reason: GapReason::Malformed, source: origin.file.clone(), detail }
}

/// The string that a value is.
pub(crate) fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// The strings of the list that a value is.
pub(crate) fn texts(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(text).collect()
}

impl JsonSchema for Settings {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Settings".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "object", "additionalProperties": true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(file: &str, text: &str) -> Document {
        Document::parse_toml(file, text.to_owned()).unwrap()
    }

    fn rule(path: &[&str]) -> How {
        match path {
            ["plugins", _] => How::Replace,
            ["list"] => How::Append,
            ["root"] => How::MergeUnlessEmpty,
            _ => How::Merge,
        }
    }

    fn merged(texts: &[&str]) -> Settings {
        let mut settings = Settings::default();
        for (index, text) in texts.iter().enumerate() {
            settings.merge(&document(&format!("/{index}.toml"), text), Layer::File, rule).unwrap();
        }
        settings
    }

    fn plain(settings: &Settings) -> Value {
        let members = settings.entries().map(|(name, setting)| {
            let value = match setting {
                Setting::Table(table) => plain(table),
                Setting::Value(sourced) => sourced.value.clone(),
            };
            (name.to_owned(), value)
        });
        Value::Object(members.collect())
    }

    #[test]
    fn each_path_comes_together_by_its_rule() {
        let settings = merged(&[
            "root = '/a'\nlist = ['x', 'y']\nn = 5\n[grpc]\ngid = 1\n[plugins.a]\nk = 1\nl = 2\n[plugins.b]\nm = 3",
            "root = ''\nlist = ['y', 'z']\nn = 0\n[grpc]\nuid = 2\n[plugins.a]\nk = 4",
        ]);
        let expected = json!({
            "root": "/a", "list": ["x", "y", "z"], "n": 0, "grpc": {"gid": 1, "uid": 2},
            "plugins": {"a": {"k": 4}, "b": {"m": 3}}
        });
        assert_eq!(plain(&settings), expected);
    }

    #[test]
    fn a_value_tells_what_it_overrides() {
        let settings = merged(&["a = 1", "\na = 2", "a = 3"]);
        let a = settings.value(&["a"], Value::as_i64).known().cloned().unwrap();
        assert_eq!((a.value, a.origin.file.as_deref(), a.origin.line), (3, Some("/2.toml"), Some(1)));
        let overridden: Vec<_> =
            a.origin.overrides.iter().map(|old| (old.file.as_deref(), old.line, old.value.clone())).collect();
        assert_eq!(overridden, [(Some("/1.toml"), Some(2), json!(2)), (Some("/0.toml"), Some(1), json!(1))]);
    }

    #[test]
    fn secrets_are_masked_by_their_name() {
        let settings = merged(&["[auth]\npassword = 'hunter2'\nauth = 'dXNlcg=='\nurl = 'http://u:p@h'"]);
        assert_eq!(
            plain(&settings),
            json!({"auth": {"password": "***", "auth": "***", "url": "http://***@h"}})
        );
    }

    #[test]
    fn another_type_is_a_gap_and_a_flag_wins() {
        let mut settings = merged(&["a = 'x'\n[b]\nc = 1"]);
        assert!(matches!(settings.value(&["a"], Value::as_bool), Fact::Gap(_)));
        assert!(matches!(settings.value(&["b"], Value::as_bool), Fact::Gap(_)));
        assert_eq!(settings.value(&["a", "b"], Value::as_bool), Fact::Absent);
        let origin = Origin { layer: Layer::Flag, ..crate::origin::default() };
        settings.set(&["b", "c"], Sourced { value: json!(2), origin });
        let c = settings.value(&["b", "c"], Value::as_i64).known().cloned().unwrap();
        assert_eq!((c.value, c.origin.layer, c.origin.overrides.len()), (2, Layer::Flag, 1));
    }

    #[test]
    fn a_file_without_end_is_refused() {
        let text: String = (0..5000).map(|n| format!("k{n} = {n}\n")).collect();
        let refused = Settings::default().merge(&document("/f", &text), Layer::File, rule);
        assert_eq!(refused.unwrap_err().reason, GapReason::Unsupported);
    }
}
