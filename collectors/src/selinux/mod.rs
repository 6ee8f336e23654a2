//! SELinux: what it does now, and what it will do after the next boot.

mod boot;
mod config;
pub(crate) mod label;
mod labels;
mod policy;

use schemars::JsonSchema;
use serde::Serialize;

pub use labels::{FileLabel, Part, ProcessLabel};
pub use policy::ContainerPolicy;

use crate::context::Context;
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::Host;
use crate::kernel::{self, Arguments};
use crate::keyed::Keyed;
use boot::Causes;

const SELINUXFS: &str = "/sys/fs/selinux";

/// The label of the scanner itself: `kernel` as long as there is no policy, as libraries for Go look at it.
const OWN_LABEL: &str = "/proc/self/attr/current";
const ENFORCE: &str = "/sys/fs/selinux/enforce";
const FILESYSTEMS: &str = "/proc/filesystems";

/// SELinux.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SelinuxFacts {
    /// Whether the kernel has SELinux, switched on or not.
    /// Source: /sys/fs/selinux, else `CONFIG_SECURITY_SELINUX` of the kernel's configuration.
    pub supported: Fact<bool>,
    /// Whether SELinux is on, with a policy: without one every process has the label `kernel`, and nothing is
    /// denied.
    /// Source: /sys/fs/selinux/enforce; /proc/filesystems; /proc/self/attr/current.
    pub enabled: Fact<bool>,
    /// The mode now.
    /// Source: /sys/fs/selinux/enforce.
    pub mode: Fact<Mode>,
    /// The mode that the configuration file asks for; absent if it does so in no form that counts.
    /// Source: `SELINUX` in /etc/selinux/config.
    pub configured_mode: Fact<Sourced<Mode>>,
    /// The mode after the next boot, with the same kernel and arguments. Of a node that is not running the
    /// arguments are not known; then only `disabled` can be.
    /// Source: /etc/selinux/config, /proc/cmdline, /sys/kernel/security/lsm, the kernel's configuration.
    pub mode_at_boot: Fact<Mode>,
    /// What the kernel's command line says.
    /// Source: /proc/cmdline.
    pub arguments: Fact<BootArguments>,
    /// The policy: `targeted`, `mls`, `minimum`; absent without a configuration file.
    /// Source: `SELINUXTYPE` in /etc/selinux/config.
    pub policy_type: Fact<Sourced<String>>,
    /// The newest format of policies that the kernel reads; absent if SELinux is off.
    /// Source: /sys/fs/selinux/policyvers.
    pub policy_version: Fact<u32>,
    /// Whether a compiled policy of this type is installed.
    /// Source: /etc/selinux/TYPE/policy.
    pub policy_installed: Fact<bool>,
    /// Whether the loaded policy has levels and categories, by which containers are kept apart; absent if
    /// SELinux is off.
    /// Source: /sys/fs/selinux/mls.
    pub mls: Fact<bool>,
    /// The policy module that confines containers; absent if it is not installed.
    /// Source: /var/lib/selinux/TYPE/active/modules, /etc/selinux/TYPE/active/modules.
    pub container_policy: Fact<ContainerPolicy>,
    /// The names of the installed policy's modules that are not disabled, sorted; absent if there is no policy.
    /// Source: /var/lib/selinux/TYPE/active/modules, /etc/selinux/TYPE/active/modules.
    pub modules: Fact<Vec<String>>,
    /// Whether what the loaded policy does not know is denied; absent if SELinux is off.
    /// Source: /sys/fs/selinux/deny_unknown.
    pub deny_unknown: Fact<bool>,
    /// The policy's switches by name (`container_manage_cgroup`); null if the policy has none of that name,
    /// or SELinux is off.
    /// Source: /sys/fs/selinux/booleans.
    pub booleans: Keyed<Fact<Boolean>>,
    /// The programs and directories of the runtimes that are there, with their labels; absent if SELinux is
    /// off.
    /// Source: the extended attribute security.selinux.
    pub file_labels: Fact<Vec<FileLabel>>,
    /// The daemons of the runtimes that run, with their labels; absent if SELinux is off.
    /// Source: /proc/PID/attr/current.
    pub process_labels: Fact<Vec<ProcessLabel>>,
}

/// What SELinux does with what the policy does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// It refuses it.
    Enforcing,
    /// It logs it.
    Permissive,
    /// It is off.
    Disabled,
}

/// What the kernel's command line says about SELinux; the last of each argument counts.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct BootArguments {
    /// `selinux=`: 0 switches it off.
    /// Source: /proc/cmdline.
    pub selinux: Fact<i64>,
    /// `enforcing=`: 0 makes it permissive.
    /// Source: /proc/cmdline.
    pub enforcing: Fact<i64>,
}

/// A switch of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Boolean {
    /// Its value now.
    /// Source: the first number in /sys/fs/selinux/booleans/NAME.
    pub current: bool,
    /// The value that waits to be committed.
    /// Source: the second number in /sys/fs/selinux/booleans/NAME.
    pub pending: bool,
}

/// Reads SELinux's facts.
pub fn collect(ctx: &Context<'_>) -> Fact<SelinuxFacts> {
    let host = ctx.host;
    let kernel = kernel::current_config(ctx);
    let enabled = ctx.running(SELINUXFS, || enabled(host));
    let supported = match &enabled {
        Fact::Known(true) => Fact::Known(true),
        _ => Fact::from(
            kernel.as_ref().map(|config| config.is_set("CONFIG_SECURITY_SELINUX")).map_err(Unknown::clone),
        ),
    };
    let file = config::read(host);
    let command_line = kernel::arguments::read(ctx).map(|line| line.arguments);
    let active = kernel::active_security_modules(ctx);
    let policy_type = file.as_ref().map(|file| file.policy_type.clone());
    let policy_name =
        policy_type.as_ref().map(|name| name.value.clone()).or_absent(config::DEFAULT_TYPE.to_owned());
    let policy_installed = policy_name.as_ref().and_then(|name| policy::is_installed(host, name).into());
    let causes = Causes {
        supported: &supported,
        enabled: &enabled,
        active: &active,
        command_line: &command_line,
        kernel: kernel.as_deref(),
        file: &file,
        policy_installed: &policy_installed,
    };
    let mode_at_boot = causes.mode();
    let while_on = |name: &str| number_while_on(host, &enabled, name);
    Fact::Known(SelinuxFacts {
        mode: enabled.as_ref().and_then(|on| if *on { mode(host) } else { Fact::Known(Mode::Disabled) }),
        configured_mode: file.and_then(|file| file.mode.into()),
        mode_at_boot,
        arguments: command_line.as_ref().map(BootArguments::of),
        policy_version: while_on("policyvers"),
        policy_installed,
        mls: while_on("mls").map(|number| number != 0),
        modules: policy_name.as_ref().and_then(|name| policy::modules(host, name)),
        container_policy: policy_name.and_then(|name| policy::container_module(host, &name)),
        deny_unknown: while_on("deny_unknown").map(|number| number != 0),
        booleans: Keyed::read(ctx.demand.keys(&["selinux", "booleans"]), |name| {
            boolean(host, &enabled, name)
        }),
        file_labels: enabled
            .as_ref()
            .and_then(|on| if *on { Fact::Known(labels::files(ctx)) } else { Fact::Absent }),
        process_labels: enabled
            .as_ref()
            .and_then(|on| if *on { labels::processes(ctx).into() } else { Fact::Absent }),
        supported,
        enabled,
        policy_type,
    })
}

impl BootArguments {
    fn of(arguments: &Arguments) -> Self {
        let number = |name: &str| match arguments.last(name) {
            Some(text) => match text.parse() {
                Ok(number) => Fact::Known(number),
                Err(_) => {
                    Fact::Gap(Unknown::malformed("/proc/cmdline", format!("{name}={text} is no number")))
                }
            },
            None => Fact::Absent,
        };
        Self { selinux: number("selinux"), enforcing: number("enforcing") }
    }
}

/// Whether SELinux is on: a kernel that starts it but was given no policy knows its file system, and lets
/// everybody do everything.
fn enabled(host: &Host) -> Fact<bool> {
    let is_mounted = match host.exists(ENFORCE) {
        Ok(is_mounted) => is_mounted,
        Err(error) => return Fact::Gap(error.into()),
    };
    let has_policy = || Fact::from(host.read_text(OWN_LABEL)).map(|label| label.contains(':'));
    if is_mounted {
        return has_policy();
    }
    Fact::from(host.read_text(FILESYSTEMS)).and_then(|text| {
        if text.lines().any(|line| line.ends_with("\tselinuxfs")) { has_policy() } else { Fact::Known(false) }
    })
}

fn mode(host: &Host) -> Fact<Mode> {
    number(host, ENFORCE).map(|number| if number == 0 { Mode::Permissive } else { Mode::Enforcing })
}

/// The number in a file of selinuxfs; absent if SELinux is off.
fn number_while_on(host: &Host, enabled: &Fact<bool>, name: &str) -> Fact<u32> {
    enabled
        .as_ref()
        .and_then(|on| if *on { number(host, &format!("{SELINUXFS}/{name}")) } else { Fact::Absent })
}

fn number(host: &Host, file: &str) -> Fact<u32> {
    Fact::from(host.read_text(file)).and_then(|text| {
        let number = text.trim().parse();
        number.map_err(|_| Unknown::malformed(file, format!("{file}: {text:?} is no number"))).into()
    })
}

/// A switch of the policy, whose file says `CURRENT PENDING`.
fn boolean(host: &Host, enabled: &Fact<bool>, name: &str) -> Fact<Boolean> {
    let file = format!("{SELINUXFS}/booleans/{}", name.replace('/', "_"));
    enabled.as_ref().and_then(|on| {
        if !on {
            return Fact::Absent;
        }
        Fact::from(host.read_text(&file)).and_then(|text| {
            match text.split_ascii_whitespace().collect::<Vec<_>>()[..] {
                [current @ ("0" | "1"), pending @ ("0" | "1")] => {
                    Fact::Known(Boolean { current: current == "1", pending: pending == "1" })
                }
                _ => Fact::Gap(Unknown::malformed(&file, format!("{file}: {text:?} is not two switches"))),
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Options;
    use crate::tree::Tree;
    use plimsoll_engine::demand::Demand;
    use plimsoll_engine::snapshot::GapReason;
    use std::time::Instant;

    fn fedora() -> Tree {
        Tree::new()
            .file("proc/self/attr/current", "unconfined_u:unconfined_r:unconfined_t:s0\0")
            .file("sys/fs/selinux/enforce", "1")
            .file("sys/fs/selinux/policyvers", "33")
            .file("sys/fs/selinux/mls", "1")
            .file("sys/fs/selinux/booleans/container_manage_cgroup", "0 1")
            .file("sys/fs/selinux/booleans/odd", "0")
    }

    #[test]
    fn selinuxfs_tells_mode_version_and_switches() {
        let tree = fedora();
        let (host, on, off) = (tree.host(), Fact::Known(true), Fact::Known(false));
        assert_eq!(enabled(&host), on);
        assert_eq!(mode(&host), Fact::Known(Mode::Enforcing));
        assert_eq!(number_while_on(&host, &on, "policyvers"), Fact::Known(33));
        assert_eq!(number_while_on(&host, &off, "policyvers"), Fact::Absent);
        let cgroup = boolean(&host, &on, "container_manage_cgroup");
        assert_eq!(cgroup, Fact::Known(Boolean { current: false, pending: true }));
        assert_eq!(boolean(&host, &on, "no_such_switch"), Fact::Absent);
        assert_eq!(boolean(&host, &on, "../enforce"), Fact::Absent);
        assert!(matches!(boolean(&host, &on, "odd"), Fact::Gap(_)));
    }

    #[test]
    fn without_a_policy_it_is_off() {
        let kernel = |filesystems: &str| Tree::new().file("proc/filesystems", filesystems);
        assert_eq!(enabled(&kernel("nodev\tsysfs\n\text4\n").host()), Fact::Known(false));
        let started = || kernel("nodev\tsysfs\nnodev\tselinuxfs\n");
        let label = |tree: Tree, label: &str| enabled(&tree.file("proc/self/attr/current", label).host());
        let mounted = || started().file("sys/fs/selinux/enforce", "0");
        assert_eq!(label(started(), "kernel\0"), Fact::Known(false));
        assert_eq!(label(mounted(), "kernel\0"), Fact::Known(false));
        assert_eq!(label(started(), "system_u:system_r:init_t:s0\0"), Fact::Known(true));
        assert!(matches!(enabled(&started().file("proc/self/attr/current/x", "").host()), Fact::Gap(_)));
    }

    #[test]
    fn an_offline_root_tells_its_files() {
        let tree = Tree::new()
            .file("etc/selinux/config", "SELINUX=permissive\nSELINUXTYPE=targeted\n")
            .file("etc/selinux/targeted/policy/policy.33", "")
            .file("lib/modules/5.14/modules.builtin", "")
            .file("lib/modules/5.14/config", "CONFIG_SECURITY_SELINUX=y\n")
            .link("usr/lib/modules", "../../lib/modules");
        let (host, demand, options) = (tree.host(), Demand::everything(), Options::default());
        let ctx = Context { host: &host, demand: &demand, options: &options, deadline: Instant::now() };
        let Fact::Known(facts) = collect(&ctx) else { panic!("not known") };
        assert_eq!(facts.supported, Fact::Known(true));
        assert_eq!(facts.configured_mode.known().unwrap().value, Mode::Permissive);
        assert_eq!(facts.policy_installed, Fact::Known(true));
        assert_eq!(facts.container_policy, Fact::Absent);
        for gap in
            [facts.enabled.map(drop), facts.mode.map(drop), facts.mode_at_boot.map(drop), facts.mls.map(drop)]
        {
            assert!(matches!(&gap, Fact::Gap(unknown) if unknown.reason == GapReason::Offline), "{gap:?}");
        }
    }

    #[test]
    fn arguments_are_numbers() {
        let of = |line: &str| BootArguments::of(&kernel::arguments::CommandLine::parse(line).arguments);
        assert_eq!(of("selinux=1 selinux=0").selinux, Fact::Known(0));
        assert_eq!(of("quiet").enforcing, Fact::Absent);
        assert!(matches!(of("enforcing=yes").enforcing, Fact::Gap(_)));
    }
}
