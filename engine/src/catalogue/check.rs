//! Whether given values are values that facts can have.

use serde_json::{Map, Value};

use super::resolve::{kinds_of, short};
use super::{Fact, Kind};
use crate::snapshot::{Location, Step};
use crate::suggest;

/// A value that no fact can have, or a name that no fact has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Where it is.
    pub location: Location,
    /// What is wrong, on one line.
    pub message: String,
    /// The type of the fact, with an article; `None` if there is no fact of the name.
    pub expected: Option<String>,
    /// What to write instead.
    pub help: Option<String>,
}

/// Every value in `value` that is not of the type at its place; `null` is of every type.
pub(super) fn check(kind: &Kind, value: &Value) -> Vec<Misfit> {
    let mut misfits = Vec::new();
    walk(kind, value, &Location::default(), &mut misfits);
    misfits
}

fn walk(kind: &Kind, value: &Value, location: &Location, misfits: &mut Vec<Misfit>) {
    let kinds = kinds_of(kind);
    if value.is_null() || kinds.contains(&&Kind::Any) {
        return;
    }
    match (value, kinds.iter().find(|kind| kind.is_outermost_of(value))) {
        (Value::Object(members), Some(Kind::Map { value: inner, .. })) => {
            for (name, value) in members {
                walk(&inner.kind, value, &location.child(Step::Name(name.clone())), misfits);
            }
        }
        (Value::Object(members), Some(Kind::Object(_))) => walk_object(&kinds, members, location, misfits),
        (Value::Array(elements), Some(Kind::List(inner))) => {
            for (index, value) in elements.iter().enumerate() {
                walk(&inner.kind, value, &location.child(Step::Index(index)), misfits);
            }
        }
        (_, Some(_)) => {}
        (value, None) => misfits.push(misfit(kind, value, location)),
    }
}

/// An object; if it may be one of several, a member of any will do.
fn walk_object(
    kinds: &[&Kind],
    members: &Map<String, Value>,
    location: &Location,
    misfits: &mut Vec<Misfit>,
) {
    let objects =
        || kinds.iter().filter_map(|kind| if let Kind::Object(known) = kind { Some(known) } else { None });
    for (name, value) in members {
        let here = location.child(Step::Name(name.clone()));
        let candidates = objects().filter_map(|known| known.get(name));
        let attempts = candidates.map(|fact: &Fact| {
            let mut misfits = Vec::new();
            walk(&fact.kind, value, &here, &mut misfits);
            misfits
        });
        match attempts.min_by_key(Vec::len) {
            Some(fewest) => misfits.extend(fewest),
            None => {
                let known = objects().flat_map(|known| known.keys()).map(String::as_str);
                let message = format!("there is no fact `{}`", short(&here));
                let help = suggest::advice(name, known);
                misfits.push(Misfit { location: here, message, expected: None, help });
            }
        }
    }
}

fn misfit(kind: &Kind, value: &Value, location: &Location) -> Misfit {
    let help = match (kind, value) {
        (Kind::String(words), Value::String(word)) => suggest::advice(word, words.iter().map(String::as_str)),
        _ => None,
    };
    let message = format!("`{}` is never {}", short(location), shown(value));
    Misfit { location: location.clone(), message, expected: Some(kind.with_article()), help }
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
    /// Whether a value is of this type, with all that is inside.
    pub fn admits(&self, value: &Value) -> bool {
        check(self, value).is_empty()
    }

    /// Whether a value is of this type, whatever is inside.
    fn is_outermost_of(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Any, _)
            | (Self::Object(_) | Self::Map { .. }, Value::Object(_))
            | (Self::List(_), Value::Array(_))
            | (Self::Boolean, Value::Bool(_))
            | (Self::Number, Value::Number(_)) => true,
            (Self::String(words), Value::String(word)) => words.is_empty() || words.contains(word),
            // `2.0` is the integer 2.
            (Self::Integer, Value::Number(number)) => {
                number.as_f64().is_some_and(|number| number.fract() == 0.0)
            }
            (Self::Either(kinds), value) => kinds.iter().any(|kind| kind.is_outermost_of(value)),
            _ => false,
        }
    }
}
