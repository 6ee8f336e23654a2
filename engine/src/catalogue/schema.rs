//! From a collector's JSON Schema (draft 2020-12, definitions in line) to typed facts.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Fact, Kind};

/// Reads a schema. What the catalogue has no word for is [`Kind::Any`]: a rule that is right is never
/// refused because of it.
pub(super) fn read(schema: &Value) -> Fact {
    let (meaning, unit, source) = documentation(schema);
    let mut kinds = Vec::new();
    let nullable = collect(schema, &mut kinds);
    Fact { kind: either(kinds), nullable, meaning, unit, source }
}

/// Adds the types that a schema allows, and tells whether it allows `null`.
fn collect(schema: &Value, kinds: &mut Vec<Kind>) -> bool {
    let Some(schema) = schema.as_object() else {
        kinds.push(Kind::Any);
        return true;
    };
    if let Some(alternatives) = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array)
    {
        let mut nullable = false;
        for alternative in alternatives {
            nullable |= collect(alternative, kinds);
        }
        return nullable;
    }
    let words = words(schema);
    if let Some(words) = words {
        let strings: Vec<String> = words.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect();
        if !strings.is_empty() {
            kinds.push(Kind::String(strings));
        }
        return words.contains(&&Value::Null);
    }
    match schema.get("type") {
        Some(Value::String(name)) => collect_type(name, schema, kinds),
        Some(Value::Array(names)) => {
            let names = names.iter().filter_map(Value::as_str);
            names.map(|name| collect_type(name, schema, kinds)).fold(false, |any, null| any | null)
        }
        _ => {
            kinds.push(Kind::Any);
            true
        }
    }
}

/// The values that a schema lists one by one.
fn words(schema: &Map<String, Value>) -> Option<Vec<&Value>> {
    match (schema.get("const"), schema.get("enum").and_then(Value::as_array)) {
        (Some(word), _) => Some(vec![word]),
        (None, Some(words)) => Some(words.iter().collect()),
        (None, None) => None,
    }
}

fn collect_type(name: &str, schema: &Map<String, Value>, kinds: &mut Vec<Kind>) -> bool {
    kinds.push(match name {
        "null" => return true,
        "object" => object(schema),
        "array" => Kind::List(Box::new(schema.get("items").map(read).unwrap_or_default())),
        "string" => Kind::String(Vec::new()),
        "integer" => Kind::Integer,
        "number" => Kind::Number,
        "boolean" => Kind::Boolean,
        _ => Kind::Any,
    });
    false
}

fn object(schema: &Map<String, Value>) -> Kind {
    match schema.get("properties").and_then(Value::as_object) {
        Some(properties) if !properties.is_empty() => {
            Kind::Object(properties.iter().map(|(name, schema)| (name.clone(), read(schema))).collect())
        }
        _ => match schema.get("additionalProperties") {
            Some(Value::Bool(false)) => Kind::Object(BTreeMap::new()),
            value => Kind::Map {
                keyed: schema.get("x-keyed") == Some(&Value::Bool(true)),
                value: Box::new(value.map(read).unwrap_or_else(any)),
            },
        },
    }
}

fn any() -> Fact {
    Fact { nullable: true, ..Fact::default() }
}

/// One type out of the alternatives; the words of several are one list of words.
fn either(kinds: Vec<Kind>) -> Kind {
    let mut merged: Vec<Kind> = Vec::new();
    for kind in kinds {
        match kind {
            Kind::Any => return Kind::Any,
            Kind::String(words) => merge_words(&mut merged, words),
            kind if merged.contains(&kind) => {}
            kind => merged.push(kind),
        }
    }
    match merged.len() {
        0 => Kind::Any,
        1 => merged.remove(0),
        _ => Kind::Either(merged),
    }
}

/// Adds words to the strings among the alternatives; no words stand for any text.
fn merge_words(merged: &mut Vec<Kind>, words: Vec<String>) {
    let known = merged.iter_mut().find_map(|kind| match kind {
        Kind::String(known) => Some(known),
        _ => None,
    });
    match known {
        None => merged.push(Kind::String(words)),
        Some(known) if known.is_empty() || words.is_empty() => known.clear(),
        Some(known) => known.extend(words),
    }
}

/// The meaning (first paragraph), the unit and the source that a description tells.
fn documentation(schema: &Value) -> (String, Option<String>, Option<String>) {
    let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let tagged = |tag: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(tag))?;
        Some(line.trim().trim_end_matches('.').to_owned())
    };
    let meaning: Vec<&str> = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.is_empty() && !line.starts_with("Unit:") && !line.starts_with("Source:"))
        .collect();
    (meaning.join(" "), tagged("Unit:"), tagged("Source:"))
}
