//! Queries over facts: JSONPath as RFC 9535 has it, and nothing beyond.
//!
//! ```text
//! text ──scan, syntax──▶ the parser's tree ──compile, typing──▶ Query ──evaluate──▶ values, locations
//! ```
//!
//! A [`Query`] is compiled once, to plain data that built-in rules embed. What a rule may not do is
//! refused when it is parsed: an ill-typed call, a bad regex, a function that the RFC has not, a text or
//! a nesting beyond all use. Running it takes a bounded number of steps.

mod ast;
mod budget;
mod compare;
mod compile;
mod error;
mod evaluate;
mod filter;
mod iregexp;
mod prefix;
mod scan;
mod syntax;
mod touch;
mod trail;
mod typing;

pub use ast::{Comparator, Filter, Operand, Path, Regexp, Scope, Segment, Selector, Slice};
pub use error::{BudgetExceeded, ParseError};
pub use iregexp::Pattern;
pub use touch::Touch;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::snapshot::Location;
use budget::{Budget, STEPS};
use evaluate::Evaluation;
use trail::{Node, Tracked, Untracked};

/// A compiled query, absolute (`$…`) or relative to the current element (`@…`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Query {
    text: String,
    path: Path,
}

/// A selected value, and where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Located<'v> {
    /// The value, within the document.
    pub value: &'v Value,
    /// Its place, from the root.
    pub location: Location,
}

impl Query {
    /// Compiles an absolute query, `$…`.
    ///
    /// # Errors
    /// When the text is not a well-typed query of RFC 9535, holds a bad regex, is longer than 4096 bytes or
    /// nests deeper than 32 levels.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        if text.starts_with('$') {
            return Self::compile(text, text, Path::Root);
        }
        let error = ParseError::new("a query starts with `$`, the root of the facts", start_of(text));
        Err(match text.strip_prefix('@') {
            Some(_) => error.with_help("`@`, the current element, has a meaning inside `each` only"),
            None => error.with_help(with_start("$", text)),
        })
    }

    /// Compiles an absolute query, `$…`, or one that is relative to the current element, `@…`.
    ///
    /// # Errors
    /// As [`Query::parse`].
    pub fn parse_relative(text: &str) -> Result<Self, ParseError> {
        match text.strip_prefix('@') {
            // The same grammar, and each byte stays where it is.
            Some(rest) => Self::compile(text, &format!("${rest}"), Path::Current),
            None if text.starts_with('$') => Self::parse(text),
            None => {
                let message = "a query starts with `$`, the root of the facts, or `@`, the current element";
                Err(ParseError::new(message, start_of(text)).with_help(with_start("@", text)))
            }
        }
    }

    fn compile(text: &str, absolute: &str, start: fn(Vec<Segment>) -> Path) -> Result<Self, ParseError> {
        let scan = scan::scan(absolute)?;
        let tree = syntax::parse(absolute, &scan)?;
        Ok(Self { text: text.to_owned(), path: start(compile::compile(absolute, &scan, tree)?) })
    }

    /// The query as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the query starts at the current element, `@`.
    pub fn is_relative(&self) -> bool {
        matches!(self.path, Path::Current(_))
    }

    /// Whether the query can select one value at most: it is made of names and indices only.
    pub fn is_singular(&self) -> bool {
        self.path.is_singular()
    }

    /// The segments, for those who check a query against what facts there can be.
    pub fn segments(&self) -> &[Segment] {
        self.path.segments()
    }

    /// The leading names: `kernel`, `config`, `X` of `$.kernel.config['X'].flags[*]`. Empty for a query that
    /// begins with anything else.
    pub fn literal_prefix(&self) -> Vec<&str> {
        prefix::literal_prefix(&self.path)
    }

    /// The leading names of everything that the query reads from the root: its own if it is absolute, and
    /// those of each absolute query inside its filters, sorted. Where a segment names several members, as in
    /// `$.files['/a', '/b'].mode`, there is one for each. An empty one stands for the whole document.
    pub fn prefixes(&self) -> Vec<Vec<String>> {
        prefix::prefixes(&self.path)
    }

    /// The values that the query selects, in the order of RFC 9535. An absolute query starts at `root`, a
    /// relative one at `current`, which is a value inside `root`.
    ///
    /// # Errors
    /// When the query visits so many values that it was stopped.
    pub fn select<'v>(&self, root: &'v Value, current: &'v Value) -> Result<Vec<&'v Value>, BudgetExceeded> {
        let start = Node { value: self.start(root, current), place: () };
        let mut evaluation = Evaluation::new(root, Budget::new(STEPS));
        let nodes = evaluation.nodes(self.segments(), start, &mut Untracked)?;
        Ok(nodes.into_iter().map(|node| node.value).collect())
    }

    /// The values that the query selects, as [`Query::select`], and where they are. `base` is the location
    /// of `current`.
    ///
    /// # Errors
    /// As [`Query::select`].
    pub fn locate<'v>(
        &self,
        root: &'v Value,
        current: &'v Value,
        base: &Location,
    ) -> Result<Vec<Located<'v>>, BudgetExceeded> {
        let from_root = Location::default();
        let base = if self.is_relative() { base } else { &from_root };
        let start = Node { value: self.start(root, current), place: None };
        let mut trail = Tracked::default();
        let mut evaluation = Evaluation::new(root, Budget::new(STEPS));
        let nodes = evaluation.nodes(self.segments(), start, &mut trail)?;
        let located = nodes.into_iter().map(|node| {
            let location = trail.location(base, node.place, &mut evaluation.budget)?;
            Ok(Located { value: node.value, location })
        });
        located.collect()
    }

    fn start<'v>(&self, root: &'v Value, current: &'v Value) -> &'v Value {
        if self.is_relative() { current } else { root }
    }

    /// Whether a gap in the facts can change what the query selects, or what is inside the values that it
    /// selects. `base` is the location of the current element. Errs on the side of a touch.
    pub fn touches(&self, base: &Location, gap: &Location) -> Option<Touch> {
        touch::touches(&self.path, base, gap)
    }
}

/// The text as it was written.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// The first character.
fn start_of(text: &str) -> std::ops::Range<usize> {
    0..text.chars().next().map_or(0, char::len_utf8)
}

/// What to write instead of a text that starts nowhere; as much of it as a message has room for.
fn with_start(start: &str, text: &str) -> String {
    let path = text.trim().trim_start_matches(['$', '@', '.']);
    let path = path.char_indices().nth(60).map_or(path, |(end, _)| &path[..end]);
    let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
    format!("write `{start}{dot}{path}`")
}

#[cfg(test)]
mod tests;
