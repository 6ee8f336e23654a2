//! Conditions: what rules say about facts.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Matcher, Operand};
use crate::jsonpath::Query;

/// A statement about the facts, true, false or unknown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// Every one holds.
    All(Vec<Condition>),
    /// At least one holds.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// A statement about the values that one path selects.
    Leaf(Leaf),
}

/// A statement about the values of one path, or about one parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Leaf {
    /// What the statement is about.
    pub subject: Subject,
    /// What has to hold for a value; all of them must.
    pub matchers: Vec<Matcher>,
    /// For how many of the values.
    pub quantifier: Quantifier,
    /// What stands in where the path selects nothing.
    #[serde(with = "crate::json_text")]
    pub default: Option<Value>,
}

/// What a [`Leaf`] is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// The values that a path selects.
    Fact(Query),
    /// The value of a parameter.
    Param(String),
}

/// For how many of the selected values a statement has to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantifier {
    /// For every one.
    #[default]
    All,
    /// For at least one.
    Any,
    /// For none.
    None,
    /// For exactly one.
    One,
}

impl Condition {
    /// Every leaf, in the order in which they are written.
    pub fn visit_leaves<'c>(&'c self, visit: &mut dyn FnMut(&'c Leaf)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.visit_leaves(visit)),
            Self::Not(part) => part.visit_leaves(visit),
            Self::Leaf(leaf) => visit(leaf),
        }
    }

    /// Every path that the condition reads, those of operands included.
    pub fn visit_queries<'c>(&'c self, visit: &mut dyn FnMut(&'c Query)) {
        self.visit_leaves(&mut |leaf| {
            if let Subject::Fact(query) = &leaf.subject {
                visit(query);
            }
            for matcher in &leaf.matchers {
                matcher.visit_operands(&mut |operand| {
                    if let Operand::Fact(query) = operand {
                        visit(query);
                    }
                });
            }
        });
    }
}
