//! The command `iptables`: which of the two kernel interfaces it works on, and whether the other one is in
//! use as well.

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;

use crate::commands;
use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::Host;
use crate::packages;

use super::proc_net;

/// The packages that bring the command, whatever the distribution.
const PACKAGES: [&str; 3] = ["iptables", "iptables-nft", "iptables-legacy"];

/// The command `iptables`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Iptables {
    /// Whether the command is installed.
    /// Source: as `commands`
    pub installed: bool,
    /// Which kernel interface it works on.
    /// Source: the name of the program that the command stands for
    pub flavour: Fact<Flavour>,
    /// The version of the package that brings it; absent if no package manager has it.
    /// Source: as `packages`
    pub version: Fact<String>,
    /// The tables of the older kernel interface that are in use.
    /// Source: /proc/net/ip_tables_names
    pub legacy_tables: Fact<Vec<String>>,
    /// Whether tables of the older interface are in use beside a command that works on the newer one: rules
    /// that this command neither shows nor orders.
    /// Source: as `flavour` and `legacy_tables`
    pub mixed: Fact<bool>,
}

/// A kernel interface of the packet filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    /// nf_tables.
    Nft,
    /// ip_tables, the older one.
    Legacy,
}

/// Looks for the command and at the kernel's tables.
///
/// # Errors
///
/// If it cannot be told whether the command is installed.
pub(super) fn read(ctx: &Context<'_>) -> Result<Iptables, Unknown> {
    let command = commands::find(ctx.host, "iptables")?;
    let flavour = command.resolved.and_then(|path| flavour(&path).into());
    let legacy_tables = ctx.running("/proc/net/ip_tables_names", || legacy_tables(ctx.host));
    let mixed = match flavour {
        Fact::Known(Flavour::Nft) => legacy_tables.as_ref().map(|tables| !tables.is_empty()),
        Fact::Known(Flavour::Legacy) | Fact::Absent => Fact::Known(false),
        Fact::Gap(ref unknown) => Fact::Gap(unknown.clone()),
    };
    Ok(Iptables {
        installed: command.found,
        flavour,
        version: version(ctx, command.found),
        legacy_tables,
        mixed,
    })
}

/// The flavour of the program at `path`. Before the newer interface came up there was one program, named
/// `xtables-multi`.
fn flavour(path: &str) -> Result<Flavour, Unknown> {
    let name = path.rsplit('/').next().unwrap_or(path);
    if name.contains("nft") {
        Ok(Flavour::Nft)
    } else if name.contains("legacy") || name == "xtables-multi" {
        Ok(Flavour::Legacy)
    } else {
        let detail = "the name of the program does not say which kernel interface it works on";
        Err(Unknown::new(GapReason::Unsupported, path, detail))
    }
}

/// A kernel without the older interface, or that has not loaded it, has no such file.
fn legacy_tables(host: &Host) -> Fact<Vec<String>> {
    let names = |text: String| {
        let mut tables: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
        tables.retain(|table| !table.is_empty());
        tables.sort();
        tables
    };
    Fact::from(host.read_text(proc_net(host, "ip_tables_names"))).or_absent(String::new()).map(names)
}

/// Package databases are large, so they are read on request only.
fn version(ctx: &Context<'_>, installed: bool) -> Fact<String> {
    if !installed {
        return Fact::Absent;
    }
    if ctx.demand.wants(&["network", "iptables", "version"]) {
        return packages::version(ctx.host, &PACKAGES);
    }
    Fact::Gap(Unknown {
        reason: GapReason::NotCollected,
        source: None,
        detail: "nobody asked for the version".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programs_name_tells_the_flavour() {
        assert_eq!(flavour("/usr/sbin/xtables-nft-multi"), Ok(Flavour::Nft));
        assert_eq!(flavour("/usr/sbin/xtables-legacy-multi"), Ok(Flavour::Legacy));
        assert_eq!(flavour("/sbin/xtables-multi"), Ok(Flavour::Legacy));
        assert_eq!(flavour("/usr/sbin/iptables").unwrap_err().reason, GapReason::Unsupported);
    }
}
