//! Values as text for people.

use std::fmt::{self, Write};

use serde_json::Value;

/// What stands for a character that cannot be shown or inserted.
const REPLACEMENT: char = '\u{fffd}';

const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/// The value in words: a text as it is, a list as `[a, b]`. At most `limit` characters, and `…` if that
/// is not all.
pub(crate) fn display(value: &Value, limit: usize) -> String {
    let mut text = Limited { text: String::new(), left: limit };
    // The only error is that the limit is reached.
    let _ = write_value(&mut text, value);
    text.text
}

/// The text with every control character replaced: of the terminal, and of the direction of writing.
pub(super) fn without_controls(text: &str) -> String {
    let is_bidi =
        |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || is_bidi(c) { REPLACEMENT } else { c }).collect()
}

/// A number of bytes in a unit for people: `2.5 GiB`; nothing if `value` is no number.
pub fn bytes(value: &Value) -> Option<String> {
    let mut amount = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.parse().ok().filter(|amount: &f64| amount.is_finite())?,
        _ => return None,
    };
    let mut units = UNITS.iter();
    let mut unit = units.next()?;
    // What would be rounded to 1024 of a unit is 1 of the next.
    while amount.abs() >= 1023.95
        && let Some(next) = units.next()
    {
        amount /= 1024.0;
        unit = next;
    }
    let rounded = format!("{amount:.1}");
    Some(format!("{} {unit}", rounded.strip_suffix(".0").unwrap_or(&rounded)))
}

/// How many elements, members or characters there are.
pub(super) fn count(value: &Value) -> Option<usize> {
    match value {
        Value::Array(items) => Some(items.len()),
        Value::Object(members) => Some(members.len()),
        Value::String(text) => Some(text.chars().count()),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// The elements of a list in one text.
pub(super) fn join(value: &Value) -> Option<String> {
    let items = value.as_array()?.iter().map(|item| display(item, super::EXACT_LIMIT));
    Some(items.collect::<Vec<_>>().join(", "))
}

fn write_value(text: &mut Limited, value: &Value) -> fmt::Result {
    match value {
        Value::Null => text.write_str("null"),
        Value::Bool(value) => write!(text, "{value}"),
        Value::Number(number) => write!(text, "{number}"),
        Value::String(string) => text.write_str(string),
        Value::Array(items) => {
            text.write_char('[')?;
            for (index, item) in items.iter().enumerate() {
                text.write_str(if index > 0 { ", " } else { "" })?;
                write_value(text, item)?;
            }
            text.write_char(']')
        }
        Value::Object(members) => {
            text.write_char('{')?;
            for (index, (name, value)) in members.iter().enumerate() {
                write!(text, "{}{name}: ", if index > 0 { ", " } else { "" })?;
                write_value(text, value)?;
            }
            text.write_char('}')
        }
    }
}

/// A text that takes no more than so many characters.
struct Limited {
    text: String,
    left: usize,
}

impl fmt::Write for Limited {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        match more.char_indices().nth(self.left) {
            None => {
                self.left -= more.chars().count();
                self.text.push_str(more);
                Ok(())
            }
            Some((end, _)) => {
                self.left = 0;
                self.text.push_str(more.get(..end).unwrap_or_default());
                self.text.push('…');
                Err(fmt::Error)
            }
        }
    }
}
