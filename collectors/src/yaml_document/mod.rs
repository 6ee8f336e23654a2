//! YAML files as Kubernetes reads them: every value together with its place in the text.
//!
//! Kubernetes reads YAML with `sigs.k8s.io/yaml`, a parser of YAML 1.1: `no` is false, `0644` is a number in
//! octal, and `<<` merges mappings. Of several documents it reads the first. JSON is YAML.

mod offsets;
mod scalar;
mod tree;

use saphyr_parser::{Event, Parser};

use crate::document::{Content, Document, DocumentError, Fault, Node};
use tree::Tree;

/// How deep lists and mappings may nest; no configuration comes near it.
const MAX_DEPTH: usize = 100;

/// How many values a file may hold, those that aliases repeat counted each time.
const MAX_NODES: usize = 100_000;

impl Document {
    /// Parses the `text` of the YAML or JSON file `file`. A mapping is an object; a name that is no string
    /// becomes one.
    ///
    /// # Errors
    ///
    /// If the text is no YAML, nests too deep, or holds too much.
    pub(crate) fn parse_yaml(file: &str, text: String) -> Result<Self, DocumentError> {
        let text = match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        };
        Self::parse_with(file, text, parse)
    }
}

fn parse(text: &str) -> Result<Node, Fault> {
    refuse_control_characters(text)?;
    let mut tree = Tree::new(text);
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| tree.syntax(&error))?;
        if event == Event::DocumentEnd {
            break;
        }
        tree.take(event, span)?;
    }
    Ok(tree.root.unwrap_or(Node { span: 0..0, content: Content::Null }))
}

/// The parser takes a NUL for the end of the file, and would pass over the rest in silence.
fn refuse_control_characters(text: &str) -> Result<(), Fault> {
    let is_bad = |c: &char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{85}');
    match text.char_indices().find(|(_, c)| is_bad(c)) {
        None => Ok(()),
        Some((at, c)) => {
            let message = format!("the file holds the control character U+{:04X}", u32::from(c));
            Err((at..at + c.len_utf8(), message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Member;
    use serde_json::{Value, json};

    fn parse(text: &str) -> Result<Document, DocumentError> {
        Document::parse_yaml("/f.yaml", text.to_owned())
    }

    fn value(text: &str) -> Value {
        parse(text).unwrap().root().to_value()
    }

    #[test]
    fn values_are_read_as_kubernetes_reads_them() {
        let text = "a: no\nb: 0644\nc: 1_000\nd: 'no'\ne: ~\nf: [on, 1.5, 009]\n1: x\ntrue: y\ng: 1:30\nh: !!str 5\ni: 2001-01-01\n";
        let expected = json!({
            "a": false, "b": 420, "c": 1000, "d": "no", "e": null, "f": [true, 1.5, 9],
            "1": "x", "true": true, "g": "1:30", "h": "5", "i": "2001-01-01",
        });
        assert_eq!(value(text), expected);
        assert_eq!(value("{\"a\": {\"b\": [1, \"no\"]}}"), json!({"a": {"b": [1, "no"]}}));
        assert_eq!(value(""), Value::Null);
        assert_eq!(value("# nothing\n"), Value::Null);
        assert_eq!(value("\u{feff}a: 1\n---\nb: [\n"), json!({"a": 1}));
    }

    #[test]
    fn aliases_and_merges_are_put_in_and_own_members_win() {
        let text = "base: &b {x: 1, v: 1}\nmore: &m {v: 2, z: 2}\none:\n  <<: *b\n  x: 3\nboth:\n  <<: [*b, *m]\nsame: *b\n";
        let value = value(text);
        assert_eq!(value["one"], json!({"x": 3, "v": 1}));
        assert_eq!(value["both"], json!({"x": 1, "v": 1, "z": 2}));
        assert_eq!(value["same"], json!({"x": 1, "v": 1}));
    }

    #[test]
    fn members_know_their_place_and_the_last_of_a_name_counts() {
        let text = "# ü\na: 1\nauthentication:\n  anonymous:\n    enabled: \"yes\"  # why\na: [2,\n 3]\nü: {b: null}\n";
        let document = parse(text).unwrap();
        let root = document.root();
        let place = |member: &Member| {
            let origin = document.origin_of_member(member);
            (origin.line.unwrap(), origin.column.unwrap(), origin.length.unwrap())
        };
        assert_eq!(place(root.member("a").unwrap()), (6, 1, 1));
        let authentication = root.member("authentication").unwrap();
        assert_eq!(place(authentication), (3, 1, 14));
        let anonymous = authentication.value.member("anonymous").unwrap();
        assert_eq!(place(anonymous.value.member("enabled").unwrap()), (5, 5, 14));
        assert_eq!(place(root.member("ü").unwrap()), (8, 1, 12));
    }

    #[test]
    fn what_is_no_yaml_is_refused_where_it_stands() {
        for (text, line) in [
            ("a: [1\nb: 2\n", 2),
            ("a: 1\n b: 2\n", 2),
            ("a:\n\t- 1\n", 2),
            ("a: *nobody\n", 1),
            ("a: &x [*x]\n", 1),
            ("a: \"\u{1}\"\n", 1),
            ("? [1]\n: 2\n", 1),
            ("<<: 5\n", 1),
        ] {
            let error = parse(text).map(|_| text).unwrap_err();
            assert_eq!(error.origin.line, Some(line), "{text:?} {error}");
        }
    }

    #[test]
    fn hostile_files_end_in_an_error_soon() {
        let mut laughs = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
        for level in 1..12 {
            let alias = format!("*a{}", level - 1);
            laughs.push_str(&format!("a{level}: &a{level} [{}]\n", [alias.as_str(); 9].join(",")));
        }
        let blocks: String = (0..1000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
        let bombs = ["[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000), blocks, laughs];
        for text in bombs.iter().chain([&"a,".repeat(60_000).replacen("a", "[a", 1)]) {
            assert!(parse(text).is_err());
        }
    }
}
