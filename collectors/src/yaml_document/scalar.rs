//! What a plain scalar stands for in YAML 1.1, as go-yaml v2 resolves it (`resolve.go`).

use serde_json::Number;

use crate::document::Content;

/// The value of a scalar without quotes.
pub(super) fn resolve(text: &str) -> Content {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Content::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Content::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Content::Bool(false)
        }
        _ => number(text).map_or_else(|| Content::Text(text.to_owned()), Content::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return None;
    }
    let digits = text.replace('_', "");
    integer(&digits).or_else(|| float(&digits))
}

/// As Go's `strconv.ParseInt` with base 0: `0x1f`, `0o17`, `017`, `0b1`.
fn integer(text: &str) -> Option<Number> {
    let (negative, magnitude) = match text.strip_prefix('-') {
        Some(magnitude) => (true, magnitude),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match magnitude.get(..2) {
        Some("0x" | "0X") => (16, &magnitude[2..]),
        Some("0b" | "0B") => (2, &magnitude[2..]),
        Some("0o" | "0O") => (8, &magnitude[2..]),
        Some(prefix) if prefix.starts_with('0') => (8, &magnitude[1..]),
        _ => (10, magnitude),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let value = u64::from_str_radix(digits, radix).ok()?;
    match negative {
        false => Some(value.into()),
        true => i64::try_from(-i128::from(value)).ok().map(Number::from),
    }
}

/// A number with a fraction or an exponent; one that is whole counts as an integer, as in JSON.
fn float(text: &str) -> Option<Number> {
    let is_of_number = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
    let value: f64 = text.chars().all(is_of_number).then(|| text.parse().ok())??;
    let exact = value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0;
    #[allow(clippy::cast_possible_truncation, reason = "the number is whole and fits")]
    if exact { Some((value as i64).into()) } else { Number::from_f64(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_go() {
        for (text, expected) in [
            ("0", "0"),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("017", "15"),
            ("0b101", "5"),
            ("-7", "-7"),
            ("+7", "7"),
            ("1_0", "10"),
            ("08", "8"),
            ("1e3", "1000"),
            (".5", "0.5"),
            ("18446744073709551615", "18446744073709551615"),
        ] {
            let Content::Number(number) = resolve(text) else { panic!("{text}") };
            assert_eq!(number.to_string(), expected, "{text}");
        }
        for text in ["1.2.3", "10.0.0.0/8", "-", "+", ".", "0x", "--1", "1e999", "5m", "1:30", "e5", "-+1"] {
            assert_eq!(resolve(text), Content::Text(text.to_owned()));
        }
    }
}
