//! When a process was started.

use jiff::Timestamp;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::Dir;

const STAT: &str = "/proc/stat";

/// How often the clock ticks that `/proc/PID/stat` counts in. The kernel's interface has 100 on every processor
/// that Linux still runs containers on.
const TICKS: u64 = 100;

/// When the node was booted, in seconds since 1970.
#[derive(Debug, Clone)]
pub(in super::super) struct Clock(Fact<u64>);

impl Clock {
    pub(in super::super) fn read(ctx: &Context<'_>) -> Self {
        Self(Fact::from(ctx.host.read_text(STAT)).and_then(|text| match boot_time(&text) {
            Some(seconds) => Fact::Known(seconds),
            None => Fact::Gap(Unknown::malformed(STAT, "there is no btime")),
        }))
    }

    /// When the process was started whose directory in procfs is `process`, RFC 3339.
    pub(in super::super) fn started_at(&self, process: &Dir) -> Fact<String> {
        start_ticks(process).and_then(|ticks| {
            self.0.as_ref().and_then(|boot| {
                let second = i64::try_from(boot.saturating_add(ticks / TICKS)).ok();
                second
                    .and_then(|second| Timestamp::from_second(second).ok())
                    .map(|time| time.to_string())
                    .into()
            })
        })
    }
}

/// When the process was started, in ticks since the boot.
pub(in super::super) fn start_ticks(process: &Dir) -> Fact<u64> {
    Fact::from(process.read("stat")).and_then(|bytes| {
        let ticks = start_in_stat(&String::from_utf8_lossy(&bytes));
        ticks.ok_or_else(|| Unknown::malformed("/proc/PID/stat", "there is no start time")).into()
    })
}

fn boot_time(stat: &str) -> Option<u64> {
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

/// The 22nd field. The name before it stands in brackets and may hold anything.
fn start_in_stat(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_is_the_22nd_field_whatever_the_name_is() {
        let stat =
            "4242 (a) b (c)) S 4201 4242 4242 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 12345 4608000 1 1844";
        assert_eq!(start_in_stat(stat), Some(12_345));
        assert_eq!(start_in_stat("4242 (x) S 1"), None);
        assert_eq!(boot_time("cpu 1 2\nbtime 1764280000\nprocesses 9\n"), Some(1_764_280_000));
    }
}
