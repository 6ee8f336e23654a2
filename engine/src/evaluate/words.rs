//! What a rule demands, and of what, in words.

use std::fmt::{self, Write};

use serde_json::Value;

use super::operands::Operands;
use super::trace::Deciding;
use crate::rule::{Matcher, Operand, Quantifier};
use crate::snapshot::{Location, Step};
use crate::template::{SENTENCE_LIMIT, display};

/// What the leaf demands of its values: `equals true`, `at least 2Gi and at most 4Gi`.
pub(super) fn expected(deciding: Deciding<'_, '_>) -> String {
    let leaf = deciding.leaf;
    let demands: Vec<_> = leaf.leaf.matchers.iter().map(|matcher| demand(matcher, &leaf.operands)).collect();
    qualified(deciding, &demands.join(" and "))
}

/// The same, where it follows "expected": what has to be equal to something is that thing.
pub(super) fn expected_value(deciding: Deciding<'_, '_>) -> String {
    let leaf = deciding.leaf;
    match leaf.leaf.matchers.as_slice() {
        [Matcher::Equals(operand)] => qualified(deciding, &operand_text(operand, &leaf.operands)),
        _ => expected(deciding),
    }
}

/// A place as people write it: `docker.config.live-restore`, `mounts[0].target`.
pub(super) struct Dotted<'l>(pub(super) &'l [Step]);

impl fmt::Display for Dotted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                Step::Name(name) if is_plain(name) => {
                    f.write_str(if index > 0 { "." } else { "" })?;
                    f.write_str(name)?;
                }
                step => {
                    let place = Location(vec![step.clone()]).to_string();
                    f.write_str(place.strip_prefix('$').unwrap_or(&place))?;
                }
            }
        }
        Ok(())
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

fn qualified(deciding: Deciding<'_, '_>, demand: &str) -> String {
    let quantified = match deciding.leaf.leaf.quantifier {
        Quantifier::All => demand.to_owned(),
        Quantifier::Any => format!("any of them {demand}"),
        Quantifier::None => format!("none of them {demand}"),
        Quantifier::One => format!("exactly one of them {demand}"),
    };
    if deciding.negated { format!("not {quantified}") } else { quantified }
}

fn demand(matcher: &Matcher, operands: &Operands<'_>) -> String {
    let phrase = match matcher {
        Matcher::Equals(_) => "equals",
        Matcher::NotEquals(_) => "other than",
        Matcher::In(_) => "one of",
        Matcher::NotIn(_) => "none of",
        Matcher::Matches(_) => "matches",
        Matcher::NotMatches(_) => "does not match",
        Matcher::Contains(_) => "contains",
        Matcher::ContainsAll(_) => "contains all of",
        Matcher::ContainsNone(_) => "contains none of",
        Matcher::SubsetOf(_) => "nothing besides",
        Matcher::SupersetOf(_) => "at least all of",
        Matcher::Unique(true) => "nothing twice",
        Matcher::Unique(false) => "something twice",
        Matcher::LessThan(_) => "less than",
        Matcher::AtMost(_) => "at most",
        Matcher::GreaterThan(_) => "greater than",
        Matcher::AtLeast(_) => "at least",
        Matcher::Version(_) => "version",
        Matcher::ModeWithin(_) => "no permission beyond",
        Matcher::Exists(true) => "present",
        Matcher::Exists(false) => "absent",
        Matcher::Empty(true) => "empty",
        Matcher::Empty(false) => "not empty",
        Matcher::Length(nested) => {
            let demands: Vec<_> = nested.iter().map(|matcher| demand(matcher, operands)).collect();
            return format!("length {}", demands.join(" and "));
        }
        Matcher::WithinCidr(_) => "within",
        Matcher::OverlapsCidr(_) => "overlaps",
    };
    match matcher.operand() {
        Some(operand) => format!("{phrase} {}", operand_text(operand, operands)),
        None => phrase.to_owned(),
    }
}

/// The value of the operand, and where the rule has it from if not from itself.
fn operand_text(operand: &Operand, operands: &Operands<'_>) -> String {
    let mut text = match operands.get(operand) {
        Some(Value::String(string)) if string.is_empty() => "\"\"".to_owned(),
        Some(value) => display(value, SENTENCE_LIMIT),
        None if operands.is_unknown(operand) => "(unknown)".to_owned(),
        None => "(absent)".to_owned(),
    };
    // Writing to a string does not fail.
    let _ = match operand {
        Operand::Literal(_) => Ok(()),
        Operand::Fact(query) => write!(text, " (as {query})"),
        Operand::Param(name) => write!(text, " (parameter {name})"),
    };
    text
}
