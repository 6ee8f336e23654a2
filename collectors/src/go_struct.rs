//! Values of a JSON or TOML file as Go decodes them into a struct (`encoding/json`, BurntSushi's `toml`).
//!
//! A field is found whatever the case of its name, `null` says nothing, a name that is no field is passed
//! over, and a value of the wrong type refuses the whole file.

use crate::document::{Content, Document, DocumentError, Member, Node};

/// An object, its fields looked up by name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Object<'d> {
    document: &'d Document,
    node: &'d Node,
}

/// A text and the value that it stands in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Text<'d> {
    pub(crate) text: &'d str,
    pub(crate) node: &'d Node,
}

/// A field that may not be there, or an error at its place.
pub(crate) type Field<T> = Result<Option<T>, DocumentError>;

impl<'d> Object<'d> {
    /// The object that the whole file holds; `None` of `null`.
    pub(crate) fn root(document: &'d Document) -> Field<Self> {
        let root = document.root();
        match root.content {
            Content::Null => Ok(None),
            Content::Object(_) => Ok(Some(Self { document, node: root })),
            _ => Err(document.error_at(root, format!("the file has to hold an object, not {}", root.kind()))),
        }
    }

    /// The value that this object is.
    pub(crate) fn node(&self) -> &'d Node {
        self.node
    }

    /// The field `name`: of several of that name the last.
    pub(crate) fn field(&self, name: &str) -> Option<&'d Node> {
        let is_it = |member: &&Member| {
            member.name.eq_ignore_ascii_case(name) && member.value.content != Content::Null
        };
        self.node.members().iter().rev().find(is_it).map(|member| &member.value)
    }

    /// The field `name` as a text.
    pub(crate) fn text(&self, name: &str) -> Field<Text<'d>> {
        self.typed(name, "a string", as_text)
    }

    /// The field `name` as a boolean.
    pub(crate) fn boolean(&self, name: &str) -> Field<bool> {
        self.typed(name, "a boolean", |node| match node.content {
            Content::Bool(value) => Some(value),
            _ => None,
        })
    }

    /// The field `name` as a whole number.
    pub(crate) fn integer(&self, name: &str) -> Field<i64> {
        self.typed(name, "a whole number", |node| match &node.content {
            Content::Number(number) => number.as_i64(),
            _ => None,
        })
    }

    /// The field `name` as a list of texts; a `null` among them is an empty one.
    pub(crate) fn texts(&self, name: &str) -> Field<Vec<Text<'d>>> {
        self.list(name, "a string", |node| match node.content {
            Content::Null => Some(Text { text: "", node }),
            _ => as_text(node),
        })
    }

    /// The field `name` as an object.
    pub(crate) fn object(&self, name: &str) -> Field<Self> {
        let document = self.document;
        self.typed(name, "an object", |node| as_object(document, node))
    }

    /// The field `name` as a list of objects; a `null` among them says nothing.
    pub(crate) fn objects(&self, name: &str) -> Field<Vec<Self>> {
        let document = self.document;
        self.list(name, "an object", |node| match node.content {
            Content::Null => Some(Self { document, node }),
            _ => as_object(document, node),
        })
    }

    /// The field `name` as a map of texts: each name with its place, and its text.
    pub(crate) fn words(&self, name: &str) -> Field<Vec<(&'d Member, Text<'d>)>> {
        let Some(object) = self.object(name)? else { return Ok(None) };
        let word = |member: &'d Member| match as_text(&member.value) {
            Some(text) => Ok((member, text)),
            None => Err(self.wrong_type(&format!("{name}.{}", member.name), "a string", &member.value)),
        };
        object.node.members().iter().map(word).collect::<Result<_, _>>().map(Some)
    }

    fn typed<T>(&self, name: &str, expected: &str, pick: impl FnOnce(&'d Node) -> Option<T>) -> Field<T> {
        let Some(node) = self.field(name) else { return Ok(None) };
        pick(node).map(Some).ok_or_else(|| self.wrong_type(name, expected, node))
    }

    fn list<T>(&self, name: &str, expected: &str, pick: impl Fn(&'d Node) -> Option<T>) -> Field<Vec<T>> {
        let Some(node) = self.field(name) else { return Ok(None) };
        let Content::List(items) = &node.content else { return Err(self.wrong_type(name, "a list", node)) };
        let item =
            |item| pick(item).ok_or_else(|| self.wrong_type(&format!("an entry of {name}"), expected, item));
        items.iter().map(item).collect::<Result<_, _>>().map(Some)
    }

    fn wrong_type(&self, name: &str, expected: &str, node: &Node) -> DocumentError {
        self.document.error_at(node, format!("{name} has to be {expected}, not {}", node.kind()))
    }
}

fn as_text(node: &Node) -> Option<Text<'_>> {
    match &node.content {
        Content::Text(text) => Some(Text { text, node }),
        _ => None,
    }
}

fn as_object<'d>(document: &'d Document, node: &'d Node) -> Option<Object<'d>> {
    matches!(node.content, Content::Object(_)).then_some(Object { document, node })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> Document {
        Document::parse("/f.json", text.to_owned()).unwrap()
    }

    #[test]
    fn fields_are_found_in_any_case_and_null_says_nothing() {
        let document = document(r#"{"Path": "/a", "path": null, "N": 3, "list": ["x", null], "on": true}"#);
        let object = Object::root(&document).unwrap().unwrap();
        assert_eq!(object.text("path").unwrap().unwrap().text, "/a");
        assert_eq!(object.integer("n"), Ok(Some(3)));
        assert_eq!(object.boolean("on"), Ok(Some(true)));
        let list: Vec<&str> = object.texts("LIST").unwrap().unwrap().iter().map(|text| text.text).collect();
        assert_eq!(list, ["x", ""]);
        assert!(object.object("missing").unwrap().is_none());
    }

    #[test]
    fn a_wrong_type_is_an_error_at_its_place() {
        let document = document("{\"a\": 1.5,\n \"b\": [\"x\", 2], \"c\": {\"d\": 3}, \"e\": \"f\"}");
        let object = Object::root(&document).unwrap().unwrap();
        let error = object.integer("a").unwrap_err();
        assert_eq!(error.message, "a has to be a whole number, not a number");
        let error = object.texts("b").unwrap_err();
        assert_eq!(
            (error.message.as_str(), error.origin.line, error.origin.column),
            ("an entry of b has to be a string, not a number", Some(2), Some(13))
        );
        assert_eq!(object.words("c").unwrap_err().message, "c.d has to be a string, not a number");
        assert_eq!(object.objects("e").unwrap_err().message, "e has to be a list, not a string");
        assert!(Object::root(&self::document("[]")).is_err());
        assert!(Object::root(&self::document("null")).unwrap().is_none());
    }
}
