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
fn deeply_equal(left: &Value, right: &Value, budget: &mut Budget) -> Result<bool, BudgetExceeded> {
    let mut pairs = vec![(left, right)];
    while let Some(pair) = pairs.pop() {
        budget.spend(1)?;
        let equal = match pair {
            (Value::Number(left), Value::Number(right)) => order(left, right) == Ordering::Equal,
            (Value::String(left), Value::String(right)) => {
                budget.spend_text(left.len().min(right.len()))?;
                left == right
            }
            (Value::Array(left), Value::Array(right)) => {
                pairs.extend(left.iter().zip(right));
                left.len() == right.len()
            }
            (Value::Object(left), Value::Object(right)) => {
                let shared = left.iter().filter_map(|(name, value)| Some((value, right.get(name)?)));
                let before = pairs.len();
                pairs.extend(shared);
                left.len() == right.len() && pairs.len() - before == left.len()
            }
            (Value::Bool(left), Value::Bool(right)) => left == right,
            (Value::Null, Value::Null) => true,
            _ => false,
        };
        if !equal {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The order of two numbers by their mathematical values, whatever mix of `i64`, `u64` and `f64` they are.
fn order(left: &Number, right: &Number) -> Ordering {
    match (integer(left), integer(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        (Some(left), None) => order_mixed(left, float(right)),
        (None, Some(right)) => order_mixed(right, float(left)).reverse(),
        (None, None) => float(left).total_cmp_numeric(float(right)),
    }
}
