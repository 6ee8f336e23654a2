//! Swap: what is in use, and what comes back at the next boot.

mod active;
mod configured;
mod zram;

use schemars::JsonSchema;
use serde::Serialize;

pub use active::{SwapDevice, SwapKind};
pub use configured::{By, ConfiguredSwap};
pub use zram::Zram;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::module_parameter;
use crate::mounts::space::percent;

const SWAPS: &str = "/proc/swaps";
const SWAPPINESS: &str = "/proc/sys/vm/swappiness";
const ZSWAP: &str = "/sys/module/zswap/parameters/enabled";

/// Swap.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SwapFacts {
    /// Whether any swap is in use.
    ///
    /// Source: /proc/swaps
    pub enabled: Fact<bool>,
    /// How much all of it holds.
    ///
    /// Unit: bytes
    /// Source: /proc/swaps, column Size
    pub total_bytes: Fact<u64>,
    /// How much of it is used.
    ///
    /// Unit: bytes
    /// Source: /proc/swaps, column Used
    pub used_bytes: Fact<u64>,
    /// How much of it is used; absent if there is none.
    ///
    /// Unit: percent
    /// Source: /proc/swaps, columns Used and Size
    pub used_percent: Fact<f64>,
    /// What is in use, in the order in which it was switched on.
    ///
    /// Source: /proc/swaps
    pub devices: Fact<Vec<SwapDevice>>,
    /// How much the kernel prefers swapping to dropping cached files: 0 to 200, 100 for no preference.
    ///
    /// Source: /proc/sys/vm/swappiness
    pub swappiness: Fact<u64>,
    /// Whether pages are compressed in memory before they are swapped; absent if the kernel cannot.
    ///
    /// Source: /sys/module/zswap/parameters/enabled
    pub zswap_enabled: Fact<bool>,
    /// The compressed memory devices that have a size, whatever they are used for.
    ///
    /// Source: /sys/block/zram*
    pub zram: Fact<Vec<Zram>>,
    /// What comes back at the next boot. A place that cannot be read is a gap in the list.
    ///
    /// Source: /etc/fstab, systemd's swap units, zram-generator.conf
    pub configured: Vec<Fact<ConfiguredSwap>>,
}

/// Reads swap.
pub fn collect(ctx: &Context<'_>) -> Fact<SwapFacts> {
    let read = |path: &'static str| ctx.running(path, || Fact::from(ctx.host.read_text(path)));
    // A kernel without support for swap has no such file.
    let devices = read(SWAPS).and_then(|text| active::parse(&text).into()).or_absent(Vec::new());
    let sum = |bytes: fn(&SwapDevice) -> u64| {
        devices.as_ref().map(|devices| devices.iter().map(bytes).fold(0, u64::saturating_add))
    };
    let (total_bytes, used_bytes) = (sum(|device| device.size_bytes), sum(|device| device.used_bytes));
    Fact::Known(SwapFacts {
        enabled: devices.as_ref().map(|devices| !devices.is_empty()),
        used_percent: used_bytes
            .as_ref()
            .and_then(|used| total_bytes.as_ref().and_then(|total| percent(*used, *total))),
        total_bytes,
        used_bytes,
        swappiness: read(SWAPPINESS).and_then(|text| {
            let malformed = |_| Unknown::malformed(SWAPPINESS, format!("{text:?} is no number"));
            text.trim().parse().map_err(malformed).into()
        }),
        zswap_enabled: ctx.running(ZSWAP, || module_parameter::switch(ctx.host, ZSWAP)),
        zram: ctx.running("/sys/block", || zram::read(ctx.host).into()),
        configured: configured::read(ctx.host),
        devices,
    })
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

    fn facts(host: &Host) -> SwapFacts {
        let (demand, options) = (Demand::everything(), Options::default());
        let deadline = Instant::now() + options.timeout;
        collect(&Context { host, demand: &demand, options: &options, deadline }).known().cloned().unwrap()
    }

    const SWAP: &str = "/dev/vda2                               partition\t976892\t\t244223\t\t-2\n";

    fn node() -> Tree {
        Tree::new()
            .file("proc/swaps", format!("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n{SWAP}"))
            .file("proc/sys/vm/swappiness", "60\n")
            .file("sys/module/zswap/parameters/enabled", "Y\n")
            .file("etc/fstab", "/swap.img none swap sw 0 0\n")
    }

    #[test]
    fn a_node_tells_what_is_on_and_what_comes_back() {
        let facts = facts(&node().running());
        assert_eq!((facts.enabled, facts.total_bytes), (Fact::Known(true), Fact::Known(976_892 << 10)));
        assert_eq!((facts.used_bytes, facts.used_percent), (Fact::Known(244_223 << 10), Fact::Known(25.0)));
        assert_eq!((facts.swappiness, facts.zswap_enabled), (Fact::Known(60), Fact::Known(true)));
        assert_eq!(facts.configured[0].known().unwrap().what.value, "/swap.img");
    }

    #[test]
    fn swap_that_cannot_be_read_is_neither_on_nor_off() {
        let facts =
            facts(&node().file("proc/swaps", "nonsense\n").file("proc/sys/vm/swappiness", "\n").running());
        assert!(matches!(facts.enabled, Fact::Gap(_)) && matches!(facts.total_bytes, Fact::Gap(_)));
        assert!(matches!(facts.swappiness, Fact::Gap(_)));
    }

    #[test]
    fn a_kernel_without_swap_has_none() {
        let facts = facts(&Tree::new().dir("proc").running());
        assert_eq!((facts.enabled, facts.total_bytes), (Fact::Known(false), Fact::Known(0)));
        assert_eq!((facts.used_percent, facts.zswap_enabled), (Fact::Absent, Fact::Absent));
    }

    #[test]
    fn an_image_tells_what_it_will_switch_on_and_not_what_is_on() {
        let facts = facts(&node().host());
        let offline =
            |fact: Fact<()>| matches!(fact, Fact::Gap(unknown) if unknown.reason == GapReason::Offline);
        assert!(offline(facts.enabled.map(drop)) && offline(facts.devices.map(drop)));
        assert!(offline(facts.zram.map(drop)) && offline(facts.swappiness.map(drop)));
        assert_eq!(facts.configured[0].known().unwrap().what.value, "/swap.img");
    }
}
