//! Whether Go's `regexp` takes a regular expression.
//!
//! Go and the `regex` crate have the same ancestor, RE2, and nearly the same syntax. Where they differ, the
//! expression is refused here, or rewritten to what the crate takes for the same.

use std::iter::Peekable;
use std::str::Chars;

/// How often a part may be repeated in Go.
const MAX_REPEAT: u32 = 1000;

/// Checks the regular expression `pattern`.
///
/// # Errors
///
/// What is wrong with it, in words, if Go's `regexp` would not compile it.
pub(super) fn check(pattern: &str) -> Result<(), String> {
    let rewritten = Rewriter { rest: pattern.chars().peekable(), out: String::new() }.rewrite()?;
    match regex::RegexBuilder::new(&rewritten).size_limit(1 << 20).build() {
        // Go has no limit of this kind.
        Ok(_) | Err(regex::Error::CompiledTooBig(_)) => Ok(()),
        Err(error) => Err(reason(&error.to_string())),
    }
}

/// The last line of the crate's message, which says what is wrong.
fn reason(message: &str) -> String {
    let last = message.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

struct Rewriter<'p> {
    rest: Peekable<Chars<'p>>,
    out: String,
}

impl Rewriter<'_> {
    fn rewrite(mut self) -> Result<String, String> {
        // Whether the last thing was a repetition, which nothing but `?` may follow.
        let mut repeated = false;
        while let Some(c) = self.rest.next() {
            let repeats = match c {
                '*' | '+' | '?' => true,
                '{' => self.bounds()?,
                _ => false,
            };
            if repeats && repeated {
                return Err("a repetition of a repetition".to_owned());
            }
            if repeats && c != '{' {
                self.out.push(c);
            }
            match c {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.group()?,
                '*' | '+' | '?' | '{' => {}
                '}' => self.out.push_str("\\}"),
                _ => self.out.push(c),
            }
            if repeats && self.rest.next_if_eq(&'?').is_some() {
                self.out.push('?');
            }
            repeated = repeats;
        }
        Ok(self.out)
    }

    /// `{n}`, `{n,}` or `{n,m}`; any other brace stands for itself.
    fn bounds(&mut self) -> Result<bool, String> {
        let ahead: String = self.rest.clone().take_while(|c| *c != '}').take(12).collect();
        let (least, most) = ahead.split_once(',').unwrap_or((&ahead, &ahead));
        let is_number = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
        let closed = self.rest.clone().nth(ahead.chars().count()) == Some('}');
        if !closed || !is_number(least) || !(most.is_empty() || is_number(most)) {
            self.out.push_str("\\{");
            return Ok(false);
        }
        let too_many =
            |text: &str| !text.is_empty() && text.parse().map_or(true, |count: u32| count > MAX_REPEAT);
        if too_many(least) || too_many(most) {
            return Err(format!("more than {MAX_REPEAT} repetitions"));
        }
        self.out.push('{');
        self.out.extend(self.rest.by_ref().take(ahead.chars().count() + 1));
        Ok(true)
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<(), String> {
        match self.rest.next() {
            None => Err("a backslash at the end".to_owned()),
            Some('Q') => {
                let mut quoted = String::new();
                while let Some(c) = self.rest.next() {
                    if c == '\\' && self.rest.next_if_eq(&'E').is_some() {
                        break;
                    }
                    quoted.push(c);
                }
                self.out.push_str(&regex::escape(&quoted));
                Ok(())
            }
            Some(c) if c.is_ascii_alphanumeric() && !"aftnrvx01234567dDsSwWpPAbBz".contains(c) => {
                Err(format!("the escape \\{c}"))
            }
            Some(c @ ('x' | 'p' | 'P')) if self.rest.peek() == Some(&'{') => {
                self.out.extend(['\\', c]);
                while let Some(c) = self.rest.next_if(|c| *c != '}') {
                    self.out.push(c);
                }
                self.out.extend(self.rest.next());
                Ok(())
            }
            Some(c) if c.is_ascii_punctuation() => {
                self.out.push_str(&regex::escape(&c.to_string()));
                Ok(())
            }
            // Octal; the crate takes it for a reference back, which Go does not have.
            Some(c @ '0'..='7') => {
                if c != '0' && !self.rest.peek().is_some_and(|next| ('0'..='7').contains(next)) {
                    return Err(format!("the escape \\{c}"));
                }
                self.out.push_str("\\x00");
                Ok(())
            }
            Some(c) => {
                self.out.extend(['\\', c]);
                Ok(())
            }
        }
    }

    /// A class of characters, in which the crate has operators and nesting of its own.
    fn class(&mut self) -> Result<(), String> {
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        if self.rest.next_if_eq(&']').is_some() {
            self.out.push_str("\\]");
        }
        while let Some(c) = self.rest.next() {
            match c {
                ']' => {
                    self.out.push(']');
                    return Ok(());
                }
                '[' if self.rest.peek() == Some(&':') => {
                    self.out.push('[');
                    self.out.extend(self.rest.by_ref().take(1));
                    while let Some(c) = self.rest.next_if(|c| *c != ']') {
                        self.out.push(c);
                    }
                    self.out.extend(self.rest.by_ref().take(1));
                }
                '\\' => self.escape()?,
                '[' | '&' | '~' => self.out.extend(['\\', c]),
                _ => self.out.push(c),
            }
        }
        Err("unclosed character class".to_owned())
    }

    /// What follows an opening parenthesis: Go has the flags `imsU` and names.
    fn group(&mut self) -> Result<(), String> {
        self.out.push('(');
        if self.rest.next_if_eq(&'?').is_none() {
            return Ok(());
        }
        self.out.push('?');
        let flags: String = self.rest.clone().take_while(|c| c.is_ascii_alphabetic() || *c == '-').collect();
        let is_name = flags == "P" || flags.is_empty() && self.rest.peek() == Some(&'<');
        if !is_name && flags.chars().any(|flag| !"imsU-".contains(flag)) {
            return Err(format!("the flags {flags}"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What podman 4.3.1 takes in a hook.
    #[test]
    fn what_go_takes() {
        for pattern in [
            "",
            ".*",
            "a{",
            "[[]",
            r"\Qa(\E",
            "[a&&b]",
            "x{,2}",
            "a*?",
            "(?P<n>x)",
            "[[:alpha:]]",
            r"\pL",
            r"\z",
            r"\x{10FFFF}",
            "(?i)a",
            "(?s:b)",
            r"\_\-\/\<",
            r"\a",
            "[]a]",
            "[^]a]",
            "()",
            "a||b",
            "^*",
            "x{2}?",
            "/docker-entrypoint\\.sh$",
            "}",
        ] {
            assert_eq!(check(pattern), Ok(()), "{pattern}");
        }
    }

    /// What podman 4.3.1 refuses in a hook.
    #[test]
    fn what_go_refuses() {
        for pattern in [
            "(", ")", "(?=a)", "(?!a)", "(?x)a", r"\Z", r"\u0041", "a**", "x{2,1}", "a|*", "a{1001}",
            "x{2}{3}", "[z-a]", "[a", r"a\", "(?P<n", "+",
        ] {
            assert!(check(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn no_expression_breaks_the_check() {
        let hostile = r"\Q[{(?P<[[:^\E{9999999999999}ü\pL[[:alpha]a-\]**";
        for (at, _) in hostile.char_indices() {
            let _ = (check(&hostile[at..]), check(&hostile[..at]));
        }
        assert!(check(&"(".repeat(100_000)).is_err());
        assert_eq!(check(&"a{1000}".repeat(200)), Ok(()));
    }
}
