//! seccomp: whether the kernel can filter the system calls of containers, and the profiles that say which.

mod profiles;

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::kernel;

pub use profiles::Profile;

const AVAILABLE: &str = "/proc/sys/kernel/seccomp/actions_avail";
const LOGGED: &str = "/proc/sys/kernel/seccomp/actions_logged";

/// The state of a process that every target has while it runs.
const STATUS: &str = "/proc/1/status";

/// seccomp in the kernel.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SeccompFacts {
    /// Whether the kernel has seccomp.
    /// Source: /proc/sys/kernel/seccomp/actions_avail, /proc/1/status, else `CONFIG_SECCOMP`.
    pub supported: Fact<bool>,
    /// Whether the kernel has seccomp filters, which profiles of containers need.
    /// Source: /proc/sys/kernel/seccomp/actions_avail, else `CONFIG_SECCOMP_FILTER`.
    pub filter_supported: Fact<bool>,
    /// The actions that a filter can take, the strongest first: `kill_process` … `allow`; absent before
    /// Linux 4.14.
    /// Source: /proc/sys/kernel/seccomp/actions_avail.
    pub actions_available: Fact<Vec<String>>,
    /// The actions that the kernel logs when a filter asks for it, the strongest first.
    /// Source: /proc/sys/kernel/seccomp/actions_logged.
    pub actions_logged: Fact<Vec<String>>,
    /// The profiles that docker and podman are configured with, and the files `*.json` of the kubelet's
    /// directory, which pods can name. What cannot be read is a gap in the list.
    /// Source: daemon.json, containers.conf, /var/lib/kubelet/seccomp.
    pub profiles: Fact<Vec<Fact<Profile>>>,
}

/// Reads seccomp's facts.
pub fn collect(ctx: &Context<'_>) -> Fact<SeccompFacts> {
    let actions =
        |file: &str| ctx.running(file, || Fact::from(ctx.host.read_text(file)).map(|text| words(&text)));
    let actions_available = actions(AVAILABLE);
    // The kernel has this file only if it has filters.
    let (supported, filter_supported) = match &actions_available {
        Fact::Known(_) => (Fact::Known(true), Fact::Known(true)),
        Fact::Absent | Fact::Gap(_) => {
            let config = kernel::current_config(ctx);
            let is_set = |option| {
                Fact::from(config.as_ref().map(|config| config.is_set(option)).map_err(Unknown::clone))
            };
            let shown = ctx.host.read_text(STATUS).is_ok_and(|status| has_seccomp(&status));
            (
                if shown { Fact::Known(true) } else { is_set("CONFIG_SECCOMP") },
                is_set("CONFIG_SECCOMP_FILTER"),
            )
        }
    };
    Fact::Known(SeccompFacts {
        supported,
        filter_supported,
        actions_available,
        actions_logged: actions(LOGGED),
        profiles: if ctx.demand.wants(&["seccomp", "profiles"]) {
            Fact::Known(profiles::read(ctx))
        } else {
            Fact::Absent
        },
    })
}

/// Whether a process's status has the line that only kernels with seccomp write.
fn has_seccomp(status: &str) -> bool {
    status.lines().any(|line| line.starts_with("Seccomp:"))
}

fn words(text: &str) -> Vec<String> {
    text.split_ascii_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Options;
    use crate::host::Host;
    use crate::tree::Tree;
    use plimsoll_engine::demand::Demand;
    use plimsoll_engine::snapshot::GapReason;
    use std::time::Instant;

    fn facts(host: &Host) -> SeccompFacts {
        let (demand, options) = (Demand::everything(), Options::default());
        match collect(&Context { host, demand: &demand, options: &options, deadline: Instant::now() }) {
            Fact::Known(facts) => facts,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_running_kernel_shows_its_actions() {
        let facts = facts(&Host::live().unwrap());
        assert_eq!(facts.supported, Fact::Known(true));
        match facts.actions_available {
            Fact::Known(actions) => assert!(actions.contains(&"errno".to_owned()), "{actions:?}"),
            Fact::Absent => {}
            Fact::Gap(unknown) => panic!("{unknown:?}"),
        }
    }

    #[test]
    fn an_installed_kernels_configuration_tells() {
        let kernel = |config: &str| {
            Tree::new().file("lib/modules/6.1/modules.builtin", "").file("boot/config-6.1", config)
        };
        let without_filters = facts(&kernel("CONFIG_SECCOMP=y\n# CONFIG_SECCOMP_FILTER is not set\n").host());
        assert_eq!(without_filters.supported, Fact::Known(true));
        assert_eq!(without_filters.filter_supported, Fact::Known(false));
        assert!(
            matches!(without_filters.actions_logged, Fact::Gap(unknown) if unknown.reason == GapReason::Offline)
        );
        let no_kernel = facts(&Tree::new().host());
        assert!(matches!(no_kernel.supported, Fact::Gap(unknown) if unknown.reason == GapReason::Offline));
    }

    #[test]
    fn a_status_tells_of_seccomp() {
        assert!(has_seccomp("Name:\tinit\nNoNewPrivs:\t0\nSeccomp:\t0\n"));
        assert!(!has_seccomp("Name:\tSeccomp:\nCpus_allowed:\t1\n"));
    }
}
