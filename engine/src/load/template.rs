//! Templates: parsed, and their paths and parameters checked.

use super::node::Node;
use super::path::Scope;
use super::reader::Reader;
use crate::template::{self, Insert, Part, Source, Template};

impl<'a> Reader<'a> {
    /// A template that says something.
    pub(super) fn template(&mut self, node: &Node, scope: &Scope<'a>) -> Option<Template> {
        self.words(node)?;
        self.template_or_nothing(node, scope)
    }

    /// A template, possibly empty.
    pub(super) fn template_or_nothing(&mut self, node: &Node, scope: &Scope<'a>) -> Option<Template> {
        let text = self.text(node)?;
        let parsed = match template::parse(&text, scope.noun()) {
            Ok(parsed) => parsed,
            Err(fault) => {
                let span = self.inside(node, &fault.span);
                let error = self.error("template::syntax", fault.message, &span);
                return self.fail(error.advise(fault.help));
            }
        };
        let inserts = parsed.template.parts.iter().filter_map(|part| match part {
            Part::Insert(Insert { source, .. }) => Some(source),
            Part::Text(_) => None,
        });
        for (source, span) in inserts.zip(&parsed.sources) {
            match source {
                Source::Fact(query) => {
                    // `{{ mount.target }}` is the path `@.target`.
                    let shift = span.end.saturating_sub(query.text().len());
                    self.resolve(query, node, shift, scope).map(drop)
                }
                Source::Param(name) => self.parameter(name, node, span).map(drop),
                Source::Actual | Source::Expected | Source::Subject => Some(()),
            }?;
        }
        Some(parsed.template)
    }
}
