//! Inserting values into shell commands so that they stay words.

use std::iter::Peekable;
use std::str::Chars;

/// Where in a command a text ends. It errs on the side of [`Context::Other`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Context {
    /// Between words or in a plain one: a quoted value is a word, or a part of one.
    #[default]
    Plain,
    /// In a comment, to the end of the line.
    Comment,
    /// Between single quotes.
    Single,
    /// Between double quotes, without an expansion so far.
    Double,
    /// In a here-document, in backquotes, or in an expansion between double quotes: nested too deep to
    /// follow.
    Other,
}

/// A value as it goes into a command.
pub(super) struct Word {
    pub(super) text: String,
    /// Whether it is the value, character for character.
    pub(super) exact: bool,
}

impl Context {
    /// Reads on in the command, after the character `before`.
    pub(super) fn read(&mut self, mut before: Option<char>, text: &str) {
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            *self = self.after(before, c, &mut chars);
            before = Some(c);
        }
    }

    /// The text as a word, or as a part of the word that it is inserted into.
    pub(super) fn word(self, text: &str) -> Word {
        if self == Self::Plain
            && let Ok(quoted) = shlex::try_quote(text)
        {
            return Word { text: quoted.into_owned(), exact: true };
        }
        let inert: String = text.chars().map(|c| if is_inert(c) { c } else { '\u{fffd}' }).collect();
        Word { exact: inert == text, text: inert }
    }

    fn after(self, before: Option<char>, c: char, rest: &mut Peekable<Chars<'_>>) -> Self {
        match (self, c) {
            (Self::Plain, '\'') => Self::Single,
            (Self::Plain, '"') => Self::Double,
            (Self::Plain, '`') => Self::Other,
            (Self::Plain, '<') if rest.peek() == Some(&'<') => Self::Other,
            // `$'…'` has escapes, `${…}` rules of its own; and a quoted value may be what follows.
            (Self::Plain, '$') if matches!(rest.peek(), Some('\'' | '{') | None) => Self::Other,
            (Self::Plain, '#') if before.is_none_or(|c| c.is_whitespace() || ";&|()".contains(c)) => {
                Self::Comment
            }
            (Self::Plain | Self::Double, '\\') => rest.next().map_or(Self::Other, |_| self),
            (Self::Comment, '\n') => Self::Plain,
            (Self::Single, '\'') | (Self::Double, '"') => Self::Plain,
            (Self::Double, '`') => Self::Other,
            (Self::Double, '$') if matches!(rest.peek(), Some('(' | '{')) => Self::Other,
            _ => self,
        }
    }
}

/// Whether a character means itself wherever it is in a command.
fn is_inert(c: char) -> bool {
    c.is_ascii_alphanumeric() || "/._-+:=@%,".contains(c)
}
