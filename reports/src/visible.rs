//! Text of unknown origin, made safe for a terminal.

use std::borrow::Cow;

/// `text` with every character that a terminal would act upon instead of showing it spelled out:
/// control characters (a node's file may hold escape sequences) and those that turn the direction of
/// writing (by which a command can be made to look like another).
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if acts(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// The same for text whose places are counted in bytes: a mark of the same length stands for each such
/// character, besides line breaks and tabs.
pub fn visible_in_place(text: &str) -> Cow<'_, str> {
    let hidden = |c: char| acts(c) && !matches!(c, '\n' | '\r' | '\t');
    if !text.chars().any(hidden) {
        return Cow::Borrowed(text);
    }
    let mark = |c: char| match c.len_utf8() {
        1 => '?',
        2 => '·',
        _ => char::REPLACEMENT_CHARACTER,
    };
    Cow::Owned(text.chars().map(|c| if hidden(c) { mark(c) } else { c }).collect())
}

fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_act_upon_is_spelled_out() {
        assert_eq!(visible("a\u{1b}[2Jb\n"), "a\\u{1b}[2Jb\\u{a}");
        assert_eq!(visible("\u{202e}tsil"), "\\u{202e}tsil");
        assert_eq!(visible("grün 漢字"), "grün 漢字");
    }

    #[test]
    fn marks_are_as_long_as_what_they_stand_for() {
        let (text, shown) = ("a\u{1b}b\u{9b}c\u{202e}\td\n", "a?b·c\u{fffd}\td\n");
        assert_eq!(visible_in_place(text), shown);
        assert_eq!(text.len(), shown.len());
    }
}
