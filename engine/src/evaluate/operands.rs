//! What the operands of a leaf stand for.

use std::borrow::Cow;

use serde_json::Value;

use super::reading::Reading;
use super::scene::Place;
use crate::jsonpath::Query;
use crate::parameter::Parameters;
use crate::rule::{Leaf, Matcher, Operand};
use crate::snapshot::Gap;

/// The operands of one leaf, read once for all its values.
#[derive(Debug, Clone)]
pub(super) struct Operands<'a> {
    parameters: &'a Parameters,
    facts: Vec<(&'a Query, FactOperand<'a>)>,
}

#[derive(Debug, Clone)]
struct FactOperand<'a> {
    /// The value, or a list of them if the path selects several.
    value: Option<Cow<'a, Value>>,
    /// Why it cannot be told; empty if it can.
    gaps: Vec<Cow<'a, Gap>>,
}

impl<'a> Operands<'a> {
    /// Reads the operands.
    pub(super) fn read(leaf: &'a Leaf, place: Place<'_, 'a>) -> Self {
        let mut facts = Vec::new();
        for matcher in &leaf.matchers {
            let inside = looks_inside(matcher);
            matcher.visit_operands(&mut |operand| {
                if let Operand::Fact(query) = operand {
                    facts.push((query, FactOperand::read(query, inside, place)));
                }
            });
        }
        Self { parameters: place.scene.parameters, facts }
    }

    /// What the operand stands for; `None` if it is absent, or cannot be told.
    pub(super) fn get<'o>(&'o self, operand: &'o Operand) -> Option<&'o Value> {
        match operand {
            Operand::Literal(value) => Some(value),
            Operand::Param(name) => self.parameters.get(name).filter(|value| !value.is_null()),
            Operand::Fact(query) => self.fact(query)?.value.as_deref(),
        }
    }

    /// Whether a gap keeps the operand from being told.
    pub(super) fn is_unknown(&self, operand: &Operand) -> bool {
        matches!(operand, Operand::Fact(query) if self.fact(query).is_some_and(|fact| !fact.gaps.is_empty()))
    }

    /// The gaps that keep the matcher's operands from being told.
    pub(super) fn gaps_of<'o>(&'o self, matcher: &'o Matcher) -> Vec<&'o Cow<'a, Gap>> {
        let mut gaps = Vec::new();
        if !self.facts.is_empty() {
            matcher.visit_operands(&mut |operand| {
                if let Operand::Fact(query) = operand {
                    gaps.extend(self.fact(query).into_iter().flat_map(|fact| &fact.gaps));
                }
            });
        }
        gaps
    }

    fn fact(&self, query: &Query) -> Option<&FactOperand<'a>> {
        self.facts.iter().find(|(known, _)| std::ptr::eq(*known, query)).map(|(_, operand)| operand)
    }
}

impl<'a> FactOperand<'a> {
    fn read(query: &Query, inside: bool, place: Place<'_, 'a>) -> Self {
        let reading = Reading::of(query, place);
        let mut gaps: Vec<_> = reading.gaps().collect();
        if inside {
            gaps.extend(reading.values.iter().flat_map(|value| &value.inside).map(|gap| Cow::Borrowed(*gap)));
        }
        let value = match reading.values.as_slice() {
            [] => None,
            [value] => Some(Cow::Borrowed(value.value)),
            values => Some(Cow::Owned(values.iter().map(|value| value.value.clone()).collect())),
        };
        Self { value: value.filter(|_| gaps.is_empty()), gaps }
    }
}

/// Whether the matcher looks at what lists and objects consist of, which a gap may be part of.
pub(super) fn looks_inside(matcher: &Matcher) -> bool {
    match matcher {
        Matcher::Equals(_)
        | Matcher::NotEquals(_)
        | Matcher::In(_)
        | Matcher::NotIn(_)
        | Matcher::Contains(_)
        | Matcher::ContainsAll(_)
        | Matcher::ContainsNone(_)
        | Matcher::SubsetOf(_)
        | Matcher::SupersetOf(_)
        | Matcher::Unique(_) => true,
        Matcher::Matches(_)
        | Matcher::NotMatches(_)
        | Matcher::LessThan(_)
        | Matcher::AtMost(_)
        | Matcher::GreaterThan(_)
        | Matcher::AtLeast(_)
        | Matcher::Version(_)
        | Matcher::ModeWithin(_)
        | Matcher::Exists(_)
        | Matcher::Empty(_)
        | Matcher::Length(_)
        | Matcher::WithinCidr(_)
        | Matcher::OverlapsCidr(_) => false,
    }
}
