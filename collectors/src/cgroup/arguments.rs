//! What the kernel's command line says about control groups.

use crate::kernel::Arguments;

use super::Mode;

const UNIFIED: &str = "systemd.unified_cgroup_hierarchy";
const LEGACY: &str = "systemd.legacy_systemd_cgroup_controller";

/// The layout that the command line asks systemd for (systemd(1), "Kernel command line").
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// The arguments that ask, as they are written.
    pub(super) text: Option<String>,
    /// The modes that satisfy them.
    asked: &'static [Mode],
}

impl Layout {
    /// What `arguments` ask for.
    pub(super) fn of(arguments: &Arguments) -> Self {
        let words = [UNIFIED, LEGACY].into_iter().filter_map(|name| match arguments.last(name)? {
            "" => Some(name.to_owned()),
            value => Some(format!("{name}={value}")),
        });
        let words: Vec<_> = words.collect();
        let unified = arguments.last(UNIFIED).and_then(boolean);
        let legacy = arguments.last(LEGACY).and_then(boolean);
        let asked: &[Mode] = match (unified, legacy) {
            (Some(true), _) => &[Mode::Unified],
            (Some(false), Some(true)) => &[Mode::Legacy],
            (Some(false), Some(false)) => &[Mode::Hybrid],
            (Some(false), None) => &[Mode::Hybrid, Mode::Legacy],
            // The second counts only where the first, or how systemd was built, switches version 2 off.
            (None, _) => &[Mode::Unified, Mode::Hybrid, Mode::Legacy],
        };
        Self { text: (!words.is_empty()).then(|| words.join(" ")), asked }
    }

    /// Why the node is in `mode`, whose first process is `init`.
    pub(super) fn reason(&self, mode: Mode, init: &str) -> String {
        if mode == Mode::None {
            return format!("the first process, {init}, mounted no control groups");
        }
        match &self.text {
            _ if init != "systemd" => format!("the first process, {init}, mounted them so"),
            None => {
                "systemd mounts them so by default, and no kernel argument asks for anything else".to_owned()
            }
            Some(text) if !self.asked.contains(&mode) => {
                format!("systemd mounted them so although the kernel has the argument {text}")
            }
            Some(text) => format!("the kernel argument {text} asks systemd for it"),
        }
    }
}

/// The controllers that `cgroup_disable=` takes away. A later `cgroup_enable=`, which the kernels of some
/// single-board computers know, gives them back.
pub(super) fn disabled(arguments: &Arguments) -> Vec<String> {
    let enabled: Vec<&str> = arguments.list("cgroup_enable").collect();
    let mut disabled: Vec<String> =
        arguments.list("cgroup_disable").filter(|name| !enabled.contains(name)).map(str::to_owned).collect();
    disabled.sort();
    disabled.dedup();
    disabled
}

/// As systemd reads a switch; a word without a value switches on.
fn boolean(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "" | "1" | "yes" | "y" | "true" | "t" | "on" => Some(true),
        "0" | "no" | "n" | "false" | "f" | "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::arguments::CommandLine;

    fn layout(command_line: &str) -> Layout {
        Layout::of(&CommandLine::parse(command_line).arguments)
    }

    #[test]
    fn an_argument_explains_the_mode_that_it_asks_for() {
        let layout = layout("BOOT_IMAGE=/vmlinuz ro systemd.unified_cgroup_hierarchy=0 quiet");
        assert_eq!(layout.text.as_deref(), Some("systemd.unified_cgroup_hierarchy=0"));
        let words = "the kernel argument systemd.unified_cgroup_hierarchy=0 asks systemd for it";
        assert_eq!(layout.reason(Mode::Hybrid, "systemd"), words);
        assert_eq!(layout.reason(Mode::Legacy, "systemd"), words);
    }

    #[test]
    fn an_argument_that_was_not_heeded_is_said() {
        let layout =
            layout("systemd.unified_cgroup_hierarchy=false systemd.legacy_systemd_cgroup_controller");
        assert_eq!(
            layout.reason(Mode::Unified, "systemd"),
            "systemd mounted them so although the kernel has the argument \
             systemd.unified_cgroup_hierarchy=false systemd.legacy_systemd_cgroup_controller"
        );
    }

    #[test]
    fn without_an_argument_it_is_the_default_of_who_mounts() {
        let layout = layout("ro quiet");
        assert_eq!(layout.text, None);
        assert_eq!(
            layout.reason(Mode::Unified, "systemd"),
            "systemd mounts them so by default, and no kernel argument asks for anything else"
        );
        assert_eq!(
            layout.reason(Mode::Hybrid, "openrc-init"),
            "the first process, openrc-init, mounted them so"
        );
        assert_eq!(layout.reason(Mode::None, "sh"), "the first process, sh, mounted no control groups");
    }

    #[test]
    fn of_a_repeated_argument_the_last_counts() {
        let layout = layout("systemd.unified_cgroup_hierarchy=1 systemd.unified_cgroup_hierarchy=0");
        assert_eq!(layout.text.as_deref(), Some("systemd.unified_cgroup_hierarchy=0"));
        assert!(layout.reason(Mode::Unified, "systemd").contains("although"));
    }

    #[test]
    fn disabled_controllers_are_those_that_are_not_enabled_again() {
        let disabled = |line| disabled(&CommandLine::parse(line).arguments);
        assert_eq!(disabled("cgroup_disable=pids,memory cgroup_disable=memory"), ["memory", "pids"]);
        assert_eq!(disabled("cgroup_disable=memory cgroup_enable=memory cgroup_memory=1"), [""; 0]);
        assert_eq!(disabled("quiet"), [""; 0]);
    }
}
