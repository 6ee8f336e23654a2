//! The kernel: which one, how it was built and started, and what it has.

pub(crate) mod arguments;
pub(crate) mod config;
mod modules;
mod release;
mod security;
mod taint;

use std::sync::Arc;

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;

pub use arguments::Arguments;
pub use modules::{Module, State};
pub use release::Version;
pub(crate) use security::modules as active_security_modules;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::Host;
use crate::keyed::Keyed;
use config::Config;

const BUILD: &str = "/proc/sys/kernel/version";
const TAINTED: &str = "/proc/sys/kernel/tainted";
const FILESYSTEMS: &str = "/proc/filesystems";
const NAMESPACES: &str = "/proc/self/ns";

/// The kernel.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct KernelFacts {
    /// The release, as `uname -r` prints it: `6.1.0-26-amd64`. On a node that is not running that of the
    /// newest installed kernel; a gap there if none is installed.
    /// Source: /proc/sys/kernel/osrelease; else the directories of /lib/modules.
    pub release: Fact<String>,
    /// The numbers at the front of the release.
    /// Source: the release.
    pub version: Fact<Version>,
    /// What `uname -v` prints: `#1 SMP PREEMPT_DYNAMIC Debian 6.1.112-1 (2024-09-30)`.
    /// Source: /proc/sys/kernel/version.
    pub build: Fact<String>,
    /// What the kernel was started with, secrets masked.
    /// Source: /proc/cmdline.
    pub command_line: Fact<String>,
    /// The arguments of the command line: each name with its values in order; `""` for a bare word. What
    /// stands behind `--` is for init and not among them.
    /// Source: /proc/cmdline.
    pub arguments: Fact<Arguments>,
    /// The file that `config` was read from: the first that can be read of /proc/config.gz (while the node
    /// runs), /boot/config-RELEASE, /usr/src/linux-RELEASE/.config, /usr/src/linux/.config (if it is of this
    /// kernel), /usr/lib/modules/RELEASE/config, /usr/lib/ostree-boot/config-RELEASE,
    /// /usr/lib/kernel/config-RELEASE, /usr/src/linux-headers-RELEASE/.config and
    /// /lib/modules/RELEASE/build/.config.
    /// Source: the file itself.
    pub config_source: Fact<String>,
    /// The build configuration by option (`CONFIG_SECCOMP`): `y`, `m`, `n` where it says `is not set`, or
    /// the text or number that it is set to; null where it does not know the option.
    /// Source: the file `config_source`.
    pub config: Fact<Keyed<Option<String>>>,
    /// Modules by name (`overlay`).
    /// Source: see each field.
    pub modules: Keyed<Module>,
    /// The security modules that are active, in the order in which they are asked.
    /// Source: /sys/kernel/security/lsm.
    pub lsm: Fact<Vec<String>>,
    /// The taint: bits that say what happened to the kernel since it was started.
    /// Source: /proc/sys/kernel/tainted.
    pub taint: Fact<u64>,
    /// The taint in words: `proprietary-module`, `out-of-tree-module`, `oops`, `warning` …
    /// Source: /proc/sys/kernel/tainted.
    pub taints: Fact<Vec<String>>,
    /// What the kernel keeps even root from: `none`, `integrity` or `confidentiality`; absent where it has
    /// no lockdown.
    /// Source: /sys/kernel/security/lockdown.
    pub lockdown: Fact<String>,
    /// The file systems that the kernel can mount now, sorted; one in a module appears once that is loaded.
    /// Source: /proc/filesystems.
    pub filesystems: Fact<Vec<String>>,
    /// The kinds of namespaces that the kernel has, sorted: `cgroup`, `ipc`, `mnt`, `net`, `pid`, `user`, `uts` …
    /// Source: the links in /proc/self/ns.
    pub namespaces: Fact<Vec<String>>,
    /// The releases of the installed kernels, the oldest first. If the newest is not the one that runs, the
    /// next boot may change the kernel.
    /// Source: the directories of /lib/modules and /usr/lib/modules.
    pub boot_releases: Fact<Vec<String>>,
}

/// Reads the kernel's facts.
pub fn collect(ctx: &Context<'_>) -> Fact<KernelFacts> {
    let boot_releases = release::installed(ctx.host);
    let release = release::current(ctx, &boot_releases);
    let command_line = arguments::read(ctx);
    let arguments = command_line.as_ref().map(|line| line.arguments.clone());
    let config = wanted_config(ctx);
    let taint =
        ctx.running(TAINTED, || Fact::from(ctx.host.read_text(TAINTED)).and_then(|text| parse_taint(&text)));
    Fact::Known(KernelFacts {
        version: release.as_ref().and_then(|release| Version::parse(release).into()),
        build: ctx
            .running(BUILD, || Fact::from(ctx.host.read_text(BUILD)).map(|text| text.trim().to_owned())),
        command_line: command_line.map(|line| line.text),
        config_source: config.as_ref().map(|config| config.source.clone()),
        config: options(ctx, config),
        modules: modules::read(ctx, ctx.demand.keys(&["kernel", "modules"]), &release, &arguments),
        arguments,
        lsm: security::modules(ctx),
        taints: taint.as_ref().map(|taint| taint::words(*taint)),
        taint,
        lockdown: security::lockdown(ctx),
        filesystems: ctx.running(FILESYSTEMS, || {
            Fact::from(ctx.host.read_text(FILESYSTEMS)).map(|text| parse_filesystems(&text))
        }),
        namespaces: ctx.running(NAMESPACES, || namespaces(ctx.host)),
        release,
        boot_releases,
    })
}

/// The configuration of the kernel that runs, or of the newest that is installed: unpacked once per scan,
/// whoever asks.
///
/// # Errors
///
/// As [`config::find`].
pub(crate) fn current_config(ctx: &Context<'_>) -> Result<Arc<Config>, Unknown> {
    struct Current(Result<Arc<Config>, Unknown>);
    let release = || release::current(ctx, &release::installed(ctx.host));
    ctx.host.once(|| Current(config::find(ctx, &release()).map(Arc::new))).0.clone()
}

/// The configuration, if anybody asks for it: unpacking it costs more than all else here.
fn wanted_config(ctx: &Context<'_>) -> Fact<Arc<Config>> {
    if ctx.demand.wants(&["kernel", "config"]) || ctx.demand.wants(&["kernel", "config_source"]) {
        return current_config(ctx).into();
    }
    Fact::Gap(Unknown {
        reason: GapReason::NotCollected,
        source: None,
        detail: "nobody asked for it".to_owned(),
    })
}

fn options(ctx: &Context<'_>, config: Fact<Arc<Config>>) -> Fact<Keyed<Option<String>>> {
    let keys = ctx.demand.keys(&["kernel", "config"]);
    config.map(|config| Keyed::read(keys, |option| config.get(option).map(str::to_owned)))
}

fn parse_taint(text: &str) -> Fact<u64> {
    let number = text.trim().parse();
    number.map_err(|_| Unknown::malformed(TAINTED, format!("{TAINTED}: {text:?} is no number"))).into()
}

/// Every kind has a link for the process, and `pid` and `time` another for its children.
fn namespaces(host: &Host) -> Fact<Vec<String>> {
    Fact::from(host.read_dir(NAMESPACES)).map(|links| {
        let names = links.into_iter().filter_map(|link| link.name.into_string().ok());
        let mut names: Vec<String> = names.filter(|name| !name.ends_with("_for_children")).collect();
        names.sort_unstable();
        names
    })
}

/// The last word of each line: `nodev` before it says that the file system needs no device.
fn parse_filesystems(text: &str) -> Vec<String> {
    let mut names: Vec<String> =
        text.lines().filter_map(|line| line.split_ascii_whitespace().last()).map(str::to_owned).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Options;
    use crate::tree::Tree;
    use plimsoll_engine::demand::Demand;
    use std::time::Instant;

    fn facts(host: &Host, demand: &Demand) -> KernelFacts {
        let ctx = Context { host, demand, options: &Options::default(), deadline: Instant::now() };
        match collect(&ctx) {
            Fact::Known(facts) => facts,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_running_kernel_is_the_one_that_uname_names() {
        let facts = facts(&Host::live().unwrap(), &Demand::everything());
        let uname = rustix::system::uname();
        assert_eq!(facts.release, Fact::Known(uname.release().to_str().unwrap().to_owned()));
        assert_eq!(facts.build, Fact::Known(uname.version().to_str().unwrap().to_owned()));
        assert!(facts.version.known().is_some_and(|version| version.major >= 3));
        assert!(facts.filesystems.known().unwrap().contains(&"proc".to_owned()));
        let namespaces = facts.namespaces.known().unwrap();
        assert!(["mnt", "net", "pid"].iter().all(|kind| namespaces.iter().any(|name| name == kind)));
        assert!(namespaces.iter().all(|name| name != "pid_for_children"));
        let taints = facts.taints.known().unwrap().len();
        assert_eq!(facts.taint.known().unwrap().count_ones() as usize, taints);
    }

    #[test]
    fn an_offline_root_tells_its_newest_kernel_and_nothing_that_only_runs() {
        let tree = Tree::new()
            .file("lib/modules/6.1.0-9-amd64/modules.builtin", "")
            .file("lib/modules/6.1.0-26-amd64/modules.builtin", "")
            .file("boot/config-6.1.0-26-amd64", "CONFIG_SECCOMP=y\n");
        let facts = facts(&tree.host(), &Demand::everything());
        assert_eq!(facts.release, Fact::Known("6.1.0-26-amd64".to_owned()));
        assert_eq!(facts.config_source, Fact::Known("/boot/config-6.1.0-26-amd64".to_owned()));
        assert_eq!(facts.boot_releases.known().map(Vec::len), Some(2));
        let offline = |unknown: &Unknown| unknown.reason == GapReason::Offline;
        assert!(matches!(&facts.command_line, Fact::Gap(unknown) if offline(unknown)));
        assert!(matches!(&facts.taint, Fact::Gap(unknown) if offline(unknown)));
        assert!(matches!(&facts.lsm, Fact::Gap(unknown) if offline(unknown)));
        assert!(matches!(&facts.namespaces, Fact::Gap(unknown) if offline(unknown)));
    }

    #[test]
    fn a_root_without_a_kernel_gets_one_from_elsewhere() {
        let facts = facts(&Tree::new().host(), &Demand::everything());
        for gap in [facts.release.map(drop), facts.version.map(drop), facts.config.map(drop)] {
            assert!(matches!(&gap, Fact::Gap(unknown) if unknown.reason == GapReason::Offline), "{gap:?}");
        }
        assert_eq!(facts.boot_releases, Fact::Known(vec![]));
    }

    #[test]
    fn the_configuration_is_not_read_unasked() {
        let facts = facts(&Host::live().unwrap(), &Demand::default());
        assert!(matches!(&facts.config, Fact::Gap(unknown) if unknown.reason == GapReason::NotCollected));
    }

    #[test]
    fn file_systems_are_sorted_and_taint_is_a_number() {
        assert_eq!(
            parse_filesystems("nodev\tsysfs\n\text4\nnodev\toverlay\n\n"),
            ["ext4", "overlay", "sysfs"]
        );
        assert_eq!(parse_taint("4609\n"), Fact::Known(4609));
        assert!(matches!(parse_taint("yes\n"), Fact::Gap(_)));
    }
}
