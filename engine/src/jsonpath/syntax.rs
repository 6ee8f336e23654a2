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
            unexpected(text, scan, at)
        }
        _ => refused(text, scan),
    })
}

/// The error of a text that leaves the grammar at `at`.
fn unexpected(text: &str, scan: &Scan, at: usize) -> ParseError {
    let (before, rest) = text.split_at_checked(at).unwrap_or((text, ""));
    let Some(c) = rest.chars().next() else {
        return ParseError::new("the query breaks off", at..at);
    };
    if let Some(string) = scan.strings.iter().find(|string| string.start == at)
        && text[string.clone()].contains('\\')
    {
        return ParseError::new("the string holds an escape that JSON has not", string.clone())
            .with_help(r"write `\\` for a backslash itself");
    }
    let error = ParseError::new(format!("unexpected `{}`", c.escape_debug()), at..at + c.len_utf8());
    match advice(before, rest) {
        Some(help) => error.with_help(help),
        None => error,
    }
}

/// What to write instead, for the mistakes that people make most.
fn advice(before: &str, rest: &str) -> Option<String> {
    if let Some(name) = plain_name(before, rest) {
        return Some(match name.parse::<u64>() {
            Ok(index) => format!("write `[{index}]` for an element of a list"),
            Err(_) => format!("write `['{name}']`: after a dot there are letters, digits and `_` only"),
        });
    }
    if before.ends_with('[') && rest.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '/')) {
        let name: String = rest.chars().take_while(|c| !matches!(c, ']' | ',')).collect();
        return Some(format!("put the name in quotes: `['{name}']`"));
    }
    let help = if before.ends_with('?') && rest.starts_with(|c: char| c.is_alphabetic()) {
        "write `@.name` for a member of the current element"
    } else if rest.starts_with("=~") {
        "write `match(@.name, 'regex')`, or `search` to find it anywhere in the string"
    } else if ["==", "!=", "<", ">"].iter().any(|comparator| rest.starts_with(comparator)) {
        "compare a query of names and indices only, or what `count(…)` or `value(…)` makes of another"
    } else if rest.starts_with('=') {
        "compare with `==`"
    } else if rest.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
        "an integer has no leading zero and is at most 9007199254740991; \
         a larger number needs an exponent, as in 1.8e19"
    } else {
        return None;
    };
    Some(help.to_owned())
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
fn refused(text: &str, scan: &Scan) -> ParseError {
    if let Some((name, span)) = compared_test(text, scan) {
        let message = format!("`{name}` is true or false by itself and is not compared");
        return ParseError::new(message, span).with_help(format!("write `{name}(…)` or `!{name}(…)` alone"));
    }
    if let Some(call) = scan.calls.iter().find(|call| is_count_of_no_query(&text[call.span.clone()])) {
        return ParseError::new("`count` takes a query, such as `@.name[*]`", call.span.clone());
    }
    ParseError::new("this is not a query of RFC 9535", 0..text.len())
}

fn is_count_of_no_query(call: &str) -> bool {
    let argument = call.strip_prefix("count(").map(str::trim_start);
    argument.is_some_and(|argument| !argument.starts_with(['@', '$']))
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

#[cfg(test)]
mod tests {
    use super::super::Query;

    /// The message, what is underlined, and the advice.
    fn fault(text: &str) -> (String, &str, String) {
        let error = Query::parse(text).err().unwrap_or_else(|| panic!("{text} was let pass"));
        (error.message, &text[error.span], error.help.unwrap_or_default())
    }

    #[test]
    fn a_name_that_is_not_a_plain_word_wants_brackets() {
        let (message, at, help) = fault("$.docker.config.live-restore.x");
        assert_eq!((message.as_str(), at), ("unexpected `-`", "-"));
        assert!(help.starts_with("write `['live-restore']`"), "{help}");
        assert_eq!(fault("$.list.0").2, "write `[0]` for an element of a list");
        assert_eq!(fault("$.files[/etc/x]").2, "put the name in quotes: `['/etc/x']`");
        assert_eq!(fault("$.config[X]").2, "put the name in quotes: `['X']`");
    }

    #[test]
    fn wrong_operators_are_explained() {
        assert_eq!(fault("$.a[?@.b = 1]").2, "compare with `==`");
        assert!(fault("$.a[?@.b =~ 'x']").2.contains("match("));
        assert!(fault("$.a[?@.* == 1]").2.contains("count("));
        assert!(fault("$.a[?b == 1]").2.contains("@.name"));
    }

    #[test]
    fn tests_are_not_compared_and_count_takes_a_query() {
        let (message, at, _) = fault("$[?length(@.a) > 1 && match(@.a, 'a.*') == true]");
        assert_eq!(at, "match(@.a, 'a.*')");
        assert!(message.contains("not compared"));
        assert_eq!(fault("$[?count('string') > 2]").1, "count('string')");
    }

    #[test]
    fn integers_are_exact_or_refused() {
        for text in ["$[01]", "$[-0]", "$[9007199254740992]", "$[?@.a == 9007199254740993]"] {
            assert!(fault(text).2.contains("9007199254740991"), "{text}");
        }
        assert!(Query::parse("$[-9007199254740991:9007199254740991:1]").is_ok());
    }

    #[test]
    fn ends_and_escapes_are_pointed_at() {
        assert_eq!(fault("$.a[?").0, "`[` is not closed");
        assert_eq!(fault("$.").0, "the query breaks off");
        for escape in [r"\x41", r"\uD800", r"\uDC00\uDC00", r"\a", r"\u{41}"] {
            assert_eq!(fault(&format!("$['{escape}']")).1, format!("'{escape}'"), "{escape}");
        }
    }
}
