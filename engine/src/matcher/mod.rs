//! Matchers: what a value has to be like, decided for values that are known.
//!
//! Each file reads one notation. What a notation cannot express, such as a word where a number is
//! wanted, is no match and no error: rules look at files that anybody may have written.

pub mod cidr;
mod collection;
mod equality;
pub mod mode;
pub mod pattern;
pub mod quantity;
pub mod version;

use std::cmp::Ordering;

use ipnet::IpNet;
use serde_json::Value;

use crate::rule::{Matcher, Operand};
use equality::equal;
use pattern::Patterns;
use quantity::Scalar;

/// Whether the matcher holds for a value that is there and known.
///
/// `operand` tells what an operand stands for: its value, or `None` if it is absent, which nothing
/// matches.
pub fn holds<'o>(
    matcher: &'o Matcher,
    value: &Value,
    operand: &dyn Fn(&'o Operand) -> Option<&'o Value>,
    patterns: &Patterns,
) -> bool {
    let with = |other: &'o Operand, test: &dyn Fn(&Value) -> bool| operand(other).is_some_and(test);
    match matcher {
        Matcher::Equals(other) => with(other, &|other| equal(value, other)),
        Matcher::NotEquals(other) => with(other, &|other| !equal(value, other)),
        Matcher::In(list) => with(list, &|list| collection::is_in(value, list)),
        Matcher::NotIn(list) => with(list, &|list| !collection::is_in(value, list)),
        Matcher::Matches(pattern) => {
            with(pattern, &|pattern| matches(value, pattern, patterns) == Some(true))
        }
        Matcher::NotMatches(pattern) => {
            with(pattern, &|pattern| matches(value, pattern, patterns) == Some(false))
        }
        Matcher::Contains(part) => with(part, &|part| collection::contains(value, part) == Some(true)),
        Matcher::ContainsAll(parts) => with(parts, &|parts| collection::contains_all(value, parts)),
        Matcher::ContainsNone(parts) => with(parts, &|parts| collection::contains_none(value, parts)),
        Matcher::SubsetOf(set) => with(set, &|set| collection::is_subset(value, set)),
        Matcher::SupersetOf(set) => with(set, &|set| collection::is_superset(value, set)),
        Matcher::Unique(wanted) => collection::is_unique(value) == Some(*wanted),
        Matcher::LessThan(limit) => with(limit, &|limit| ordered(value, limit, Ordering::is_lt)),
        Matcher::AtMost(limit) => with(limit, &|limit| ordered(value, limit, Ordering::is_le)),
        Matcher::GreaterThan(limit) => with(limit, &|limit| ordered(value, limit, Ordering::is_gt)),
        Matcher::AtLeast(limit) => with(limit, &|limit| ordered(value, limit, Ordering::is_ge)),
        Matcher::Version(range) => with(range, &|range| is_version_in(value, range)),
        Matcher::ModeWithin(limit) => with(limit, &|limit| is_mode_within(value, limit)),
        Matcher::Exists(wanted) => *wanted,
        Matcher::Empty(wanted) => collection::length(value).map(|length| length == 0) == Some(*wanted),
        Matcher::Length(nested) => collection::length(value).is_some_and(|length| {
            let length = Value::from(length);
            nested.iter().all(|matcher| holds(matcher, &length, operand, patterns))
        }),
        Matcher::WithinCidr(network) => with(network, &|network| related(value, network, cidr::within)),
        Matcher::OverlapsCidr(network) => with(network, &|network| related(value, network, cidr::overlaps)),
    }
}

/// `None` if there is no text to search, or no pattern to search for.
fn matches(value: &Value, pattern: &Value, patterns: &Patterns) -> Option<bool> {
    let pattern = patterns.get(pattern.as_str()?).ok()?;
    match value {
        Value::String(text) => Some(pattern.is_match(text)),
        Value::Number(_) | Value::Bool(_) => Some(pattern.is_match(&value.to_string())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn ordered(value: &Value, limit: &Value, wanted: fn(Ordering) -> bool) -> bool {
    let order = Scalar::parse(value).and_then(|value| value.compare(&Scalar::parse(limit)?));
    order.is_some_and(wanted)
}

/// A whole number is a version too: systemd's is `252`.
fn is_version_in(value: &Value, range: &Value) -> bool {
    let version = match value {
        Value::String(text) => version::Version::parse(text),
        Value::Number(number) => version::Version::parse(&number.to_string()),
        _ => None,
    };
    let range = range.as_str().and_then(|range| version::Range::parse(range).ok());
    version.zip(range).is_some_and(|(version, range)| range.contains(&version))
}

fn is_mode_within(value: &Value, limit: &Value) -> bool {
    let parse = |value: &Value| value.as_str().and_then(mode::parse);
    parse(value).zip(parse(limit)).is_some_and(|(mode, limit)| mode::within(mode, limit))
}

/// An operand that selects several networks is a list of them, of which one is enough.
fn related(value: &Value, network: &Value, relation: fn(&IpNet, &IpNet) -> bool) -> bool {
    if let Value::Array(networks) = network {
        return networks.iter().any(|network| !network.is_array() && related(value, network, relation));
    }
    let parse = |value: &Value| value.as_str().and_then(cidr::parse);
    parse(value).zip(parse(network)).is_some_and(|(one, other)| relation(&one, &other))
}

#[cfg(test)]
mod tests;
