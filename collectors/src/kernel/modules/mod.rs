//! Kernel modules: is one there, may it be loaded, and is it loaded at boot.

mod boot;
mod index;
mod modprobe;

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_engine::snapshot::{Layer, Origin};
use schemars::JsonSchema;
use serde::Serialize;

use super::arguments::Arguments;
use crate::context::Context;
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::Host;
use crate::keyed::Keyed;
use boot::BootModules;
use index::{Index, normal};
use modprobe::Modprobe;

const LOADED: &str = "/proc/modules";
const SYSFS: &str = "/sys/module";
const COMMAND_LINE: &str = "/proc/cmdline";

/// A module of the kernel. `-` and `_` in its name are the same.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Module {
    /// Whether the kernel has it. On a node that is not running `loaded` never occurs, and the newest
    /// installed kernel is asked. A gap where the kernel's module directory is not there and the running
    /// kernel does not show the module: it may still be built in.
    /// Source: /proc/modules, /sys/module, modules.builtin and modules.dep in /lib/modules/RELEASE.
    pub state: Fact<State>,
    /// The file that blacklists it: it is not loaded on its own, only when asked for by name.
    /// Source: `blacklist` in modprobe.d; `modprobe.blacklist=` on the command line (/proc/cmdline).
    pub blacklisted_by: Fact<Sourced<String>>,
    /// The file that keeps it from being loaded at all, by an `install` command that does nothing.
    /// Source: `install` in modprobe.d; `module_blacklist=` on the command line (/proc/cmdline).
    pub disabled_by: Fact<Sourced<String>>,
    /// The file that has it loaded at boot.
    /// Source: modules-load.d, /etc/modules; `modules_load=` on the command line (/proc/cmdline).
    pub load_at_boot_by: Fact<Sourced<String>>,
}

/// Whether the kernel has a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is compiled into the kernel.
    Builtin,
    /// It is loaded.
    Loaded,
    /// It is there as a file that can be loaded.
    Available,
    /// The kernel does not have it.
    Absent,
}

/// Reads the modules `names` of the kernel `release`.
pub(super) fn read<'k>(
    ctx: &Context<'_>,
    names: impl Iterator<Item = &'k str>,
    release: &Fact<String>,
    arguments: &Fact<Arguments>,
) -> Keyed<Module> {
    let names: Vec<&str> = names.collect();
    if names.is_empty() {
        return Keyed(BTreeMap::new());
    }
    let wanted = names.iter().map(|name| normal(name)).collect();
    let sources = Sources::read(ctx.host, ctx.host.is_running(), release, arguments, &wanted);
    Keyed::read(names, |name| sources.module(name))
}

/// Everything that says something about modules, read once.
struct Sources<'a> {
    host: &'a Host,
    running: bool,
    loaded: Fact<BTreeSet<String>>,
    index: Index,
    modprobe: Result<Modprobe, Unknown>,
    at_boot: Result<BootModules, Unknown>,
    arguments: &'a Fact<Arguments>,
}

impl<'a> Sources<'a> {
    fn read(
        host: &'a Host,
        running: bool,
        release: &Fact<String>,
        arguments: &'a Fact<Arguments>,
        wanted: &BTreeSet<String>,
    ) -> Self {
        // A kernel without loadable modules has no such file.
        let loaded = if running { Fact::from(host.read_text(LOADED)) } else { Fact::Absent };
        Self {
            host,
            running,
            loaded: loaded.map(|text| loaded_names(&text).collect()),
            index: Index::read(host, release, wanted),
            modprobe: Modprobe::read(host),
            at_boot: BootModules::read(host),
            arguments,
        }
    }

    fn module(&self, name: &str) -> Module {
        let name = normal(name);
        let modprobe = Fact::from(self.modprobe.as_ref().map_err(Clone::clone));
        let at_boot = Fact::from(self.at_boot.as_ref().map_err(Clone::clone));
        Module {
            state: self.state(&name),
            blacklisted_by: self.or_argument(
                modprobe.clone().and_then(|modprobe| modprobe.blacklisted_by(&name)),
                &["modprobe.blacklist"],
                &name,
            ),
            disabled_by: self.or_argument(
                modprobe.and_then(|modprobe| modprobe.disabled_by(&name)),
                &["module_blacklist"],
                &name,
            ),
            load_at_boot_by: self.or_argument(
                at_boot.and_then(|modules| modules.loaded_by(&name)),
                &["modules_load", "rd.modules_load"],
                &name,
            ),
        }
    }

    /// What the running kernel shows goes before what is installed.
    fn state(&self, name: &str) -> Fact<State> {
        if self.running {
            match self.live_state(name) {
                Fact::Absent => {}
                known_or_gap => return known_or_gap,
            }
        }
        let Index { builtin, available } = &self.index;
        match (builtin, available) {
            (Ok(builtin), _) if builtin.contains(name) => Fact::Known(State::Builtin),
            (_, Ok(available)) if available.contains(name) => Fact::Known(State::Available),
            (Ok(_), Ok(_)) => Fact::Known(State::Absent),
            (Err(unknown), _) | (_, Err(unknown)) => Fact::Gap(unknown.clone()),
        }
    }

    /// What the running kernel shows of the module; absent if it shows nothing, as of a built-in module
    /// without parameters.
    fn live_state(&self, name: &str) -> Fact<State> {
        if self.loaded.known().is_some_and(|loaded| loaded.contains(name)) {
            return Fact::Known(State::Loaded);
        }
        // Of the modules in sysfs only those that were loaded have a state.
        match self.host.exists(format!("{SYSFS}/{name}/initstate")) {
            Ok(true) => return Fact::Known(State::Loaded),
            Ok(false) => {}
            Err(error) => return Fact::Gap(error.into()),
        }
        match self.host.exists(format!("{SYSFS}/{name}")) {
            Ok(true) => Fact::Known(State::Builtin),
            Ok(false) => Fact::Absent,
            Err(error) => Fact::Gap(error.into()),
        }
    }

    /// What the files say, or else the lists on the command line `lists`. What a node that is not running
    /// will be booted with is not known; there the files alone count.
    fn or_argument(
        &self,
        told: Fact<Sourced<String>>,
        lists: &[&str],
        module: &str,
    ) -> Fact<Sourced<String>> {
        if told.known().is_some() || !self.running {
            return told;
        }
        match self.arguments {
            Fact::Known(arguments) => {
                let mut named = lists.iter().flat_map(|list| arguments.list(list)).map(normal);
                if named.any(|name| name == module) { Fact::Known(by_command_line()) } else { told }
            }
            Fact::Absent => told,
            Fact::Gap(unknown) => Fact::Gap(unknown.clone()),
        }
    }
}

fn by_command_line() -> Sourced<String> {
    let origin = Origin {
        layer: Layer::Flag,
        file: Some(COMMAND_LINE.to_owned()),
        line: Some(1),
        column: None,
        length: None,
        text: None,
        overrides: Vec::new(),
    };
    Sourced { value: COMMAND_LINE.to_owned(), origin }
}

/// The modules that the lines of `/proc/modules` (`overlay 151552 12 - Live 0x0000000000000000`) name.
fn loaded_names(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter_map(|line| line.split_ascii_whitespace().next()).map(normal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::arguments::CommandLine;
    use crate::tree::Tree;

    const R: &str = "6.1.0-26-amd64";

    fn module(tree: &Tree, running: bool, command_line: &str, name: &str) -> Module {
        let arguments = Fact::Known(CommandLine::parse(command_line).arguments);
        let (host, release) = (tree.host(), Fact::Known(R.to_owned()));
        Sources::read(&host, running, &release, &arguments, &[normal(name)].into()).module(name)
    }

    fn debian() -> Tree {
        Tree::new()
            .file(
                "proc/modules",
                "overlay 163840 12 - Live 0x0000000000000000\n\
                 nvidia 56717312 10 - Live 0x0000000000000000 (POE)\n",
            )
            .file("sys/module/nvidia/initstate", "live\n")
            .file("sys/module/late/initstate", "live\n")
            .dir("sys/module/tcp_cubic/parameters")
            .file("lib/modules/6.1.0-26-amd64/modules.builtin", "kernel/fs/configfs/configfs.ko\n")
            .file(
                "lib/modules/6.1.0-26-amd64/modules.dep",
                "kernel/fs/overlayfs/overlay.ko:\nkernel/net/bridge/br_netfilter.ko: kernel/net/bridge/bridge.ko\n",
            )
    }

    #[test]
    fn a_module_is_loaded_built_in_available_or_absent() {
        let tree = debian();
        let state = |name: &str, running| module(&tree, running, "", name).state;
        assert_eq!(state("overlay", true), Fact::Known(State::Loaded));
        assert_eq!(state("overlay", false), Fact::Known(State::Available));
        assert_eq!(state("late", true), Fact::Known(State::Loaded));
        assert_eq!(state("tcp-cubic", true), Fact::Known(State::Builtin));
        assert_eq!(state("configfs", true), Fact::Known(State::Builtin));
        assert_eq!(state("br-netfilter", true), Fact::Known(State::Available));
        assert_eq!(state("ip_vs", true), Fact::Known(State::Absent));
    }

    #[test]
    fn without_a_module_directory_a_module_that_does_not_show_may_still_be_built_in() {
        let tree = Tree::new().dir("sys/module/overlay/parameters");
        assert_eq!(module(&tree, true, "", "overlay").state, Fact::Known(State::Builtin));
        let Fact::Gap(unknown) = module(&tree, true, "", "br_netfilter").state else { panic!("not a gap") };
        assert!(unknown.detail.contains("/lib/modules/6.1.0-26-amd64/modules.builtin"), "{}", unknown.detail);
    }

    #[test]
    fn the_command_line_blacklists_and_disables_too() {
        let line = "modprobe.blacklist=floppy,snd-pcsp module_blacklist=nouveau modules_load=br_netfilter";
        let by = |fact: Fact<Sourced<String>>| fact.known().map(|told| told.value.clone());
        let told = |name: &str, running| {
            let module = module(&debian(), running, line, name);
            (by(module.blacklisted_by), by(module.disabled_by), by(module.load_at_boot_by))
        };
        let cmdline = Some(COMMAND_LINE.to_owned());
        assert_eq!(told("snd_pcsp", true), (cmdline.clone(), None, None));
        assert_eq!(told("nouveau", true), (None, cmdline.clone(), None));
        assert_eq!(told("br_netfilter", true), (None, None, cmdline));
        assert_eq!(told("nouveau", false), (None, None, None));
    }
}
