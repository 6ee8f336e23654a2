//! The flags that the kubelet does not have any more; it does not start with one.

use schemars::JsonSchema;
use serde::Serialize;

use super::flags::Flags;
use super::version::Version;
use crate::fact::{Fact, Sourced, Unknown};
use plimsoll_engine::snapshot::GapReason;

/// The flags and the minor release of Kubernetes 1 that came without them: the release notes of each.
const RETIRED: [(&str, u32); 22] = [
    ("add-dir-header", 26),
    ("allow-privileged", 15),
    ("alsologtostderr", 26),
    ("cloud-config", 34),
    ("cni-bin-dir", 24),
    ("cni-cache-dir", 24),
    ("cni-conf-dir", 24),
    ("container-runtime", 27),
    ("docker-endpoint", 24),
    ("dynamic-config-dir", 24),
    ("image-pull-progress-deadline", 24),
    ("keep-terminated-pod-volumes", 31),
    ("log-backtrace-at", 26),
    ("log-dir", 26),
    ("log-file", 26),
    ("log-file-max-size", 26),
    ("logtostderr", 26),
    ("network-plugin", 24),
    ("network-plugin-mtu", 24),
    ("one-output", 26),
    ("pod-infra-container-image", 35),
    ("stderrthreshold", 26),
];

/// A flag that the kubelet is given and does not have.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RetiredFlag {
    /// The flag, `--container-runtime`.
    ///
    /// Source: the unit's `ExecStart` and its environment files, or /proc/PID/cmdline
    pub flag: Sourced<String>,
    /// The first release without it, `1.27`.
    pub removed_in: String,
}

/// Those of the given flags that a kubelet of this version has no more, by name.
pub(super) fn among(flags: &Flags, version: &Fact<Version>) -> Fact<Vec<RetiredFlag>> {
    let mut retired = flags.names().filter_map(|(name, origin)| {
        let (_, release) = RETIRED.iter().find(|(flag, _)| *flag == name)?;
        Some((name, origin, *release))
    });
    let retired: Vec<_> = retired.by_ref().collect();
    if retired.is_empty() {
        return Fact::Known(Vec::new());
    }
    let version = match version {
        Fact::Known(version) => *version,
        Fact::Gap(unknown) => return Fact::Gap(unknown.clone()),
        Fact::Absent => {
            let detail = format!(
                "whether the kubelet has --{} depends on its version, which is not known",
                retired[0].0
            );
            return Fact::Gap(Unknown::new(GapReason::Unsupported, "kubelet", detail));
        }
    };
    let gone = retired.into_iter().filter(|(_, _, release)| version.minor >= *release);
    Fact::Known(
        gone.map(|(name, origin, release)| RetiredFlag {
            flag: Sourced { value: format!("--{name}"), origin: origin.clone() },
            removed_in: format!("1.{release}"),
        })
        .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::super::flags::tests::arguments;
    use super::*;

    #[test]
    fn a_flag_is_gone_from_its_release_on() {
        let flags = Flags::parse(&arguments(&[
            "--container-runtime=remote",
            "--pod-infra-container-image=p",
            "--v=2",
        ]));
        let among = |minor| {
            let version = Fact::Known(Version { minor, patch: 0 });
            let gone = among(&flags, &version).known().cloned().unwrap();
            gone.into_iter()
                .map(|flag| format!("{} {}", flag.flag.value, flag.removed_in))
                .collect::<Vec<_>>()
        };
        assert!(among(26).is_empty());
        assert_eq!(among(34), ["--container-runtime 1.27"]);
        assert_eq!(among(35), ["--container-runtime 1.27", "--pod-infra-container-image 1.35"]);
    }

    #[test]
    fn without_a_version_only_unsuspicious_flags_are_judged() {
        let of = |flag| among(&Flags::parse(&arguments(&[flag])), &Fact::Absent);
        assert_eq!(of("--v=2"), Fact::Known(Vec::new()));
        assert!(matches!(of("--cloud-config=/x"), Fact::Gap(_)));
    }
}
