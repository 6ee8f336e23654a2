//! Where in the text of a query a segment stands.

use std::ops::Range;

/// The place of the segment number `index` (from 0) in the text of a valid query, brackets and quotes
/// included, the dot before a name not. With `word`, the place of that name in the segment.
pub(super) fn segment(text: &str, index: usize, word: Option<&str>) -> Range<usize> {
    let segment = spans(text).into_iter().nth(index).unwrap_or(0..text.len());
    match word.and_then(|word| find_word(&text[segment.clone()], word)) {
        Some(inner) => segment.start + inner.start..segment.start + inner.end,
        None => segment,
    }
}

/// The query up to and with the segment number `index`.
pub(super) fn upto(text: &str, index: usize) -> &str {
    spans(text).get(index).map_or(text, |span| &text[..span.end])
}

/// The query before the segment number `index`.
pub(super) fn before(text: &str, index: usize) -> &str {
    match index.checked_sub(1) {
        Some(last) => upto(text, last),
        None => &text[..text.len().min(1)],
    }
}

/// The places of all segments.
fn spans(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut at = 1;
    while at < text.len() {
        let rest = &text[at..];
        let length = match rest.chars().next() {
            Some('[') => bracketed(rest),
            Some(c) if c == '.' || c.is_whitespace() => {
                at += 1;
                continue;
            }
            _ => rest.find(['.', '[', ' ', '\t', '\n', '\r']).unwrap_or(rest.len()),
        };
        spans.push(at..at + length);
        at += length;
    }
    spans
}

/// How long the bracket is that the text begins with.
fn bracketed(text: &str) -> usize {
    let (mut depth, mut quote, mut escaped) = (0_usize, None, false);
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) => {
                if c == open && !escaped {
                    quote = None;
                }
                escaped = c == '\\' && !escaped;
            }
            None => match c {
                '\'' | '"' => quote = Some(c),
                '[' => depth += 1,
                ']' if depth == 1 => return at + 1,
                ']' => depth -= 1,
                _ => {}
            },
        }
    }
    text.len()
}

/// The place of a whole word.
fn find_word(text: &str, word: &str) -> Option<Range<usize>> {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    text.match_indices(word)
        .map(|(start, _)| start..start + word.len())
        .find(|span| !text[..span.start].ends_with(is_word) && !text[span.end..].starts_with(is_word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, index: usize, word: Option<&str>) -> String {
        text[segment(text, index, word)].to_owned()
    }

    #[test]
    fn segments_are_found_whatever_is_quoted_in_them() {
        let text = "$.a['b.]c'][?@.d['e'] == \"]\"]..f.*";
        let found: Vec<String> = (0..5).map(|index| at(text, index, None)).collect();
        assert_eq!(found, ["a", "['b.]c']", "[?@.d['e'] == \"]\"]", "f", "*"]);
        assert_eq!(at(text, 2, Some("e")), "e");
        assert_eq!(upto(text, 1), "$.a['b.]c']");
        assert_eq!((before(text, 0), before(text, 1)), ("$", "$.a"));
    }

    #[test]
    fn a_word_is_found_as_a_whole() {
        assert_eq!(segment("$[?@.state_of == @.state]", 0, Some("state")), 19..24);
    }
}
