//! Regular expressions: checked when a rule is loaded, compiled when the first value reaches them.
//!
//! The notation is that of the `regex` crate, searched for unanchored. `\d`, `\s`, `\w` and `\b` mean
//! ASCII, because node configuration is ASCII and their Unicode tables cost ten times the memory; `.`
//! and `[^…]` take whole characters.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use regex::{Regex, RegexBuilder};
use regex_syntax::ast::{self, Ast};
use regex_syntax::hir::literal::Extractor;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// What a compiled pattern may occupy, in bytes.
const SIZE_LIMIT: usize = 1 << 20;

/// What the cache of one pattern's automaton may occupy, in bytes.
const DFA_SIZE_LIMIT: usize = 256 << 10;

/// How long a pattern may be, in bytes.
const LENGTH_LIMIT: usize = 4096;

/// How much a pattern may [`weigh`]; what is lighter compiles within [`SIZE_LIMIT`].
const WEIGHT_LIMIT: u64 = 4_000;

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

/// The patterns of one run, each compiled once.
#[derive(Debug, Default)]
pub struct Patterns {
    compiled: RwLock<HashMap<String, Arc<Pattern>>>,
}

impl Patterns {
    /// The pattern, compiled by the first who asks for it.
    ///
    /// # Errors
    /// As [`check`].
    pub fn get(&self, text: &str) -> Result<Arc<Pattern>, PatternError> {
        // A map of finished patterns is sound even if a thread died with the lock.
        if let Some(pattern) = self.compiled.read().unwrap_or_else(PoisonError::into_inner).get(text) {
            return Ok(Arc::clone(pattern));
        }
        let pattern = Arc::new(Pattern::new(text)?);
        let mut compiled = self.compiled.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(compiled.entry(text.to_owned()).or_insert(pattern)))
    }
}

/// A pattern that is ready to match.
#[derive(Debug)]
pub struct Pattern(Kind);

#[derive(Debug)]
enum Kind {
    /// One of these texts: as most patterns of rules are.
    Literals {
        at_start: bool,
        at_end: bool,
        literals: Vec<String>,
    },
    Regex(Regex),
}

impl Pattern {
    fn new(text: &str) -> Result<Self, PatternError> {
        let Parsed { ascii, hir } = parse(text)?;
        if let Some(literals) = literals(&hir) {
            return Ok(Self(literals));
        }
        let regex = RegexBuilder::new(&ascii).size_limit(SIZE_LIMIT).dfa_size_limit(DFA_SIZE_LIMIT).build();
        regex.map(|regex| Self(Kind::Regex(regex))).map_err(|_| too_large(text))
    }

    /// Whether the pattern is found in the text.
    pub fn is_match(&self, text: &str) -> bool {
        match &self.0 {
            Kind::Literals { at_start, at_end, literals } => {
                let found: fn(&str, &str) -> bool = match (at_start, at_end) {
                    (true, true) => |text, literal| text == literal,
                    (true, false) => |text, literal| text.starts_with(literal),
                    (false, true) => |text, literal| text.ends_with(literal),
                    (false, false) => |text, literal| text.contains(literal),
                };
                literals.iter().any(|literal| found(text, literal))
            }
            Kind::Regex(regex) => regex.is_match(text),
        }
    }
}

struct Parsed {
    /// The pattern with ASCII classes in place of the Unicode ones.
    ascii: String,
    hir: Hir,
}

fn parse(text: &str) -> Result<Parsed, PatternError> {
    if text.len() > LENGTH_LIMIT {
        let message = format!("a pattern of {} bytes is too long: at most {LENGTH_LIMIT}", text.len());
        return Err(PatternError { message, span: 0..0 });
    }
    let error = |message: String, span: &ast::Span| PatternError {
        message,
        span: span.start.offset..span.end.offset,
    };
    let tree = ast::parse::Parser::new().parse(text).map_err(|e| error(e.kind().to_string(), e.span()))?;
    let ascii = with_ascii_classes(text, &tree);
    let tree =
        ast::parse::Parser::new().parse(&ascii).map_err(|e| error(e.kind().to_string(), &whole(text)))?;
    let hir = regex_syntax::hir::translate::Translator::new()
        .translate(&ascii, &tree)
        .map_err(|e| error(e.kind().to_string(), &whole(text)))?;
    if weigh(&hir) > WEIGHT_LIMIT {
        return Err(too_large(text));
    }
    Ok(Parsed { ascii, hir })
}

fn whole(text: &str) -> ast::Span {
    let end = ast::Position { offset: text.len(), line: 1, column: 1 };
    ast::Span::new(ast::Position { offset: 0, line: 1, column: 1 }, end)
}

fn too_large(text: &str) -> PatternError {
    PatternError {
        message: "the pattern is too large when its repetitions are written out".to_owned(),
        span: 0..text.len(),
    }
}

/// Replaces `\d`, `\s`, `\w`, `\b` and their negations by what they mean for ASCII.
fn with_ascii_classes(text: &str, tree: &Ast) -> String {
    let Ok(classes) = ast::visit(tree, AsciiClasses::default());
    let mut ascii = String::with_capacity(text.len());
    let mut done = 0;
    for (span, replacement) in classes {
        ascii.push_str(text.get(done..span.start).unwrap_or_default());
        ascii.push_str(replacement);
        done = span.end;
    }
    ascii.push_str(text.get(done..).unwrap_or_default());
    ascii
}

/// The places of the Unicode classes, in order, and what to write there.
#[derive(Default)]
struct AsciiClasses(Vec<(Range<usize>, &'static str)>);

impl AsciiClasses {
    fn replace(&mut self, span: &ast::Span, replacement: &'static str) {
        self.0.push((span.start.offset..span.end.offset, replacement));
    }

    fn replace_class(&mut self, class: &ast::ClassPerl) {
        // A class within brackets is as good as one alone.
        let replacement = match (&class.kind, class.negated) {
            (ast::ClassPerlKind::Digit, false) => "[[:digit:]]",
            (ast::ClassPerlKind::Digit, true) => "[[:^digit:]]",
            (ast::ClassPerlKind::Space, false) => "[[:space:]]",
            (ast::ClassPerlKind::Space, true) => "[[:^space:]]",
            (ast::ClassPerlKind::Word, false) => "[[:word:]]",
            (ast::ClassPerlKind::Word, true) => "[[:^word:]]",
        };
        self.replace(&class.span, replacement);
    }
}

impl ast::Visitor for AsciiClasses {
    type Output = Vec<(Range<usize>, &'static str)>;
    type Err = std::convert::Infallible;

    fn finish(self) -> Result<Self::Output, Self::Err> {
        Ok(self.0)
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Self::Err> {
        match ast {
            Ast::ClassPerl(class) => self.replace_class(class),
            Ast::Assertion(assertion) if assertion.kind == ast::AssertionKind::WordBoundary => {
                self.replace(&assertion.span, r"(?-u:\b)");
            }
            _ => {}
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ast::ClassSetItem) -> Result<(), Self::Err> {
        if let ast::ClassSetItem::Perl(class) = item {
            self.replace_class(class);
        }
        Ok(())
    }
}

/// The texts that the pattern stands for, if these are few.
fn literals(hir: &Hir) -> Option<Kind> {
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
    Some(Kind::Literals { at_start, at_end, literals: texts.collect::<Option<_>>()? })
}

/// About how many states the compiled pattern has.
fn weigh(hir: &Hir) -> u64 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len() as u64,
        // A range beyond ASCII is some sequences of bytes.
        HirKind::Class(Class::Unicode(class)) if !class.is_ascii() => 4 * class.ranges().len() as u64 + 4,
        HirKind::Class(_) => 2,
        HirKind::Repetition(repetition) => {
            let times =
                u64::from(repetition.max.unwrap_or(repetition.min)).max(u64::from(repetition.min)).max(1);
            weigh(&repetition.sub).saturating_add(1).saturating_mul(times)
        }
        HirKind::Capture(capture) => weigh(&capture.sub) + 2,
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(weigh).fold(1, u64::saturating_add)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_match(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern).unwrap().is_match(text)
    }

    #[test]
    fn literal_patterns_need_no_engine_and_match_alike() {
        for (pattern, text, expected) in [
            ("systemd", "x.systemd.y", true),
            ("^systemd", "systemd-resolved", true),
            ("^systemd", "x-systemd", false),
            ("[.]service$", "docker.service", true),
            ("[.]service$", "docker.service.d", false),
            ("^(1|true|on)$", "on", true),
            ("^(1|true|on)$", "one", false),
            ("^(1|true|on)$", "on\n", false),
            ("^$", "", true),
            ("^$", "a", false),
            ("", "anything", true),
            ("(?i)^yes$", "YeS", true),
            ("colou?r", "a color", true),
            ("ab{2}$", "abb", true),
            ("é", "café", true),
        ] {
            let compiled = Pattern::new(pattern).unwrap();
            assert!(matches!(compiled.0, Kind::Literals { .. }), "{pattern} is literal");
            assert_eq!(compiled.is_match(text), expected, "{pattern} in {text}");
            assert_eq!(
                Regex::new(pattern).unwrap().is_match(text),
                expected,
                "{pattern} in {text} by the engine"
            );
        }
    }

    #[test]
    fn what_looks_around_is_not_taken_for_a_literal() {
        for (pattern, text, expected) in [
            (r"\bon\b", "on", true),
            (r"\bon\b", "one", false),
            ("(?m)^b$", "a\nb\nc", true),
            ("^a|b$", "xb", true),
            ("^a|b$", "bx", false),
            ("(^a|^b)c", "xac", false),
            ("a+", "caat", true),
            ("a^b", "ab", false),
        ] {
            assert!(matches!(Pattern::new(pattern).unwrap().0, Kind::Regex(_)), "{pattern} needs the engine");
            assert_eq!(is_match(pattern, text), expected, "{pattern} in {text}");
        }
    }

    #[test]
    fn perl_classes_are_ascii_and_dots_are_whole_characters() {
        for (pattern, text, expected) in [
            (r"^\d+$", "42", true),
            (r"^\d+$", "٤٢", false),
            (r"^\w+$", "café", false),
            (r"^[\w.-]+$", "a.b-c_d", true),
            (r"^[^\w]+$", "é!", true),
            (r"^\W$", "é", true),
            (r"^[\D]$", "é", true),
            (r"^\S+$", "a\u{a0}b", true),
            (r"a\sb", "a\tb", true),
            (r"^.$", "é", true),
            (r"^[^a]$", "é", true),
            (r"^.{3}$", "日本語", true),
            (r"é\b", "éa", true),
            (r"\\d", r"\d", true),
            (r"[[:digit:]\d]", "5", true),
            (r"\p{Greek}", "α", true),
            (r"(?i)É", "é", true),
        ] {
            assert_eq!(is_match(pattern, text), expected, "{pattern} in {text}");
        }
    }

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
        for pattern in [
            r"\w{1000}",
            r"[^a]{400}",
            r".{480}",
            r"\p{L}",
            r"(?i)[a-z]{900}",
            r"(?i)\bkubelet\b",
            r"(\d{1,3}\.){3}\d{1,3}",
            r"(é|ü|ß){300}",
            r"\P{Greek}{10}",
            r"(?s).{700}",
            r"(a?){900}",
            r"(a|b|c|d){500}",
            r"[\w-]+@\w+\.\w+",
            r"(?i)ﬀoo(bar){200}",
            "(.*,){99}x",
        ] {
            let checked = check(pattern);
            assert!(checked.is_ok(), "{pattern}: {checked:?}");
            assert!(Pattern::new(pattern).is_ok(), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_is_compiled_once() {
        let patterns = Patterns::default();
        let first = patterns.get("a+b").unwrap();
        assert!(Arc::ptr_eq(&first, &patterns.get("a+b").unwrap()));
        assert!(patterns.get("a(").is_err());
    }
}
