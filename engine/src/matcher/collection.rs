//! Lists as sequences and as sets, and texts as sequences of characters.

use std::collections::HashSet;

use serde_json::Value;

use super::equality::{Member, equal};

/// How many characters, elements or members a value has; `None` for what has none of them.
pub(super) fn length(value: &Value) -> Option<usize> {
    match value {
        Value::String(text) => Some(text.chars().count()),
        Value::Array(items) => Some(items.len()),
        Value::Object(members) => Some(members.len()),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// Whether the value is an element of the list.
pub(super) fn is_in(value: &Value, list: &Value) -> bool {
    elements(list).iter().any(|element| equal(value, element))
}

/// Whether the value has the part as an element, or as a piece of its text; `None` if it can have no parts.
pub(super) fn contains(value: &Value, part: &Value) -> Option<bool> {
    match (value, part) {
        (Value::Array(items), _) => Some(items.iter().any(|item| equal(item, part))),
        (Value::String(text), Value::String(part)) => Some(text.contains(part.as_str())),
        (Value::String(_), _) => Some(false),
        _ => None,
    }
}

/// Whether the value has every one of the parts.
pub(super) fn contains_all(value: &Value, parts: &Value) -> bool {
    match value {
        Value::Array(_) => is_superset(value, parts),
        _ => elements(parts).iter().all(|part| contains(value, part) == Some(true)),
    }
}

/// Whether the value can have parts, and has none of these.
pub(super) fn contains_none(value: &Value, parts: &Value) -> bool {
    match value {
        Value::Array(items) => {
            let items = Set::of(items);
            !elements(parts).iter().any(|part| items.has(part))
        }
        _ => elements(parts).iter().all(|part| contains(value, part) == Some(false)),
    }
}

/// Whether the value is a list with no element that the set has not.
pub(super) fn is_subset(value: &Value, set: &Value) -> bool {
    let set = Set::of(elements(set));
    value.as_array().is_some_and(|items| items.iter().all(|item| set.has(item)))
}

/// Whether the value is a list with every element of the set.
pub(super) fn is_superset(value: &Value, set: &Value) -> bool {
    value.as_array().is_some_and(|items| {
        let items = Set::of(items);
        elements(set).iter().all(|element| items.has(element))
    })
}

/// Whether no element of the list is there twice; `None` if the value is no list.
pub(super) fn is_unique(value: &Value) -> Option<bool> {
    let mut seen = HashSet::new();
    value.as_array().map(|items| items.iter().all(|item| seen.insert(Member(item))))
}

/// The elements of a list; what is no list is one element.
fn elements(list: &Value) -> &[Value] {
    match list {
        Value::Array(elements) => elements,
        element => std::slice::from_ref(element),
    }
}

/// Elements to look up, in a time that does not grow with their square.
enum Set<'v> {
    Few(&'v [Value]),
    Many(HashSet<Member<'v>>),
}

impl<'v> Set<'v> {
    /// Up to here, comparing with each one is faster than hashing.
    const FEW: usize = 16;

    fn of(elements: &'v [Value]) -> Self {
        if elements.len() <= Self::FEW {
            return Self::Few(elements);
        }
        Self::Many(elements.iter().map(Member).collect())
    }

    fn has(&self, value: &'v Value) -> bool {
        match self {
            Self::Few(elements) => elements.iter().any(|element| equal(element, value)),
            Self::Many(elements) => elements.contains(&Member(value)),
        }
    }
}
