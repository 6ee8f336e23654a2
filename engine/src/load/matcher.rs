//! Matchers: whether they can apply to what a condition is about, and their operands.

use serde_json::Value;

use super::node::{Content, Node};
use super::operand::Form;
use super::path::Scope;
use super::reader::Reader;
use super::types;
use crate::catalogue::Kind;
use crate::rule::{Matcher, Operand};
use crate::suggest;

/// What a condition is about.
pub(super) struct About<'c> {
    /// How messages call it.
    pub(super) shown: String,
    /// The types that its values may have; `None` if that is not known.
    pub(super) kinds: Option<Vec<&'c Kind>>,
}

/// Every matcher.
pub(super) const NAMES: [&str; 23] = [
    "equals",
    "not-equals",
    "in",
    "not-in",
    "matches",
    "not-matches",
    "contains",
    "contains-all",
    "contains-none",
    "subset-of",
    "superset-of",
    "unique",
    "less-than",
    "at-most",
    "greater-than",
    "at-least",
    "version",
    "mode-within",
    "exists",
    "empty",
    "length",
    "within-cidr",
    "overlaps-cidr",
];

/// The matchers of a length.
pub(super) const OF_LENGTH: [&str; 8] =
    ["equals", "not-equals", "in", "not-in", "less-than", "at-most", "greater-than", "at-least"];

/// Makes a matcher of its operand.
type Make = fn(Operand) -> Matcher;

/// The matchers that have an operand, the form of the operand, and the matcher that it makes.
const WITH_OPERAND: [(&str, Form, Make); 19] = [
    ("equals", Form::Value, Matcher::Equals),
    ("not-equals", Form::Value, Matcher::NotEquals),
    ("in", Form::Values, Matcher::In),
    ("not-in", Form::Values, Matcher::NotIn),
    ("matches", Form::Pattern, Matcher::Matches),
    ("not-matches", Form::Pattern, Matcher::NotMatches),
    ("contains", Form::Element, Matcher::Contains),
    ("contains-all", Form::Elements, Matcher::ContainsAll),
    ("contains-none", Form::Elements, Matcher::ContainsNone),
    ("subset-of", Form::Elements, Matcher::SubsetOf),
    ("superset-of", Form::Elements, Matcher::SupersetOf),
    ("less-than", Form::Scalar, Matcher::LessThan),
    ("at-most", Form::Scalar, Matcher::AtMost),
    ("greater-than", Form::Scalar, Matcher::GreaterThan),
    ("at-least", Form::Scalar, Matcher::AtLeast),
    ("version", Form::Version, Matcher::Version),
    ("mode-within", Form::Mode, Matcher::ModeWithin),
    ("within-cidr", Form::Network, Matcher::WithinCidr),
    ("overlaps-cidr", Form::Network, Matcher::OverlapsCidr),
];

impl<'a> Reader<'a> {
    /// The matcher that a key and its value make.
    pub(super) fn matcher(
        &mut self,
        key: &Node,
        value: &Node,
        about: &About<'a>,
        scope: &Scope<'a>,
    ) -> Option<Matcher> {
        let name = key.text()?;
        let applies = self.applies(name, key, about);
        let matcher = match name {
            "exists" => Matcher::Exists(self.boolean(value)?),
            "empty" => Matcher::Empty(self.boolean(value)?),
            "unique" => Matcher::Unique(self.boolean(value)?),
            "length" => Matcher::Length(self.length(value, scope)?),
            name => {
                let (_, form, make) = WITH_OPERAND.into_iter().find(|(known, _, _)| *known == name)?;
                // What cannot apply says nothing about its operand.
                let unknown = About { shown: about.shown.clone(), kinds: None };
                make(self.operand(form, value, applies.map_or(&unknown, |()| about), scope)?)
            }
        };
        applies.map(|()| matcher)
    }

    /// What stands in where a path selects nothing.
    pub(super) fn default(&mut self, node: &Node, about: &About<'a>) -> Option<Value> {
        let value = self.value(node)?;
        if value.is_null() {
            let error = self.error("null", "`default` stands in for nothing", &node.span);
            return self.fail(error.advise("leave it out".to_owned()));
        }
        self.expect_possible(&value, node, about)?;
        Some(value)
    }

    fn length(&mut self, node: &Node, scope: &Scope<'a>) -> Option<Vec<Matcher>> {
        let Content::Mapping(members) = &node.value else {
            return self.wrong_type(
                node,
                "a mapping of matchers",
                Some("write for example `length: { at-least: 1 }`"),
            );
        };
        let about = About { shown: "a length".to_owned(), kinds: Some(vec![&Kind::Integer]) };
        let matchers: Vec<Option<Matcher>> = members
            .iter()
            .map(|(key, value)| {
                let name = key.text().unwrap_or_default();
                if OF_LENGTH.contains(&name) {
                    return self.matcher(key, value, &about, scope);
                }
                let message = format!("a length has no matcher `{name}`");
                let error = self.error("unknown-key", message, &key.span);
                self.fail(error.label("unknown key").advise(suggest::advice(name, OF_LENGTH)))
            })
            .collect();
        if matchers.is_empty() {
            let error = self.error("no-matcher", "the length may be anything", &node.span);
            return self.fail(error.advise("write for example `length: { at-least: 1 }`".to_owned()));
        }
        matchers.into_iter().collect()
    }

    /// Notes a matcher that can hold for no value of any type that the subject may have.
    fn applies(&mut self, name: &str, key: &Node, about: &About<'a>) -> Option<()> {
        let Some(kinds) = &about.kinds else { return Some(()) };
        if kinds.iter().any(|kind| types::applies(name, kind)) {
            return Some(());
        }
        let types = types::describe(kinds);
        let message = format!("`{name}` cannot apply to {}, which is {types}", about.shown);
        let error = self.error("matcher-type", message, &key.span);
        self.fail(error.label(format!("is for {}", types::wanted(name))).advise(types::instead(name, kinds)))
    }
}
