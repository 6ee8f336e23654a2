//! Which kernel runs, and which ones are installed.

use std::cmp::Ordering;

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::{FileKind, Host, HostErrorKind};

const RUNNING: &str = "/proc/sys/kernel/osrelease";

/// Where distributions install kernels; on a system with merged `/usr` both are one.
const DIRECTORIES: [&str; 2] = ["/lib/modules", "/usr/lib/modules"];

/// What a kernel package ships below its release's directory, and depmod does not make: a directory
/// without it is what a removed kernel left behind.
const SHIPPED: [&str; 2] = ["modules.builtin", "kernel"];

/// The numbers at the front of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Version {
    /// The first number: 6 in `6.1.0-26-amd64`.
    /// Source: the release.
    pub major: u32,
    /// The second number: 1 in `6.1.0-26-amd64`.
    /// Source: the release.
    pub minor: u32,
    /// The third number: 0 in `6.1.0-26-amd64`, and where there is none. Distributions often leave it at 0
    /// and count in what follows.
    /// Source: the release.
    pub patch: u32,
}

impl Version {
    /// The numbers at the front of `release`.
    ///
    /// # Errors
    ///
    /// If it does not start with two numbers.
    pub(crate) fn parse(release: &str) -> Result<Self, Unknown> {
        let end = release.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(release.len());
        let mut numbers = release[..end].split('.').map(str::parse::<u32>);
        match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(major)), Some(Ok(minor)), patch) => {
                Ok(Self { major, minor, patch: patch.and_then(Result::ok).unwrap_or(0) })
            }
            _ => Err(Unknown::malformed(RUNNING, format!("the release {release:?} starts with no version"))),
        }
    }
}

/// The release of the running kernel; of a node that is not running, the newest that is installed: the one
/// that boot loaders take unless they are told otherwise. A node without a kernel of its own (it gets one
/// over the network, or from the hypervisor) tells its release only while it runs.
pub(crate) fn current(ctx: &Context<'_>, installed: &Fact<Vec<String>>) -> Fact<String> {
    if ctx.host.is_running() {
        return Fact::from(ctx.host.read_text(RUNNING)).map(|text| text.trim().to_owned());
    }
    installed.as_ref().and_then(|releases| match releases.last() {
        Some(newest) => Fact::Known(newest.clone()),
        None => Fact::Gap(Unknown::new(
            GapReason::Offline,
            DIRECTORIES[0],
            "no kernel is installed in the target, and the target is not a running node",
        )),
    })
}

/// The releases that are installed, the oldest first.
pub(crate) fn installed(host: &Host) -> Fact<Vec<String>> {
    let mut releases = Vec::new();
    for directory in DIRECTORIES {
        let entries = match host.read_dir(directory) {
            Ok(entries) => entries,
            Err(error) if error.kind == HostErrorKind::NotFound => continue,
            Err(error) => return Fact::Gap(error.into()),
        };
        for entry in entries.into_iter().filter(|entry| entry.kind == FileKind::Directory) {
            let release = entry.name.to_string_lossy().into_owned();
            let ships = |name: &&str| host.exists(format!("{directory}/{release}/{name}"));
            // A directory that may not be searched is there for a reason.
            if SHIPPED.iter().any(|name| ships(name).unwrap_or(true)) {
                releases.push(release);
            }
        }
    }
    releases.sort_unstable_by(|a, b| compare(a, b).then_with(|| a.cmp(b)));
    releases.dedup();
    Fact::Known(releases)
}

/// Compares releases as people do: runs of digits by their value, all else by its characters.
fn compare(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    while let (Some(&first), Some(&second)) = (a.first(), b.first()) {
        if first.is_ascii_digit() && second.is_ascii_digit() {
            let (left, right) = (take_number(&mut a), take_number(&mut b));
            let order = left.len().cmp(&right.len()).then_with(|| left.cmp(right));
            if order.is_ne() {
                return order;
            }
        } else if first == second {
            (a, b) = (&a[1..], &b[1..]);
        } else {
            return first.cmp(&second);
        }
    }
    a.len().cmp(&b.len())
}

/// Takes the digits at the front of `text`, and gives them without leading zeros.
fn take_number<'t>(text: &mut &'t [u8]) -> &'t [u8] {
    let (digits, rest) = text.split_at(text.iter().take_while(|byte| byte.is_ascii_digit()).count());
    *text = rest;
    &digits[digits.iter().take_while(|byte| **byte == b'0').count()..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn versions_of_all_the_distributions() {
        let version = |release: &str| Version::parse(release).map(|v| (v.major, v.minor, v.patch)).ok();
        assert_eq!(version("6.1.0-26-amd64"), Some((6, 1, 0)));
        assert_eq!(version("5.14.0-503.11.1.el9_5.x86_64"), Some((5, 14, 0)));
        assert_eq!(version("4.18.0-553.el8_10.x86_64"), Some((4, 18, 0)));
        assert_eq!(version("6.12.8-200.fc41.x86_64"), Some((6, 12, 8)));
        assert_eq!(version("6.13-rc1"), Some((6, 13, 0)));
        assert_eq!(version("5.15.167.4-microsoft-standard-WSL2"), Some((5, 15, 167)));
        assert_eq!(version("generic"), None);
        assert_eq!(version("6"), None);
        assert_eq!(version("99999999999.1"), None);
    }

    #[test]
    fn installed_kernels_are_sorted_by_version_and_left_overs_are_none() {
        let tree = Tree::new()
            .file("usr/lib/modules/5.14.0-70.el9.x86_64/modules.builtin", "")
            .dir("usr/lib/modules/5.14.0-362.el9.x86_64/kernel")
            .dir("usr/lib/modules/5.14.0-503.el9.x86_64/weak-updates")
            .file("usr/lib/modules/README", "")
            .link("lib", "usr/lib");
        assert_eq!(
            installed(&tree.host()),
            Fact::Known(vec!["5.14.0-70.el9.x86_64".to_owned(), "5.14.0-362.el9.x86_64".to_owned()])
        );
        assert_eq!(installed(&Tree::new().host()), Fact::Known(vec![]));
    }

    #[test]
    fn comparison_is_by_number() {
        assert_eq!(compare("6.1.0-9-amd64", "6.1.0-10-amd64"), Ordering::Less);
        assert_eq!(compare("6.10.1", "6.9.12"), Ordering::Greater);
        assert_eq!(compare("6.1.012", "6.1.12"), Ordering::Equal);
        assert_eq!(compare("6.1", "6.1.1"), Ordering::Less);
    }
}
