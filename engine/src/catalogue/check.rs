//! Whether given facts are facts that there can be.

use serde_json::Value;

use super::resolve::kinds;
use super::{Fact, Kind};
use crate::snapshot::{Location, Step};
use crate::suggest;

/// A value that no fact can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Where it is.
    pub location: Location,
    /// Whether the member's name is to blame, and not its value.
    pub name: bool,
    /// What is wrong, on one line.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

/// Every value in `facts` that does not fit the fact at its place.
pub(super) fn check(fact: &Fact, facts: &Value) -> Vec<Misfit> {
    let mut misfits = Vec::new();
    walk(fact, facts, &Location::default(), &mut misfits);
    misfits
}

fn walk(fact: &Fact, value: &Value, location: &Location, misfits: &mut Vec<Misfit>) {
    let kinds = kinds(&[fact]);
    if value.is_null() || kinds.contains(&&Kind::Any) {
        return;
    }
    match (value, kinds.iter().find(|kind| kind.holds(value))) {
        (Value::Object(members), Some(Kind::Map { value: inner, .. })) => {
            for (name, value) in members {
                walk(inner, value, &location.child(Step::Name(name.clone())), misfits);
            }
        }
        (Value::Object(members), Some(Kind::Object(_))) => walk_object(&kinds, members, location, misfits),
        (Value::Array(elements), Some(Kind::List(inner))) => {
            for (index, value) in elements.iter().enumerate() {
                walk(inner, value, &location.child(Step::Index(index)), misfits);
            }
        }
        (_, Some(_)) => {}
        (value, None) => misfits.push(misfit(fact, value, location)),
    }
}

/// An object; of several that it may be, a member of any will do.
fn walk_object(
    kinds: &[&Kind],
    members: &serde_json::Map<String, Value>,
    location: &Location,
    misfits: &mut Vec<Misfit>,
) {
    let objects =
        || kinds.iter().filter_map(|kind| if let Kind::Object(known) = kind { Some(known) } else { None });
    for (name, value) in members {
        let here = location.child(Step::Name(name.clone()));
        let candidates: Vec<&Fact> = objects().filter_map(|known| known.get(name)).collect();
        let attempts = candidates.iter().map(|fact| {
            let mut misfits = Vec::new();
            walk(fact, value, &here, &mut misfits);
            misfits
        });
        match attempts.min_by_key(Vec::len) {
            Some(fewest) => misfits.extend(fewest),
            None => {
                let known = objects().flat_map(|known| known.keys()).map(String::as_str);
                let help = suggest::advice(name, known);
                misfits.push(Misfit {
                    message: format!("there is no fact `{here}`"),
                    location: here,
                    name: true,
                    help,
                });
            }
        }
    }
}

fn misfit(fact: &Fact, value: &Value, location: &Location) -> Misfit {
    let help = match (&fact.kind, value) {
        (Kind::String(words), Value::String(word)) => suggest::advice(word, words.iter().map(String::as_str)),
        _ => None,
    };
    let message = format!("`{location}` is never {}: its type is {}", shown(value), fact.kind.describe());
    Misfit { location: location.clone(), name: false, message, help }
}

/// A value, short enough for a message.
fn shown(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        value => value.to_string().chars().take(60).collect(),
    }
}

impl Kind {
    /// Whether the outermost type of `value` is this one; `null` is no type.
    pub fn holds(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Any, _)
            | (Self::Object(_) | Self::Map { .. }, Value::Object(_))
            | (Self::List(_), Value::Array(_))
            | (Self::Boolean, Value::Bool(_))
            | (Self::Number, Value::Number(_)) => true,
            (Self::String(words), Value::String(word)) => words.is_empty() || words.contains(word),
            (Self::Integer, Value::Number(number)) => !number.is_f64(),
            (Self::Either(kinds), value) => kinds.iter().any(|kind| kind.holds(value)),
            _ => false,
        }
    }
}
