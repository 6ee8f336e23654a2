//! The regexes of `match` and `search`: I-Regexp (RFC 9485), run by the `regex` crate.
//!
//! What I-Regexp allows means here what it means there; beyond it, as RFC 9535 lets implementations do,
//! the notation of the `regex` crate is understood (`\d`, `(?i)`, `^` and `$`).

use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::ast::Scope;

/// What a compiled regex may occupy, in bytes.
const SIZE_LIMIT: usize = 1 << 20;

/// What the cache of one regex's automaton may occupy, in bytes.
const DFA_SIZE_LIMIT: usize = 256 << 10;

/// How long a regex may be, in bytes. One that is a literal is bounded by the query as well; one that is
/// a value of a document is not.
const LENGTH_LIMIT: usize = 1024;

/// A regex that was checked, and is compiled when the first string reaches it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Pattern {
    text: String,
    scope: Scope,
    #[serde(skip)]
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Checks a regex.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn new(text: &str, scope: Scope) -> Result<Self, String> {
        let compiled = compile(text, scope)?;
        Ok(Self { text: text.to_owned(), scope, compiled: OnceLock::from(Some(compiled)) })
    }

    /// The regex as written, without the quotes and escapes of the query.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How much of a string it has to cover.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// Whether the text matches.
    pub(super) fn matches(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| compile(&self.text, self.scope).ok());
        compiled.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

/// Two patterns are the same if they are written the same, compiled or not.
impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.scope == other.scope
    }
}

/// Compiles a regex.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn compile(text: &str, scope: Scope) -> Result<Regex, String> {
    if text.len() > LENGTH_LIMIT {
        return Err(format!("it is longer than {LENGTH_LIMIT} bytes"));
    }
    // By itself: it may not close the group that `match` puts around it.
    regex_syntax::ast::parse::Parser::new()
        .parse(text)
        .map_err(|error| format!("{}, at character {}", error.kind(), error.span().start.column))?;
    let translated = translate(text);
    let anchored = match scope {
        Scope::Whole => format!(r"\A(?:{translated})\z"),
        Scope::Part => translated,
    };
    // Checked first because its errors say what is wrong in one line. `.` is any character but \n and \r,
    // as in I-Regexp.
    regex_syntax::ParserBuilder::new().crlf(true).build().parse(&anchored).map_err(|error| match error {
        regex_syntax::Error::Translate(error) => error.kind().to_string(),
        _ => "it does not end where it should".to_owned(),
    })?;
    RegexBuilder::new(&anchored)
        .crlf(true)
        .size_limit(SIZE_LIMIT)
        .dfa_size_limit(DFA_SIZE_LIMIT)
        .build()
        .map_err(|_| "it needs too much memory".to_owned())
}

/// Takes the set operators `&&` and `~~` of the `regex` crate out of character classes: I-Regexp has none
/// and means the characters. Escaping these two characters is harmless everywhere else.
fn translate(text: &str) -> String {
    let mut translated = String::with_capacity(text.len());
    let mut escaped = false;
    for c in text.chars() {
        if matches!(c, '&' | '~') && !escaped {
            translated.push('\\');
        }
        escaped = c == '\\' && !escaped;
        translated.push(c);
    }
    translated
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern, Scope::Whole).unwrap().matches(text)
    }

    fn part(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern, Scope::Part).unwrap().matches(text)
    }

    #[test]
    fn a_dot_is_anything_but_the_two_line_breaks() {
        for c in ["\u{2028}", "\u{2029}", "\u{85}", "\u{1011b}", "x"] {
            assert!(whole(".", c), "{c:?}");
        }
        assert!(!whole(".", "\n") && !whole(".", "\r"));
        assert!(whole("a[.b]c", "a.c") && !whole("a[.b]c", "axc"));
        assert!(whole(r"a\\.c", "a\\\u{2028}c"));
    }

    #[test]
    fn match_covers_all_and_search_any_part() {
        assert!(whole("a|ab", "ab") && !whole("b|c", "abc"));
        assert!(part("b|c", "abc"));
        assert!(!whole("a", "a\n"), "$ is the very end");
        assert!(whole("^ab.*", "abc") && !part("^b", "abc"));
    }

    #[test]
    fn ampersands_and_tildes_in_a_class_are_characters() {
        for text in ["a", "&", "b"] {
            assert!(whole("[a&&b]", text), "{text}");
        }
        assert!(whole("[a~~b]", "~") && whole(r"[\&&]~&", "&~&"));
    }

    #[test]
    fn categories_are_of_unicode() {
        assert!(whole(r"\p{Lu}", "Ж") && whole(r"\P{Lu}", "ж") && !whole(r"\p{Lu}", "ж"));
    }

    #[test]
    fn bad_and_oversized_ones_are_refused_with_the_reason() {
        assert_eq!(Pattern::new("a(b", Scope::Part).unwrap_err(), "unclosed group, at character 2");
        assert!(Pattern::new(r"(\w{100}){100}", Scope::Part).unwrap_err().contains("memory"));
        assert!(Pattern::new(&"a".repeat(2000), Scope::Part).unwrap_err().contains("1024"));
        // A comment that would swallow the end of the group that `match` puts around it.
        assert!(Pattern::new("(?x)a #", Scope::Whole).is_err());
        // A pattern that would close that group and open another.
        assert!(Pattern::new("a)(?:b", Scope::Whole).is_err());
    }

    #[test]
    fn what_is_loaded_compiles_when_it_is_needed() {
        let pattern = Pattern::new("a.c", Scope::Whole).unwrap();
        let loaded: Pattern = postcard::from_bytes(&postcard::to_stdvec(&pattern).unwrap()).unwrap();
        assert!(loaded.compiled.get().is_none());
        assert_eq!(loaded, pattern);
        assert!(loaded.matches("abc") && !loaded.matches("abcd"));
    }
}
