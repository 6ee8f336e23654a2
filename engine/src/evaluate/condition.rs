//! From a condition and a place to a trace.

use std::borrow::Cow;

use serde_json::Value;

use super::Verdict;
use super::operands::{Operands, looks_inside};
use super::reading::{ReadValue, Reading};
use super::scene::Place;
use super::trace::{LeafTrace, Trace};
use crate::matcher;
use crate::rule::{Condition, Leaf, Matcher, Quantifier, Subject};
use crate::snapshot::Gap;

/// Evaluates the condition, every part of it.
pub(super) fn judge<'a>(condition: &'a Condition, place: Place<'_, 'a>) -> Trace<'a> {
    let each = |parts: &'a [Condition]| parts.iter().map(|part| judge(part, place)).collect::<Vec<_>>();
    match condition {
        Condition::All(parts) => {
            let parts = each(parts);
            Trace::All(Verdict::all(parts.iter().map(Trace::verdict)), parts)
        }
        Condition::Any(parts) => {
            let parts = each(parts);
            Trace::Any(Verdict::any(parts.iter().map(Trace::verdict)), parts)
        }
        Condition::Not(part) => {
            let part = judge(part, place);
            Trace::Not(!part.verdict(), Box::new(part))
        }
        Condition::Leaf(leaf) => Trace::Leaf(judge_leaf(leaf, place)),
    }
}

fn judge_leaf<'a>(leaf: &'a Leaf, place: Place<'_, 'a>) -> LeafTrace<'a> {
    let subject = SubjectValues::read(leaf, place);
    let operands = Operands::read(leaf, place);
    let mut gaps = subject.gaps;
    let presence = match (subject.values.is_empty(), subject.is_uncertain) {
        (false, _) => Verdict::True,
        (true, true) => Verdict::Unknown,
        (true, false) => Verdict::False,
    };
    let mut exists = Verdict::True;
    let mut matchers = Vec::with_capacity(leaf.matchers.len());
    for matcher in &leaf.matchers {
        match matcher {
            Matcher::Exists(true) => exists = exists.and(presence),
            Matcher::Exists(false) => exists = exists.and(!presence),
            matcher => matchers.push(matcher),
        }
    }
    let default = leaf.default.as_ref().filter(|default| presence == Verdict::False && !default.is_null());
    let values = default.map_or(subject.values, |default| vec![ReadValue::known(default)]);
    let mut tested = Vec::with_capacity(values.len());
    for value in &values {
        let verdicts = matchers.iter().map(|matcher| test(matcher, value, &operands, place, &mut gaps));
        tested.push((value.value, Verdict::all(verdicts)));
    }
    let verdict = if matchers.is_empty() {
        exists
    } else {
        exists.and(quantify(leaf.quantifier, &tested, subject.is_uncertain))
    };
    LeafTrace { leaf, verdict, values: tested, is_default: default.is_some(), gaps, operands }
}

/// What a leaf is about.
struct SubjectValues<'a> {
    values: Vec<ReadValue<'a>>,
    /// Whether there may be others.
    is_uncertain: bool,
    gaps: Vec<Cow<'a, Gap>>,
}

impl<'a> SubjectValues<'a> {
    fn read(leaf: &'a Leaf, place: Place<'_, 'a>) -> Self {
        match &leaf.subject {
            Subject::Fact(query) => {
                let reading = Reading::of(query, place);
                let (is_uncertain, gaps) = (reading.is_uncertain(), reading.gaps().collect());
                Self { values: reading.values, is_uncertain, gaps }
            }
            Subject::Param(name) => {
                let value = place.scene.parameters.get(name).filter(|value| !value.is_null());
                let values = value.into_iter().map(ReadValue::known).collect();
                Self { values, is_uncertain: false, gaps: Vec::new() }
            }
        }
    }
}

/// What one matcher says of one value. The gaps that leave it undecided are added to `gaps`.
fn test<'a>(
    matcher: &'a Matcher,
    value: &ReadValue<'a>,
    operands: &Operands<'a>,
    place: Place<'_, 'a>,
    gaps: &mut Vec<Cow<'a, Gap>>,
) -> Verdict {
    let before = gaps.len();
    gaps.extend(operands.gaps_of(matcher).into_iter().cloned());
    gaps.extend(value.open.iter().map(|gap| Cow::Borrowed(*gap)));
    if looks_inside(matcher) {
        gaps.extend(value.inside.iter().map(|gap| Cow::Borrowed(*gap)));
    }
    if gaps.len() > before {
        return Verdict::Unknown;
    }
    matcher::holds(matcher, value.value, &|operand| operands.get(operand), &place.scene.patterns).into()
}

/// What the quantifier makes of the verdicts. One value more is unknown if there may be others; and where
/// nothing is selected, that nothing is one value for which no matcher holds.
fn quantify(quantifier: Quantifier, values: &[(&Value, Verdict)], is_uncertain: bool) -> Verdict {
    let extra = match (is_uncertain, values.is_empty()) {
        (true, _) => Some(Verdict::Unknown),
        (false, true) => Some(Verdict::False),
        (false, false) => None,
    };
    let verdicts = values.iter().map(|(_, verdict)| *verdict).chain(extra);
    match quantifier {
        Quantifier::All => Verdict::all(verdicts),
        Quantifier::Any => Verdict::any(verdicts),
        Quantifier::None => !Verdict::any(verdicts),
        Quantifier::One => Verdict::one(verdicts),
    }
}
