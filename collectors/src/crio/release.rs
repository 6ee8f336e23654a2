//! What depends on CRI-O's release, which is the Kubernetes release that it goes with.

use plimsoll_engine::snapshot::GapReason;
use serde_json::{Value, json};

use crate::fact::Unknown;

/// A release of CRI-O: its minor number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Release(u32);

/// The packages that bring CRI-O.
pub(super) const PACKAGES: [&str; 18] = [
    "cri-o",
    "crio",
    "cri-o1.36",
    "cri-o1.35",
    "cri-o1.34",
    "cri-o1.33",
    "cri-o1.32",
    "cri-o1.31",
    "cri-o1.30",
    "cri-o1.29",
    "cri-o1.28",
    "cri-o1.27",
    "cri-o1.26",
    "cri-o1.25",
    "cri-o1.24",
    "cri-o-runc",
    "cri-o1.23",
    "cri-o1.22",
];

/// A key, and its default in a release.
type OfRelease = (&'static str, fn(Release) -> Value);

impl Release {
    /// The defaults that changed from release to release.
    pub(super) const DEFAULTS: [OfRelease; 4] = [
        ("pids_limit", |release| match release.0 {
            ..=23 => json!(1024),
            24..=28 => json!(0),
            _ => json!(-1),
        }),
        ("default_runtime", |release| json!(release.own_runtime())),
        ("internal_wipe", |release| json!(release.0 >= 22)),
        ("internal_repair", |release| json!(release.0 >= 31)),
    ];

    /// The release of a package's version: `1.30.3-1.1`, `0:1.29.5`.
    pub(super) fn of(version: &str) -> Option<Self> {
        let version = version.rsplit_once(':').map_or(version, |(_, version)| version);
        let mut numbers = version.trim_start_matches('v').split(|c: char| !c.is_ascii_digit());
        let major: u32 = numbers.next()?.parse().ok()?;
        let minor = numbers.next()?.parse().ok()?;
        (major == 1).then_some(Self(minor))
    }

    /// The runtime that it knows without being told.
    pub(super) fn own_runtime(self) -> &'static str {
        if self.0 >= 31 { "crun" } else { "runc" }
    }
}

/// The options whose default is another one in nearly every release, and which the packagers change as well.
pub(super) const CHANGING: [&str; 1] = ["pause_image"];

/// The gap of the default of such an option.
pub(super) fn changing(key: &str) -> Unknown {
    let detail = format!("{key} is not configured, and CRI-O's own default differs from build to build");
    Unknown { reason: GapReason::Unsupported, source: None, detail }
}

/// The gap of what the release would tell.
pub(super) fn unknown(what: &str) -> Unknown {
    let detail = format!("{what} depends on CRI-O's release, which no package tells");
    Unknown { reason: GapReason::Unsupported, source: None, detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_packages_are_releases() {
        assert_eq!(Release::of("1.30.3-1.1"), Some(Release(30)));
        assert_eq!(Release::of("0:1.29.5-2.el9"), Some(Release(29)));
        assert_eq!(Release::of("2.0.0"), None);
        assert_eq!(Release::of("main"), None);
    }

    #[test]
    fn the_own_runtime_is_the_default_one() {
        for release in [Release(20), Release(30), Release(31), Release(36)] {
            let (_, default) = Release::DEFAULTS.iter().find(|(key, _)| *key == "default_runtime").unwrap();
            assert_eq!(default(release), release.own_runtime());
        }
    }
}
