//! Which matchers apply to which types, and which values a type has.

use std::sync::LazyLock;

use serde_json::Value;

use crate::catalogue::{Fact, Kind, kinds};
use crate::parameter::ParameterType;
use crate::suggest;

/// Whether a matcher can hold for a value of a type.
pub(super) fn applies(matcher: &str, kind: &Kind) -> bool {
    if matches!(kind, Kind::Any) {
        return true;
    }
    match matcher {
        "matches" | "not-matches" | "version" | "mode-within" | "within-cidr" | "overlaps-cidr" => {
            matches!(kind, Kind::String(_))
        }
        "contains" => matches!(kind, Kind::String(_) | Kind::List(_)),
        "contains-all" | "contains-none" | "subset-of" | "superset-of" | "unique" => {
            matches!(kind, Kind::List(_))
        }
        "less-than" | "at-most" | "greater-than" | "at-least" => match kind {
            Kind::Integer | Kind::Number => true,
            Kind::String(words) => words.is_empty(),
            _ => false,
        },
        "empty" | "length" => {
            matches!(kind, Kind::String(_) | Kind::List(_) | Kind::Map { .. } | Kind::Object(_))
        }
        _ => true,
    }
}

/// What a matcher is for, in the plural.
pub(super) fn wanted(matcher: &str) -> &'static str {
    match matcher {
        "version" => "versions, which are strings",
        "mode-within" => "file modes, which are strings such as \"0644\"",
        "within-cidr" | "overlaps-cidr" => "addresses and networks, which are strings",
        "matches" | "not-matches" => "strings",
        "contains" => "lists and strings",
        "contains-all" | "contains-none" | "subset-of" | "superset-of" | "unique" => "lists",
        "less-than" | "at-most" | "greater-than" | "at-least" => {
            "numbers, quantities, durations and percentages"
        }
        "empty" | "length" => "strings, lists and maps",
        _ => "every value",
    }
}

/// What to use in place of a matcher that does not apply to any of the types.
pub(super) fn instead(matcher: &str, kinds: &[&Kind]) -> Option<String> {
    let advice = match kinds.first()? {
        Kind::Boolean => "use `equals: true` or `equals: false`",
        Kind::List(element) if applies(matcher, &element.kind) => {
            "select the elements with `[*]` at the end of the path"
        }
        Kind::List(_) => "use `contains`, or `length: { … }` for the number of elements",
        Kind::Integer | Kind::Number => "compare with `equals`, `at-least`, `at-most` and the like",
        Kind::Object(_) | Kind::Map { .. } => "name a member in the path",
        Kind::String(words) if !words.is_empty() => "use `equals` or `in`",
        Kind::String(_) => "use `equals`, `in`, `matches` or `contains`",
        Kind::Either(_) | Kind::Any => return None,
    };
    Some(advice.to_owned())
}

/// Some types in words, with an article.
pub(super) fn describe(kinds: &[&Kind]) -> String {
    let words: Vec<String> = kinds.iter().map(|kind| kind.with_article()).collect();
    words.join(" or ")
}

/// The types of a list's elements, and of a string's parts.
pub(super) fn elements<'c>(of: &[&'c Kind]) -> Vec<&'c Kind> {
    let mut found = Vec::new();
    for kind in of {
        match kind {
            Kind::List(element) => found.extend(kinds(&[&**element])),
            Kind::String(_) => found.push(&*TEXT),
            Kind::Any => found.push(&Kind::Any),
            _ => {}
        }
    }
    found
}

/// Whether a value of one type can equal a value of another.
pub(super) fn comparable(one: &Kind, other: &Kind) -> bool {
    match (one, other) {
        (Kind::Any, _)
        | (_, Kind::Any)
        | (Kind::Integer | Kind::Number, Kind::Integer | Kind::Number)
        | (Kind::Boolean, Kind::Boolean)
        | (Kind::Object(_) | Kind::Map { .. }, Kind::Object(_) | Kind::Map { .. }) => true,
        (Kind::String(one), Kind::String(other)) => {
            one.is_empty() || other.is_empty() || one.iter().any(|word| other.contains(word))
        }
        (Kind::List(one), Kind::List(other)) => {
            let (one, other) = (kinds(&[&**one]), kinds(&[&**other]));
            one.iter().any(|one| other.iter().any(|other| comparable(one, other)))
        }
        _ => false,
    }
}

/// Whether a value can be of one of the types, deeply.
///
/// # Errors
/// What to write instead, if there is anything to say.
pub(super) fn possible(value: &Value, types: &[&Kind]) -> Result<(), Option<String>> {
    if types.iter().any(|kind| kind.admits(value)) {
        return Ok(());
    }
    let words = types.iter().find_map(|kind| match kind {
        Kind::String(words) if !words.is_empty() => Some(words),
        _ => None,
    });
    Err(match (value, types.first()) {
        (Value::String(word), _) if words.is_some() => {
            suggest::advice(word, words.into_iter().flatten().map(String::as_str))
        }
        (Value::String(text), Some(Kind::Boolean)) if matches!(text.as_str(), "true" | "false") => {
            Some(format!("take away the quotes: {text}"))
        }
        (_, Some(Kind::Boolean)) => Some("write true or false".to_owned()),
        (Value::Bool(_) | Value::Number(_), Some(Kind::String(_))) => {
            Some(format!("put it in quotes: \"{value}\""))
        }
        (Value::String(text), Some(Kind::Integer | Kind::Number)) if text.parse::<f64>().is_ok() => {
            Some(format!("take away the quotes: {text}"))
        }
        (value, Some(Kind::List(_))) if !value.is_array() => {
            Some("use `contains` for one element of the list".to_owned())
        }
        _ => None,
    })
}

static TEXT: LazyLock<Kind> = LazyLock::new(|| Kind::String(Vec::new()));
static TEXTS: LazyLock<Kind> = LazyLock::new(|| list_of(Kind::String(Vec::new())));
static INTEGERS: LazyLock<Kind> = LazyLock::new(|| list_of(Kind::Integer));

fn list_of(kind: Kind) -> Kind {
    Kind::List(Box::new(Fact { kind, ..Fact::default() }))
}

/// The types of a parameter's value.
pub(super) fn of_parameter(kind: ParameterType) -> Vec<&'static Kind> {
    match kind {
        ParameterType::String | ParameterType::Version | ParameterType::Cidr => vec![&*TEXT],
        ParameterType::Quantity | ParameterType::Duration | ParameterType::Percentage => {
            vec![&*TEXT, &Kind::Number]
        }
        ParameterType::Integer => vec![&Kind::Integer],
        ParameterType::Number => vec![&Kind::Number],
        ParameterType::Boolean => vec![&Kind::Boolean],
        ParameterType::StringList => vec![&*TEXTS],
        ParameterType::IntegerList => vec![&*INTEGERS],
    }
}
