//! Equality of values: numbers by value, whatever they are written as.

use std::hash::{Hash, Hasher};

use serde_json::{Number, Value};

/// Whether two values are the same: `1` is `1.0`, and the order of an object's members does not matter.
pub(super) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => Magnitude::of(left) == Magnitude::of(right),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, value)| right.get(name).is_some_and(|other| equal(value, other)))
        }
        _ => left == right,
    }
}

/// A value as a member of a set in which equal values are one.
#[derive(Debug)]
pub(super) struct Member<'v>(pub(super) &'v Value);

impl PartialEq for Member<'_> {
    fn eq(&self, other: &Self) -> bool {
        equal(self.0, other.0)
    }
}

impl Eq for Member<'_> {}

impl Hash for Member<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.0 {
            Value::Null => {}
            Value::Bool(value) => value.hash(state),
            Value::Number(number) => match Magnitude::of(number) {
                Magnitude::Integer(integer) => integer.hash(state),
                Magnitude::Fraction(fraction) => fraction.to_bits().hash(state),
            },
            Value::String(text) => text.hash(state),
            Value::Array(items) => items.iter().for_each(|item| Member(item).hash(state)),
            // Members have no order, so their number has to do.
            Value::Object(members) => members.len().hash(state),
        }
    }
}

/// A number by its value, exactly.
#[derive(PartialEq)]
enum Magnitude {
    Integer(i128),
    /// What is no whole number, or none within reach.
    Fraction(f64),
}

impl Magnitude {
    fn of(number: &Number) -> Self {
        let integer = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
        // JSON has no NaN, and what is no integer is a float.
        let float = || number.as_f64().unwrap_or_default();
        integer.map_or_else(|| Self::of_float(float()), Self::Integer)
    }

    fn of_float(float: f64) -> Self {
        // Far beyond every u64, and far within i128.
        const REACH: f64 = 1e30;
        if float.fract() == 0.0 && float.abs() < REACH {
            return Self::Integer(float as i128);
        }
        Self::Fraction(float)
    }
}
