//! A compiled query: plain data, so that built-in rules carry their queries ready to run.
//!
//! The variants are as in the grammar of RFC 9535. Their serialized names are short because every
//! rule of every embedded pack holds some.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::iregexp::Pattern;

/// Where a query starts, and the segments that lead on from there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Path {
    /// `$…`: from the root of the document.
    Root(Vec<Segment>),
    /// `@…`: from the current element.
    Current(Vec<Segment>),
}

/// One step of a query: from each node so far to some of its children or descendants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Segment {
    /// `.name`, `.*` or `[…]`: what the selectors, in turn, select among the children.
    Child(Vec<Selector>),
    /// `..name`, `..*` or `..[…]`: the same for the node itself and each of its descendants.
    Descendant(Vec<Selector>),
}

/// What a segment selects among the children of a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Selector {
    /// `.name` or `['name']`: the member of an object.
    Name(String),
    /// `.*` or `[*]`: all members or elements.
    Wildcard,
    /// `[0]`: the element of a list; a negative one counts from the end.
    Index(i64),
    /// `[1:5:2]`: some elements of a list.
    Slice(Slice),
    /// `[?…]`: the members or elements for which the filter holds.
    Filter(Filter),
}

/// `[start:end:step]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// The first element; negative counts from the end.
    pub start: Option<i64>,
    /// The element to stop before; negative counts from the end.
    pub end: Option<i64>,
    /// How far to go each time: backwards if negative, nowhere if zero.
    pub step: i64,
}

/// What must hold for the current child (`@`) to be selected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Filter {
    /// `a || b`.
    Or(Vec<Filter>),
    /// `a && b`.
    And(Vec<Filter>),
    /// `!a`.
    Not(Box<Filter>),
    /// A query alone: it selects something.
    Exists(Path),
    /// `a == b` and its kin.
    Compare(Operand, Comparator, Operand),
    /// `match(a, 'b')` or `search(a, 'b')`: the first is a string and matches the regex.
    Matches(Operand, Regexp),
}

/// How two operands are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// Something that is one value, or nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Operand {
    /// A number, string, boolean or `null`.
    Literal(#[serde(with = "crate::json_text")] Value),
    /// What a singular query selects.
    Path(Path),
    /// `length(a)`: the characters of a string, the elements of a list or the members of an object.
    Length(Box<Operand>),
    /// `count(query)`: how many values the query selects.
    Count(Path),
    /// `value(query)`: the value, if the query selects exactly one.
    Value(Path),
}

/// The second argument of `match` and `search`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Regexp {
    /// A literal, checked when the query was parsed.
    Literal(Pattern),
    /// A regex that is a value of the document; one that is none matches nothing.
    Computed(Operand, Scope),
}

/// How much of the string a regex has to cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// All of it: `match`.
    Whole,
    /// Any part of it: `search`.
    Part,
}

impl Path {
    /// The segments, wherever they start.
    pub fn segments(&self) -> &[Segment] {
        match self {
            Self::Root(segments) | Self::Current(segments) => segments,
        }
    }

    /// Whether the path can select one value at most: names and indices only.
    pub fn is_singular(&self) -> bool {
        self.segments().iter().all(|segment| segment.single().is_some())
    }
}

impl Segment {
    /// What the segment selects by.
    pub fn selectors(&self) -> &[Selector] {
        match self {
            Self::Child(selectors) | Self::Descendant(selectors) => selectors,
        }
    }

    /// The selector of a segment that leads from one node to one child at most.
    pub fn single(&self) -> Option<&Selector> {
        match self {
            Self::Child(selectors) => match selectors.as_slice() {
                [selector @ (Selector::Name(_) | Selector::Index(_))] => Some(selector),
                _ => None,
            },
            Self::Descendant(_) => None,
        }
    }
}
