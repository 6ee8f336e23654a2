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
}
