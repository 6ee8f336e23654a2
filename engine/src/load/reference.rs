//! References.

use super::node::Node;
use super::reader::Reader;
use crate::rule::Reference;

impl Reader<'_> {
    /// A page, or a control of a benchmark.
    pub(super) fn reference(&mut self, node: &Node) -> Option<Reference> {
        if node.member("benchmark").or(node.member("control")).is_some() {
            return self.control(node);
        }
        let fields = self.fields(node, "a reference", &["title", "url"])?;
        let title = self.need(&fields, "title", Self::words);
        let url = self.need(&fields, "url", Self::url);
        Some(Reference::Page { title: title?, url: url? })
    }

    fn control(&mut self, node: &Node) -> Option<Reference> {
        let fields = self.fields(node, "a control of a benchmark", &["benchmark", "control"])?;
        let benchmark = self.need(&fields, "benchmark", Self::tag);
        let control = self.need(&fields, "control", Self::words);
        Some(Reference::Control { benchmark: benchmark?, control: control? })
    }

    fn url(&mut self, node: &Node) -> Option<String> {
        let url = self.text(node)?;
        let host = url.strip_prefix("https://").unwrap_or_default();
        if host.starts_with(|c: char| c.is_ascii_alphanumeric()) && !url.contains(char::is_whitespace) {
            return Some(url);
        }
        let error = self.error("bad-url", format!("`{url}` is not an https address"), &node.span);
        let help = url.strip_prefix("http://").map(|rest| format!("write `https://{rest}`"));
        self.fail(error.advise(help))
    }
}
