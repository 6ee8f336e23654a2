//! Kleene's logic of three values: a statement is true, false, or not to be told.

use serde::Serialize;

/// The truth of a statement about the facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// A gap keeps it from being told.
    Unknown,
}

impl Verdict {
    /// The word that `explain` uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::False => "false",
            Self::Unknown => "unknown",
        }
    }

    /// Both hold: false if one is false, whatever the other is.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::True, Self::True) => Self::True,
            _ => Self::Unknown,
        }
    }

    /// One holds: true if one is true, whatever the other is.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        !(!self).and(!other)
    }

    /// All hold; true of none.
    pub fn all(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().fold(Self::True, Self::and)
    }

    /// At least one holds; false of none.
    pub fn any(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().fold(Self::False, Self::or)
    }

    /// Exactly one holds.
    pub fn one(verdicts: impl IntoIterator<Item = Self>) -> Self {
        let (mut held, mut unknown) = (0, 0);
        for verdict in verdicts {
            held += usize::from(verdict == Self::True);
            unknown += usize::from(verdict == Self::Unknown);
        }
        match (held, unknown) {
            (2.., _) => Self::False,
            (_, 1..) => Self::Unknown,
            _ => Self::from(held == 1),
        }
    }
}

impl std::ops::Not for Verdict {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl From<bool> for Verdict {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::{self, False, True, Unknown};

    /// Columns: a, b, a and b, a or b, exactly one of a and b.
    const TABLE: [[Verdict; 5]; 9] = [
        [True, True, True, True, False],
        [True, False, False, True, True],
        [True, Unknown, Unknown, True, Unknown],
        [False, True, False, True, True],
        [False, False, False, False, False],
        [False, Unknown, False, Unknown, Unknown],
        [Unknown, True, Unknown, True, Unknown],
        [Unknown, False, False, Unknown, Unknown],
        [Unknown, Unknown, Unknown, Unknown, Unknown],
    ];

    #[test]
    fn the_tables_are_those_of_kleene() {
        for [a, b, and, or, one] in TABLE {
            assert_eq!(a.and(b), and, "{a} and {b}");
            assert_eq!(a.or(b), or, "{a} or {b}");
            assert_eq!(Verdict::all([a, b]), and, "all of {a}, {b}");
            assert_eq!(Verdict::any([a, b]), or, "any of {a}, {b}");
            assert_eq!(Verdict::one([a, b]), one, "one of {a}, {b}");
        }
        assert_eq!([!True, !False, !Unknown], [False, True, Unknown]);
        assert_eq!([Verdict::all([]), Verdict::any([]), Verdict::one([])], [True, False, False]);
        assert_eq!(Verdict::one([True, Unknown, True]), False);
    }
}
