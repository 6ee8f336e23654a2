//! How the kernel words the signs of trouble: one table per part of the kernel.

mod hardware;
mod memory;
mod network;
mod processor;
mod storage;

use std::cell::OnceCell;

use regex::Regex;

use super::kind::Kind;

/// A line of the kernel's.
///
/// The words are the same in all versions of the kernel that have the line, and not in other lines. The
/// expression tells the line for sure; what it calls `subject` is what the line is about, what it calls
/// `cgroup` the control group, and what it calls `pid` the process.
#[derive(Debug)]
pub(super) struct Pattern {
    kind: Kind,
    words: &'static str,
    expression: &'static str,
}

const fn line(kind: Kind, words: &'static str, expression: &'static str) -> Pattern {
    Pattern { kind, words, expression }
}

/// The tables; the first pattern that fits a line counts.
const TABLES: [&[Pattern]; 5] =
    [memory::PATTERNS, processor::PATTERNS, storage::PATTERNS, network::PATTERNS, hardware::PATTERNS];

/// What a line says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Match<'t> {
    pub(super) kind: Kind,
    pub(super) subject: Option<&'t str>,
    pub(super) cgroup: Option<&'t str>,
    pub(super) pid: Option<&'t str>,
}

/// Looks for the patterns. An expression is compiled when its words are first found; nearly no log has many.
pub(super) struct Matcher {
    patterns: Vec<(&'static Pattern, OnceCell<Option<Regex>>)>,
    /// Any of the words.
    words: Option<Regex>,
}

impl Matcher {
    pub(super) fn new() -> Self {
        let patterns: Vec<_> =
            TABLES.into_iter().flatten().map(|pattern| (pattern, OnceCell::new())).collect();
        let words: Vec<String> = patterns.iter().map(|(pattern, _)| regex::escape(pattern.words)).collect();
        Self { patterns, words: Regex::new(&words.join("|")).ok() }
    }

    /// What `text`, a line's text without its stamp, says; none for the many lines that are no sign.
    pub(super) fn find<'t>(&self, text: &'t str) -> Option<Match<'t>> {
        if self.words.as_ref().is_some_and(|words| !words.is_match(text)) {
            return None;
        }
        let here = self.patterns.iter().filter(|(pattern, _)| text.contains(pattern.words));
        here.filter_map(|(pattern, compiled)| pattern.find(text, compiled)).next()
    }
}

impl Pattern {
    fn find<'t>(&self, text: &'t str, compiled: &OnceCell<Option<Regex>>) -> Option<Match<'t>> {
        let expression = compiled.get_or_init(|| Regex::new(self.expression).ok()).as_ref()?;
        let captures = expression.captures(text)?;
        let part = |name: &str| captures.name(name).map(|part| part.as_str());
        Some(Match { kind: self.kind, subject: part("subject"), cgroup: part("cgroup"), pid: part("pid") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of real logs, one or more for each pattern, with what they are about.
    const LINES: &str = include_str!("lines.txt");

    #[test]
    fn every_expression_compiles_and_lives_in_its_words() {
        for pattern in TABLES.into_iter().flatten() {
            assert!(Regex::new(pattern.expression).is_ok(), "{pattern:?}");
        }
    }

    #[test]
    fn lines_of_real_logs_say_what_they_are() {
        let matcher = Matcher::new();
        let (mut seen, mut wrong) = (std::collections::BTreeSet::new(), Vec::new());
        for line in LINES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let [kind, subject, text] = line.splitn(3, " | ").collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let found = matcher.find(text);
            let told =
                found.as_ref().map_or("none".into(), |found| serde_json::to_value(found.kind).unwrap());
            let told = (told, found.as_ref().and_then(|found| found.subject).unwrap_or("-"));
            if told != (kind.into(), subject) {
                wrong.push(format!("{told:?}: {text}"));
            }
            seen.extend(found.map(|found| found.kind));
        }
        assert_eq!(wrong, Vec::<String>::new());
        let all: std::collections::BTreeSet<Kind> =
            TABLES.into_iter().flatten().map(|pattern| pattern.kind).collect();
        assert_eq!(all.difference(&seen).collect::<Vec<_>>(), Vec::<&Kind>::new(), "kinds without a line");
    }
}
