//! The limits that CRI-O gives containers by default.

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::{Fact, Sourced};

/// A limit of containers.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Ulimit {
    /// The entry as it is written: `nofile=1024:2048`.
    ///
    /// Source: the option `default_ulimits`
    pub entry: Sourced<String>,
    /// Its name without `RLIMIT_`, in lower case; absent if the entry is of another form, with which CRI-O does
    /// not start.
    ///
    /// Source: the option `default_ulimits`
    pub name: Fact<String>,
    /// What counts; -1 for no limit.
    ///
    /// Source: the option `default_ulimits`
    pub soft: Fact<i64>,
    /// The most that a process may raise it to; -1 for no limit.
    ///
    /// Source: the option `default_ulimits`
    pub hard: Fact<i64>,
}

/// The limits that the entries name.
pub(super) fn read(entries: Sourced<Vec<String>>) -> Vec<Ulimit> {
    let origin = entries.origin;
    let ulimit = |entry: String| {
        let parsed = parse(&entry);
        Ulimit {
            name: parsed.as_ref().map(|(name, ..)| name.clone()).into(),
            soft: parsed.as_ref().map(|(_, soft, _)| *soft).into(),
            hard: parsed.map(|(.., hard)| hard).into(),
            entry: Sourced { value: entry, origin: origin.clone() },
        }
    };
    entries.value.into_iter().map(ulimit).collect()
}

/// `name=soft[:hard]`.
fn parse(entry: &str) -> Option<(String, i64, i64)> {
    let (name, limits) = entry.split_once('=')?;
    let name = name.trim().to_ascii_lowercase();
    let (soft, hard) = limits.split_once(':').unwrap_or((limits, limits));
    let name = name.strip_prefix("rlimit_").unwrap_or(&name).to_owned();
    Some((name, soft.trim().parse().ok()?, hard.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_a_name_and_one_or_two_limits() {
        assert_eq!(parse("nofile=1024:2048"), Some(("nofile".to_owned(), 1024, 2048)));
        assert_eq!(parse("RLIMIT_CORE=-1"), Some(("core".to_owned(), -1, -1)));
        for entry in ["nofile", "nofile=", "nofile=many", "nofile=1:", "=", ""] {
            assert!(parse(entry).is_none(), "{entry}");
        }
    }
}
