//! The tree of a file: every value knows its place.

use std::ops::Range;

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
