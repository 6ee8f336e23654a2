//! Which mode the next boot brings: the kernel, its arguments and the configuration file together.

use plimsoll_engine::snapshot::GapReason;

use super::{BootArguments, Mode, config};
use crate::fact::{Fact, Unknown};
use crate::kernel::Arguments;
use crate::kernel::config::Config as KernelConfig;

/// Security modules of which only one can be active; the first in the kernel's list is.
const EXCLUSIVE: [&str; 3] = ["selinux", "apparmor", "smack"];

/// What decides the mode.
pub(super) struct Causes<'a> {
    /// Whether the kernel has SELinux.
    pub(super) supported: &'a Fact<bool>,
    /// Whether SELinux is on now.
    pub(super) enabled: &'a Fact<bool>,
    /// The security modules that are active now.
    pub(super) active: &'a Fact<Vec<String>>,
    pub(super) command_line: &'a Fact<Arguments>,
    pub(super) kernel: Result<&'a KernelConfig, &'a Unknown>,
    pub(super) file: &'a Fact<config::Config>,
    /// Whether there is a policy to load.
    pub(super) policy_installed: &'a Fact<bool>,
}

impl Causes<'_> {
    /// The mode after the next boot, if that has the same kernel and arguments.
    pub(super) fn mode(&self) -> Fact<Mode> {
        let file = match self.file {
            // Without the file no policy is loaded, and with it one can switch SELinux off.
            Fact::Absent => return Fact::Known(Mode::Disabled),
            Fact::Known(file) => file.mode.as_ref().map(|mode| mode.value),
            Fact::Gap(unknown) => return Fact::Gap(unknown.clone()),
        };
        let nothing_to_start = [self.supported, self.policy_installed].contains(&&Fact::Known(false));
        if nothing_to_start || file == Some(Mode::Disabled) {
            return Fact::Known(Mode::Disabled);
        }
        self.command_line.as_ref().and_then(|arguments| {
            let words = BootArguments::of(arguments);
            if words.selinux == Fact::Known(0) && !self.is_off("CONFIG_SECURITY_SELINUX_BOOTPARAM") {
                return Fact::Known(Mode::Disabled);
            }
            self.is_active(arguments).map(|active| match (active, words.enforcing) {
                (false, _) => Mode::Disabled,
                (true, _) if self.is_off("CONFIG_SECURITY_SELINUX_DEVELOP") => Mode::Enforcing,
                (true, Fact::Known(0)) => Mode::Permissive,
                (true, Fact::Known(_)) => Mode::Enforcing,
                (true, Fact::Absent | Fact::Gap(_)) => file.unwrap_or(Mode::Permissive),
            })
        })
    }

    /// Whether the kernel starts SELinux, and not another module in its place.
    fn is_active(&self, arguments: &Arguments) -> Fact<bool> {
        if self.enabled == &Fact::Known(true) {
            return Fact::Known(true);
        }
        if let Fact::Known(active) = self.active {
            return Fact::Known(active.iter().any(|name| name == "selinux"));
        }
        if let Some(list) = arguments.last("lsm") {
            return Fact::Known(self.wins(list, arguments));
        }
        if let Some(module) = arguments.last("security") {
            return Fact::Known(module == "selinux");
        }
        match self.kernel.map(|kernel| kernel.get("CONFIG_LSM")) {
            Ok(Some(list)) => Fact::Known(self.wins(list, arguments)),
            Ok(None) => Fact::Gap(Unknown::new(
                GapReason::Unsupported,
                "/sys/kernel/security/lsm",
                "the kernel does not say which security modules it starts",
            )),
            Err(unknown) => Fact::Gap(unknown.clone()),
        }
    }

    /// Whether SELinux is the first in `list` of those of which only one can be active.
    fn wins(&self, list: &str, arguments: &Arguments) -> bool {
        let can_start = |name: &&str| {
            EXCLUSIVE.contains(name)
                // What `selinux=0` does was settled before.
                && (*name == "selinux" || arguments.last(name) != Some("0"))
                && !self.is_off(&format!("CONFIG_SECURITY_{}", name.to_uppercase()))
        };
        list.split(',').find(can_start) == Some("selinux")
    }

    /// Whether the kernel is known to be built without `option`.
    fn is_off(&self, option: &str) -> bool {
        self.kernel.is_ok_and(|kernel| kernel.get(option) == Some("n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Sourced;
    use crate::kernel::arguments::CommandLine;
    use crate::origin;

    const RHEL: &str = "CONFIG_SECURITY_SELINUX=y\nCONFIG_SECURITY_SELINUX_BOOTPARAM=y\nCONFIG_SECURITY_SELINUX_DEVELOP=y\n\
                        # CONFIG_SECURITY_APPARMOR is not set\nCONFIG_LSM=\"lockdown,yama,integrity,selinux,bpf,landlock\"\n";
    const DEBIAN: &str = "CONFIG_SECURITY_SELINUX=y\nCONFIG_SECURITY_SELINUX_BOOTPARAM=y\nCONFIG_SECURITY_SELINUX_DEVELOP=y\n\
                          CONFIG_SECURITY_APPARMOR=y\nCONFIG_LSM=\"landlock,lockdown,yama,apparmor,selinux,smack\"\n";

    fn file(mode: Option<Mode>) -> Fact<config::Config> {
        let mode = mode.map(|value| Sourced { value, origin: origin::default() });
        let policy_type = Sourced { value: "targeted".to_owned(), origin: origin::default() };
        Fact::Known(config::Config { mode, policy_type })
    }

    fn mode(kernel: &str, command_line: &str, file: &Fact<config::Config>) -> Fact<Mode> {
        Causes {
            supported: &Fact::Known(true),
            enabled: &Fact::Known(false),
            active: &Fact::Gap(Unknown::offline("/sys/kernel/security/lsm")),
            command_line: &Fact::Known(CommandLine::parse(command_line).arguments),
            kernel: Ok(&KernelConfig::of_text("/boot/config-x", kernel)),
            file,
            policy_installed: &Fact::Known(true),
        }
        .mode()
    }

    #[test]
    fn arguments_go_before_the_file() {
        let enforcing = file(Some(Mode::Enforcing));
        assert_eq!(mode(RHEL, "ro", &enforcing), Fact::Known(Mode::Enforcing));
        assert_eq!(mode(RHEL, "ro enforcing=0", &enforcing), Fact::Known(Mode::Permissive));
        assert_eq!(mode(RHEL, "ro selinux=0 enforcing=1", &enforcing), Fact::Known(Mode::Disabled));
        assert_eq!(mode(RHEL, "enforcing=1", &file(Some(Mode::Permissive))), Fact::Known(Mode::Enforcing));
        assert_eq!(mode(RHEL, "enforcing=1", &file(Some(Mode::Disabled))), Fact::Known(Mode::Disabled));
        assert_eq!(mode(RHEL, "", &file(None)), Fact::Known(Mode::Permissive));
        assert_eq!(mode(RHEL, "", &Fact::Absent), Fact::Known(Mode::Disabled));
        let fixed = RHEL.replace("_DEVELOP=y", "_DEVELOP=n").replace("_BOOTPARAM=y", "_BOOTPARAM=n");
        assert_eq!(mode(&fixed, "selinux=0 enforcing=0", &enforcing), Fact::Known(Mode::Enforcing));
    }

    #[test]
    fn another_module_may_be_in_its_place() {
        let enforcing = file(Some(Mode::Enforcing));
        assert_eq!(mode(DEBIAN, "", &enforcing), Fact::Known(Mode::Disabled));
        assert_eq!(mode(DEBIAN, "security=selinux", &enforcing), Fact::Known(Mode::Enforcing));
        assert_eq!(mode(DEBIAN, "apparmor=0", &enforcing), Fact::Known(Mode::Enforcing));
        assert_eq!(mode(DEBIAN, "lsm=yama,selinux,apparmor", &enforcing), Fact::Known(Mode::Enforcing));
        assert_eq!(mode(RHEL, "lsm=yama", &enforcing), Fact::Known(Mode::Disabled));
        assert!(matches!(mode("CONFIG_A=y\n", "", &enforcing), Fact::Gap(_)));
    }

    #[test]
    fn without_the_arguments_only_what_they_cannot_change_is_known() {
        let at_boot = |mode, supported, policy_installed| {
            Causes {
                supported: &supported,
                enabled: &Fact::Gap(Unknown::offline("/sys/fs/selinux")),
                active: &Fact::Gap(Unknown::offline("/sys/kernel/security/lsm")),
                command_line: &Fact::Gap(Unknown::offline("/proc/cmdline")),
                kernel: Ok(&KernelConfig::of_text("/boot/config-x", RHEL)),
                file: &file(Some(mode)),
                policy_installed: &policy_installed,
            }
            .mode()
        };
        let (yes, no) = (|| Fact::Known(true), || Fact::Known(false));
        assert!(
            matches!(at_boot(Mode::Enforcing, yes(), yes()), Fact::Gap(unknown) if unknown.reason == GapReason::Offline)
        );
        assert_eq!(at_boot(Mode::Disabled, yes(), yes()), Fact::Known(Mode::Disabled));
        assert_eq!(at_boot(Mode::Enforcing, no(), yes()), Fact::Known(Mode::Disabled));
        assert_eq!(at_boot(Mode::Enforcing, yes(), no()), Fact::Known(Mode::Disabled));
    }
}
