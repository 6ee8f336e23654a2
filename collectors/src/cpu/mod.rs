//! Processors: how many, which ones, and how busy.

mod info;
mod level;
pub(crate) mod list;
mod vulnerabilities;

use std::collections::BTreeMap;

use plimsoll_engine::snapshot::GapReason;
use procfs::{FromRead, LoadAverage};
use schemars::JsonSchema;
use serde::Serialize;

pub use vulnerabilities::{Vulnerability, VulnerabilityState};

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::pressure::{self, Pressure, decimals};

use info::CpuInfo;

const LOADAVG: &str = "/proc/loadavg";
const SMT: &str = "/sys/devices/system/cpu/smt/active";

/// Processors.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CpuFacts {
    /// How many run programs.
    ///
    /// Unit: processors
    /// Source: /sys/devices/system/cpu/online
    pub online: Fact<u64>,
    /// How many there can be until the next boot, those that may be plugged in included.
    ///
    /// Unit: processors
    /// Source: /sys/devices/system/cpu/possible
    pub possible: Fact<u64>,
    /// The architecture by the kernel's name: `x86_64`, `aarch64`.
    ///
    /// Source: uname(2), machine
    pub architecture: String,
    /// The model's name; absent where the kernel does not say it, as for most arm64.
    ///
    /// Source: /proc/cpuinfo, `model name`, or `cpu` and others by architecture
    pub model: Fact<String>,
    /// The vendor: `GenuineIntel`, `AuthenticAMD`, `ARM`.
    ///
    /// Source: /proc/cpuinfo, `vendor_id` or `CPU implementer`
    pub vendor: Fact<String>,
    /// What the first processor can do, by the kernel's words, sorted.
    ///
    /// Source: /proc/cpuinfo, `flags` or `Features`
    pub flags: Fact<Vec<String>>,
    /// The microarchitecture level of x86-64, 1 to 4; absent for other architectures. RHEL 9 needs 2, RHEL
    /// 10 needs 3.
    ///
    /// Source: /proc/cpuinfo, `flags`
    pub x86_64_level: Fact<u8>,
    /// Whether threads share cores; absent before Linux 4.19.
    ///
    /// Source: /sys/devices/system/cpu/smt/active
    pub smt_active: Fact<bool>,
    /// The numbers of the processors that the scheduler leaves alone (`isolcpus=`).
    ///
    /// Source: /sys/devices/system/cpu/isolated
    pub isolated: Fact<Vec<u64>>,
    /// The numbers of the processors that are possible but do not run, or not yet.
    ///
    /// Source: /sys/devices/system/cpu/offline
    pub offline: Fact<Vec<u64>>,
    /// The processor's known flaws by the kernel's names: `meltdown`, `spectre_v2`; absent before Linux 4.15.
    ///
    /// Source: /sys/devices/system/cpu/vulnerabilities
    pub vulnerabilities: Fact<BTreeMap<String, Fact<Vulnerability>>>,
    /// How many tasks run, wait to run, or wait for disks, on average.
    ///
    /// Source: /proc/loadavg
    pub load: Fact<Load>,
    /// How long processes wait for a processor; absent if the kernel does not measure it.
    ///
    /// Source: /proc/pressure/cpu
    pub pressure: Fact<Pressure>,
}

/// The load averages.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Load {
    /// Over one minute.
    ///
    /// Unit: tasks
    /// Source: /proc/loadavg, the first number
    pub one: f64,
    /// Over five minutes.
    ///
    /// Unit: tasks
    /// Source: /proc/loadavg, the second number
    pub five: f64,
    /// Over fifteen minutes.
    ///
    /// Unit: tasks
    /// Source: /proc/loadavg, the third number
    pub fifteen: f64,
}

/// Reads the processors of a running node.
pub fn collect(ctx: &Context<'_>) -> Fact<CpuFacts> {
    ctx.running(list::ONLINE, || Fact::Known(facts(ctx)))
}

fn facts(ctx: &Context<'_>) -> CpuFacts {
    let info = wanted_info(ctx);
    let count = |source| list::read(ctx.host, source).map(|numbers| numbers.len() as u64);
    // All running targets share this process's kernel.
    let architecture = rustix::system::uname().machine().to_string_lossy().into_owned();
    CpuFacts {
        online: count(list::ONLINE),
        possible: count(list::POSSIBLE),
        model: info.as_ref().and_then(|info| info.model().into()),
        vendor: info.as_ref().and_then(|info| info.vendor().into()),
        flags: if ctx.demand.wants(&["cpu", "flags"]) {
            info.as_ref().map(CpuInfo::flags)
        } else {
            not_collected()
        },
        x86_64_level: info.as_ref().and_then(|info| match architecture.as_str() {
            "x86_64" => level::of(&info.flags())
                .ok_or_else(|| {
                    Unknown::malformed(info::SOURCE, "the flags are not those of a 64-bit processor")
                })
                .into(),
            _ => Fact::Absent,
        }),
        architecture,
        smt_active: Fact::from(ctx.host.read_text(SMT)).and_then(|text| smt(&text).into()),
        isolated: list::read(ctx.host, list::ISOLATED),
        offline: list::read(ctx.host, list::OFFLINE),
        vulnerabilities: vulnerabilities::read(ctx.host),
        load: Fact::from(ctx.host.read(LOADAVG)).and_then(|text| load(&text).into()),
        pressure: pressure::read(ctx, "/proc/pressure/cpu"),
    }
}

/// What `/proc/cpuinfo` says, if anybody wants it: on a large node the kernel takes long to write it.
fn wanted_info(ctx: &Context<'_>) -> Fact<CpuInfo> {
    let wanted = ["model", "vendor", "flags", "x86_64_level"];
    if wanted.iter().any(|name| ctx.demand.wants(&["cpu", name])) {
        CpuInfo::read(ctx.host)
    } else {
        not_collected()
    }
}

fn not_collected<T>() -> Fact<T> {
    Fact::Gap(Unknown::new(GapReason::NotCollected, info::SOURCE, "nobody asked for it"))
}

fn smt(text: &str) -> Result<bool, Unknown> {
    match text.trim() {
        "1" => Ok(true),
        "0" => Ok(false),
        other => Err(Unknown::malformed(SMT, format!("{other:?} is neither 0 nor 1"))),
    }
}

fn load(text: &[u8]) -> Result<Load, Unknown> {
    let load =
        LoadAverage::from_read(text).map_err(|error| Unknown::malformed(LOADAVG, error.to_string()))?;
    let number =
        |number| decimals(number).ok_or_else(|| Unknown::malformed(LOADAVG, "an average is no number"));
    Ok(Load { one: number(load.one)?, five: number(load.five)?, fifteen: number(load.fifteen)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_are_those_that_the_kernel_prints() {
        assert_eq!(
            load(b"2.63 1.00 101.42 3/4280 2496732\n").unwrap(),
            Load { one: 2.63, five: 1.0, fifteen: 101.42 }
        );
        assert!(load(b"2.63 1.00\n").is_err());
        assert!(load(b"").is_err());
        assert!(load(b"inf 1.00 1.00 3/4280 2496732\n").is_err());
    }

    #[test]
    fn smt_is_on_or_off_and_nothing_else() {
        assert_eq!((smt("1\n"), smt("0\n")), (Ok(true), Ok(false)));
        assert!(smt("2\n").is_err());
    }
}
