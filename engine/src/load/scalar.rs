//! Scalars: which type a text has (YAML 1.2, core schema), and where in the file its characters stand.

use std::ops::Range;

use saphyr_parser::ScalarStyle;
use serde_json::{Number, Value};

/// A scalar as it was written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scalar {
    /// The text without quotes and escapes.
    pub(super) text: String,
    pub(super) style: ScalarStyle,
}

impl Scalar {
    /// The value. Digits with a leading zero, such as `0644`, are text: to one reader they are 644, to
    /// another 420, and a file mode is meant.
    pub(super) fn value(&self) -> Value {
        match self.style {
            ScalarStyle::Plain => plain(&self.text),
            _ => Value::String(self.text.clone()),
        }
    }

    /// Whether it is one of the words that YAML 1.1 took for a truth value and YAML 1.2 takes for text:
    /// whoever writes them unquoted may mean either.
    pub(super) fn is_ambiguous(&self) -> bool {
        self.style == ScalarStyle::Plain
            && ["yes", "no", "on", "off"].iter().any(|word| self.text.eq_ignore_ascii_case(word))
    }

    /// What the value is, for messages.
    pub(super) fn describe(&self) -> &'static str {
        match self.value() {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            _ => "text",
        }
    }

    /// Where in `file` a range of the text stands. The scalar itself is at `span`; where its escapes and
    /// folds cannot be followed, the answer is all of it.
    pub(super) fn locate(&self, file: &str, span: &Range<usize>, inner: &Range<usize>) -> Range<usize> {
        let line = file[..span.start].rfind('\n').map_or(0, |end| end + 1);
        let places = self.places(&file[span.clone()], span.start - line);
        let place = |at: usize| places.as_ref().and_then(|places| places.get(at).copied());
        match (place(inner.start), place(inner.end)) {
            (Some(start), Some(end)) => span.start + start..span.start + end,
            _ => span.clone(),
        }
    }

    /// For each byte of the text, and its end, the offset in what was written; `indent` is how far the
    /// lines of a block are indented.
    fn places(&self, written: &str, indent: usize) -> Option<Vec<usize>> {
        let mut places = Vec::with_capacity(self.text.len() + 1);
        let mut rest = Rest { written, at: 0, indent, style: self.style };
        if matches!(self.style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted) {
            rest.at = 1;
        }
        for c in self.text.chars() {
            rest.skip_to(c);
            let length = rest.length_of(c);
            // The line break at the end of a block is of the text, and not of its place.
            let length = length.or((rest.text().is_empty() && c == '\n').then_some(0))?;
            places.extend(std::iter::repeat_n(rest.at, c.len_utf8()));
            rest.at += length;
        }
        places.push(rest.at);
        Some(places)
    }
}

/// What is left of a scalar as it was written.
struct Rest<'w> {
    written: &'w str,
    at: usize,
    indent: usize,
    style: ScalarStyle,
}

impl Rest<'_> {
    fn text(&self) -> &str {
        self.written.get(self.at..).unwrap_or_default()
    }

    /// Skips what was written and is not of the text: line breaks that were folded, the indent of lines.
    fn skip_to(&mut self, c: char) {
        match self.style {
            ScalarStyle::Literal => self.skip_indent(),
            ScalarStyle::Folded => {
                self.skip_indent();
                while c != '\n' && self.text().starts_with('\n') && self.written[..self.at].ends_with('\n') {
                    self.at += 1;
                    self.skip_indent();
                }
            }
            _ if c == ' ' || c == '\n' => {}
            _ => self.at += self.text().len() - self.text().trim_start_matches([' ', '\t', '\r', '\n']).len(),
        }
    }

    fn skip_indent(&mut self) {
        if self.written[..self.at].ends_with('\n') {
            let blanks = self.text().len() - self.text().trim_start_matches(' ').len();
            self.at += blanks.min(self.indent);
        }
    }

    /// How many bytes the next character takes as it was written.
    fn length_of(&self, c: char) -> Option<usize> {
        let text = self.text();
        let next = text.chars().next()?;
        match self.style {
            ScalarStyle::DoubleQuoted if next == '\\' => Some(match text.chars().nth(1)? {
                'x' => 4,
                'u' => 6,
                'U' => 10,
                '\n' | '\r' => return None,
                escaped => 1 + escaped.len_utf8(),
            }),
            ScalarStyle::SingleQuoted if text.starts_with("''") => (c == '\'').then_some(2),
            _ if next == c => Some(c.len_utf8()),
            // A line break that was folded to a blank, with the blanks before it.
            _ if c == ' ' => text.find('\n').filter(|end| text[..*end].trim().is_empty()).map(|end| end + 1),
            _ => None,
        }
    }
}

/// The type of an unquoted text.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    if let Some(number) = based(text) {
        return Some(number);
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let starts_like_one = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let leading_zero = digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
    let is_number = digits.bytes().all(|c| matches!(c, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    if !starts_like_one || leading_zero || !is_number {
        return None;
    }
    let integer = text.strip_prefix('+').unwrap_or(text);
    if let Ok(integer) = integer.parse::<i64>() {
        return Some(integer.into());
    }
    if let Ok(integer) = integer.parse::<u64>() {
        return Some(integer.into());
    }
    text.parse::<f64>().ok().and_then(Number::from_f64)
}

/// `0x1f` and `0o644`.
fn based(text: &str) -> Option<Number> {
    let (digits, radix) = match (text.strip_prefix("0x"), text.strip_prefix("0o")) {
        (Some(digits), _) => (digits, 16),
        (None, Some(digits)) => (digits, 8),
        (None, None) => return None,
    };
    let unsigned = digits.starts_with(|c: char| c.is_ascii_alphanumeric());
    unsigned.then(|| u64::from_str_radix(digits, radix).ok()).flatten().map(Number::from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plain_value(text: &str) -> Value {
        Scalar { text: text.to_owned(), style: ScalarStyle::Plain }.value()
    }

    #[test]
    fn types_are_those_of_the_core_schema() {
        for text in ["", "~", "null", "Null"] {
            assert_eq!(plain_value(text), Value::Null, "{text}");
        }
        for (text, value) in [
            ("true", json!(true)),
            ("FALSE", json!(false)),
            ("0", json!(0)),
            ("-17", json!(-17)),
            ("+3", json!(3)),
            ("18446744073709551615", json!(u64::MAX)),
            ("0x1F", json!(31)),
            ("0o644", json!(420)),
            ("1.5", json!(1.5)),
            (".5", json!(0.5)),
            ("1e3", json!(1000.0)),
            ("0.0", json!(0.0)),
        ] {
            assert_eq!(plain_value(text), value, "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_number_is_text() {
        for text in [
            "0644",
            "00",
            "-01",
            "1_000",
            "1.2.3",
            "12:30",
            "1e",
            "0x",
            "0xg",
            "0o8",
            ".",
            "-",
            "1-2",
            ".inf",
            "1e999",
            "2027-01-31",
        ] {
            assert_eq!(plain_value(text), json!(text), "{text}");
        }
        let quoted = Scalar { text: "5".to_owned(), style: ScalarStyle::SingleQuoted };
        assert_eq!(quoted.value(), json!("5"));
    }
}
