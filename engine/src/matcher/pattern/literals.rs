//! Patterns that are plain texts, which need no regex engine.

use regex_syntax::hir::literal::Extractor;
use regex_syntax::hir::{Hir, HirKind, Look};

/// One of some texts, at the start, at the end, or anywhere.
#[derive(Debug)]
pub(super) struct Literals {
    at_start: bool,
    at_end: bool,
    texts: Vec<String>,
}

impl Literals {
    /// The texts that the pattern stands for, if these are few.
    pub(super) fn of(hir: &Hir) -> Option<Self> {
        let parts = match hir.kind() {
            HirKind::Concat(parts) => parts.as_slice(),
            _ => std::slice::from_ref(hir),
        };
        let is = |look: Look| move |part: &Hir| *part.kind() == HirKind::Look(look);
        let (at_start, parts) = match parts {
            [first, rest @ ..] if is(Look::Start)(first) => (true, rest),
            _ => (false, parts),
        };
        let (at_end, parts) = match parts {
            [rest @ .., last] if is(Look::End)(last) => (true, rest),
            _ => (false, parts),
        };
        let middle = Hir::concat(parts.to_vec());
        if !middle.properties().look_set().is_empty() {
            return None;
        }
        let sequence = Extractor::new().extract(&middle);
        if !sequence.is_exact() {
            return None;
        }
        let texts =
            sequence.literals()?.iter().map(|literal| String::from_utf8(literal.as_bytes().to_vec()).ok());
        Some(Self { at_start, at_end, texts: texts.collect::<Option<_>>()? })
    }

    /// Whether one of them is found in the text.
    pub(super) fn is_match(&self, text: &str) -> bool {
        let found: fn(&str, &str) -> bool = match (self.at_start, self.at_end) {
            (true, true) => |text, literal| text == literal,
            (true, false) => |text, literal| text.starts_with(literal),
            (false, true) => |text, literal| text.ends_with(literal),
            (false, false) => |text, literal| text.contains(literal),
        };
        self.texts.iter().any(|literal| found(text, literal))
    }
}
