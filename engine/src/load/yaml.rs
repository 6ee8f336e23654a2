//! YAML as a tree in which every value knows its place in the file.
//!
//! Built from saphyr-parser's events. What rule files have no use for is refused: anchors, aliases, tags
//! and further documents. See [`super::limits`] for the bounds.

use std::collections::HashMap;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScanError, Span, StrInput};

use super::diagnostic::{Diagnostic, File};
use super::limits;
use super::scalar::Scalar;
use crate::snapshot::{Location, Step};

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) value: Content,
    /// A range of bytes of the file; quotes and brackets are inside.
    pub(super) span: Range<usize>,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    Scalar(Scalar),
    Sequence(Vec<Node>),
    Mapping(Vec<(Node, Node)>),
}

impl Node {
    /// What the value is, for messages.
    pub(super) fn describe(&self) -> &'static str {
        match &self.value {
            Content::Scalar(scalar) => scalar.describe(),
            Content::Sequence(_) => "a list",
            Content::Mapping(_) => "a mapping",
        }
    }

    /// The text of a scalar, whatever its type.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Content::Scalar(scalar) => Some(&scalar.text),
            _ => None,
        }
    }

    /// The key and the value of a member of a mapping.
    pub(super) fn member(&self, name: &str) -> Option<(&Node, &Node)> {
        match &self.value {
            Content::Mapping(members) => {
                let (key, value) = members.iter().find(|(key, _)| key.text() == Some(name))?;
                Some((key, value))
            }
            _ => None,
        }
    }

    /// The node at a place, or the nearest one above it, with its key if it has one.
    pub(super) fn at(&self, location: &Location) -> (Option<&Node>, &Node) {
        let mut found = (None, self);
        for step in &location.0 {
            found = match (step, &found.1.value) {
                (Step::Name(name), _) => match found.1.member(name) {
                    Some((key, value)) => (Some(key), value),
                    None => return found,
                },
                (Step::Index(index), Content::Sequence(elements)) => match elements.get(*index) {
                    Some(element) => (None, element),
                    None => return found,
                },
                _ => return found,
            };
        }
        found
    }
}

/// Reads a file.
///
/// # Errors
/// When it is no YAML, uses what is refused, or exceeds a limit; keys that stand twice are all told.
pub(super) fn parse(file: &File) -> Result<Node, Vec<Diagnostic>> {
    refuse_control_characters(file)?;
    let mut tree = Tree::new(file);
    for event in Events(Parser::new_from_str(&file.text)) {
        let (event, span) = event.map_err(|error| vec![tree.syntax(&error)])?;
        let span = tree.offsets.range(span);
        tree.take(event, span).map_err(|fatal| vec![fatal])?;
    }
    match tree.root {
        _ if !tree.errors.is_empty() => Err(tree.errors),
        Some(root) => Ok(root),
        None => Err(vec![Diagnostic::new(file, "plimsoll::yaml::empty", "the file is empty", 0..0)]),
    }
}

/// The parser's events until its end or its first error.
struct Events<'t>(Parser<'t, StrInput<'t>>);

impl<'t> Iterator for Events<'t> {
    type Item = Result<(Event<'t>, Span), ScanError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next_event()
    }
}

/// The parser takes a NUL for the end of the file, and would pass over the rest in silence.
fn refuse_control_characters(file: &File) -> Result<(), Vec<Diagnostic>> {
    let is_bad = |c: &char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{85}');
    let Some((at, c)) = file.text.char_indices().find(|(_, c)| is_bad(c)) else { return Ok(()) };
    let message = format!("the file holds the control character U+{:04X}", u32::from(c));
    Err(vec![Diagnostic::new(file, "plimsoll::yaml::control-character", message, at..at + c.len_utf8())])
}

/// The tree so far.
struct Tree<'f> {
    file: &'f File,
    offsets: Offsets,
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    nodes: usize,
    errors: Vec<Diagnostic>,
}

/// A list or mapping that is not closed yet.
struct Open {
    start: usize,
    kind: OpenKind,
}

enum OpenKind {
    Sequence(Vec<Node>),
    Mapping { members: Vec<(Node, Node)>, key: Option<Node>, keys: HashMap<String, Range<usize>> },
}

impl<'f> Tree<'f> {
    fn new(file: &'f File) -> Self {
        let offsets = Offsets::of(&file.text);
        Self { file, offsets, open: Vec::new(), root: None, documents: 0, nodes: 0, errors: Vec::new() }
    }

    fn error(&self, code: &'static str, message: impl Into<String>, span: Range<usize>) -> Diagnostic {
        Diagnostic::new(self.file, code, message, span)
    }

    fn syntax(&self, error: &ScanError) -> Diagnostic {
        let at = self.offsets.byte(error.marker().index());
        let rest = self.file.text.get(at..).unwrap_or_default();
        let length = rest.chars().next().filter(|c| !c.is_whitespace()).map_or(0, char::len_utf8);
        let info = error.info();
        if info.contains("recursion limit") {
            return self.too_deep(at..at + length);
        }
        let help = match () {
            () if info.contains("mapping values are not allowed") => {
                Some("put text that holds `: ` in quotes".to_owned())
            }
            () if rest.starts_with(['`', '@', '%', '*', '&', '!', '|', '>']) => {
                Some(format!("put text that begins with `{}` in quotes", &rest[..1]))
            }
            () if rest.starts_with('\t') || info.contains("tab") => Some("indent with spaces".to_owned()),
            () => None,
        };
        self.error("plimsoll::yaml::syntax", format!("this is not YAML: {info}"), at..at + length)
            .advise(help)
    }

    fn take(&mut self, event: Event<'_>, span: Range<usize>) -> Result<(), Diagnostic> {
        match event {
            Event::DocumentStart(_) => self.document(span),
            Event::Alias(_) => Err(self.refused("an alias", span)),
            Event::Scalar(text, style, anchor, tag) => {
                self.plain_node(anchor, tag.is_some(), &span)?;
                // The parser gives an empty scalar the span of the token that follows it.
                let span = if text.is_empty() && style == saphyr_parser::ScalarStyle::Plain {
                    span.start..span.start
                } else {
                    span
                };
                let scalar = Scalar { text: text.into_owned(), style };
                self.close(Node { value: Content::Scalar(scalar), span })
            }
            Event::SequenceStart(anchor, tag) => {
                self.plain_node(anchor, tag.is_some(), &span)?;
                self.open(&span, OpenKind::Sequence(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                self.plain_node(anchor, tag.is_some(), &span)?;
                let kind = OpenKind::Mapping { members: Vec::new(), key: None, keys: HashMap::new() };
                self.open(&span, kind)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(&span),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn document(&mut self, span: Range<usize>) -> Result<(), Diagnostic> {
        self.documents += 1;
        if self.documents == 1 {
            return Ok(());
        }
        let message = "the file holds a second document";
        Err(self
            .error("plimsoll::yaml::documents", message, span)
            .advise("put it in a file of its own".to_owned()))
    }

    /// Refuses what stands in front of a node, and too many nodes.
    fn plain_node(&mut self, anchor: usize, tag: bool, span: &Range<usize>) -> Result<(), Diagnostic> {
        if anchor > 0 {
            return Err(self.refused("an anchor", span.clone()));
        }
        if tag {
            return Err(self.refused("a tag", span.clone()));
        }
        self.nodes += 1;
        if self.nodes > limits::NODES {
            let message = format!("the file holds more than {} values", limits::NODES);
            return Err(self.error("plimsoll::yaml::too-large", message, span.clone()));
        }
        Ok(())
    }

    fn refused(&self, what: &str, span: Range<usize>) -> Diagnostic {
        let message = format!("{what} has no place here");
        self.error("plimsoll::yaml::refused", message, span).advise("write the value out".to_owned())
    }

    fn open(&mut self, span: &Range<usize>, kind: OpenKind) -> Result<(), Diagnostic> {
        if self.open.len() == limits::DEPTH {
            return Err(self.too_deep(span.clone()));
        }
        self.open.push(Open { start: span.start, kind });
        Ok(())
    }

    fn too_deep(&self, span: Range<usize>) -> Diagnostic {
        let message = format!("lists and mappings nest deeper than {} levels", limits::DEPTH);
        self.error("plimsoll::yaml::too-deep", message, span)
    }

    /// Closes the innermost list or mapping. That of a block ends where its last member does; only
    /// brackets have a token of their own.
    fn end(&mut self, span: &Range<usize>) -> Result<(), Diagnostic> {
        let Some(Open { start, kind }) = self.open.pop() else { return Ok(()) };
        let (value, last) = match kind {
            OpenKind::Sequence(elements) => {
                let last = elements.last().map(|element| element.span.end);
                (Content::Sequence(elements), last)
            }
            OpenKind::Mapping { members, .. } => {
                let last = members.last().map(|(key, value)| key.span.end.max(value.span.end));
                (Content::Mapping(members), last)
            }
        };
        let bracket = matches!(self.file.text.get(span.clone()), Some("]" | "}"));
        let end = if bracket { span.end } else { last.unwrap_or(start) };
        self.close(Node { value, span: start..end })
    }

    /// Puts a complete node where it belongs.
    fn close(&mut self, node: Node) -> Result<(), Diagnostic> {
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.root = Some(node),
            Some(OpenKind::Sequence(elements)) => elements.push(node),
            Some(OpenKind::Mapping { members, key, keys }) => match key.take() {
                Some(key) => members.push((key, node)),
                None => {
                    let Some(name) = node.text().map(str::to_owned) else {
                        let message = "a key is text, and neither a list nor a mapping";
                        return Err(self.error("plimsoll::yaml::key", message, node.span));
                    };
                    let earlier = keys.insert(name.clone(), node.span.clone());
                    let span = node.span.clone();
                    *key = Some(node);
                    if let Some(earlier) = earlier {
                        self.duplicate_key(&name, earlier, span);
                    }
                }
            },
        }
        Ok(())
    }

    fn duplicate_key(&mut self, name: &str, earlier: Range<usize>, span: Range<usize>) {
        let name: String = name.chars().take(60).collect();
        let message = format!("the key `{name}` stands here twice");
        let error = self.error("plimsoll::yaml::duplicate-key", message, span);
        self.errors.push(error.label("again").also(earlier, "here first"));
    }
}

/// From the parser's places, which count characters, to bytes.
struct Offsets {
    /// The offset of each character; none if all are of one byte.
    bytes: Option<Vec<u32>>,
    end: usize,
}

impl Offsets {
    /// The offsets of a text of at most [`limits::FILE_BYTES`].
    fn of(text: &str) -> Self {
        let offset = |(at, _)| u32::try_from(at).unwrap_or(u32::MAX);
        let bytes = (!text.is_ascii()).then(|| text.char_indices().map(offset).collect());
        Self { bytes, end: text.len() }
    }

    fn byte(&self, character: usize) -> usize {
        match &self.bytes {
            None => character.min(self.end),
            Some(bytes) => bytes.get(character).map_or(self.end, |&byte| byte as usize),
        }
    }

    fn range(&self, span: Span) -> Range<usize> {
        let start = self.byte(span.start.index());
        start..self.byte(span.end.index()).max(start)
    }
}
