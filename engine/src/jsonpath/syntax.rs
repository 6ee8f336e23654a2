//! The grammar: the parser of `jsonpath-rust`, with errors that say where and what to write instead.

use std::ops::Range;

use jsonpath_rust::parser::errors::JsonPathError;
use jsonpath_rust::parser::model::JpQuery;
use jsonpath_rust::parser::parse_json_path;
use pest::error::InputLocation;

use super::error::ParseError;
use super::scan::Scan;

/// Parses the text of an absolute query.
///
/// # Errors
/// When it is not of the grammar.
pub(super) fn parse(text: &str, scan: &Scan) -> Result<JpQuery, ParseError> {
    parse_json_path(text).map_err(|error| match error {
        JsonPathError::PestError(error) => {
            let at = match error.location {
                InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
            };
            unexpected(text, at)
        }
        error => refused(text, scan, &error),
    })
}

/// The error of a text that leaves the grammar at `at`.
fn unexpected(text: &str, at: usize) -> ParseError {
    let (before, rest) = text.split_at_checked(at).unwrap_or((text, ""));
    let Some(c) = rest.chars().next() else {
        return ParseError::new("the query breaks off", text.len()..text.len());
    };
    let error = ParseError::new(format!("unexpected `{}`", c.escape_debug()), at..at + c.len_utf8());
    match advice(before, rest) {
        Some(help) => error.with_help(help),
        None => error,
    }
}

/// What to write instead, for the mistakes that people make most.
fn advice(before: &str, rest: &str) -> Option<String> {
    if let Some(name) = plain_name(before, rest) {
        return Some(format!(
            "write `['{name}']`: a name after a dot is made of letters, digits and `_` only"
        ));
    }
    if before.ends_with('[') && rest.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        let name: String = rest.chars().take_while(|c| !matches!(c, ']' | ',')).collect();
        return Some(format!("put the name in quotes: `['{name}']`"));
    }
    if before.ends_with("[?") && rest.starts_with(|c: char| c.is_alphabetic()) {
        return Some("write `@.name` for a member of the current element".to_owned());
    }
    if rest.starts_with("=~") {
        return Some("write `match(@.name, 'regex')`, or `search` for a part of it".to_owned());
    }
    if rest.starts_with('=') {
        return Some("compare with `==`".to_owned());
    }
    if rest.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
        return Some(
            "integers go from -9007199254740991 to 9007199254740991, without leading zeros".to_owned(),
        );
    }
    rest.trim().is_empty().then(|| "there may be no blank at the end".to_owned())
}

/// The member name around an odd character in a dotted path, such as `live-restore`.
fn plain_name(before: &str, rest: &str) -> Option<String> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '/' | ':');
    let head = &before[before.trim_end_matches(is_name).len()..];
    let tail = &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())];
    let dotted = before[..before.len() - head.len()].ends_with('.');
    (dotted && !tail.is_empty()).then(|| format!("{head}{tail}"))
}

/// The error of a text that is of the grammar, and refused by the parser for another reason.
fn refused(text: &str, scan: &Scan, error: &JsonPathError) -> ParseError {
    if let Some((name, span)) = compared_test(text, scan) {
        let message = format!("`{name}` is true or false by itself and is not compared");
        return ParseError::new(message, span).with_help(format!("write `{name}(…)` or `!{name}(…)` alone"));
    }
    let reason = match error {
        JsonPathError::InvalidJsonPath(reason) | JsonPathError::InvalidNumber(reason) => reason,
        _ => "it is malformed",
    };
    ParseError::new(format!("this is not a JSONPath query: {reason}"), 0..text.len())
}

/// The first call of `match` or `search` that stands next to a comparison.
fn compared_test<'t>(text: &'t str, scan: &Scan) -> Option<(&'t str, Range<usize>)> {
    scan.calls.iter().find_map(|call| {
        let name = text.get(call.name.clone())?;
        let before = text.get(..call.span.start)?.trim_end();
        let after = text.get(call.span.end..)?.trim_start();
        let compared = before.ends_with(['=', '<', '>']) || after.starts_with(['=', '<', '>', '!']);
        (matches!(name, "match" | "search") && compared).then(|| (name, call.span.clone()))
    })
}
