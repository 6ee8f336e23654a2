//! Comparison of JSON values (RFC 9535, section 2.3.5.2.2), exact for all numbers.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::ast::Comparator;
use super::budget::Budget;
use super::error::BudgetExceeded;

/// Whether the comparison holds; `None` is what a query that selects nothing yields.
///
/// # Errors
/// When the values are so large that the budget is used up.
pub(super) fn holds(
    left: Option<&Value>,
    comparator: Comparator,
    right: Option<&Value>,
    budget: &mut Budget,
) -> Result<bool, BudgetExceeded> {
    Ok(match comparator {
        Comparator::Equal => equal(left, right, budget)?,
        Comparator::NotEqual => !equal(left, right, budget)?,
        Comparator::Less => less(left, right, budget)?,
        Comparator::LessOrEqual => less(left, right, budget)? || equal(left, right, budget)?,
        Comparator::Greater => less(right, left, budget)?,
        Comparator::GreaterOrEqual => less(right, left, budget)? || equal(left, right, budget)?,
    })
}

fn equal(left: Option<&Value>, right: Option<&Value>, budget: &mut Budget) -> Result<bool, BudgetExceeded> {
    match (left, right) {
        (Some(left), Some(right)) => deeply_equal(left, right, budget),
        (None, None) => Ok(true),
        _ => Ok(false),
    }
}

/// Only numbers and strings have an order; strings by their Unicode scalar values, as UTF-8 has it.
fn less(left: Option<&Value>, right: Option<&Value>, budget: &mut Budget) -> Result<bool, BudgetExceeded> {
    match (left, right) {
        (Some(Value::Number(left)), Some(Value::Number(right))) => Ok(order(left, right) == Ordering::Less),
        (Some(Value::String(left)), Some(Value::String(right))) => {
            budget.spend_text(left.len().min(right.len()))?;
            Ok(left < right)
        }
        _ => Ok(false),
    }
}

/// Equality of whole values, by a list of pairs still to compare: a document may be nested deeper than
/// the stack.
fn deeply_equal<'v>(left: &'v Value, right: &'v Value, budget: &mut Budget) -> Result<bool, BudgetExceeded> {
    let mut pair = (left, right);
    let mut pairs = Vec::new();
    loop {
        if !shallowly_equal(pair, &mut pairs, budget)? {
            return Ok(false);
        }
        match pairs.pop() {
            Some(next) => pair = next,
            None => return Ok(true),
        }
    }
}

/// Whether nothing tells the two apart so far; what they contain is left to compare in `pairs`.
fn shallowly_equal<'v>(
    pair: (&'v Value, &'v Value),
    pairs: &mut Vec<(&'v Value, &'v Value)>,
    budget: &mut Budget,
) -> Result<bool, BudgetExceeded> {
    budget.spend(1)?;
    Ok(match pair {
        (Value::Null, Value::Null) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Number(left), Value::Number(right)) => order(left, right) == Ordering::Equal,
        (Value::String(left), Value::String(right)) => {
            budget.spend_text(left.len().min(right.len()))?;
            left == right
        }
        (Value::Array(left), Value::Array(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            budget.spend(left.len())?;
            pairs.extend(left.iter().zip(right));
            true
        }
        (Value::Object(left), Value::Object(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            budget.spend(left.len())?;
            let before = pairs.len();
            pairs.extend(left.iter().filter_map(|(name, value)| Some((value, right.get(name)?))));
            pairs.len() - before == left.len()
        }
        _ => false,
    })
}

/// The order of two numbers by their mathematical values, whatever mix of `i64`, `u64` and `f64` they are.
fn order(left: &Number, right: &Number) -> Ordering {
    match (integer(left), integer(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        (Some(left), None) => order_mixed(left, float(right)),
        (None, Some(right)) => order_mixed(right, float(left)).reverse(),
        (None, None) => float(left).partial_cmp(&float(right)).unwrap_or(Ordering::Equal),
    }
}

/// An integer against a float, without rounding the one to the other.
fn order_mixed(integer: i128, float: f64) -> Ordering {
    // A cast saturates, so a float beyond i128 still lies on its side of every i64 and u64.
    let whole = float.trunc();
    integer
        .cmp(&(whole as i128))
        .then_with(|| 0.0_f64.partial_cmp(&(float - whole)).unwrap_or(Ordering::Equal))
}

fn integer(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

/// JSON has no NaN, and every number that is not an integer is an `f64` here.
fn float(number: &Number) -> f64 {
    number.as_f64().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn compare(left: &Value, comparator: Comparator, right: &Value) -> bool {
        holds(Some(left), comparator, Some(right), &mut Budget::new(1_000)).unwrap()
    }

    #[test]
    fn integers_beyond_the_precision_of_a_float_stay_apart() {
        let (limit, next) = (json!(9_007_199_254_740_992_u64), json!(9_007_199_254_740_993_u64));
        assert!(compare(&limit, Comparator::Less, &next));
        assert!(!compare(&limit, Comparator::Equal, &next));
        assert!(compare(&json!(9_007_199_254_740_992.0), Comparator::Less, &next));
        assert!(compare(&json!(u64::MAX), Comparator::Less, &json!(18_446_744_073_709_551_616.0)));
        assert!(compare(&json!(u64::MAX), Comparator::Greater, &json!(i64::MIN)));
    }

    #[test]
    fn an_integer_equals_the_float_of_the_same_value() {
        assert!(compare(&json!(1), Comparator::Equal, &json!(1.0)));
        assert!(compare(&json!(0), Comparator::Equal, &json!(-0.0)));
        assert!(compare(&json!({"a": [1, 2]}), Comparator::Equal, &json!({"a": [1.0, 2e0]})));
        assert!(compare(&json!(-1), Comparator::Greater, &json!(-1.5)));
        assert!(compare(&json!(1.5), Comparator::Greater, &json!(1)));
        assert!(compare(&json!(1e300), Comparator::Greater, &json!(u64::MAX)));
        assert!(compare(&json!(-1e300), Comparator::Less, &json!(i64::MIN)));
    }

    #[test]
    fn only_numbers_and_strings_are_ordered_but_equals_are_at_most_equal() {
        for value in [json!(null), json!(true), json!([1]), json!({"a": 1})] {
            assert!(!compare(&value, Comparator::Less, &value), "{value}");
            assert!(compare(&value, Comparator::LessOrEqual, &value), "{value}");
            assert!(compare(&value, Comparator::GreaterOrEqual, &value), "{value}");
        }
        assert!(!compare(&json!(false), Comparator::Less, &json!(true)));
        assert!(!compare(&json!(1), Comparator::Less, &json!("2")));
        assert!(compare(&json!("a"), Comparator::Less, &json!("b")));
        assert!(compare(&json!("\u{ff5a}"), Comparator::Less, &json!("\u{1d11e}")), "not by UTF-16 units");
    }

    #[test]
    fn objects_are_equal_whatever_the_order_but_not_with_other_names() {
        assert!(!compare(&json!({"a": 1, "b": 2}), Comparator::Equal, &json!({"a": 1, "c": 2})));
        assert!(!compare(&json!({"a": 1}), Comparator::Equal, &json!({"a": 1, "b": 2})));
        assert!(!compare(&json!([1, 2]), Comparator::Equal, &json!([2, 1])));
        assert!(compare(&json!({"a": {}, "b": []}), Comparator::Equal, &json!({"b": [], "a": {}})));
    }

    #[test]
    fn nothing_equals_nothing_only() {
        let budget = &mut Budget::new(1_000);
        assert!(holds(None, Comparator::Equal, None, budget).unwrap());
        assert!(holds(None, Comparator::GreaterOrEqual, None, budget).unwrap());
        assert!(!holds(None, Comparator::Less, None, budget).unwrap());
        assert!(holds(None, Comparator::NotEqual, Some(&Value::Null), budget).unwrap());
    }

    #[test]
    fn comparing_large_values_is_paid_for() {
        let list = json!(vec![0; 100]);
        let held = holds(Some(&list), Comparator::Equal, Some(&list), &mut Budget::new(100));
        assert_eq!(held, Err(BudgetExceeded));
    }
}
