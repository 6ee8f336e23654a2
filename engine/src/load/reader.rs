//! From nodes to typed values: every mistake is noted and reading goes on.
//!
//! A function that reads something returns `None` when it noted a mistake in it. What a file holds is
//! used only if no mistake was noted in any file.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::{Map, Value};

use super::diagnostic::{Diagnostic, File};
use super::node::{Content, Node};
use crate::catalogue::Catalogue;
use crate::parameter::Parameter;
use crate::suggest;

/// What rules may speak of.
#[derive(Clone, Copy)]
pub(super) struct Vocabulary<'a> {
    /// The facts; without a catalogue paths and types are not checked.
    pub(super) catalogue: Option<&'a Catalogue>,
    /// The parameters that packs declare; `None` for one whose declaration holds a mistake.
    pub(super) parameters: &'a BTreeMap<String, Option<Parameter>>,
}

/// Reads one file.
pub(super) struct Reader<'a> {
    pub(super) file: &'a File,
    pub(super) vocabulary: Vocabulary<'a>,
    errors: Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(file: &'a File, vocabulary: Vocabulary<'a>) -> Self {
        Self { file, vocabulary, errors: Vec::new() }
    }

    /// The mistakes that were noted.
    pub(super) fn into_errors(self) -> Vec<Diagnostic> {
        self.errors
    }

    /// A mistake, to be completed and noted.
    pub(super) fn error(
        &self,
        code: &'static str,
        message: impl Into<String>,
        span: &Range<usize>,
    ) -> Diagnostic {
        Diagnostic::new(self.file, code, message, span.clone())
    }

    /// Notes a mistake.
    pub(super) fn note(&mut self, error: Diagnostic) {
        self.errors.push(error);
    }

    /// Notes a mistake and reads nothing.
    pub(super) fn fail<T>(&mut self, error: Diagnostic) -> Option<T> {
        self.errors.push(error);
        None
    }

    /// Notes that a node is not of the type that is wanted.
    pub(super) fn wrong_type<T>(&mut self, node: &Node, wanted: &str, help: Option<&str>) -> Option<T> {
        let message = format!("here belongs {wanted}, not {}", node.describe());
        let error = self.error("wrong-type", message, &node.span);
        self.fail(error.label(format!("not {wanted}")).advise(help.map(str::to_owned)))
    }

    /// Text, possibly empty.
    pub(super) fn text(&mut self, node: &Node) -> Option<String> {
        self.refuse_ambiguous(node)?;
        match &node.value {
            Content::Scalar(scalar) => match scalar.value() {
                Value::String(text) => Some(text),
                Value::Null => self.wrong_type(node, "text", None),
                _ => {
                    let help = format!("put it in quotes: \"{}\"", scalar.text);
                    self.wrong_type(node, "text", Some(&help))
                }
            },
            _ => self.wrong_type(node, "text", None),
        }
    }

    /// Text that says something.
    pub(super) fn words(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node)?;
        if text.trim().is_empty() {
            let error = self.error("empty", "here belongs text, and this is empty", &node.span);
            return self.fail(error);
        }
        Some(text)
    }

    /// An id: lower-case words, joined by `-`.
    pub(super) fn id(&mut self, node: &Node) -> Option<String> {
        self.joined(node, "-", "`-`, such as `swap-enabled`")
    }

    /// A tag, or a benchmark with its version: as an id, and `.` joins as well.
    pub(super) fn tag(&mut self, node: &Node) -> Option<String> {
        self.joined(node, "-.", "`-` or `.`, such as `cis-docker-1.6.0`")
    }

    fn joined(&mut self, node: &Node, joints: &str, example: &str) -> Option<String> {
        let text = self.text(node)?;
        let is_word = |word: &str| {
            !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        };
        if text.split(|c| joints.contains(c)).all(is_word) {
            return Some(text);
        }
        let error = self.error("bad-id", format!("`{text}` cannot be a name"), &node.span);
        self.fail(error.advise(format!("a name is made of lower-case words and digits, joined by {example}")))
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self, node: &Node) -> Option<bool> {
        self.refuse_ambiguous(node)?;
        match &node.value {
            Content::Scalar(scalar) => match scalar.value() {
                Value::Bool(truth) => Some(truth),
                Value::String(text) if matches!(text.as_str(), "true" | "false") => {
                    self.wrong_type(node, "true or false", Some("take away the quotes"))
                }
                _ => self.wrong_type(node, "true or false", None),
            },
            _ => self.wrong_type(node, "true or false", None),
        }
    }

    /// A list, each element read by `read`.
    pub(super) fn list<'n, T>(
        &mut self,
        node: &'n Node,
        mut read: impl FnMut(&mut Self, &'n Node) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Content::Sequence(elements) = &node.value else {
            let help = matches!(node.value, Content::Scalar(_)).then_some("put it in brackets: `[…]`");
            return self.wrong_type(node, "a list", help);
        };
        let read: Vec<Option<T>> = elements.iter().map(|element| read(self, element)).collect();
        read.into_iter().collect()
    }

    /// One of the words that stand for `all`; `what` is what such a word is called.
    pub(super) fn one_of<T: Copy>(
        &mut self,
        node: &Node,
        what: &str,
        all: &[T],
        name: fn(T) -> &'static str,
    ) -> Option<T> {
        let word = self.text(node)?;
        if let Some(found) = all.iter().copied().find(|one| name(*one) == word) {
            return Some(found);
        }
        let error = self.error("unknown-word", format!("`{word}` is no {what}"), &node.span);
        self.fail(error.advise(suggest::advice(&word, all.iter().map(|one| name(*one)))))
    }

    /// Any JSON value.
    pub(super) fn value(&mut self, node: &Node) -> Option<Value> {
        match &node.value {
            Content::Scalar(scalar) => {
                self.refuse_ambiguous(node)?;
                Some(scalar.value())
            }
            Content::Sequence(_) => self.list(node, Self::value).map(Value::Array),
            Content::Mapping(_) => self.object(node).map(Value::Object),
        }
    }

    /// A mapping of JSON values.
    pub(super) fn object(&mut self, node: &Node) -> Option<Map<String, Value>> {
        self.mapping(node, Self::value).map(|members| members.into_iter().collect())
    }

    /// A mapping, each value read by `read`.
    pub(super) fn mapping<'n, T>(
        &mut self,
        node: &'n Node,
        mut read: impl FnMut(&mut Self, &'n Node) -> Option<T>,
    ) -> Option<Vec<(String, T)>> {
        let Content::Mapping(members) = &node.value else { return self.wrong_type(node, "a mapping", None) };
        let read: Vec<Option<(String, T)>> = members
            .iter()
            .map(|(key, value)| Some((key.text().unwrap_or_default().to_owned(), read(self, value)?)))
            .collect();
        read.into_iter().collect()
    }

    /// The place in the file of a range of a scalar's text.
    pub(super) fn inside(&self, node: &Node, inner: &Range<usize>) -> Range<usize> {
        match &node.value {
            Content::Scalar(scalar) => scalar.locate(&self.file.text, &node.span, inner),
            _ => node.span.clone(),
        }
    }

    fn refuse_ambiguous(&mut self, node: &Node) -> Option<()> {
        match &node.value {
            Content::Scalar(scalar) if scalar.is_ambiguous() => {
                let message =
                    format!("`{}` is text to some YAML readers and true or false to others", scalar.text);
                let help = format!("put it in quotes, \"{}\", or write true or false", scalar.text);
                let error = self.error("ambiguous-word", message, &node.span);
                self.fail(error.advise(help))
            }
            _ => Some(()),
        }
    }
}
