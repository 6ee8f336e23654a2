//! Matchers: what a leaf demands of a value.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::jsonpath::Query;

/// What a matcher compares with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operand {
    /// A value written in the rule.
    Literal(#[serde(with = "crate::json_text")] Value),
    /// The value that a path selects; unknown if a gap covers it, and no match if it selects nothing.
    Fact(Query),
    /// The value of a parameter.
    Param(String),
}

/// A demand on one value. The names are those of the rule language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Matcher {
    /// Equals: numbers by value, lists and objects by members.
    Equals(Operand),
    /// Does not equal.
    NotEquals(Operand),
    /// Is one of a list.
    In(Operand),
    /// Is none of a list.
    NotIn(Operand),
    /// Matches a regular expression, unanchored.
    Matches(Operand),
    /// Does not match a regular expression.
    NotMatches(Operand),
    /// As a list, holds the element; as a string, the substring.
    Contains(Operand),
    /// As a list, holds every element of the operand.
    ContainsAll(Operand),
    /// As a list, holds no element of the operand.
    ContainsNone(Operand),
    /// As a set, has no element that the operand has not.
    SubsetOf(Operand),
    /// As a set, has every element of the operand.
    SupersetOf(Operand),
    /// As a list, has no element twice (`true`), or has one (`false`).
    Unique(bool),
    /// Is less than a number, quantity, duration or percentage.
    LessThan(Operand),
    /// Is at most.
    AtMost(Operand),
    /// Is greater than.
    GreaterThan(Operand),
    /// Is at least.
    AtLeast(Operand),
    /// Is a version within a range.
    Version(Operand),
    /// Grants no permission bit outside the octal mode.
    ModeWithin(Operand),
    /// Is there at all (`true`), or is not (`false`).
    Exists(bool),
    /// Has no characters, elements or members (`true`), or has some (`false`).
    Empty(bool),
    /// Its number of characters, elements or members meets every one of these.
    Length(Vec<Matcher>),
    /// Is an address or network within the network, or within one of several.
    WithinCidr(Operand),
    /// Is a network that shares an address with the network, or with one of several.
    OverlapsCidr(Operand),
}

impl Matcher {
    /// The matcher's name in the rule language.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Equals(_) => "equals",
            Self::NotEquals(_) => "not-equals",
            Self::In(_) => "in",
            Self::NotIn(_) => "not-in",
            Self::Matches(_) => "matches",
            Self::NotMatches(_) => "not-matches",
            Self::Contains(_) => "contains",
            Self::ContainsAll(_) => "contains-all",
            Self::ContainsNone(_) => "contains-none",
            Self::SubsetOf(_) => "subset-of",
            Self::SupersetOf(_) => "superset-of",
            Self::Unique(_) => "unique",
            Self::LessThan(_) => "less-than",
            Self::AtMost(_) => "at-most",
            Self::GreaterThan(_) => "greater-than",
            Self::AtLeast(_) => "at-least",
            Self::Version(_) => "version",
            Self::ModeWithin(_) => "mode-within",
            Self::Exists(_) => "exists",
            Self::Empty(_) => "empty",
            Self::Length(_) => "length",
            Self::WithinCidr(_) => "within-cidr",
            Self::OverlapsCidr(_) => "overlaps-cidr",
        }
    }

    /// The operand, of the matchers that have one.
    pub fn operand(&self) -> Option<&Operand> {
        match self {
            Self::Equals(operand)
            | Self::NotEquals(operand)
            | Self::In(operand)
            | Self::NotIn(operand)
            | Self::Matches(operand)
            | Self::NotMatches(operand)
            | Self::Contains(operand)
            | Self::ContainsAll(operand)
            | Self::ContainsNone(operand)
            | Self::SubsetOf(operand)
            | Self::SupersetOf(operand)
            | Self::LessThan(operand)
            | Self::AtMost(operand)
            | Self::GreaterThan(operand)
            | Self::AtLeast(operand)
            | Self::Version(operand)
            | Self::ModeWithin(operand)
            | Self::WithinCidr(operand)
            | Self::OverlapsCidr(operand) => Some(operand),
            Self::Unique(_) | Self::Exists(_) | Self::Empty(_) | Self::Length(_) => None,
        }
    }

    /// Every operand, those of nested matchers included.
    pub fn visit_operands<'m>(&'m self, visit: &mut dyn FnMut(&'m Operand)) {
        match self {
            Self::Length(nested) => nested.iter().for_each(|matcher| matcher.visit_operands(visit)),
            matcher => matcher.operand().into_iter().for_each(visit),
        }
    }
}
