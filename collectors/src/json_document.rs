//! JSON files as they stand on disk: every value together with its place in the text.
//!
//! Strict, as Go's `encoding/json` is, which reads these files for Docker, containerd and the kubelet: no
//! comments, no trailing commas, no single quotes. Of several members of one name the last one counts.

use std::ops::Range;

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::tokens::Token;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use plimsoll_engine::snapshot::{Layer, Origin};
use serde_json::{Map, Number, Value};

use crate::origin;

/// A JSON file: its text, and the values in it.
#[derive(Debug)]
pub(crate) struct Document {
    file: String,
    text: String,
    root: Node,
}

/// A value and the bytes of the text that it takes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) span: Range<usize>,
    pub(crate) content: Content,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Object(Vec<Member>),
}

/// A name and its value in an object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) name_span: Range<usize>,
    pub(crate) value: Node,
}

/// Why a text is not what it should be, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct DocumentError {
    /// What is wrong, in words.
    pub(crate) message: String,
    /// The offending token.
    pub(crate) origin: Box<Origin>,
}

impl Document {
    /// Parses the `text` of `file`.
    ///
    /// # Errors
    ///
    /// If the text is not exactly one JSON value, or nests deeper than 500 levels.
    pub(crate) fn parse(file: &str, text: String) -> Result<Self, DocumentError> {
        match parse_strictly(&text) {
            Ok(root) => Ok(Self { file: file.to_owned(), text, root }),
            Err((span, message)) => Err(DocumentError {
                message,
                origin: Box::new(origin::in_text(Layer::File, file, &text, span)),
            }),
        }
    }

    /// The value that the file holds.
    pub(crate) fn root(&self) -> &Node {
        &self.root
    }

    /// The place of a value.
    pub(crate) fn origin_of(&self, node: &Node) -> Origin {
        self.origin(node.span.clone())
    }

    /// The place of a member: the whole of `"name": value` if it stands on one line, else its name.
    pub(crate) fn origin_of_member(&self, member: &Member) -> Origin {
        let whole = member.name_span.start..member.value.span.end;
        let one_line = self.text.get(whole.clone()).is_some_and(|text| !text.contains('\n'));
        self.origin(if one_line { whole } else { member.name_span.clone() })
    }

    /// The error `message` at a value.
    pub(crate) fn error_at(&self, node: &Node, message: impl Into<String>) -> DocumentError {
        DocumentError { message: message.into(), origin: Box::new(self.origin_of(node)) }
    }

    fn origin(&self, span: Range<usize>) -> Origin {
        origin::in_text(Layer::File, &self.file, &self.text, span)
    }
}

impl Node {
    /// The members of an object, none of anything else. Of several of one name all are here.
    pub(crate) fn members(&self) -> &[Member] {
        match &self.content {
            Content::Object(members) => members,
            _ => &[],
        }
    }

    /// The member `name` that counts: the last one.
    pub(crate) fn member(&self, name: &str) -> Option<&Member> {
        self.members().iter().rev().find(|member| member.name == name)
    }

    /// The value without its places.
    pub(crate) fn to_value(&self) -> Value {
        match &self.content {
            Content::Null => Value::Null,
            Content::Bool(value) => Value::Bool(*value),
            Content::Number(number) => Value::Number(number.clone()),
            Content::Text(text) => Value::String(text.clone()),
            Content::List(items) => items.iter().map(Self::to_value).collect(),
            Content::Object(members) => {
                let members = members.iter().map(|member| (member.name.clone(), member.value.to_value()));
                Value::Object(members.collect::<Map<_, _>>())
            }
        }
    }

    /// What kind of value it is, with its article: `a string`.
    pub(crate) fn kind(&self) -> &'static str {
        match self.content {
            Content::Null => "null",
            Content::Bool(_) => "a boolean",
            Content::Number(_) => "a number",
            Content::Text(_) => "a string",
            Content::List(_) => "a list",
            Content::Object(_) => "an object",
        }
    }
}

type Fault = (Range<usize>, String);

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
        (range.start..range.end, in_lower_case(&error.kind().to_string()))
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

/// The parser's messages are sentences.
fn in_lower_case(sentence: &str) -> String {
    let mut characters = sentence.chars();
    let first = characters.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(characters).collect()
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
