//! From the parser's events to a tree of values.

use std::collections::HashMap;
use std::ops::Range;

use saphyr_parser::{Event, ScalarStyle, ScanError, Span, Tag};

use super::offsets::Offsets;
use super::scalar::resolve;
use super::{MAX_DEPTH, MAX_NODES};
use crate::document::{Content, Fault, Member, Node, in_lower_case};

/// The tree so far.
#[derive(Debug)]
pub(super) struct Tree<'t> {
    /// The whole of it, once it is closed.
    pub(super) root: Option<Node>,
    text: &'t str,
    offsets: Offsets,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    nodes: usize,
}

/// What an alias repeats, and how many values that are.
#[derive(Debug)]
struct Anchored {
    node: Node,
    nodes: usize,
}

/// A list or mapping that is not closed yet.
#[derive(Debug)]
struct Open {
    start: usize,
    anchor: usize,
    /// How many values there were before it.
    nodes: usize,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    List(Vec<Node>),
    Mapping { merged: Vec<Member>, members: Vec<Member>, name: Option<Name> },
}

/// The name of a member whose value has not come yet.
#[derive(Debug)]
struct Name {
    text: String,
    span: Range<usize>,
    /// Whether it is `<<` without quotes.
    merges: bool,
}

impl<'t> Tree<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let offsets = Offsets::of(text);
        Self { root: None, text, offsets, open: Vec::new(), anchors: HashMap::new(), nodes: 0 }
    }

    /// What the parser says of a text that is no YAML, and where.
    pub(super) fn syntax(&self, error: &ScanError) -> Fault {
        let at = self.offsets.byte(error.marker().index());
        let length = self.text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        (at..at + length, in_lower_case(error.info()))
    }

    pub(super) fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Fault> {
        let span = self.offsets.range(span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let span = self.trimmed(span, style, text.is_empty());
                self.scalar(text.into_owned(), style, anchor, tag.as_deref(), span)
            }
            Event::SequenceStart(anchor, _) => self.open(&span, anchor, Kind::List(Vec::new())),
            Event::MappingStart(anchor, _) => {
                let kind = Kind::Mapping { merged: Vec::new(), members: Vec::new(), name: None };
                self.open(&span, anchor, kind)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(&span),
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        text: String,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Range<usize>,
    ) -> Result<(), Fault> {
        self.count(1, &span)?;
        let plain = style == ScalarStyle::Plain;
        let is_string = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
        if self.takes_name() {
            let name = Name { merges: plain && text == "<<", text: name_of(text, plain), span };
            return self.name(name);
        }
        let content = if plain && !is_string { resolve(&text) } else { Content::Text(text) };
        let node = Node { span, content };
        self.remember(anchor, &node, 1);
        self.close(node)
    }

    /// Counts values, and refuses too many.
    fn count(&mut self, nodes: usize, span: &Range<usize>) -> Result<(), Fault> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES {
            return Err((span.clone(), format!("the file holds more than {MAX_NODES} values")));
        }
        Ok(())
    }

    fn open(&mut self, span: &Range<usize>, anchor: usize, kind: Kind) -> Result<(), Fault> {
        if self.takes_name() {
            return Err((span.clone(), "a name has to be a string".to_owned()));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err((span.clone(), format!("the values nest deeper than {MAX_DEPTH} levels")));
        }
        let nodes = self.nodes;
        self.count(1, span)?;
        self.open.push(Open { start: span.start, anchor, nodes, kind });
        Ok(())
    }

    fn end(&mut self, span: &Range<usize>) -> Result<(), Fault> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let content = match open.kind {
            Kind::List(items) => Content::List(items),
            Kind::Mapping { mut merged, members, .. } => {
                merged.extend(members);
                Content::Object(merged)
            }
        };
        let node = Node { span: open.start..span.end.max(open.start), content };
        self.remember(open.anchor, &node, self.nodes - open.nodes);
        self.close(node)
    }

    fn remember(&mut self, anchor: usize, node: &Node, nodes: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, Anchored { node: node.clone(), nodes });
        }
    }

    fn alias(&mut self, anchor: usize, span: Range<usize>) -> Result<(), Fault> {
        let Some(anchored) = self.anchors.get(&anchor) else {
            return Err((span, "the alias stands inside of what it repeats".to_owned()));
        };
        let nodes = anchored.nodes;
        self.count(nodes, &span)?;
        let node = self.anchors.get(&anchor).map(|anchored| anchored.node.clone());
        match node {
            Some(Node { content: Content::Text(text), .. }) if self.takes_name() => {
                self.name(Name { text, span, merges: false })
            }
            Some(node) if !self.takes_name() => self.close(node),
            _ => Err((span, "a name has to be a string".to_owned())),
        }
    }

    /// Whether the name of a member comes next.
    fn takes_name(&self) -> bool {
        matches!(self.open.last().map(|open| &open.kind), Some(Kind::Mapping { name: None, .. }))
    }

    fn name(&mut self, next: Name) -> Result<(), Fault> {
        if let Some(Kind::Mapping { name, .. }) = self.open.last_mut().map(|open| &mut open.kind) {
            *name = Some(next);
        }
        Ok(())
    }

    /// Puts a value where it belongs.
    fn close(&mut self, node: Node) -> Result<(), Fault> {
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.root = Some(node),
            Some(Kind::List(items)) => items.push(node),
            Some(Kind::Mapping { merged, members, name }) => match name.take() {
                Some(name) if name.merges => merge(merged, node)?,
                Some(name) => members.push(Member { name: name.text, name_span: name.span, value: node }),
                None => {}
            },
        }
        Ok(())
    }

    /// The place of a scalar itself. The parser adds the comment behind it to one in quotes, the line breaks
    /// at its end to one in a block, and gives an empty one the token that follows.
    fn trimmed(&self, span: Range<usize>, style: ScalarStyle, is_empty: bool) -> Range<usize> {
        let written = self.text.get(span.clone()).unwrap_or_default();
        let length = match style {
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => quoted(written),
            _ if is_empty => 0,
            _ => written.trim_end().len(),
        };
        span.start..span.start + length
    }
}

/// Adds what `<<` names: a mapping, or a list of them of which the first wins.
fn merge(merged: &mut Vec<Member>, node: Node) -> Result<(), Fault> {
    let mappings = match node.content {
        Content::List(items) => items,
        content => vec![Node { span: node.span, content }],
    };
    for mapping in mappings.into_iter().rev() {
        let Content::Object(members) = mapping.content else {
            return Err((mapping.span, "only a mapping can be merged".to_owned()));
        };
        merged.extend(members);
    }
    Ok(())
}

/// A member's name as it becomes one in JSON.
fn name_of(text: String, plain: bool) -> String {
    match plain.then(|| resolve(&text)) {
        Some(Content::Bool(value)) => value.to_string(),
        Some(Content::Number(number)) => number.to_string(),
        _ => text,
    }
}

/// How long the scalar in quotes at the start of `written` is, its quotes included.
fn quoted(written: &str) -> usize {
    let double = written.starts_with('"');
    let mut characters = written.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' if double => _ = characters.next(),
            '"' if double => return at + 1,
            '\'' if !double && characters.next_if(|(_, next)| *next == '\'').is_none() => return at + 1,
            _ => {}
        }
    }
    written.len()
}
