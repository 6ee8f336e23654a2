//! JSON files as they stand on disk: every value together with its place in the text.
//!
//! Strict, as Go's `encoding/json` is, which reads these files for Docker, containerd and the kubelet: no
//! comments, no trailing commas, no single quotes. Of several members of one name the last one counts.

use std::ops::Range;

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::tokens::Token;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::document::{self, Fault};
pub(crate) use crate::document::{Content, Document, DocumentError, Member, Node};
use crate::fact::Fact;
use crate::host::Host;

impl Document {
    /// Reads the JSON file `file`.
    pub(crate) fn read(host: &Host, file: &str) -> Fact<Result<Self, DocumentError>> {
        Fact::from(host.read_text(file)).map(|text| Self::parse(file, text))
    }

    /// Parses the `text` of the JSON file `file`.
    ///
    /// # Errors
    ///
    /// If the text is not exactly one JSON value, or nests deeper than 500 levels.
    pub(crate) fn parse(file: &str, text: String) -> Result<Self, DocumentError> {
        Self::parse_with(file, text, parse_strictly)
    }
}

fn parse_strictly(text: &str) -> Result<Node, Fault> {
    let collect = CollectOptions { tokens: true, ..CollectOptions::default() };
    let options = ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let parsed = parse_to_ast(text, &collect, &options).map_err(|error| {
        let range = error.range();
        (range.start..range.end, document::in_lower_case(&error.kind().to_string()))
    })?;
    refuse_what_json_does_not_have(
        text,
        parsed.tokens.iter().flatten().map(|token| {
            let range = token.range();
            (range.start..range.end, matches!(token.token, Token::String(_)))
        }),
    )?;
    match parsed.value {
        Some(value) => node(value),
        None => Err((text.len()..text.len(), "there is no JSON value".to_owned())),
    }
}

/// The parser takes any white space of Unicode between tokens, and control characters in strings.
fn refuse_what_json_does_not_have(
    text: &str,
    tokens: impl Iterator<Item = (Range<usize>, bool)>,
) -> Result<(), Fault> {
    let mut end = 0;
    for (span, is_string) in tokens {
        refuse_white_space(text, end..span.start)?;
        if is_string {
            refuse(text, span.clone(), |c| c < ' ', "a control character in a string has to be escaped")?;
        }
        end = span.end;
    }
    refuse_white_space(text, end..text.len())
}

fn refuse_white_space(text: &str, span: Range<usize>) -> Result<(), Fault> {
    let is_foreign = |c| !matches!(c, ' ' | '\t' | '\n' | '\r');
    refuse(text, span, is_foreign, "this character is no white space of JSON")
}

fn refuse(text: &str, span: Range<usize>, bad: impl Fn(char) -> bool, message: &str) -> Result<(), Fault> {
    let part = text.get(span.clone()).unwrap_or_default();
    match part.char_indices().find(|(_, c)| bad(*c)) {
        Some((at, c)) => Err((span.start + at..span.start + at + c.len_utf8(), message.to_owned())),
        None => Ok(()),
    }
}

fn node(value: ast::Value<'_>) -> Result<Node, Fault> {
    let range = value.range();
    let span = range.start..range.end;
    let content = match value {
        ast::Value::NullKeyword(_) => Content::Null,
        ast::Value::BooleanLit(literal) => Content::Bool(literal.value),
        ast::Value::NumberLit(literal) => match literal.value.parse() {
            Ok(number) => Content::Number(number),
            Err(_) => return Err((span, "the number is too large".to_owned())),
        },
        ast::Value::StringLit(literal) => Content::Text(literal.value.into_owned()),
        ast::Value::Array(array) => {
            Content::List(array.elements.into_iter().map(node).collect::<Result<_, _>>()?)
        }
        ast::Value::Object(object) => {
            Content::Object(object.properties.into_iter().map(member).collect::<Result<_, _>>()?)
        }
    };
    Ok(Node { span, content })
}

fn member(property: ast::ObjectProp<'_>) -> Result<Member, Fault> {
    let range = property.name.range();
    Ok(Member {
        name: property.name.into_string(),
        name_span: range.start..range.end,
        value: node(property.value)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(text: &str) -> Result<Document, DocumentError> {
        Document::parse("/f.json", text.to_owned())
    }

    #[test]
    fn members_know_their_place_and_the_last_of_a_name_counts() {
        let text = "{\n  \"a\": 1,\n\t\"a\" : [2,\n 3],\n \"ü\": {\"b\": null}}";
        let document = parse(text).unwrap();
        assert_eq!(document.root().to_value(), json!({"a": [2, 3], "ü": {"b": null}}));
        let origin = document.origin_of_member(document.root().member("a").unwrap());
        assert_eq!((origin.line, origin.column, origin.length), (Some(3), Some(2), Some(3)));
        let outer = document.root().member("ü").unwrap();
        let origin = document.origin_of_member(outer);
        assert_eq!((origin.line, origin.column, origin.length), (Some(5), Some(2), Some(16)));
        let origin = document.origin_of(&outer.value.member("b").unwrap().value);
        assert_eq!((origin.line, origin.column, origin.length), (Some(5), Some(13), Some(4)));
    }

    #[test]
    fn what_go_refuses_is_refused_where_it_stands() {
        for (text, line, column) in [
            ("", 1, 1),
            ("{\n \"a\": 1,\n}", 2, 8),
            ("{\"a\": 1 // no\n}", 1, 9),
            ("{'a': 1}", 1, 2),
            ("{a: 1}", 1, 2),
            ("{\"a\": 01}", 1, 8),
            ("{\"a\": +1}", 1, 7),
            ("{\"a\": .5}", 1, 7),
            ("{\"a\": 0x1}", 1, 7),
            ("{\"a\": NaN}", 1, 7),
            ("{\"a\": 1e999}", 1, 7),
            ("{\"a\": \"x\ty\"}", 1, 9),
            ("{\"a\":\u{a0}1}", 1, 6),
            ("{\"a\":\u{b}1}", 1, 6),
            ("\u{feff}{}", 1, 1),
            ("{\"a\": \"\\x41\"}", 1, 8),
            ("{\"a\": 1} {}", 1, 10),
            ("{\"a\": 1", 1, 1),
            ("[1 2]", 1, 3),
            ("{\"a\"}", 1, 5),
            ("{\"a\": True}", 1, 7),
        ] {
            let error = parse(text).map(|_| text).unwrap_err();
            assert_eq!(
                (error.origin.line, error.origin.column),
                (Some(line), Some(column)),
                "{text:?} {error}"
            );
        }
    }

    #[test]
    fn deep_nesting_is_an_error_and_not_a_crash() {
        assert!(parse(&"[".repeat(1_000_000)).is_err());
        assert!(parse(&format!("{}{}", "{\"a\":".repeat(600), "1".to_owned() + &"}".repeat(600))).is_err());
        assert!(parse(&format!("{}{}", "[".repeat(400), "]".repeat(400))).is_ok());
    }

    #[test]
    fn escapes_and_numbers_keep_their_value() {
        let document = parse(r#"["\u00fc\n\"\ud83d\ude00", 18446744073709551615, -0.5e1]"#).unwrap();
        assert_eq!(document.root().to_value(), json!(["ü\n\"😀", u64::MAX, -5.0]));
    }
}
