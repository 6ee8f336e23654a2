//! AppArmor: whether it is on, and which profiles are loaded.

use schemars::JsonSchema;
use serde::Serialize;

use crate::commands;
use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::Host;
use crate::kernel::{self, Arguments};
use crate::module_parameter;
use plimsoll_engine::snapshot::GapReason;

const MODULES: &str = "/sys/module";
const ENABLED: &str = "/sys/module/apparmor/parameters/enabled";
const PROFILES: &str = "/sys/kernel/security/apparmor/profiles";

/// AppArmor.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AppArmorFacts {
    /// Whether the kernel has AppArmor, switched on or not.
    /// Source: /sys/module/apparmor; offline `CONFIG_SECURITY_APPARMOR` of the kernel's configuration.
    pub supported: Fact<bool>,
    /// Whether AppArmor is switched on.
    /// Source: /sys/module/apparmor/parameters/enabled.
    pub enabled: Fact<bool>,
    /// The program that loads profiles; runtimes need it.
    /// Source: `apparmor_parser` in the directories of programs.
    pub parser: Fact<String>,
    /// The profiles that are loaded, sorted by name; absent if AppArmor is off. Only root may list them.
    /// Source: /sys/kernel/security/apparmor/profiles.
    pub profiles: Fact<Vec<Profile>>,
    /// How many profiles are in each mode; absent if AppArmor is off.
    /// Source: /sys/kernel/security/apparmor/profiles.
    pub counts: Fact<Counts>,
    /// The kernel argument that switches AppArmor off: `apparmor=0`, `security=selinux`, or an `lsm=`
    /// without it.
    /// Source: /proc/cmdline.
    pub disabled_by_argument: Fact<String>,
}

/// A profile that is loaded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Profile {
    /// Its name: `docker-default`, `/usr/sbin/ntpd`, `snap.x//child`.
    /// Source: /sys/kernel/security/apparmor/profiles.
    pub name: String,
    /// What happens when a process does what the profile does not allow.
    /// Source: /sys/kernel/security/apparmor/profiles.
    pub mode: Mode,
}

/// What happens when a process does what its profile does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// It is refused.
    Enforce,
    /// It is logged.
    Complain,
    /// The process is killed.
    Kill,
    /// Nothing: the profile only gives a name.
    Unconfined,
    /// A service of the user's session is asked.
    Prompt,
    /// A mode that this version does not know.
    Other,
}

/// How many profiles are in each mode.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Counts {
    /// Profiles that are enforced.
    /// Source: /sys/kernel/security/apparmor/profiles.
    pub enforce: u64,
    /// Profiles that only log.
    /// Source: /sys/kernel/security/apparmor/profiles.
    pub complain: u64,
    /// Profiles that kill.
    /// Source: /sys/kernel/security/apparmor/profiles.
    pub kill: u64,
    /// Profiles that confine nothing.
    /// Source: /sys/kernel/security/apparmor/profiles.
    pub unconfined: u64,
    /// Profiles that ask.
    /// Source: /sys/kernel/security/apparmor/profiles.
    pub prompt: u64,
}

/// Reads AppArmor's facts.
pub fn collect(ctx: &Context<'_>) -> Fact<AppArmorFacts> {
    let enabled = ctx.running(ENABLED, || enabled(ctx.host));
    let supported = if ctx.host.is_running() {
        enabled.as_ref().map(|_| true).or_absent(false)
    } else {
        kernel::current_config(ctx).map(|config| config.is_set("CONFIG_SECURITY_APPARMOR")).into()
    };
    let enabled = enabled.or_absent(false);
    let profiles =
        enabled.as_ref().and_then(|enabled| if *enabled { profiles(ctx.host) } else { Fact::Absent });
    let arguments = kernel::arguments::read(ctx).map(|line| line.arguments);
    Fact::Known(AppArmorFacts {
        supported,
        enabled,
        parser: Fact::from(commands::find(ctx.host, "apparmor_parser")).and_then(|command| command.path),
        counts: profiles.as_ref().map(|profiles| Counts::of(profiles)),
        profiles,
        disabled_by_argument: arguments.and_then(|arguments| disabled_by(&arguments).into()),
    })
}

/// Whether AppArmor is on; absent if the kernel does not have it.
fn enabled(host: &Host) -> Fact<bool> {
    match module_parameter::switch(host, ENABLED) {
        // Without a sysfs nothing is said about the kernel.
        Fact::Absent => match host.exists(MODULES) {
            Ok(true) => Fact::Absent,
            Ok(false) => Fact::Gap(Unknown::new(
                GapReason::Failed,
                MODULES,
                format!("{MODULES}: no such directory; is sysfs mounted?"),
            )),
            Err(error) => Fact::Gap(error.into()),
        },
        known_or_gap => known_or_gap,
    }
}

fn profiles(host: &Host) -> Fact<Vec<Profile>> {
    match Fact::from(host.read_text(PROFILES)) {
        Fact::Known(text) => parse(&text).into(),
        Fact::Absent => {
            let detail = format!("{PROFILES}: no such file; is securityfs mounted at /sys/kernel/security?");
            Fact::Gap(Unknown::new(GapReason::Failed, PROFILES, detail))
        }
        Fact::Gap(unknown) => Fact::Gap(unknown),
    }
}

/// The lines `NAME (MODE)`; a name may hold blanks and parentheses.
fn parse(text: &str) -> Result<Vec<Profile>, Unknown> {
    let profile = |line: &str| {
        let (name, mode) = line.strip_suffix(')')?.rsplit_once(" (")?;
        Some(Profile { name: name.to_owned(), mode: Mode::of(mode) })
    };
    let lines = text.lines().filter(|line| !line.is_empty());
    let mut profiles = lines
        .map(|line| {
            profile(line)
                .ok_or_else(|| Unknown::malformed(PROFILES, format!("{PROFILES}: {line:?} names no mode")))
        })
        .collect::<Result<Vec<_>, _>>()?;
    profiles.sort_unstable();
    Ok(profiles)
}

impl Mode {
    fn of(word: &str) -> Self {
        match word {
            "enforce" => Self::Enforce,
            "complain" => Self::Complain,
            "kill" => Self::Kill,
            "unconfined" => Self::Unconfined,
            "prompt" => Self::Prompt,
            _ => Self::Other,
        }
    }
}

impl Counts {
    fn of(profiles: &[Profile]) -> Self {
        let count = |mode: Mode| profiles.iter().filter(|profile| profile.mode == mode).count() as u64;
        Self {
            enforce: count(Mode::Enforce),
            complain: count(Mode::Complain),
            kill: count(Mode::Kill),
            unconfined: count(Mode::Unconfined),
            prompt: count(Mode::Prompt),
        }
    }
}

/// The argument that switches AppArmor off. `lsm=` makes the kernel pass over `security=`.
fn disabled_by(arguments: &Arguments) -> Option<String> {
    if let Some(off) = arguments.last("apparmor").filter(|value| matches!(*value, "0" | "n" | "N")) {
        return Some(format!("apparmor={off}"));
    }
    match (arguments.last("lsm"), arguments.last("security")) {
        (Some(list), _) => (!list.split(',').any(|name| name == "apparmor")).then(|| format!("lsm={list}")),
        (None, Some(module)) => (module != "apparmor").then(|| format!("security={module}")),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Options;
    use crate::kernel::arguments::CommandLine;
    use crate::tree::Tree;
    use plimsoll_engine::demand::Demand;
    use std::time::Instant;

    /// Lines of Ubuntu 24.04's list of profiles.
    const UBUNTU: &str = "\
rsyslogd (enforce)
docker-default (enforce)
/usr/lib/NetworkManager/nm-dhcp-client.action (complain)
1password (unconfined)
odd name (1) (kill)
snap.prompting-client.daemon (prompt)
new (whatever)
";

    #[test]
    fn profiles_are_named_sorted_and_counted() {
        let profiles = parse(UBUNTU).unwrap();
        let names: Vec<_> = profiles.iter().map(|profile| (profile.name.as_str(), profile.mode)).collect();
        assert_eq!(names[0], ("/usr/lib/NetworkManager/nm-dhcp-client.action", Mode::Complain));
        assert_eq!(names[2], ("docker-default", Mode::Enforce));
        assert!(names.contains(&("odd name (1)", Mode::Kill)));
        let counts = Counts::of(&profiles);
        assert_eq!(counts, Counts { enforce: 2, complain: 1, kill: 1, unconfined: 1, prompt: 1 });
        assert!(parse("docker-default\n").is_err());
        assert_eq!(parse("").unwrap(), []);
    }

    #[test]
    fn on_off_not_there_and_not_told_are_four_things() {
        let with = |text: &str| Tree::new().file(&ENABLED[1..], text);
        assert_eq!(enabled(&with("Y\n").host()), Fact::Known(true));
        assert_eq!(enabled(&with("N\n").host()), Fact::Known(false));
        assert_eq!(enabled(&Tree::new().dir("sys/module").host()), Fact::Absent);
        assert!(
            matches!(enabled(&with("?").host()), Fact::Gap(unknown) if unknown.reason == GapReason::Malformed)
        );
        assert!(matches!(enabled(&Tree::new().host()), Fact::Gap(_)));
        assert!(
            matches!(profiles(&with("Y\n").host()), Fact::Gap(unknown) if unknown.detail.contains("securityfs"))
        );
    }

    #[test]
    fn arguments_switch_it_off() {
        let by = |line: &str| disabled_by(&CommandLine::parse(line).arguments);
        assert_eq!(by("quiet apparmor=1 security=apparmor"), None);
        assert_eq!(by("apparmor=1 apparmor=0").as_deref(), Some("apparmor=0"));
        assert_eq!(by("security=selinux").as_deref(), Some("security=selinux"));
        assert_eq!(by("lsm=landlock,yama security=apparmor").as_deref(), Some("lsm=landlock,yama"));
        assert_eq!(by("lsm=landlock,apparmor"), None);
    }

    #[test]
    fn an_offline_root_has_what_its_kernel_was_built_with() {
        let tree = Tree::new()
            .file("lib/modules/6.1/modules.builtin", "")
            .file("boot/config-6.1", "CONFIG_SECURITY_APPARMOR=y\n")
            .executable("usr/sbin/apparmor_parser");
        let (host, demand, options) = (tree.host(), Demand::everything(), Options::default());
        let ctx = Context { host: &host, demand: &demand, options: &options, deadline: Instant::now() };
        let Fact::Known(facts) = collect(&ctx) else { panic!("not known") };
        assert_eq!(facts.supported, Fact::Known(true));
        assert_eq!(facts.parser, Fact::Known("/usr/sbin/apparmor_parser".to_owned()));
        for gap in [facts.enabled.map(drop), facts.profiles.map(drop), facts.disabled_by_argument.map(drop)] {
            assert!(matches!(&gap, Fact::Gap(unknown) if unknown.reason == GapReason::Offline), "{gap:?}");
        }
    }
}
