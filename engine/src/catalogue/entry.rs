//! The catalogue as a list, for `plimsoll facts`.

use serde::Serialize;

use super::{Fact, Kind};

/// One fact of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry<'c> {
    /// Its path in JSONPath notation, such as `$.mounts[*].target` or `$.files['…'].mode`.
    pub path: String,
    /// Its type in words.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it may be absent.
    pub nullable: bool,
    /// Its unit, such as `bytes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'c str>,
    /// What it means.
    pub meaning: &'c str,
    /// The file or interface that tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'c str>,
}

/// Every fact below `root`, parents before their members.
pub(super) fn entries(root: &Fact) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    below(&root.kind, "$", &mut entries);
    entries
}

fn below<'c>(kind: &'c Kind, path: &str, entries: &mut Vec<Entry<'c>>) {
    match kind {
        Kind::Object(members) => {
            for (name, fact) in members {
                let path = join(path, name);
                entries.push(entry(path.clone(), fact));
                below(&fact.kind, &path, entries);
            }
        }
        Kind::Map { keyed, value } => {
            inside(value, format!("{path}{}", if *keyed { "['…']" } else { "[*]" }), entries);
        }
        Kind::List(element) => inside(element, format!("{path}[*]"), entries),
        Kind::Either(kinds) => kinds.iter().for_each(|kind| below(kind, path, entries)),
        Kind::String(_) | Kind::Integer | Kind::Number | Kind::Boolean | Kind::Any => {}
    }
}

/// Elements that have no members are told by the type of their list or map.
fn inside<'c>(element: &'c Fact, path: String, entries: &mut Vec<Entry<'c>>) {
    if element.unit.is_some() || !element.meaning.is_empty() {
        entries.push(entry(path.clone(), element));
    }
    below(&element.kind, &path, entries);
}

fn entry(path: String, fact: &Fact) -> Entry<'_> {
    Entry {
        path,
        kind: fact.kind.describe(),
        nullable: fact.nullable,
        unit: fact.unit.as_deref(),
        meaning: &fact.meaning,
        source: fact.source.as_deref(),
    }
}

fn join(path: &str, name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { format!("{path}.{name}") } else { format!("{path}['{name}']") }
}
