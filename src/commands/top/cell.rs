//! A figure of one container.

use plimsoll_engine::snapshot::Gap;
use plimsoll_engine::template::bytes;
use serde_json::Value;

use super::kind::{Column, Measure, Unit};
use crate::containers::{Container, Told};

/// What stands where there is nothing, and where nobody can tell.
const ABSENT: &str = "-";
const UNKNOWN: &str = "?";

/// A figure in its three states.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'c> {
    Number(f64),
    List(Vec<u64>),
    Absent,
    Unknown(&'c Gap),
}

/// The same container some seconds earlier.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before<'c> {
    pub(super) container: &'c Container,
    pub(super) seconds: f64,
}

impl<'c> Cell<'c> {
    /// The figure of `column` for the container as it is `now`.
    pub(super) fn of(column: &Column, now: &'c Container, before: Option<Before<'c>>) -> Self {
        match column.measure {
            Measure::Value(parts) => Self::sum(now, parts),
            Measure::List(pointer) => Self::list(now, pointer),
            Measure::Share(part, whole) => {
                let grown = |pointer| match before {
                    Some(before) => Self::sum(now, &[pointer]).less(Self::sum(before.container, &[pointer])),
                    None => Self::sum(now, &[pointer]),
                };
                grown(part).percent_of(grown(whole))
            }
            Measure::Rate(pointer) => Self::per_second(now, before, &[pointer]).not_negative(),
            Measure::Change(parts) => Self::per_second(now, before, parts),
        }
    }

    fn sum(container: &'c Container, parts: &[&str]) -> Self {
        let mut sum = Self::Absent;
        for part in parts {
            let number = match container.told(part) {
                Told::Known(value) => value.as_f64().map_or(Self::Absent, Self::Number),
                Told::Absent => Self::Absent,
                Told::Unknown(gap) => return Self::Unknown(gap),
            };
            sum = match (sum, number) {
                (Self::Number(a), Self::Number(b)) => Self::Number(a + b),
                (Self::Absent, number) => number,
                (sum, _) => sum,
            };
        }
        sum
    }

    fn list(container: &'c Container, pointer: &str) -> Self {
        match container.told(pointer) {
            Told::Known(Value::Array(items)) => Self::List(items.iter().filter_map(Value::as_u64).collect()),
            Told::Known(_) | Told::Absent => Self::Absent,
            Told::Unknown(gap) => Self::Unknown(gap),
        }
    }

    fn per_second(now: &'c Container, before: Option<Before<'c>>, parts: &[&str]) -> Self {
        let Some(before) = before.filter(|before| before.seconds > 0.0) else { return Self::Absent };
        match Self::sum(now, parts).less(Self::sum(before.container, parts)) {
            Self::Number(grown) => Self::Number(grown / before.seconds),
            other => other,
        }
    }

    fn less(self, other: Self) -> Self {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => Self::Number(a - b),
            (Self::Unknown(gap), _) | (_, Self::Unknown(gap)) => Self::Unknown(gap),
            _ => Self::Absent,
        }
    }

    fn percent_of(self, whole: Self) -> Self {
        match (self, whole) {
            (Self::Number(part), Self::Number(whole)) if whole > 0.0 => {
                Self::Number(part / whole * 100.0).not_negative()
            }
            (Self::Unknown(gap), _) | (_, Self::Unknown(gap)) => Self::Unknown(gap),
            _ => Self::Absent,
        }
    }

    /// A counter that went back was started anew with its container.
    fn not_negative(self) -> Self {
        match self {
            Self::Number(number) if number < 0.0 => Self::Absent,
            other => other,
        }
    }

    /// By what it ranks: the larger first, and of lists the shorter; what is not known last.
    pub(super) fn rank(&self) -> f64 {
        match self {
            Self::Number(number) => *number,
            #[allow(clippy::cast_precision_loss, reason = "no node has 2^53 processors")]
            Self::List(list) => -(list.len() as f64),
            Self::Absent | Self::Unknown(_) => f64::NEG_INFINITY,
        }
    }

    /// For people.
    pub(super) fn text(&self, unit: Unit) -> String {
        match (self, unit) {
            (Self::Absent, _) => ABSENT.to_owned(),
            (Self::Unknown(_), _) => UNKNOWN.to_owned(),
            (Self::List(list), _) => ranges(list),
            (Self::Number(number), Unit::Bytes) => {
                bytes(&(*number).into()).unwrap_or_else(|| UNKNOWN.to_owned())
            }
            (Self::Number(number), Unit::Cores) => format!("{number:.3}"),
            (Self::Number(number), Unit::Percent) => format!("{number:.1} %"),
            (Self::Number(number), Unit::Seconds) => format!("{number:.1} s"),
            (Self::Number(number), Unit::Number | Unit::Words) => format!("{number:.0}"),
        }
    }

    /// For programs: null where there is nothing, and where nobody can tell.
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Number(number) => (*number).into(),
            Self::List(list) => list.clone().into(),
            Self::Absent | Self::Unknown(_) => Value::Null,
        }
    }
}

/// `0-3,8`, as the kernel writes lists of processors.
fn ranges(list: &[u64]) -> String {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for number in list {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    let text = |(first, last): &(u64, u64)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    let joined = ranges.iter().map(text).collect::<Vec<_>>().join(",");
    if joined.is_empty() { ABSENT.to_owned() } else { joined }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_written_as_the_kernel_does() {
        assert_eq!(ranges(&[0, 1, 2, 3, 8]), "0-3,8");
        assert_eq!(ranges(&[7]), "7");
        assert_eq!(ranges(&[]), "-");
    }

    #[test]
    fn what_is_no_part_of_nothing_is_no_percentage() {
        assert_eq!(Cell::Number(1.0).percent_of(Cell::Number(4.0)), Cell::Number(25.0));
        assert_eq!(Cell::Number(1.0).percent_of(Cell::Number(0.0)), Cell::Absent);
        assert_eq!(Cell::Number(-1.0).not_negative(), Cell::Absent);
    }

    #[test]
    fn figures_are_written_in_their_units() {
        assert_eq!(Cell::Number(2_684_354_560.0).text(Unit::Bytes), "2.5 GiB");
        assert_eq!(Cell::Number(25.04).text(Unit::Percent), "25.0 %");
        assert_eq!(Cell::Absent.text(Unit::Bytes), "-");
    }
}
