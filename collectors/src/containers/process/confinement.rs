//! What keeps a process from what its rights would let it do: seccomp, AppArmor, SELinux.

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::Fact;
use crate::host::{Dir, Host};
use crate::process_label;

const APPARMOR: &str = "/sys/module/apparmor/parameters/enabled";
const SELINUX: &str = "/sys/fs/selinux/enforce";

/// Whether system calls are filtered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Seccomp {
    /// They are not.
    Disabled,
    /// Only `read`, `write`, `_exit` and `sigreturn` are allowed.
    Strict,
    /// By a profile.
    Filter,
}

/// The profile of AppArmor that a process is under.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AppArmor {
    /// Its name, `docker-default`; `unconfined` for none.
    ///
    /// Source: /proc/PID/attr/apparmor/current
    pub profile: String,
    /// `enforce`, `complain` and others; absent for none.
    ///
    /// Source: /proc/PID/attr/apparmor/current
    pub mode: Fact<String>,
}

/// The label of a process.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Selinux {
    /// All of it: `system_u:system_r:container_t:s0:c12,c34`.
    ///
    /// Source: /proc/PID/attr/current
    pub label: String,
    /// Its type, that is its domain: `container_t`, `spc_t`; absent if the label has none.
    ///
    /// Source: /proc/PID/attr/current
    pub domain: Fact<String>,
    /// Its level, by which containers are kept apart: `s0:c12,c34`; absent if the label has none.
    ///
    /// Source: /proc/PID/attr/current
    pub level: Fact<String>,
    /// The ids of containers of other pods with the same level and categories.
    ///
    /// Source: /proc/PID/attr/current of both
    pub level_shared_with: Vec<String>,
}

/// Which modules of the kernel confine processes.
#[derive(Debug, Clone)]
pub(in super::super) struct Modules {
    apparmor: Fact<bool>,
    selinux: Fact<bool>,
}

/// What both say about a process.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Confinement {
    pub(super) apparmor: Fact<AppArmor>,
    pub(super) selinux: Fact<Selinux>,
}

impl Modules {
    pub(in super::super) fn read(ctx: &Context<'_>) -> Self {
        Self {
            apparmor: is_on(ctx.host, APPARMOR, |text| text.trim() == "Y"),
            selinux: is_on(ctx.host, SELINUX, |_| true),
        }
    }
}

/// Whether the module whose file is `path` is on.
fn is_on(host: &Host, path: &str, says: fn(&str) -> bool) -> Fact<bool> {
    Fact::from(host.read_text(path)).map(|text| says(&text)).or_absent(false)
}

impl Confinement {
    pub(super) fn read(process: &Dir, modules: &Modules) -> Self {
        let ask = |module: &Fact<bool>, current: &dyn Fn() -> Fact<String>| {
            module.as_ref().and_then(|on| if *on { current() } else { Fact::Absent })
        };
        Self {
            apparmor: ask(&modules.apparmor, &|| process_label::apparmor(process))
                .map(|text| AppArmor::parse(&text)),
            selinux: ask(&modules.selinux, &|| process_label::current(process)).map(Selinux::parse),
        }
    }
}

impl Seccomp {
    /// The mode that the kernel numbers so.
    pub(super) fn of(mode: u8) -> Option<Self> {
        match mode {
            0 => Some(Self::Disabled),
            1 => Some(Self::Strict),
            2 => Some(Self::Filter),
            _ => None,
        }
    }
}

impl AppArmor {
    /// `docker-default (enforce)`.
    fn parse(label: &str) -> Self {
        let split = label.strip_suffix(')').and_then(|label| label.rsplit_once(" ("));
        match split {
            Some((profile, mode)) => Self { profile: profile.to_owned(), mode: Fact::Known(mode.to_owned()) },
            None => Self { profile: label.to_owned(), mode: Fact::Absent },
        }
    }
}

impl Selinux {
    fn parse(label: String) -> Self {
        let mut parts = label.splitn(4, ':').skip(2);
        let mut next = || parts.next().map(str::to_owned).into();
        let (domain, level) = (next(), next());
        Self { domain, level, label, level_shared_with: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_has_a_mode_and_none_has_none() {
        let profile = AppArmor::parse("docker-default (enforce)");
        assert_eq!(
            (profile.profile.as_str(), profile.mode),
            ("docker-default", Fact::Known("enforce".to_owned()))
        );
        assert_eq!(AppArmor::parse("unconfined").mode, Fact::Absent);
        assert_eq!(AppArmor::parse("/usr/bin/a (b) (complain)").profile, "/usr/bin/a (b)");
    }

    #[test]
    fn a_label_has_a_type_and_a_level() {
        let label = Selinux::parse("system_u:system_r:container_t:s0:c12,c34".to_owned());
        assert_eq!(label.domain, Fact::Known("container_t".to_owned()));
        assert_eq!(label.level, Fact::Known("s0:c12,c34".to_owned()));
        assert_eq!(Selinux::parse("kernel".to_owned()).domain, Fact::Absent);
    }

    #[test]
    fn modes_of_seccomp_are_the_kernels() {
        assert_eq!(
            (Seccomp::of(0), Seccomp::of(2), Seccomp::of(9)),
            (Some(Seccomp::Disabled), Some(Seccomp::Filter), None)
        );
    }
}
