//! Memory (mm/oom_kill.c, mm/page_alloc.c, mm/memory-failure.c of the kernel).

use super::{Kind, Pattern, line};

pub(super) const PATTERNS: &[Pattern] = &[
    line(
        Kind::CgroupOutOfMemory,
        "emory cgroup out of memory",
        r"[Mm]emory cgroup out of memory: Kill(ed)? process (?<pid>\d+) \((?<subject>.*)\),? (?:total-vm|score|UID)",
    ),
    line(
        Kind::OutOfMemory,
        "Out of memory",
        r"Out of memory(?: \(\w+\))?: Kill(ed)? process (?<pid>\d+) \((?<subject>.*)\),? (?:total-vm|score|UID)",
    ),
    line(Kind::OutOfMemoryNoVictim, "no killable processes", r"Out of memory and no killable processes"),
    line(
        Kind::PageAllocationFailure,
        "page allocation",
        r"^(?<subject>.+?): page allocation (failure[:.] order:\d|stalls for \d)",
    ),
    line(
        Kind::PageAllocationFailure,
        "SLUB: Unable to allocate memory",
        r"SLUB: Unable to allocate memory on",
    ),
    line(
        Kind::CgroupV1Deprecated,
        "is deprecated and will be removed",
        r"^(?:\S+ \(\d+\): |memcg: |memory cgroup: )?(?<subject>[\w.]+) is deprecated and will be removed",
    ),
    line(
        Kind::MemoryErrorUncorrected,
        "Memory failure: 0x",
        r"Memory failure: 0x[0-9a-f]+: (recovery action|Sending SIGBUS|Killing)",
    ),
];
