//! What depends on containerd's release.

use plimsoll_engine::snapshot::GapReason;

use crate::fact::{Fact, Unknown};

/// A release of containerd: major, minor and patch number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Release(u32, u32, u32);

impl Release {
    /// The first that merges the plugins' tables of imports, where earlier ones replace them.
    pub(super) const TWO: Self = Self(2, 0, 0);

    /// The release of a package's version: `1.6.20~ds1-1+deb12u1`, `1:1.7.2-r0`, `v2.0.5`.
    pub(super) fn of(version: &str) -> Option<Self> {
        let version = version.rsplit_once(':').map_or(version, |(_, version)| version);
        let mut numbers = version.trim_start_matches('v').split(|c: char| !c.is_ascii_digit());
        let mut number = || numbers.next()?.parse().ok();
        Some(Self(number()?, number()?, number().unwrap_or(0)))
    }

    /// The highest version of the configuration file that it reads.
    pub(super) fn config_version(self) -> u64 {
        match self {
            Self(0, ..) | Self(1, 0..=2, _) => 1,
            Self(1, ..) => 2,
            Self(2, 0..=2, _) => 3,
            _ => 4,
        }
    }

    /// Whether a pattern of imports is relative to the file that it stands in, as every other path of imports
    /// is. Before, it was relative to containerd's working directory.
    pub(super) fn joins_patterns(self) -> bool {
        match self {
            Self(1, 6, patch) => patch >= 29,
            Self(1, 7, patch) => patch >= 16,
            _ => self >= Self::TWO,
        }
    }

    /// The image of a pod's sandbox when none is named.
    pub(super) fn sandbox_image(self) -> Option<&'static str> {
        match self {
            Self(1, 6, _) => Some("registry.k8s.io/pause:3.6"),
            Self(1, 7, _) => Some("registry.k8s.io/pause:3.8"),
            Self(2, 0 | 1, _) => Some("registry.k8s.io/pause:3.10"),
            Self(2, 2, _) => Some("registry.k8s.io/pause:3.10.1"),
            Self(2, 3, _) => Some("registry.k8s.io/pause:3.10.2"),
            _ => None,
        }
    }
}

/// The gap of what the release would tell.
pub(super) fn unknown(what: &str) -> Unknown {
    let detail = format!("{what} depends on containerd's release, which no package tells");
    Unknown { reason: GapReason::Unsupported, source: None, detail }
}

/// Whether it is containerd 2: by its release, or else by the version of its configuration file, since
/// containerd 1 has no tables of version 3.
pub(super) fn is_two(release: &Fact<Release>, config_version: u64) -> Option<bool> {
    match release {
        Fact::Known(release) => Some(*release >= Release::TWO),
        _ if config_version > 2 => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_packages_are_releases() {
        for (version, expected) in [
            ("1.6.20~ds1-1+deb12u1", Some(Release(1, 6, 20))),
            ("1.7.27-1", Some(Release(1, 7, 27))),
            ("2.0.5-0ubuntu1", Some(Release(2, 0, 5))),
            ("1:2.1.3-r0", Some(Release(2, 1, 3))),
            ("v2.3", Some(Release(2, 3, 0))),
            ("latest", None),
            ("2", None),
        ] {
            assert_eq!(Release::of(version), expected, "{version}");
        }
    }

    #[test]
    fn each_release_reads_configurations_up_to_a_version() {
        let highest = |version: &str| Release::of(version).unwrap().config_version();
        assert_eq!([highest("1.2.9"), highest("1.3.0"), highest("1.7.27")], [1, 2, 2]);
        assert_eq!([highest("2.0.0"), highest("2.2.1"), highest("2.3.0"), highest("3.0.0")], [3, 3, 4, 4]);
    }

    #[test]
    fn without_a_release_the_configuration_may_tell_the_generation() {
        assert_eq!(is_two(&Fact::Absent, 3), Some(true));
        assert_eq!(is_two(&Fact::Absent, 2), None);
        assert_eq!(is_two(&Fact::Known(Release(1, 7, 27)), 3), Some(false));
    }
}
