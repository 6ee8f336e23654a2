//! Regular expressions: checked when a rule is loaded, compiled when the first value reaches them.
//!
//! The notation is that of the `regex` crate, searched for unanchored. `\d`, `\s`, `\w` and `\b` mean
//! ASCII, because node configuration is ASCII and their Unicode tables cost ten times the memory; `.`
//! and `[^…]` take whole characters.

mod ascii;
mod literals;
mod parse;

pub use parse::{PatternError, check};

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use regex::{Regex, RegexBuilder};

use literals::Literals;
use parse::{Parsed, SIZE_LIMIT, parse, too_large};

/// What the cache of one pattern's automaton may occupy, in bytes.
const DFA_SIZE_LIMIT: usize = 256 << 10;

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
    /// As most patterns of rules are.
    Literals(Literals),
    Regex(Regex),
}

impl Pattern {
    fn new(text: &str) -> Result<Self, PatternError> {
        let Parsed { ascii, hir } = parse(text)?;
        if let Some(literals) = Literals::of(&hir) {
            return Ok(Self(Kind::Literals(literals)));
        }
        let regex = RegexBuilder::new(&ascii).size_limit(SIZE_LIMIT).dfa_size_limit(DFA_SIZE_LIMIT).build();
        regex.map(|regex| Self(Kind::Regex(regex))).map_err(|_| too_large(text))
    }

    /// Whether the pattern is found in the text.
    pub fn is_match(&self, text: &str) -> bool {
        match &self.0 {
            Kind::Literals(literals) => literals.is_match(text),
            Kind::Regex(regex) => regex.is_match(text),
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
            assert!(matches!(compiled.0, Kind::Literals(_)), "{pattern} is literal");
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
    fn a_pattern_is_compiled_once() {
        let patterns = Patterns::default();
        let first = patterns.get("a+b").unwrap();
        assert!(Arc::ptr_eq(&first, &patterns.get("a+b").unwrap()));
        assert!(patterns.get("a(").is_err());
    }
}
