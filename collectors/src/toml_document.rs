//! TOML files as they stand on disk: every value together with its place in the text.
//!
//! containerd, CRI-O, podman and their kin are configured in TOML. A key that is given twice is an error, for
//! them as here. What TOML 1.1 adds is accepted; the programs' own parsers may be older.

use toml::Spanned;
use toml::de::{DeArray, DeString, DeTable, DeValue};

use crate::document::{self, Fault};
pub(crate) use crate::document::{Content, Document, DocumentError, Member, Node};
use crate::fact::Fact;
use crate::host::Host;

/// How deep tables and arrays may nest; no program's configuration comes near it.
const MAX_DEPTH: usize = 64;

/// What 80 levels of brackets with 80 parts of keys each take, and then some. Only what is used is ever backed
/// by memory.
const STACK_SIZE: usize = 64 * 1024 * 1024;

impl Document {
    /// Reads the TOML file `file`.
    pub(crate) fn read_toml(host: &Host, file: &str) -> Fact<Result<Self, DocumentError>> {
        Fact::from(host.read_text(file)).map(|text| Self::parse_toml(file, text))
    }

    /// Parses the `text` of the TOML file `file`. A table is an object; dates are strings, and so are numbers
    /// that JSON does not have.
    ///
    /// # Errors
    ///
    /// If the text is no TOML, or nests too deep.
    pub(crate) fn parse_toml(file: &str, text: String) -> Result<Self, DocumentError> {
        Self::parse_with(file, text, parse)
    }
}

/// Parses in a thread with a stack of its own: the library bounds how deep brackets nest and how many parts a
/// key has, but the product of the two would exhaust the stack of an ordinary thread.
fn parse(text: &str) -> Result<Node, Fault> {
    let failed = |what: String| (0..0, format!("the file could not be parsed: {what}"));
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_SIZE);
        let parsing =
            thread.spawn_scoped(scope, || parse_here(text)).map_err(|error| failed(error.to_string()))?;
        parsing.join().unwrap_or_else(|_| Err(failed("the parser panicked".to_owned())))
    })
}

fn parse_here(text: &str) -> Result<Node, Fault> {
    let table = DeTable::parse(text)
        .map_err(|error| (error.span().unwrap_or(0..0), document::in_lower_case(error.message())))?;
    Ok(Node { span: 0..text.len(), content: Content::Object(members(table.into_inner(), 0)?) })
}

fn node(value: Spanned<DeValue<'_>>, depth: usize) -> Result<Node, Fault> {
    let span = value.span();
    if depth > MAX_DEPTH {
        return Err((span, format!("the values nest deeper than {MAX_DEPTH} levels")));
    }
    let content = match value.into_inner() {
        DeValue::String(text) => Content::Text(text.into_owned()),
        DeValue::Boolean(value) => Content::Bool(value),
        DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) => Content::Number(number.into()),
            Err(_) => return Err((span, "the number is too large".to_owned())),
        },
        DeValue::Float(float) => {
            let number = float.as_str().parse().ok().and_then(serde_json::Number::from_f64);
            number.map_or_else(|| Content::Text(float.as_str().to_owned()), Content::Number)
        }
        DeValue::Datetime(datetime) => Content::Text(datetime.to_string()),
        DeValue::Array(array) => Content::List(items(array, depth)?),
        DeValue::Table(table) => Content::Object(members(table, depth)?),
    };
    Ok(Node { span, content })
}

fn items(array: DeArray<'_>, depth: usize) -> Result<Vec<Node>, Fault> {
    array.into_iter().map(|item| node(item, depth + 1)).collect()
}

/// The members in the order in which they stand in the file.
fn members(table: DeTable<'_>, depth: usize) -> Result<Vec<Member>, Fault> {
    let member = |(name, value): (Spanned<DeString<'_>>, _)| {
        let name_span = name.span();
        Ok(Member { name: name.into_inner().into_owned(), name_span, value: node(value, depth + 1)? })
    };
    let mut members = table.into_iter().map(member).collect::<Result<Vec<_>, Fault>>()?;
    members.sort_by_key(|member| member.name_span.start);
    Ok(members)
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_engine::snapshot::Origin;
    use serde_json::json;

    fn parse(text: &str) -> Result<Document, DocumentError> {
        Document::parse_toml("/f.toml", text.to_owned())
    }

    fn place(origin: &Origin) -> (u32, u32, u32) {
        (origin.line.unwrap(), origin.column.unwrap(), origin.length.unwrap())
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let text = "a = 'x'\nb = [1, 0x10, -2.5]\n[c.\"d.e\"]\nf = true\n[[g]]\nh = {i = 1}\nj.k = \"\"\"\nl\nm\"\"\"\n[[g]]\nd = 1979-05-27\ni = inf\n";
        let expected = json!({
            "a": "x", "b": [1, 16, -2.5], "c": {"d.e": {"f": true}},
            "g": [{"h": {"i": 1}, "j": {"k": "l\nm"}}, {"d": "1979-05-27", "i": "inf"}]
        });
        assert_eq!(parse(text).unwrap().root().to_value(), expected);
        assert_eq!(parse("").unwrap().root().to_value(), json!({}));
    }

    #[test]
    fn members_know_their_place() {
        let text = "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\n  # ü\n  sandbox_image = \"pause:3.9\"\n  x = [\n 1\n]\n";
        let document = parse(text).unwrap();
        let cri = &document.root().member("plugins").unwrap().value;
        let cri = cri.member("io.containerd.grpc.v1.cri").unwrap();
        assert_eq!(place(&document.origin_of_member(cri)).0, 2);
        let image = cri.value.member("sandbox_image").unwrap();
        let origin = document.origin_of_member(image);
        assert_eq!(place(&origin), (4, 3, 27));
        assert_eq!(origin.text.as_deref(), Some("  sandbox_image = \"pause:3.9\""));
        assert_eq!(place(&document.origin_of(&image.value)), (4, 19, 11));
        assert_eq!(place(&document.origin_of_member(cri.value.member("x").unwrap())), (5, 3, 1));
    }

    #[test]
    fn what_is_no_toml_is_refused_where_it_stands() {
        for (text, line) in [
            ("a = 1\na = 2\n", 2),
            ("a = 1\n[b\n", 2),
            ("a = yes\n", 1),
            ("{\"a\": 1}", 1),
            ("a = 99999999999999999999", 1),
            ("a = \"open\n", 1),
            ("[a]\n[a]\n", 2),
            ("\u{0}", 1),
        ] {
            let error = parse(text).map(|_| text).unwrap_err();
            assert_eq!(error.origin.line, Some(line), "{text:?} {error}");
        }
    }

    #[test]
    fn deep_nesting_is_an_error_and_not_a_crash() {
        let dots = vec!["a"; 79].join(".");
        for text in [
            format!("a = {}", "[".repeat(1_000_000)),
            format!("[{}]", vec!["a"; 1_000_000].join(".")),
            format!("a = {}1{}", format!("{{{dots} = ").repeat(79), "}".repeat(79)),
            format!("{dots} = {}1{}", "[".repeat(79), "]".repeat(79)),
        ] {
            assert!(parse(&text).is_err());
        }
        assert!(parse(&format!("a = {}{}", "[".repeat(60), "]".repeat(60))).is_ok());
    }
}
