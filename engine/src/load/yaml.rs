//! From YAML to nodes, by way of saphyr-parser's events.
//!
//! What rule files have no use for is refused: anchors, aliases, tags and further documents. See
//! [`super::limits`] for the bounds.

use std::collections::HashMap;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput};

use super::diagnostic::{Diagnostic, File};
use super::limits;
use super::node::{Content, Node};
use super::offsets::Offsets;
use super::scalar::Scalar;

/// A mistake after which reading cannot go on.
type Fatal = Box<Diagnostic>;

const SYNTAX: &str = "yaml::syntax";

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
        tree.take(event, span).map_err(|fatal| vec![*fatal])?;
    }
    match tree.root {
        _ if !tree.errors.is_empty() => Err(tree.errors),
        Some(root) => Ok(root),
        None => Err(vec![Diagnostic::new(file, "yaml::empty", "the file is empty", 0..0)]),
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
    Err(vec![Diagnostic::new(file, "yaml::control-character", message, at..at + c.len_utf8())])
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
        if let Some(tab) = self.indenting_tab(at) {
            let message = "this is not YAML: a line is indented by a tab";
            return self.error(SYNTAX, message, tab).advise("indent with spaces".to_owned());
        }
        let help = if info.contains("mapping values are not allowed") {
            Some("put text that holds `: ` in quotes".to_owned())
        } else if rest.starts_with(['`', '@', '%', '*', '&', '!', '|', '>']) {
            Some(format!("put text that begins with `{}` in quotes", &rest[..1]))
        } else {
            None
        };
        let error = self.error(SYNTAX, format!("this is not YAML: {info}"), at..at + length).advise(help);
        match self.open_bracket() {
            Some(bracket) => error.also(bracket, "this is still open"),
            None => error,
        }
    }

    /// The tab that indents the line at `at` or the one after it.
    fn indenting_tab(&self, at: usize) -> Option<Range<usize>> {
        let before = &self.file.text[..at.min(self.file.text.len())];
        let mut start = before.rfind('\n').map_or(0, |end| end + 1);
        for line in self.file.text[start..].split_inclusive('\n').take(2) {
            let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
            if let Some(tab) = indent.find('\t') {
                return Some(start + tab..start + tab + 1);
            }
            start += line.len();
        }
        None
    }

    /// The innermost list or mapping in brackets that is not closed.
    fn open_bracket(&self) -> Option<Range<usize>> {
        let start = self.open.last()?.start;
        self.file.text[start..].starts_with(['[', '{']).then_some(start..start + 1)
    }

    fn take(&mut self, event: Event<'_>, span: Range<usize>) -> Result<(), Fatal> {
        match event {
            Event::DocumentStart(_) => self.document(span),
            Event::Alias(_) => Err(Box::new(self.refused("an alias", span))),
            Event::Scalar(text, style, anchor, tag) => {
                self.plain_node(anchor, tag.is_some(), &span)?;
                let scalar = Scalar { text: text.into_owned(), style };
                let span = self.trimmed(span, &scalar);
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

    /// The place of a scalar itself. The parser adds the comment behind it to one in quotes, the line breaks
    /// at its end to one in a block, and gives an empty one the token that follows.
    fn trimmed(&self, span: Range<usize>, scalar: &Scalar) -> Range<usize> {
        let written = &self.file.text[span.clone()];
        let length = match scalar.style {
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => quoted(written),
            _ if scalar.text.is_empty() => 0,
            _ => written.trim_end().len(),
        };
        span.start..span.start + length
    }

    fn document(&mut self, span: Range<usize>) -> Result<(), Fatal> {
        self.documents += 1;
        if self.documents == 1 {
            return Ok(());
        }
        let message = "the file holds a second document";
        Err(Box::new(
            self.error("yaml::documents", message, span).advise("put it in a file of its own".to_owned()),
        ))
    }

    /// Refuses what stands in front of a node, and too many nodes.
    fn plain_node(&mut self, anchor: usize, tag: bool, span: &Range<usize>) -> Result<(), Fatal> {
        if anchor > 0 {
            return Err(Box::new(self.refused("an anchor", span.clone())));
        }
        if tag {
            return Err(Box::new(self.refused("a tag", span.clone())));
        }
        self.nodes += 1;
        if self.nodes > limits::NODES {
            let message = format!("the file holds more than {} values", limits::NODES);
            return Err(Box::new(self.error("yaml::too-large", message, span.clone())));
        }
        Ok(())
    }

    fn refused(&self, what: &str, span: Range<usize>) -> Diagnostic {
        let written = &self.file.text[span.clone()];
        let span = span.start..span.start + written.find(char::is_whitespace).unwrap_or(written.len());
        let message = format!("{what} has no place here");
        self.error("yaml::refused", message, span).advise("write the value out".to_owned())
    }

    fn open(&mut self, span: &Range<usize>, kind: OpenKind) -> Result<(), Fatal> {
        if self.open.len() == limits::DEPTH {
            return Err(Box::new(self.too_deep(span.clone())));
        }
        self.open.push(Open { start: self.dash_before(span.start), kind });
        Ok(())
    }

    /// The parser starts a list that is not indented behind its first dash.
    fn dash_before(&self, start: usize) -> usize {
        let (before, rest) = self.file.text.split_at(start);
        let line = before.rsplit('\n').next().unwrap_or_default();
        let at_dash = line.trim_start_matches(' ').trim_end() == "-" && !rest.starts_with(['[', '{', '-']);
        if at_dash { before.trim_end().len() - 1 } else { start }
    }

    fn too_deep(&self, span: Range<usize>) -> Diagnostic {
        let message = format!("lists and mappings nest deeper than {} levels", limits::DEPTH);
        self.error("yaml::too-deep", message, span)
    }

    /// Closes the innermost list or mapping. That of a block ends where its last member does; only
    /// brackets have a token of their own.
    fn end(&mut self, span: &Range<usize>) -> Result<(), Fatal> {
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
        let bracket = self.file.text[span.clone()].starts_with([']', '}']);
        let end = if bracket { span.start + 1 } else { last.unwrap_or(start) };
        self.close(Node { value, span: start..end })
    }

    /// Puts a complete node where it belongs.
    fn close(&mut self, node: Node) -> Result<(), Fatal> {
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.root = Some(node),
            Some(OpenKind::Sequence(elements)) => elements.push(node),
            Some(OpenKind::Mapping { members, key, keys }) => match key.take() {
                Some(key) => members.push((key, node)),
                None => {
                    let Some(name) = node.text().map(str::to_owned) else {
                        let message = "a key is text, and neither a list nor a mapping";
                        return Err(Box::new(self.error("yaml::key", message, node.span)));
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
        let error = self.error("yaml::duplicate-key", message, span);
        self.errors.push(error.label("again").also(earlier, "here first"));
    }
}

/// How long the quoted text is that `written` begins with.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> File {
        File { kind: "rule", name: "a file".to_owned(), text: text.into() }
    }

    fn tree(text: &str) -> Node {
        parse(&file(text)).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
    }

    /// What stands at a place of the file.
    fn written<'t>(text: &'t str, path: &[&str]) -> &'t str {
        let root = tree(text);
        let node = path.iter().fold(&root, |node, name| node.member(name).unwrap().1);
        &text[node.span.clone()]
    }

    #[test]
    fn every_value_knows_its_place() {
        let text = "\u{feff}# ä\nü: 'q''ö'   # c\r\nfolded: >-\n  one\n  two\n\n  three\n\nlast: { a: [ 1, 2 ] , b: }\nempty:\n";
        assert_eq!(written(text, &["ü"]), "'q''ö'");
        assert_eq!(written("a: \"x\\\"y\" # \"z\"\n", &["a"]), "\"x\\\"y\"");
        assert_eq!(written(text, &["folded"]), "one\n  two\n\n  three");
        assert_eq!(written(text, &["last"]), "{ a: [ 1, 2 ] , b: }");
        assert_eq!(written(text, &["last", "a"]), "[ 1, 2 ]");
        assert_eq!(written(text, &["last", "b"]), "");
        assert_eq!(written(text, &["empty"]), "");
        assert_eq!(written("a:\n  b: 1\n  c: x y\n\n# end\n", &["a"]), "b: 1\n  c: x y");
        assert_eq!(written("a:\n- 1\n- 2\n", &["a"]), "- 1\n- 2");
    }

    /// What stands where `inner` of the scalar's text is.
    fn inside<'t>(text: &'t str, inner: &str) -> &'t str {
        let node = tree(text);
        let (_, node) = node.member("k").unwrap();
        let Content::Scalar(scalar) = &node.value else { panic!("{node:?}") };
        let start = scalar.text.find(inner).unwrap();
        &text[scalar.locate(text, &node.span, &(start..start + inner.len()))]
    }

    #[test]
    fn every_character_of_a_scalar_knows_its_place() {
        assert_eq!(inside("k: plain öne here\n", "here"), "here");
        assert_eq!(inside("k: 'it''s ''here'''\n", "here"), "here");
        assert_eq!(inside("k: 'it''s'\n", "t's"), "t''s");
        assert_eq!(inside(r#"k: "\u00e4\x41\t\"ö\" here""#, "here"), "here");
        assert_eq!(inside(r#"k: "\u00e4\\d(""#, "("), "(");
        assert_eq!(inside("k: two lines\n  and here too\n", "here"), "here");
        assert_eq!(inside("k: \"two lines\n\n  and here\"\n", "here"), "here");
        assert_eq!(inside("k: |\n    first\n      here\n\n    and there\n", "there"), "there");
        assert_eq!(inside("k: |2\n    first\n  here\n", "here"), "here");
        assert_eq!(inside("k: >-\n  one\n  two\n\n  three here\n  x\n", "here"), "here");
    }

    #[test]
    fn what_cannot_be_followed_is_the_whole_scalar() {
        assert_eq!(inside("k: \"a\\\n  b here\"\n", "here"), "\"a\\\n  b here\"");
    }

    #[test]
    fn keys_of_different_mappings_may_be_the_same() {
        tree("a: { x: 1 }\nb: { x: 1 }\nc: [ { x: 1 }, { x: 1 } ]\n");
        let errors = parse(&file("a: 1\nb: { x: 1, x: 2 }\na: 2\n'a': 3\n")).unwrap_err();
        assert_eq!(errors.len(), 3);
    }
}
