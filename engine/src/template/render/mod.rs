//! Filling a template in.

mod shell;
mod text;

pub use text::bytes;
pub(crate) use text::display;

use std::borrow::Cow;

use serde_json::Value;

use super::{Filter, Insert, Part, Source, Template};
use shell::Context;
use text::{count, join, without_controls};

/// How long an inserted value may be in a sentence, in characters; longer ones are cut.
pub(crate) const SENTENCE_LIMIT: usize = 120;

/// How long an inserted value may be in a command or file, in characters: no path or name is longer.
const EXACT_LIMIT: usize = 4096;

/// What a rendered text is for, which decides how values are kept from meaning more than themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// A sentence for people. Long values are cut; escaping is up to the format that shows it.
    Message,
    /// A shell command. Values are quoted, lists as one word for each element; with a list without any goes the
    /// space that follows.
    Command,
    /// The path or content of a file.
    File,
}

/// What a template's source stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Inserted<'v> {
    /// A value that is known.
    Known(Cow<'v, Value>),
    /// Known to be absent.
    Absent,
    /// In a gap.
    Unknown,
}

/// Where a template's values come from.
pub trait Values {
    /// What the source stands for.
    fn value<'v>(&'v self, source: &'v Source) -> Inserted<'v>;
}

/// A filled-in template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// Whether every value is there exactly as it is: none was absent, unknown or not fit to be inserted.
    pub exact: bool,
}

/// Fills the template in.
///
/// A value that is absent or unknown reads `(absent)` or `(unknown)`, in a command `''` or
/// `'(unknown)'`, and nothing where it was to be set [aside](Filter::Aside). In commands and files control characters become `U+FFFD`. Within quotes of a command,
/// where quoting a value would end them, every character with a meaning to the shell does.
pub fn render(template: &Template, values: &dyn Values, escape: Escape) -> Rendered {
    let mut rendering = Rendering {
        escape,
        text: String::new(),
        exact: true,
        context: Context::default(),
        is_after_nothing: false,
    };
    for part in &template.parts {
        match part {
            Part::Text(text) => rendering.literal(text),
            Part::Insert(insert) => rendering.insert(insert, values.value(&insert.source)),
        }
    }
    Rendered { text: rendering.text, exact: rendering.exact }
}

struct Rendering {
    escape: Escape,
    text: String,
    exact: bool,
    /// Where in a command the text has come to.
    context: Context,
    /// Whether a list of no words was inserted last.
    is_after_nothing: bool,
}

impl Rendering {
    fn literal(&mut self, text: &str) {
        let is_after_nothing = std::mem::take(&mut self.is_after_nothing);
        let text = text.strip_prefix(' ').filter(|_| is_after_nothing).unwrap_or(text);
        if self.escape == Escape::Command {
            self.context.read(self.text.chars().next_back(), text);
        }
        self.text.push_str(text);
    }

    fn insert(&mut self, insert: &Insert, inserted: Inserted<'_>) {
        let value = match inserted {
            Inserted::Known(value) => {
                insert.filters.iter().fold(value, |value, filter| apply(*filter, value))
            }
            Inserted::Absent | Inserted::Unknown if insert.filters.contains(&Filter::Aside) => return,
            Inserted::Absent => {
                return self.placeholder(if self.escape == Escape::Message { "(absent)" } else { "" });
            }
            Inserted::Unknown => return self.placeholder("(unknown)"),
        };
        match (self.escape, value.as_ref()) {
            (Escape::Message, value) => self.text.push_str(&display(value, SENTENCE_LIMIT)),
            (Escape::Command, Value::Array(words)) => {
                self.is_after_nothing = words.is_empty();
                for (index, word) in words.iter().enumerate() {
                    if index > 0 {
                        self.text.push(' ');
                    }
                    self.exactly(word);
                }
            }
            (Escape::Command | Escape::File, value) => self.exactly(value),
        }
    }

    fn placeholder(&mut self, text: &str) {
        self.exact = false;
        self.push(text);
    }

    /// Inserts a value into a command or file, where a changed value is another value.
    fn exactly(&mut self, value: &Value) {
        let text = display(value, EXACT_LIMIT);
        let clean = without_controls(&text);
        self.exact &= clean == text && text.chars().count() <= EXACT_LIMIT;
        self.push(&clean);
    }

    fn push(&mut self, text: &str) {
        if self.escape != Escape::Command {
            return self.text.push_str(text);
        }
        let word = self.context.word(text);
        self.exact &= word.exact;
        self.text.push_str(&word.text);
    }
}

fn apply(filter: Filter, value: Cow<'_, Value>) -> Cow<'_, Value> {
    let filtered = match filter {
        Filter::Bytes => bytes(&value).map(Value::from),
        Filter::Count => count(&value).map(Value::from),
        Filter::Join => join(&value).map(Value::from),
        // With room for what is put around it.
        Filter::Aside => Some(Value::from(format!(" ({})", display(&value, SENTENCE_LIMIT - 4)))),
    };
    filtered.map_or(value, Cow::Owned)
}

#[cfg(test)]
mod tests;
