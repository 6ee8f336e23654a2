//! Scheduling, faults of the kernel and of programs, limits (kernel/, arch/ of the kernel).

use super::{Kind, Pattern, line};

pub(super) const PATTERNS: &[Pattern] = &[
    line(
        Kind::TaskHung,
        " blocked ",
        r"^INFO: task (?<subject>.+):(?<pid>\d+) (?:<\w+> )?blocked (?:for more than \d+ seconds|in I/O wait for more than)",
    ),
    line(
        Kind::SoftLockup,
        "soft lockup",
        r"BUG: soft lockup - CPU#\d+ stuck for \d+s! \[(?<subject>.+):(?<pid>\d+)\]",
    ),
    line(Kind::HardLockup, "hard LOCKUP", r"[Ww]atchdog(?:: CPU\d+)?:? [Dd]etected hard LOCKUP"),
    line(Kind::RcuStall, "detected", r"rcu_?\w*:? .*(self-)?detected (expedited )?stalls? on CPU"),
    line(Kind::RcuStall, "kthread starved for", r"rcu_?\w*:? .*kthread starved for \d+ jiffies"),
    line(Kind::WorkqueueLockup, "workqueue lockup", r"BUG: workqueue lockup - pool"),
    line(
        Kind::KernelFault,
        "BUG: ",
        r"^BUG: (unable to handle|Bad page|Bad rss|scheduling while atomic|sleeping function|kernel NULL|KASAN|stack guard page)",
    ),
    line(Kind::KernelFault, "kernel BUG at", r"kernel BUG at (?<subject>\S+?)!"),
    line(Kind::KernelFault, "Oops", r"(^|Internal error: )Oops\b.*(\[#\d+\]|: [0-9a-f]{4})"),
    line(Kind::KernelFault, "general protection fault", r"^general protection fault[:,].*(\[#\d+\]|\d{4})"),
    line(Kind::KernelFault, "divide error", r"^divide error: \d+ \[#\d+\]"),
    line(Kind::KernelFault, "Kernel panic", r"^Kernel panic - not syncing"),
    line(Kind::KernelFault, " corruption", r"^list_(add|del) corruption"),
    line(
        Kind::KernelWarning,
        "WARNING: ",
        r"^WARNING: (?:CPU: \d+ PID: \d+ )?(?:possible |at |suspicious )?(?:at )?(?<subject>\S+)",
    ),
    line(
        Kind::ProcessCrashed,
        "segfault at",
        r"^(?:traps: )?(?<subject>.+)\[(?<pid>\d+)\]: segfault at [0-9a-f]",
    ),
    line(
        Kind::ProcessCrashed,
        "traps: ",
        r"^traps: (?<subject>.+)\[(?<pid>\d+)\] (general protection|trap )",
    ),
    line(
        Kind::ClockUnstable,
        "locksource",
        r"(?:Clocksource |Marking clocksource ')(?<subject>[\w-]+)'? (?:as )?unstable",
    ),
    line(
        Kind::PidsLimit,
        "fork rejected by pids controller",
        r"cgroup: fork rejected by pids controller in (?<subject>(?<cgroup>.+))$",
    ),
    line(Kind::FileTableFull, "file-max limit", r"VFS: file-max limit \d+ reached"),
    line(
        Kind::AuditLost,
        "audit: ",
        r"audit: (audit_lost=[1-9]|backlog limit exceeded|rate limit exceeded|kauditd hold queue overflow)",
    ),
];
