//! Memory: how much there is, how much is left, and how hard it is to get.

use procfs::{FromBufRead, Meminfo};
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::Host;
use crate::pressure::{self, Pressure};

const MEMINFO: &str = "/proc/meminfo";
const VMSTAT: &str = "/proc/vmstat";
const TRANSPARENT: &str = "/sys/kernel/mm/transparent_hugepage/enabled";

/// Memory.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MemoryFacts {
    /// All that the kernel can use: a little less than what is built in.
    ///
    /// Unit: bytes
    /// Source: /proc/meminfo, MemTotal
    pub total_bytes: u64,
    /// An estimate of what programs can still get without swapping; absent before Linux 3.14.
    ///
    /// Unit: bytes
    /// Source: /proc/meminfo, MemAvailable
    pub available_bytes: Fact<u64>,
    /// What nobody uses for anything.
    ///
    /// Unit: bytes
    /// Source: /proc/meminfo, MemFree
    pub free_bytes: u64,
    /// What holds contents of files.
    ///
    /// Unit: bytes
    /// Source: /proc/meminfo, Cached
    pub cached_bytes: u64,
    /// What has to be written to disk before it is free.
    ///
    /// Unit: bytes
    /// Source: /proc/meminfo, Dirty
    pub dirty_bytes: u64,
    /// What is being written to disk.
    ///
    /// Unit: bytes
    /// Source: /proc/meminfo, Writeback
    pub writeback_bytes: u64,
    /// What the kernel needs for itself and cannot give back; absent before Linux 2.6.19.
    ///
    /// Unit: bytes
    /// Source: /proc/meminfo, SUnreclaim
    pub slab_unreclaimable_bytes: Fact<u64>,
    /// How much may be promised to programs under strict overcommit (`vm.overcommit_memory` 2).
    ///
    /// Unit: bytes
    /// Source: /proc/meminfo, CommitLimit
    pub commit_limit_bytes: Fact<u64>,
    /// How much has been promised to programs.
    ///
    /// Unit: bytes
    /// Source: /proc/meminfo, Committed_AS
    pub committed_bytes: u64,
    /// Huge pages that are set aside; absent if the kernel has none.
    ///
    /// Source: /proc/meminfo
    pub huge_pages: Fact<HugePages>,
    /// Whether the kernel makes huge pages by itself: `always`, `madvise` (where a program asks for it) or
    /// `never`; absent if it cannot.
    ///
    /// Source: /sys/kernel/mm/transparent_hugepage/enabled
    pub transparent_huge_pages: Fact<String>,
    /// How long processes wait for memory; absent if the kernel does not measure it.
    ///
    /// Source: /proc/pressure/memory
    pub pressure: Fact<Pressure>,
    /// How many processes the kernel has killed since boot because there was no memory left, on the node or
    /// in a control group; absent before Linux 4.13.
    ///
    /// Unit: processes
    /// Source: /proc/vmstat, oom_kill
    pub oom_kills: Fact<u64>,
}

/// Huge pages of the default size that are set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HugePages {
    /// How many there are.
    ///
    /// Unit: pages
    /// Source: /proc/meminfo, HugePages_Total
    pub total: u64,
    /// How many are unused.
    ///
    /// Unit: pages
    /// Source: /proc/meminfo, HugePages_Free
    pub free: u64,
    /// How large each is.
    ///
    /// Unit: bytes
    /// Source: /proc/meminfo, Hugepagesize
    pub size_bytes: u64,
}

/// Reads the memory of a running node.
pub fn collect(ctx: &Context<'_>) -> Fact<MemoryFacts> {
    ctx.running(MEMINFO, || match meminfo(ctx.host) {
        Ok(info) => Fact::Known(facts(ctx, &info)),
        Err(unknown) => Fact::Gap(unknown),
    })
}

fn meminfo(host: &Host) -> Result<Meminfo, Unknown> {
    parse(&host.read_text(MEMINFO)?)
}

fn parse(text: &str) -> Result<Meminfo, Unknown> {
    let malformed = |detail: String| Unknown::malformed(MEMINFO, detail);
    // The parser relies on the form of every line.
    if let Some(line) = text.lines().find(|line| !is_well_formed(line)) {
        let line: String = line.chars().take(200).collect();
        return Err(malformed(format!("{line:?} is no line of it")));
    }
    Meminfo::from_buf_read(text.as_bytes()).map_err(|error| malformed(error.to_string()))
}

/// `MemTotal:       24684092 kB`, or without a unit; in bytes the number still has to be one.
fn is_well_formed(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let ([name, number] | [name, number, "kB"]) = words[..] else { return false };
    let number = number.parse::<u64>().ok().and_then(|number| number.checked_mul(1024));
    name.is_ascii() && name.ends_with(':') && number.is_some()
}

fn facts(ctx: &Context<'_>, info: &Meminfo) -> MemoryFacts {
    MemoryFacts {
        total_bytes: info.mem_total,
        available_bytes: info.mem_available.into(),
        free_bytes: info.mem_free,
        cached_bytes: info.cached,
        dirty_bytes: info.dirty,
        writeback_bytes: info.writeback,
        slab_unreclaimable_bytes: info.s_unreclaim.into(),
        commit_limit_bytes: info.commit_limit.into(),
        committed_bytes: info.committed_as,
        huge_pages: huge_pages(info).into(),
        transparent_huge_pages: Fact::from(ctx.host.read_text(TRANSPARENT))
            .and_then(|text| chosen(TRANSPARENT, &text).into()),
        pressure: pressure::read(ctx, "/proc/pressure/memory"),
        oom_kills: Fact::from(ctx.host.read_text(VMSTAT)).and_then(|text| oom_kills(&text)),
    }
}

fn huge_pages(info: &Meminfo) -> Option<HugePages> {
    Some(HugePages {
        total: info.hugepages_total?,
        free: info.hugepages_free?,
        size_bytes: info.hugepagesize?,
    })
}

/// The word in brackets: `madvise` of `always [madvise] never`.
fn chosen(source: &str, text: &str) -> Result<String, Unknown> {
    let word = text.split_whitespace().find_map(|word| word.strip_prefix('[')?.strip_suffix(']'));
    word.map(str::to_owned)
        .ok_or_else(|| Unknown::malformed(source, format!("no word of {text:?} is in brackets")))
}

fn oom_kills(vmstat: &str) -> Fact<u64> {
    match vmstat.lines().find_map(|line| line.strip_prefix("oom_kill ")) {
        None => Fact::Absent,
        Some(count) => {
            let malformed = |_| Unknown::malformed(VMSTAT, format!("oom_kill is {count:?}, no number"));
            count.trim().parse().map_err(malformed).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Options;
    use plimsoll_engine::demand::Demand;
    use std::time::Instant;

    /// CentOS 7 (Linux 3.10), cut where nothing is read.
    const OLD: &str = "\
MemTotal:        3880172 kB\nMemFree:          155032 kB\nBuffers:            2088 kB\nCached:          1504956 kB
SwapCached:            0 kB\nActive:          1850716 kB\nInactive:        1510512 kB\nSwapTotal:       2097148 kB
SwapFree:        2097148 kB\nDirty:               124 kB\nWriteback:             8 kB\nAnonPages:       1854184 kB
Mapped:           156300 kB\nShmem:             12528 kB\nSlab:             196976 kB\nSReclaimable:     122568 kB
SUnreclaim:        74408 kB\nKernelStack:       12288 kB\nPageTables:        26624 kB\nNFS_Unstable:          0 kB
Bounce:                0 kB\nWritebackTmp:          0 kB\nCommitLimit:     4037232 kB\nCommitted_AS:    6264692 kB
VmallocTotal:   34359738367 kB\nVmallocUsed:      189984 kB\nVmallocChunk:   34359310332 kB\nHugePages_Total:       4
HugePages_Free:        3\nHugePages_Rsvd:        0\nHugePages_Surp:        0\nHugepagesize:       2048 kB
";

    #[test]
    fn numbers_are_bytes_and_what_an_old_kernel_lacks_is_absent() {
        let info = parse(OLD).unwrap();
        assert_eq!(info.mem_available, None);
        assert_eq!((info.mem_total, info.s_unreclaim), (3_880_172 << 10, Some(74_408 << 10)));
        assert_eq!(huge_pages(&info), Some(HugePages { total: 4, free: 3, size_bytes: 2 << 20 }));
        let without = OLD.replace("HugePages_Total:       4\n", "");
        assert_eq!(huge_pages(&parse(&without).unwrap()), None);
    }

    #[test]
    fn what_is_no_meminfo_is_malformed() {
        assert!(parse(&OLD.replace("MemTotal:        3880172 kB\n", "")).is_err());
        for line in
            ["é 1 kB", "Mé: 1 kB", "X: 18446744073709551615 kB", "X: -1 kB", "X: 1 GB", "X:", ": : :", ""]
        {
            assert!(parse(&format!("{OLD}{line}\n")).is_err(), "{line}");
        }
    }

    #[test]
    fn this_machine_has_the_memory_that_sysinfo_says() {
        let (demand, options) = (Demand::everything(), Options::default());
        let deadline = Instant::now() + options.timeout;
        let host = Host::live().unwrap();
        let facts = collect(&Context { host: &host, demand: &demand, options: &options, deadline });
        let facts = facts.known().unwrap();
        let info = rustix::system::sysinfo();
        assert_eq!(facts.total_bytes, info.totalram * u64::from(info.mem_unit));
        assert!(facts.available_bytes.known().is_some_and(|available| *available <= facts.total_bytes));
    }

    #[test]
    fn the_chosen_word_is_in_brackets() {
        assert_eq!(chosen(TRANSPARENT, "always [madvise] never\n").unwrap(), "madvise");
        assert!(chosen(TRANSPARENT, "always madvise never\n").is_err());
    }

    #[test]
    fn kills_are_counted_since_boot_or_not_at_all() {
        assert_eq!(oom_kills("nr_free_pages 1\noom_kill 17\nthp_fault 2\n"), Fact::Known(17));
        assert_eq!(oom_kills("nr_free_pages 1\noom_killer 2\n"), Fact::Absent);
        assert!(matches!(oom_kills("oom_kill -1\n"), Fact::Gap(_)));
    }
}
