//! Numbers, and texts that mean one: quantities, durations and percentages.

use std::cmp::Ordering;

use serde_json::Value;

/// A number and what it counts.
///
/// It is exact to a billionth and up to 10²⁹, which covers every `u64` and every nanosecond; beyond, it
/// saturates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scalar {
    /// In billionths.
    billionths: i128,
    unit: Unit,
}

/// What a [`Scalar`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A number that does not say: `42`. It is compared with every other unit, as bytes, as seconds or
    /// as percent.
    Plain,
    /// Bytes or things: `2Gi`, `500M`.
    Quantity,
    /// A time span in seconds: `5m`, `1h30m`.
    Duration,
    /// A share in percent: `80%`.
    Percentage,
}

const BILLION: i128 = 1_000_000_000;

/// The suffixes of quantities: those of Kubernetes, with `K` for `k`.
const QUANTITIES: [(&str, i128); 13] = [
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
    ("Pi", 1 << 50),
    ("Ei", 1 << 60),
    ("k", 1_000),
    ("K", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
    ("P", 1_000_000_000_000_000),
    ("E", 1_000_000_000_000_000_000),
];

/// The suffixes of durations, in nanoseconds: those of Go, with `d` for a day.
const DURATIONS: [(&str, i128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", BILLION),
    ("m", 60 * BILLION),
    ("h", 3_600 * BILLION),
    ("d", 86_400 * BILLION),
];

impl Scalar {
    /// Reads a number, or a text that means one; `None` for everything else.
    ///
    /// Lower-case `m` is minutes, as in durations, and never milli.
    pub fn parse(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => {
                let integer = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
                let billionths = match integer {
                    Some(integer) => integer * BILLION,
                    // The cast saturates, and JSON has no NaN.
                    None => (number.as_f64()? * BILLION as f64).round() as i128,
                };
                Some(Self { billionths, unit: Unit::Plain })
            }
            Value::String(text) => Self::parse_text(text.trim()),
            _ => None,
        }
    }

    /// What it counts.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// The order of two scalars; `None` if they count different things, such as bytes and seconds.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        let comparable = self.unit == other.unit || self.unit == Unit::Plain || other.unit == Unit::Plain;
        comparable.then(|| self.billionths.cmp(&other.billionths))
    }

    fn parse_text(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(unsigned) => (true, unsigned),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (number, suffix) = Decimal::leading(unsigned)?;
        let (billionths, unit) = match suffix {
            "" => (number.times(BILLION)?, Unit::Plain),
            "%" => (number.times(BILLION)?, Unit::Percentage),
            _ => match QUANTITIES.iter().find(|(name, _)| *name == suffix) {
                Some((_, factor)) => (number.times(factor * BILLION)?, Unit::Quantity),
                None => (parse_duration(unsigned)?, Unit::Duration),
            },
        };
        Some(Self { billionths: if negative { -billionths } else { billionths }, unit })
    }
}

/// A sum of numbers with units, such as `1h30m`, in nanoseconds.
fn parse_duration(text: &str) -> Option<i128> {
    let mut sum: i128 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let (number, after) = Decimal::leading(rest)?;
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, next) = after.split_at(end);
        let (_, nanoseconds) = DURATIONS.iter().find(|(name, _)| *name == unit)?;
        sum = sum.checked_add(number.times(*nanoseconds)?)?;
        rest = next;
    }
    Some(sum)
}

/// An unsigned decimal number, exactly as written.
struct Decimal {
    digits: i128,
    /// How many of the digits come after the point.
    decimals: u32,
}

impl Decimal {
    /// The digits after the point that count; further ones are below a billionth of the largest unit.
    const MAX_DECIMALS: usize = 18;

    /// Splits the number off that a text begins with.
    fn leading(text: &str) -> Option<(Self, &str)> {
        let (whole, rest) = split_digits(text);
        let (fraction, rest) = match rest.strip_prefix('.') {
            Some(after) => split_digits(after),
            None => ("", rest),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let fraction = fraction.get(..Self::MAX_DECIMALS).unwrap_or(fraction);
        let digits = format!("{whole}{fraction}").parse().ok()?;
        Some((Self { digits, decimals: u32::try_from(fraction.len()).ok()? }, rest))
    }

    fn times(&self, factor: i128) -> Option<i128> {
        Some(self.digits.checked_mul(factor)? / 10_i128.pow(self.decimals))
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn compare(left: Value, right: Value) -> Option<Ordering> {
        Scalar::parse(&left)?.compare(&Scalar::parse(&right)?)
    }

    #[test]
    fn equal_amounts_in_different_notations() {
        for (left, right) in [
            (json!("2Gi"), json!(2_147_483_648_u64)),
            (json!("2Gi"), json!("2048Mi")),
            (json!("500M"), json!("500000k")),
            (json!("1K"), json!("1k")),
            (json!("1.5Gi"), json!(1_610_612_736)),
            (json!("1Ei"), json!(1_152_921_504_606_846_976_u64)),
            (json!("42"), json!(42.0)),
            (json!(" -42 "), json!(-42)),
            (json!("0.1"), json!(0.1)),
            (json!(".5"), json!(0.5)),
            (json!("5m"), json!(300)),
            (json!("1h30m"), json!("90m")),
            (json!("5m0s"), json!("5m")),
            (json!("1.5h"), json!("5400s")),
            (json!("1d"), json!("24h")),
            (json!("1500ms"), json!(1.5)),
            (json!("1µs"), json!("1000ns")),
            (json!("80%"), json!(80)),
            (json!("99.5%"), json!("99.50%")),
        ] {
            assert_eq!(compare(left.clone(), right.clone()), Some(Ordering::Equal), "{left} {right}");
        }
    }

    #[test]
    fn large_integers_and_small_fractions_stay_apart() {
        for (less, more) in [
            (json!(u64::MAX - 1), json!(u64::MAX)),
            (json!(9_007_199_254_740_992_u64), json!(9_007_199_254_740_993_u64)),
            (json!(i64::MIN), json!(-1)),
            (json!("999Mi"), json!("1Gi")),
            (json!("1ns"), json!("2ns")),
            (json!(0.1), json!(0.2)),
            (json!(1e20), json!(1e300)),
        ] {
            assert_eq!(compare(less.clone(), more.clone()), Some(Ordering::Less), "{less} {more}");
        }
    }

    #[test]
    fn different_units_are_not_compared() {
        for (left, right) in [("2Gi", "5m"), ("80%", "5m"), ("80%", "1k"), ("500m", "500M")] {
            assert_eq!(compare(json!(left), json!(right)), None, "{left} {right}");
        }
    }

    #[test]
    fn everything_else_is_no_number() {
        let digits = "9".repeat(60);
        for value in [
            json!(null),
            json!(true),
            json!([1]),
            json!({}),
            json!(""),
            json!("-"),
            json!("."),
            json!("Gi"),
            json!("1g"),
            json!("1 Gi"),
            json!("1GiB"),
            json!("1e3"),
            json!("0x10"),
            json!("1h30"),
            json!("1h-30m"),
            json!("m5"),
            json!("1,000"),
            json!("--1"),
            json!("unlimited"),
            json!("٣"),
            json!(digits),
        ] {
            assert_eq!(Scalar::parse(&value), None, "{value}");
        }
    }
}
