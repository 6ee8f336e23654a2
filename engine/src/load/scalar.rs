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

    /// Where in the file a range of the text stands. `written` is the scalar in the file, at `span`; where
    /// quotes, escapes and folds cannot be followed the answer is the whole scalar.
    pub(super) fn locate(&self, written: &str, span: &Range<usize>, inner: &Range<usize>) -> Range<usize> {
        let places = self.places(written);
        let place = |at: usize| places.as_ref().and_then(|places| places.get(at).copied());
        match (place(inner.start), place(inner.end)) {
            (Some(start), Some(end)) => span.start + start..span.start + end,
            _ => span.clone(),
        }
    }

    /// For each byte of the text, and its end, the offset in what was written.
    fn places(&self, written: &str) -> Option<Vec<usize>> {
        let mut places = Vec::with_capacity(self.text.len() + 1);
        let mut rest = Rest { written, at: 0, indent: 0 };
        rest.skip_opening(self.style);
        for c in self.text.chars() {
            let start = rest.skip_to(c, self.style)?;
            let length = rest.length_of(c, self.style)?;
            places.extend(std::iter::repeat_n(start, c.len_utf8()));
            rest.at = start + length;
        }
        places.push(rest.at);
        Some(places)
    }
}

/// What is left of a scalar as it was written.
struct Rest<'w> {
    written: &'w str,
    at: usize,
    /// How far the lines of a block are indented.
    indent: usize,
}

impl Rest<'_> {
    fn text(&self) -> &str {
        self.written.get(self.at..).unwrap_or_default()
    }

    fn skip_opening(&mut self, style: ScalarStyle) {
        match style {
            ScalarStyle::Plain => {}
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => self.at = 1,
            ScalarStyle::Literal | ScalarStyle::Folded => {
                self.at = self.written.find('\n').map_or(self.written.len(), |end| end + 1);
                let first = self.text().trim_start_matches('\n');
                self.indent = first.len() - first.trim_start_matches(' ').len();
                self.skip_indent();
            }
        }
    }

    fn skip_indent(&mut self) {
        let blanks = self.text().len() - self.text().trim_start_matches(' ').len();
        self.at += blanks.min(self.indent);
    }

    /// Skips what was written and is not of the text: line breaks that were folded, the indent of lines.
    fn skip_to(&mut self, c: char, style: ScalarStyle) -> Option<usize> {
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        if block {
            if self.at > 0 && self.written[..self.at].ends_with('\n') {
                self.skip_indent();
            }
            return Some(self.at);
        }
        // Within quotes and plain text a break and the blanks around it are one blank, or further breaks.
        if c != ' ' && c != '\n' {
            self.at += self.text().len() - self.text().trim_start_matches([' ', '\t', '\r', '\n']).len();
        }
        Some(self.at)
    }

    /// How many bytes the next character takes as it was written.
    fn length_of(&self, c: char, style: ScalarStyle) -> Option<usize> {
        let text = self.text();
        let next = text.chars().next()?;
        match style {
            ScalarStyle::DoubleQuoted if next == '\\' => Some(match text.chars().nth(1)? {
                'x' => 4,
                'u' => 6,
                'U' => 10,
                '\n' | '\r' => return None,
                escaped => 1 + escaped.len_utf8(),
            }),
            ScalarStyle::SingleQuoted if text.starts_with("''") => (c == '\'').then_some(2),
            _ if next == c => Some(c.len_utf8()),
            // A folded break.
            _ if matches!(c, ' ' | '\n') && matches!(next, '\n' | '\r' | ' ' | '\t') => {
                text.find('\n').filter(|end| text[..*end].trim().is_empty()).map(|end| end + 1)
            }
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
