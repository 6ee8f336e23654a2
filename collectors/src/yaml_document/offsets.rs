//! From the parser's places, which count characters, to bytes.

use std::ops::Range;

use saphyr_parser::Span;

/// Where each character of a text begins.
#[derive(Debug)]
pub(super) struct Offsets {
    /// The offset of each character; none if all are of one byte.
    bytes: Option<Vec<usize>>,
    end: usize,
}

impl Offsets {
    /// The offsets of a text.
    pub(super) fn of(text: &str) -> Self {
        let bytes = (!text.is_ascii()).then(|| text.char_indices().map(|(at, _)| at).collect());
        Self { bytes, end: text.len() }
    }

    /// The offset of a character.
    pub(super) fn byte(&self, character: usize) -> usize {
        match &self.bytes {
            None => character.min(self.end),
            Some(bytes) => bytes.get(character).copied().unwrap_or(self.end),
        }
    }

    /// The bytes of a span.
    pub(super) fn range(&self, span: Span) -> Range<usize> {
        let start = self.byte(span.start.index());
        start..self.byte(span.end.index()).max(start)
    }
}
