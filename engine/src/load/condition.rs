//! Conditions.

use super::fields::Fields;
use super::matcher::{About, NAMES};
use super::node::{Content, Node};
use super::path::Scope;
use super::reader::Reader;
use crate::rule::{Condition, Leaf, Matcher, Quantifier, Subject};

/// The keys that join conditions; each stands alone in its mapping.
const JOINTS: [&str; 3] = ["all", "any", "not"];

/// The keys of a leaf besides its matchers.
const LEAF: [&str; 4] = ["fact", "param", "quantifier", "default"];

const QUANTIFIERS: [(&str, Quantifier); 4] = [
    ("all", Quantifier::All),
    ("any", Quantifier::Any),
    ("none", Quantifier::None),
    ("one", Quantifier::One),
];

impl<'a> Reader<'a> {
    /// A condition.
    pub(super) fn condition(&mut self, node: &Node, scope: &Scope<'a>) -> Option<Condition> {
        let Content::Mapping(members) = &node.value else {
            return self.wrong_type(node, "a condition", None);
        };
        let joint = members.iter().find_map(|(key, value)| {
            Some((JOINTS.into_iter().find(|joint| key.text() == Some(joint))?, key, value))
        });
        let Some((joint, key, value)) = joint else { return self.leaf(node, scope) };
        if let Some((other, _)) = members.iter().find(|(other, _)| other.span != key.span) {
            let message = format!("`{joint}` stands alone, without `{}`", other.text().unwrap_or_default());
            let error = self.error("conflicting-keys", message, &other.span);
            let help = "join conditions in a list: `all: [{ … }, { … }]`";
            return self.fail(error.also(key.span.clone(), "next to this").advise(help.to_owned()));
        }
        match joint {
            "not" => Some(Condition::Not(Box::new(self.condition(value, scope)?))),
            "all" => Some(Condition::All(self.parts(joint, value, scope)?)),
            _ => Some(Condition::Any(self.parts(joint, value, scope)?)),
        }
    }

    fn parts(&mut self, joint: &str, node: &Node, scope: &Scope<'a>) -> Option<Vec<Condition>> {
        let parts = self.list(node, |reader, part| reader.condition(part, scope))?;
        if parts.is_empty() {
            let message = format!("`{joint}` joins no conditions");
            let error = self.error("empty", message, &node.span);
            return self.fail(error);
        }
        Some(parts)
    }

    fn leaf(&mut self, node: &Node, scope: &Scope<'a>) -> Option<Condition> {
        let known: Vec<&str> = LEAF.into_iter().chain(NAMES).chain(JOINTS).collect();
        let fields = self.fields(node, "a condition", &known)?;
        let (subject, about) = self.subject(&fields, scope)?;
        let quantifier = self.may(&fields, "quantifier", |reader, node| {
            let all = QUANTIFIERS;
            reader.one_of(node, "quantifier", &all, |(name, _)| name).map(|(_, quantifier)| quantifier)
        });
        let default = self.may(&fields, "default", |reader, node| reader.default(node, &about));
        let matchers = self.matchers(node, &about, scope);
        if matchers.as_ref().is_some_and(Vec::is_empty) && self.has_only(node, &LEAF) {
            let message = "the condition demands nothing";
            let error = self.error("no-matcher", message, &fields.span());
            let help = "say what the value has to be like, for example `equals: true` or `exists: true`";
            return self.fail(error.label("no matcher here").advise(help.to_owned()));
        }
        let quantifier = quantifier?.unwrap_or_default();
        Some(Condition::Leaf(Leaf { subject, matchers: matchers?, quantifier, default: default? }))
    }

    /// What the leaf is about.
    fn subject(&mut self, fields: &Fields<'_>, scope: &Scope<'a>) -> Option<(Subject, About<'a>)> {
        match self.exactly_one(fields, &["fact", "param"])? {
            "fact" => {
                let node = self.required(fields, "fact")?;
                let resolved = self.path(node, scope)?;
                let about = About { shown: format!("`{}`", resolved.query), kinds: resolved.kinds() };
                Some((Subject::Fact(resolved.query), about))
            }
            _ => {
                let node = self.required(fields, "param")?;
                let name = self.text(node)?;
                let kinds = self.parameter(&name, node, &(0..name.len())).flatten();
                Some((
                    Subject::Param(name.clone()),
                    About { shown: format!("the parameter `{name}`"), kinds },
                ))
            }
        }
    }

    fn matchers(&mut self, node: &Node, about: &About<'a>, scope: &Scope<'a>) -> Option<Vec<Matcher>> {
        let Content::Mapping(members) = &node.value else { return None };
        let is_matcher = |key: &Node| key.text().is_some_and(|name| NAMES.contains(&name));
        let matchers: Vec<Option<_>> = members
            .iter()
            .filter(|(key, _)| is_matcher(key))
            .map(|(key, value)| self.matcher(key, value, about, scope))
            .collect();
        matchers.into_iter().collect()
    }

    fn has_only(&self, node: &Node, known: &[&str]) -> bool {
        match &node.value {
            Content::Mapping(members) => {
                members.iter().all(|(key, _)| key.text().is_some_and(|name| known.contains(&name)))
            }
            _ => false,
        }
    }
}
