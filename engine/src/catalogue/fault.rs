//! Why a query selects no fact, and how that is told.

use std::ops::Range;

use super::locate;
use crate::jsonpath::{Segment, Selector};
use crate::suggest;

/// Why a query can select no fact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PathError {
    /// What is wrong, on one line.
    pub message: String,
    /// Where: a range of bytes of the query's text.
    pub span: Range<usize>,
    /// What to write instead.
    pub help: Option<String>,
}

/// Why a segment selects nothing.
pub(super) struct Fault {
    /// Which segment of the outermost query.
    pub(super) segment: usize,
    /// The name in the segment that is to blame.
    word: Option<String>,
    /// The paths inside a filter up to and before the fault; of the query itself if it is in none.
    inside: Option<(String, String)>,
    pub(super) reason: Reason,
}

pub(super) enum Reason {
    /// There is no such member; these are its siblings.
    NoMember(Vec<String>),
    /// Only named keys are read.
    Keyed,
    /// A name that is looked for in a list.
    List,
    /// An index or slice of something that is no list.
    NoList(String),
    /// A value that has nothing inside.
    Leaf(String),
    /// `..name` meets no such name.
    Nowhere,
    /// A value that the fact never has; these are the words that it may be.
    Impossible(String, Vec<String>),
}

impl Fault {
    /// A fault of the first segment.
    pub(super) fn new(reason: Reason) -> Box<Self> {
        Box::new(Self { segment: 0, word: None, inside: None, reason })
    }

    /// The same fault for another reason.
    pub(super) fn because(mut self: Box<Self>, reason: Reason) -> Box<Self> {
        self.reason = reason;
        self
    }

    /// The same fault of a segment.
    pub(super) fn at(mut self: Box<Self>, segment: usize) -> Box<Self> {
        self.segment = segment;
        self
    }

    /// The same fault of a name in the segment.
    pub(super) fn of(mut self: Box<Self>, word: &str) -> Box<Self> {
        self.word = Some(word.to_owned());
        self
    }

    /// The same fault in a query inside a filter; the innermost query is told.
    pub(super) fn inside(mut self: Box<Self>, parent: String, here: String) -> Box<Self> {
        self.inside.get_or_insert((parent, here));
        self
    }

    /// The fault as an error of a query's text.
    pub(super) fn in_query(self, text: &str) -> PathError {
        let span = locate::segment(text, self.segment, self.word.as_deref());
        let (parent, here) = match &self.inside {
            Some((parent, here)) => (parent.clone(), here.clone()),
            None => {
                (locate::before(text, self.segment).to_owned(), locate::upto(text, self.segment).to_owned())
            }
        };
        self.named(&parent, &here, span)
    }

    /// The fault as an error; `here` is the path up to the fault, and `parent` the one before it.
    pub(super) fn named(&self, parent: &str, here: &str, span: Range<usize>) -> PathError {
        let word = self.word.as_deref().unwrap_or_default();
        let (message, help) = match &self.reason {
            Reason::NoMember(siblings) => (
                format!("there is no fact `{here}`"),
                suggest::advice(word, siblings.iter().map(String::as_str)),
            ),
            Reason::Keyed => (
                format!("of `{parent}` only the keys that rules name are read"),
                Some(format!("name the key: `{parent}['…']`")),
            ),
            Reason::List => (
                format!("`{parent}` is a list and has no member `{word}`"),
                Some(format!("select its elements first: `{parent}[*].{word}`")),
            ),
            Reason::NoList(kind) => (format!("`{parent}` is no list but {kind}"), None),
            Reason::Leaf(kind) => (format!("`{parent}` is {kind} and has nothing inside"), None),
            Reason::Impossible(value, words) => (
                format!("`{here}` is never {value}"),
                suggest::advice(word, words.iter().map(String::as_str)),
            ),
            Reason::Nowhere => (format!("nothing below `{parent}` is called `{word}`"), None),
        };
        PathError { message, span, help }
    }
}

/// The text of plain segments, for messages.
pub(super) fn render(sign: char, segments: &[Segment]) -> String {
    let mut text = sign.to_string();
    for segment in segments {
        match segment.single() {
            Some(Selector::Name(name)) if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => {
                text.push('.');
                text.push_str(name);
            }
            Some(Selector::Name(name)) => text.push_str(&format!("['{name}']")),
            Some(Selector::Index(index)) => text.push_str(&format!("[{index}]")),
            _ => text.push_str("[…]"),
        }
    }
    text
}
