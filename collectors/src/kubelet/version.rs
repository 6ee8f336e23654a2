//! Which kubelet it is.

use super::installation::{Distribution, Installation};
use crate::fact::Fact;
use crate::host::Host;
use crate::packages;

/// The packages that hold a kubelet, by distribution and vendor.
const PACKAGES: [&str; 2] = ["kubelet", "kubernetes-node"];

/// Where a node of kind has its version.
const KIND: &str = "/kind/version";

/// The metadata of MicroK8s' snap.
const SNAP: &str = "/snap/microk8s/current/meta/snap.yaml";

/// A release of Kubernetes 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    pub(super) minor: u32,
    pub(super) patch: u32,
}

impl Version {
    /// The version at the front of `text`: `v1.34.1+k3s1`, `1.34.1-1.1`, `0:1.34.1-150500.1.1`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.split_once(':').map_or(text, |(_epoch, version)| version).trim();
        let mut numbers = text.trim_start_matches('v').split(|c: char| !c.is_ascii_digit());
        let release = (numbers.next()? == "1").then(|| numbers.next()?.parse().ok())??;
        let patch = numbers.next().and_then(|patch| patch.parse().ok()).unwrap_or(0);
        Some(Self { minor: release, patch })
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "1.{}.{}", self.minor, self.patch)
    }
}

/// The kubelet's version; absent where nothing on the node tells it but the program itself.
pub(super) fn of(host: &Host, installation: &Installation) -> Fact<Version> {
    if let Some(version) = installation.binary.known().and_then(|path| in_path(path)) {
        return Fact::Known(version);
    }
    if installation.distribution == Some(Distribution::Microk8s) {
        return Fact::from(host.read_text(SNAP)).and_then(|text| snap_version(&text).into());
    }
    let kind = Fact::from(host.read_text(KIND)).and_then(|text| Version::parse(&text).into());
    match kind {
        Fact::Absent => {
            packages::version(host, &PACKAGES).and_then(|version| Version::parse(&version).into())
        }
        known_or_gap => known_or_gap,
    }
}

/// The version in the directory that RKE2 unpacks itself into: `/var/lib/rancher/rke2/data/v1.31.4-rke2r1-…/bin`.
fn in_path(path: &str) -> Option<Version> {
    path.split('/').filter(|part| part.starts_with("v1.")).find_map(Version::parse)
}

fn snap_version(text: &str) -> Option<Version> {
    let value = text.lines().find_map(|line| line.strip_prefix("version:"))?;
    Version::parse(value.trim().trim_matches(['\'', '"']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_packages_and_snaps_are_understood() {
        let version = |minor, patch| Some(Version { minor, patch });
        assert_eq!(Version::parse("1.34.1-1.1"), version(34, 1));
        assert_eq!(Version::parse("0:1.31.4-150500.1.1"), version(31, 4));
        assert_eq!(Version::parse("v1.32.1+k3s1\n"), version(32, 1));
        assert_eq!(Version::parse("1.30"), version(30, 0));
        assert_eq!(Version::parse("2.1"), None);
        assert_eq!(Version::parse(""), None);
        assert_eq!(snap_version("name: microk8s\nversion: v1.32.9\n"), version(32, 9));
        assert_eq!(in_path("/var/lib/rancher/rke2/data/v1.31.4-rke2r1-0a1b/bin/kubelet"), version(31, 4));
    }
}
