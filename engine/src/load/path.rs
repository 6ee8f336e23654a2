//! Paths to facts: parsed, and checked against the catalogue.

use super::node::Node;
use super::reader::Reader;
use crate::catalogue::{Fact, Kind, kinds};
use crate::jsonpath::Query;

/// What relative paths start from.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope<'c> {
    pub(super) elements: Option<Elements<'c>>,
}

/// The elements that `each` looks at.
#[derive(Debug, Clone)]
pub(super) struct Elements<'c> {
    /// What each is called.
    pub(super) noun: String,
    /// What each may be; `None` if that is not known.
    pub(super) facts: Option<Vec<&'c Fact>>,
}

/// A path, and what it may select.
pub(super) struct Resolved<'c> {
    pub(super) query: Query,
    /// `None` if that is not known: there is no catalogue, or a mistake was noted.
    pub(super) facts: Option<Vec<&'c Fact>>,
}

impl<'c> Resolved<'c> {
    /// The types of the values that it may select.
    pub(super) fn kinds(&self) -> Option<Vec<&'c Kind>> {
        self.facts.as_ref().map(|facts| kinds(facts))
    }
}

impl Scope<'_> {
    /// What an element is called, inside `each`.
    pub(super) fn noun(&self) -> Option<&str> {
        self.elements.as_ref().map(|elements| elements.noun.as_str())
    }
}

impl<'a> Reader<'a> {
    /// A path.
    pub(super) fn path(&mut self, node: &Node, scope: &Scope<'a>) -> Option<Resolved<'a>> {
        let text = self.text(node)?;
        let parsed = match scope.elements {
            Some(_) => Query::parse_relative(&text),
            None => Query::parse(&text),
        };
        match parsed {
            Ok(query) => {
                let facts = self.resolve(&query, node, 0, scope).flatten();
                Some(Resolved { query, facts })
            }
            Err(fault) => {
                let span = self.inside(node, &fault.span);
                let error = self.error("path::syntax", fault.message, &span);
                self.fail(error.advise(fault.help))
            }
        }
    }

    /// What a query may select, if that is known. Its text begins `shift` bytes into the node's.
    pub(super) fn resolve(
        &mut self,
        query: &Query,
        node: &Node,
        shift: usize,
        scope: &Scope<'a>,
    ) -> Option<Option<Vec<&'a Fact>>> {
        let Some(catalogue) = self.vocabulary.catalogue else { return Some(None) };
        let elements = match &scope.elements {
            Some(elements) if query.is_relative() => match elements.facts.as_deref() {
                Some(facts) => facts,
                None => return Some(None),
            },
            _ => &[],
        };
        match catalogue.resolve(query, elements) {
            Ok(facts) => Some(Some(facts)),
            Err(fault) => {
                let span = self.inside(node, &(shift + fault.span.start..shift + fault.span.end));
                let error = self.error("path::unknown-fact", fault.message, &span);
                self.fail(error.advise(fault.help))
            }
        }
    }
}
