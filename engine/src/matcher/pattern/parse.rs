//! From text to a pattern that is sure to compile.

use std::ops::Range;

use regex_syntax::ast::parse::Parser;
use regex_syntax::hir::translate::Translator;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::ascii::with_ascii_classes;

/// What a compiled pattern may occupy, in bytes.
pub(super) const SIZE_LIMIT: usize = 1 << 20;

/// How long a pattern may be, in bytes.
const LENGTH_LIMIT: usize = 4096;

/// Why a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PatternError {
    /// What is wrong, on one line.
    pub message: String,
    /// Where: a range of bytes of the pattern.
    pub span: Range<usize>,
}

/// Checks a pattern without compiling it: one that passes compiles.
///
/// # Errors
/// When it is malformed, longer than 4096 bytes, or its repetitions make it too large.
pub fn check(pattern: &str) -> Result<(), PatternError> {
    parse(pattern).map(|_| ())
}

/// A pattern that passed the check.
pub(super) struct Parsed {
    /// The pattern with ASCII classes in place of the Unicode ones.
    pub(super) ascii: String,
    pub(super) hir: Hir,
}

/// Parses and checks a pattern.
///
/// # Errors
/// As [`check`].
pub(super) fn parse(text: &str) -> Result<Parsed, PatternError> {
    if text.len() > LENGTH_LIMIT {
        let message = format!("a pattern of {} bytes is too long: at most {LENGTH_LIMIT}", text.len());
        return Err(PatternError { message, span: 0..0 });
    }
    let tree = Parser::new().parse(text).map_err(|error| PatternError {
        message: error.kind().to_string(),
        span: error.span().start.offset..error.span().end.offset,
    })?;
    let ascii = with_ascii_classes(text, &tree);
    // What is wrong from here on has its place in the rewritten text, so the whole pattern is to blame.
    let refused = |message: String| PatternError { message, span: 0..text.len() };
    let tree = Parser::new().parse(&ascii).map_err(|error| refused(error.kind().to_string()))?;
    let hir =
        Translator::new().translate(&ascii, &tree).map_err(|error| refused(error.kind().to_string()))?;
    if weigh(&hir) > SIZE_LIMIT {
        return Err(too_large(text));
    }
    Ok(Parsed { ascii, hir })
}

/// The error for a pattern that would take too much memory.
pub(super) fn too_large(text: &str) -> PatternError {
    PatternError {
        message: "the pattern is too large when its repetitions are written out".to_owned(),
        span: 0..text.len(),
    }
}

/// How many bytes the compiled pattern takes, rather too many than too few: measured with the `regex`
/// crate for each kind of part.
fn weigh(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 32,
        HirKind::Literal(literal) => 32 * literal.0.len(),
        // A range beyond ASCII is some sequences of bytes.
        HirKind::Class(Class::Unicode(class)) if !class.is_ascii() => 1024 + 96 * class.ranges().len(),
        HirKind::Class(Class::Unicode(class)) => 64 + 16 * class.ranges().len(),
        HirKind::Class(Class::Bytes(class)) => 64 + 16 * class.ranges().len(),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min).max(repetition.min).max(1);
            (weigh(&repetition.sub).saturating_add(64)).saturating_mul(times as usize)
        }
        HirKind::Capture(capture) => weigh(&capture.sub).saturating_add(96),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().fold(64, |sum, part| sum.saturating_add(weigh(part)).saturating_add(32))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Pattern;
    use super::*;

    #[test]
    fn a_malformed_pattern_is_refused_at_its_place() {
        for (pattern, span) in [
            ("a(b", 1..2),
            ("a[b", 1..2),
            ("*a", 0..0),
            ("a{2,1}", 1..6),
            (r"a\q", 1..3),
            ("(?=a)", 0..3),
            (r"\p{Nope}", 0..8),
        ] {
            assert_eq!(check(pattern).unwrap_err().span, span, "{pattern}");
        }
        assert!(check(&"a".repeat(5000)).is_err());
    }

    #[test]
    fn an_oversized_pattern_is_refused_before_it_is_compiled() {
        for pattern in
            [r"\p{L}{100}", "(a{1000}){1000}", "((((.{9}){9}){9}){9}){9}", "[^a]{0,4000}", r"(\w{100}){100}"]
        {
            assert!(check(pattern).unwrap_err().message.contains("too large"), "{pattern}");
        }
        assert!(check(&"(".repeat(2000)).is_err());
    }

    #[test]
    fn what_passes_the_check_compiles() {
        let parts = [
            "a",
            "[a-c]",
            r"[\w.-]",
            "[^a]",
            ".",
            "(?s:.)",
            r"\p{L}",
            r"\P{Greek}",
            "(a?)",
            "(a|b|c)",
            "(foo|bar)",
            "(?i:foo)",
            "(?i:\\p{Lu})",
            "é",
            "(é|ü)",
            "[é-ü]",
            "(.*,)",
            r"\W",
            r"\b",
            "(a*)*",
            "[a-zé]",
            r"[\x{800}-\x{10000}]",
            "(?i:ß)",
        ];
        for part in parts {
            // The largest number of repetitions that passes.
            let repeated = |times: usize| format!("(?:{part}){{{times}}}");
            let (mut passes, mut fails) = (1, 100_000);
            while fails - passes > 1 {
                let middle = usize::midpoint(passes, fails);
                if check(&repeated(middle)).is_ok() { passes = middle } else { fails = middle }
            }
            let pattern = repeated(passes);
            assert!(Pattern::new(&pattern).is_ok(), "{pattern}");
        }
    }
}
