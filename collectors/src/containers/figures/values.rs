//! The notations of control groups' files.

use std::collections::HashMap;

use crate::fact::{Fact, Unknown};

use super::group::Controller;

/// No limit, as version 1 writes it: the largest number of whole pages, which differs by their size.
const UNLIMITED_V1: u64 = 0x7fff_ffff_0000_0000;

impl Controller {
    /// The text of the file `name`; absent if the kernel does not have it.
    pub(super) fn text(&self, name: &str) -> Fact<String> {
        Fact::from(self.directory.read(name)).map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned())
    }

    /// The number in the file `name`.
    pub(super) fn number(&self, name: &str) -> Fact<u64> {
        self.text(name).and_then(|text| text.parse().map_err(|_| self.malformed(name, &text)).into())
    }

    /// The limit in the file `name`; absent if there is none.
    pub(super) fn limit(&self, name: &str) -> Fact<u64> {
        self.text(name).and_then(|text| match text.as_str() {
            "max" | "-1" => Fact::Absent,
            text => match text.parse() {
                Ok(limit) if limit >= UNLIMITED_V1 => Fact::Absent,
                Ok(limit) => Fact::Known(limit),
                Err(_) => Fact::Gap(self.malformed(name, text)),
            },
        })
    }

    /// The counters in the file `name`.
    pub(super) fn counters(&self, name: &'static str) -> Fact<Counters> {
        self.text(name).map(|text| Counters::parse(self.place(name), &text))
    }

    /// The path of the file `name`.
    pub(super) fn place(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }

    /// The gap of the file `name` that holds `text`.
    pub(super) fn malformed(&self, name: &str, text: &str) -> Unknown {
        let text: String = text.chars().take(100).collect();
        Unknown::malformed(self.place(name), format!("{text:?} is not what the kernel writes there"))
    }
}

/// The lines `name number` of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counters {
    file: String,
    values: HashMap<String, Option<u64>>,
}

impl Counters {
    pub(super) fn parse(file: String, text: &str) -> Self {
        let pair = |line: &str| {
            let (name, value) = line.split_once(' ')?;
            Some((name.to_owned(), value.trim().parse().ok()))
        };
        Self { file, values: text.lines().filter_map(pair).collect() }
    }

    /// The counter `name`; absent if the kernel does not have it.
    pub(super) fn get(&self, name: &str) -> Fact<u64> {
        match self.values.get(name) {
            None => Fact::Absent,
            Some(Some(value)) => Fact::Known(*value),
            Some(None) => Fact::Gap(Unknown::malformed(self.file.clone(), format!("{name} is not a number"))),
        }
    }
}

/// The counter `name` of `counters`.
pub(super) fn counter(counters: &Fact<Counters>, name: &str) -> Fact<u64> {
    counters.as_ref().and_then(|counters| counters.get(name))
}

/// The sum; absent where both are, and unknown where one is.
pub(super) fn sum(a: &Fact<u64>, b: &Fact<u64>) -> Fact<u64> {
    match (a, b) {
        (Fact::Gap(unknown), _) | (_, Fact::Gap(unknown)) => Fact::Gap(unknown.clone()),
        (Fact::Absent, other) | (other, Fact::Absent) => other.clone(),
        (Fact::Known(a), Fact::Known(b)) => Fact::Known(a.saturating_add(*b)),
    }
}

/// How much `part` is of `whole`, in percent; absent where one of them is.
pub(super) fn share(part: &Fact<u64>, whole: &Fact<u64>) -> Fact<f64> {
    part.as_ref()
        .and_then(|part| whole.as_ref().and_then(|whole| crate::mounts::space::percent(*part, *whole)))
}

/// `microseconds` in seconds.
#[allow(clippy::cast_precision_loss, reason = "2^53 microseconds are 285 years")]
pub(super) fn seconds_of_micros(microseconds: u64) -> f64 {
    microseconds as f64 / 1e6
}

/// `nanoseconds` in seconds, to the microsecond.
pub(super) fn seconds_of_nanos(nanoseconds: u64) -> f64 {
    seconds_of_micros(nanoseconds / 1000)
}

/// To three digits after the point: what is made of whole numbers does not look more exact than it is.
pub(super) fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_read_by_name_and_a_broken_one_hides_no_other() {
        let counters = Counters::parse("/x".to_owned(), "nr_periods 12\nnr_throttled x\nodd\nusage_usec 7\n");
        assert_eq!(counters.get("nr_periods"), Fact::Known(12));
        assert_eq!(counters.get("usage_usec"), Fact::Known(7));
        assert_eq!(counters.get("nr_bursts"), Fact::Absent);
        assert!(matches!(counters.get("nr_throttled"), Fact::Gap(_)));
    }

    #[test]
    fn a_sum_is_unknown_where_a_part_is() {
        let gap = Fact::Gap(Unknown::offline("/x"));
        assert_eq!(sum(&Fact::Known(1), &Fact::Known(2)), Fact::Known(3));
        assert_eq!(sum(&Fact::Absent, &Fact::Known(2)), Fact::Known(2));
        assert_eq!(sum(&gap, &Fact::Known(2)), gap);
        assert_eq!(share(&Fact::Known(1), &Fact::Absent), Fact::Absent);
    }
}
