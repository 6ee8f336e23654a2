//! What the values of options are.

use serde_json::{Value, json};

/// What an option's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Integer,
    Text,
    List,
    Table,
}

impl Kind {
    /// Whether a value is of this kind.
    pub(super) fn fits(self, value: &Value) -> bool {
        match self {
            Self::Bool => value.is_boolean(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Text => value.is_string(),
            Self::List => value.as_array().is_some_and(|items| items.iter().all(Value::is_string)),
            Self::Table => value.is_object(),
        }
    }

    /// What it is called, with its article.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bool => "a boolean",
            Self::Integer => "a whole number",
            Self::Text => "a string",
            Self::List => "a list of strings",
            Self::Table => "a table",
        }
    }

    /// The value that the text of a flag or variable stands for. A list is separated by commas.
    pub(super) fn parse(self, text: &str) -> Option<Value> {
        match self {
            Self::Bool => match text {
                "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(json!(true)),
                "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(json!(false)),
                _ => None,
            },
            Self::Integer => text.parse::<i64>().ok().map(Value::from),
            Self::Text => Some(json!(text)),
            Self::List => Some(text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect()),
            Self::Table => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_flags_become_values() {
        assert_eq!(Kind::Bool.parse("t"), Some(json!(true)));
        assert_eq!(Kind::Bool.parse("yes"), None);
        assert_eq!(Kind::Integer.parse("-1"), Some(json!(-1)));
        assert_eq!(Kind::List.parse("a, b,"), Some(json!(["a", "b"])));
    }
}
