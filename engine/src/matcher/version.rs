//! Versions as distributions, kernels and daemons write them, and ranges of them.

use std::cmp::Ordering;
use std::ops;

/// A version: its leading dotted numbers, and whether it is a pre-release of them.
///
/// An epoch (`1:`), a leading `v` and every suffix that names no pre-release (`-56-cloud-amd64`,
/// `+dfsg1`, `-1ubuntu2`, `.el9`) say nothing about the upstream version and are ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Without zeros at the end: `1.2` and `1.2.0` are the same version.
    numbers: Vec<u64>,
    maturity: Maturity,
}

/// How finished a version is. The order of the variants is the order of the releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Maturity {
    Dev(u64),
    Alpha(u64),
    Beta(u64),
    Pre(u64),
    Candidate(u64),
    Release,
}

impl Version {
    /// Reads a version; `None` if the text does not begin with a number.
    pub fn parse(text: &str) -> Option<Self> {
        let text = without_epoch(text.trim());
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let mut numbers = Vec::new();
        let mut rest = text;
        loop {
            let end = rest.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
            let (digits, after) = rest.split_at(end);
            numbers.push(digits.parse().ok()?);
            match after.strip_prefix('.') {
                Some(next) if next.starts_with(|c: char| c.is_ascii_digit()) => rest = next,
                _ => {
                    rest = after;
                    break;
                }
            }
        }
        while numbers.last() == Some(&0) {
            numbers.pop();
        }
        Some(Self { numbers, maturity: maturity(rest) })
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then(self.maturity.cmp(&other.maturity))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Versions between bounds, such as `>=5.4, <6`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range(Vec<(Comparator, Version)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparator {
    Equal,
    NotEqual,
    Greater,
    AtLeast,
    Less,
    AtMost,
}

/// Every comparator as it is written; those that begin with another one come first.
const COMPARATORS: [(&str, Comparator); 6] = [
    (">=", Comparator::AtLeast),
    ("<=", Comparator::AtMost),
    ("!=", Comparator::NotEqual),
    (">", Comparator::Greater),
    ("<", Comparator::Less),
    ("=", Comparator::Equal),
];

/// Why a text is not a range of versions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{part}\" is not a bound on versions: write one such as \">=5.4\"")]
pub struct VersionError {
    /// The bound that cannot be read.
    pub part: String,
    /// Where it stands: a range of bytes of the text.
    pub span: ops::Range<usize>,
}

impl Range {
    /// Reads bounds with `,` between them: `=`, `!=`, `>`, `>=`, `<` or `<=` and a version. A version
    /// alone means `=`.
    ///
    /// # Errors
    /// When a bound cannot be read, or there is none.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        let mut start = 0;
        let mut bounds = Vec::new();
        for part in text.split(',') {
            let bound = part.trim();
            let at = start + (part.len() - part.trim_start().len());
            let error = || VersionError { part: bound.to_owned(), span: at..at + bound.len() };
            bounds.push(parse_bound(bound).ok_or_else(error)?);
            start += part.len() + 1;
        }
        Ok(Self(bounds))
    }

    /// Whether the version lies within all bounds.
    pub fn contains(&self, version: &Version) -> bool {
        self.0.iter().all(|(comparator, bound)| {
            let order = version.cmp(bound);
            match comparator {
                Comparator::Equal => order.is_eq(),
                Comparator::NotEqual => order.is_ne(),
                Comparator::Greater => order.is_gt(),
                Comparator::AtLeast => order.is_ge(),
                Comparator::Less => order.is_lt(),
                Comparator::AtMost => order.is_le(),
            }
        })
    }
}

fn parse_bound(bound: &str) -> Option<(Comparator, Version)> {
    let (comparator, version) = COMPARATORS
        .iter()
        .find_map(|(sign, comparator)| Some((*comparator, bound.strip_prefix(sign)?)))
        .unwrap_or((Comparator::Equal, bound));
    Some((comparator, Version::parse(version)?))
}

fn without_epoch(text: &str) -> &str {
    match text.split_once(':') {
        Some((epoch, version)) if !epoch.is_empty() && epoch.bytes().all(|b| b.is_ascii_digit()) => version,
        _ => text,
    }
}

/// What the first word of a suffix says, and the number that follows it: `-rc.2`, `~beta1`, `-0.rc3.fc38`.
fn maturity(suffix: &str) -> Maturity {
    let word = suffix.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    let end = word.bytes().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(word.len());
    let (word, rest) = word.split_at(end);
    let digits = rest.strip_prefix(['.', '-']).unwrap_or(rest);
    let end = digits.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
    let number = digits.split_at(end).0.parse().unwrap_or(0);
    match word.to_ascii_lowercase().as_str() {
        "dev" => Maturity::Dev(number),
        "alpha" => Maturity::Alpha(number),
        "beta" => Maturity::Beta(number),
        "pre" => Maturity::Pre(number),
        "rc" => Maturity::Candidate(number),
        _ => Maturity::Release,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(range: &str, version: &str) -> bool {
        Range::parse(range).unwrap().contains(&Version::parse(version).unwrap())
    }

    #[test]
    fn ranges_understand_what_nodes_call_their_versions() {
        for (range, version, expected) in [
            (">=5.4, <6", "5.4", true),
            (">=5.4, <6", "5.15.0-1051-aws", true),
            (">=5.4, <6", "6.0", false),
            (">=5.4", "5.10", true),
            (">=6.1", "6.1.0-56-cloud-amd64", true),
            (">6.1", "6.1.0-56-cloud-amd64", false),
            ("=20.10.24", "20.10.24+dfsg1", true),
            (">=20.10.25", "20.10.24+dfsg1", false),
            ("=20.10.24", "5:20.10.24~3-0~debian-bookworm", true),
            (">=1.35, <1.36", "v1.35.2", true),
            ("=2.3", "1:2.3", true),
            ("=2.3", "1:2.3-1ubuntu2", true),
            ("!=2.3", "2.3.0", false),
            ("!=2.3", "2.3.1", true),
            ("=5.14", "5.14.0-362.8.1.el9_3.x86_64", true),
            ("6.18.44", "6.18.44-fc-v657", true),
            ("= 252", "252.36-1~deb12u1", false),
            (" >= 252 ", "252.36-1~deb12u1", true),
            ("<=1.2.3", "1.2.3.1", false),
            (">=1", "0.9", false),
        ] {
            assert_eq!(holds(range, version), expected, "{version} in {range}");
        }
    }

    #[test]
    fn pre_releases_come_before_their_release_in_order() {
        let in_order = [
            "1.34.9",
            "1.35.0-dev",
            "1.35.0-alpha",
            "1.35.0-alpha.3",
            "v1.35.0-beta1",
            "1.35.0~pre",
            "1.35-rc1",
            "1.35.0-0.rc2.fc38",
            "1.35.0-rc.10",
            "1.35.0",
            "1.35.0.1",
            "1.35.1-rc1",
        ];
        for pair in in_order.windows(2) {
            assert!(Version::parse(pair[0]).unwrap() < Version::parse(pair[1]).unwrap(), "{pair:?}");
        }
        assert!(!holds(">=1.35", "1.35.0-rc.1"));
        assert!(holds(">=1.35.0-rc.1", "1.35.0-rc.1") && holds(">=1.35.0-rc.1", "1.35"));
    }

    #[test]
    fn a_text_without_a_leading_number_is_no_version() {
        for text in ["", "v", "latest", "n/a", "-1.2", ".5", "a:1.2", "99999999999999999999999"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
        assert_eq!(Version::parse("1.").unwrap(), Version::parse("1").unwrap());
    }

    #[test]
    fn the_error_points_at_the_bound() {
        for (range, span) in
            [(">=5.4, six", 7..10), ("", 0..0), (">=5,", 4..4), ("~1.2", 0..4), (">=,<6", 0..2)]
        {
            assert_eq!(Range::parse(range).unwrap_err().span, span, "{range}");
        }
    }
}
