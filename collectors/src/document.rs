//! Structured files as they stand on disk: every value together with its place in the text.
//!
//! [`crate::json_document`] and [`crate::toml_document`] read them.

use std::ops::Range;

use plimsoll_engine::snapshot::{Layer, Origin};
use serde_json::{Map, Number, Value};

use crate::fact::{Sourced, Unknown};
use crate::origin;
use crate::redact::mask;

/// A file: its text, and the values in it.
#[derive(Debug)]
pub(crate) struct Document {
    file: String,
    text: String,
    /// Where each line begins.
    lines: Vec<usize>,
    root: Node,
}

/// A value and the bytes of the text that it takes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) span: Range<usize>,
    pub(crate) content: Content,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Object(Vec<Member>),
}

/// A name and its value in an object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) name_span: Range<usize>,
    pub(crate) value: Node,
}

/// Why a text is not what it should be, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct DocumentError {
    /// What is wrong, in words.
    pub(crate) message: String,
    /// The offending token.
    pub(crate) origin: Box<Origin>,
}

impl DocumentError {
    /// What is wrong, with its place, secrets masked.
    pub(crate) fn sourced(&self) -> Sourced<String> {
        Sourced { value: mask(&self.message), origin: (*self.origin).clone() }
    }

    /// The gap that it leaves where the file's values would be.
    pub(crate) fn unknown(&self) -> Unknown {
        let message = mask(&self.message);
        let detail = match (self.origin.line, self.origin.column) {
            (Some(line), Some(column)) => format!("line {line}, column {column}: {message}"),
            _ => message,
        };
        Unknown::malformed(self.origin.file.as_deref().unwrap_or_default(), detail)
    }
}

/// What a parser refuses: the offending bytes, and what is wrong with them.
pub(crate) type Fault = (Range<usize>, String);

impl Document {
    /// The `text` of `file` with the values that `parse` finds in it.
    pub(crate) fn parse_with(
        file: &str,
        text: String,
        parse: impl FnOnce(&str) -> Result<Node, Fault>,
    ) -> Result<Self, DocumentError> {
        match parse(&text) {
            Ok(root) => {
                let after_newlines = text.match_indices('\n').map(|(at, _)| at + 1);
                let lines = std::iter::once(0).chain(after_newlines).collect();
                Ok(Self { file: file.to_owned(), text, lines, root })
            }
            Err((span, message)) => Err(DocumentError {
                message,
                origin: Box::new(origin::in_text(Layer::File, file, &text, span)),
            }),
        }
    }

    /// The value that the file holds.
    pub(crate) fn root(&self) -> &Node {
        &self.root
    }

    /// The file's path.
    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    /// The place of a value.
    pub(crate) fn origin_of(&self, node: &Node) -> Origin {
        self.origin(node.span.clone())
    }

    /// The place of a member: the whole of name and value if it stands on one line, else its name.
    pub(crate) fn origin_of_member(&self, member: &Member) -> Origin {
        let whole = member.name_span.start..member.value.span.end;
        let one_line = self.text.get(whole.clone()).is_some_and(|text| !text.contains('\n'));
        self.origin(if one_line { whole } else { member.name_span.clone() })
    }

    /// The error `message` at a value.
    pub(crate) fn error_at(&self, node: &Node, message: impl Into<String>) -> DocumentError {
        DocumentError { message: message.into(), origin: Box::new(self.origin_of(node)) }
    }

    fn origin(&self, span: Range<usize>) -> Origin {
        let number = self.lines.partition_point(|start| *start <= span.start);
        let start = self.lines.get(number.saturating_sub(1)).copied().unwrap_or_default();
        let line = self.text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let end = span.end.min(start + line.len()).max(span.start);
        origin::in_line(Layer::File, &self.file, number, line, span.start - start..end - start)
    }
}

impl Node {
    /// The members of an object, none of anything else. Of several of one name all are here.
    pub(crate) fn members(&self) -> &[Member] {
        match &self.content {
            Content::Object(members) => members,
            _ => &[],
        }
    }

    /// The member `name` that counts: the last one.
    pub(crate) fn member(&self, name: &str) -> Option<&Member> {
        self.members().iter().rev().find(|member| member.name == name)
    }

    /// The value without its places.
    pub(crate) fn to_value(&self) -> Value {
        match &self.content {
            Content::Null => Value::Null,
            Content::Bool(value) => Value::Bool(*value),
            Content::Number(number) => Value::Number(number.clone()),
            Content::Text(text) => Value::String(text.clone()),
            Content::List(items) => items.iter().map(Self::to_value).collect(),
            Content::Object(members) => {
                let members = members.iter().map(|member| (member.name.clone(), member.value.to_value()));
                Value::Object(members.collect::<Map<_, _>>())
            }
        }
    }

    /// What kind of value it is, with its article: `a string`.
    pub(crate) fn kind(&self) -> &'static str {
        match self.content {
            Content::Null => "null",
            Content::Bool(_) => "a boolean",
            Content::Number(_) => "a number",
            Content::Text(_) => "a string",
            Content::List(_) => "a list",
            Content::Object(_) => "an object",
        }
    }
}

/// The parsers' messages are sentences.
pub(crate) fn in_lower_case(sentence: &str) -> String {
    let mut characters = sentence.chars();
    let first = characters.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(characters).collect()
}
