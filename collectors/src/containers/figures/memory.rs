//! Memory: use, limits, page cache, swap, kills.

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::Fact;

use super::group::Controller;
use super::values::{counter, share, sum};

/// The memory of a container.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Memory {
    /// How much it uses, its part of the page cache included.
    ///
    /// Unit: bytes
    /// Source: memory.usage_in_bytes, memory.current
    pub usage_bytes: Fact<u64>,
    /// What it uses but what the kernel can drop at once, which is what `docker stats` and the kubelet show.
    ///
    /// Unit: bytes
    /// Source: usage less `total_inactive_file` or `inactive_file` of memory.stat
    pub working_set_bytes: Fact<u64>,
    /// The limit; absent if there is none.
    ///
    /// Unit: bytes
    /// Source: memory.limit_in_bytes, memory.max
    pub limit_bytes: Fact<u64>,
    /// The request or reservation; absent if there is none, as it is for the kubelet's requests unless
    /// MemoryQoS is on.
    ///
    /// Unit: bytes
    /// Source: memory.soft_limit_in_bytes, memory.low, memory.min
    pub request_bytes: Fact<u64>,
    /// How much of the limit the working set is; absent if there is no limit.
    ///
    /// Unit: percent
    /// Source: working set and limit
    pub used_percent: Fact<f64>,
    /// The page cache.
    ///
    /// Unit: bytes
    /// Source: memory.stat `total_cache`, `file`
    pub file_bytes: Fact<u64>,
    /// What of the page cache has to be written back.
    ///
    /// Unit: bytes
    /// Source: memory.stat `total_dirty`, `file_dirty`
    pub dirty_bytes: Fact<u64>,
    /// What of the page cache is being written back.
    ///
    /// Unit: bytes
    /// Source: memory.stat `total_writeback`, `file_writeback`
    pub writeback_bytes: Fact<u64>,
    /// How much of the limit has to be or is being written back; absent if there is no limit.
    ///
    /// Unit: percent
    /// Source: memory.stat and the limit
    pub dirty_percent: Fact<f64>,
    /// How much of it is swapped out, shared pages included; absent if the kernel does not count it.
    ///
    /// Unit: bytes
    /// Source: memory.stat `total_swap`, memory.swap.current
    pub swap_bytes: Fact<u64>,
    /// How much of it may be swapped out; absent if there is no limit, or the kernel does not count it. Version 1
    /// limits the sum of memory and swap.
    ///
    /// Unit: bytes
    /// Source: memory.swap.max; memory.memsw.limit_in_bytes less memory.limit_in_bytes
    pub swap_limit_bytes: Fact<u64>,
    /// How many of its processes the kernel killed for memory since the group was made; absent before Linux 4.13.
    ///
    /// Unit: processes
    /// Source: memory.oom_control `oom_kill`, memory.events `oom_kill`
    pub oom_kills: Fact<u64>,
    /// Whether all its processes are killed together; absent in version 1.
    ///
    /// Source: memory.oom.group
    pub oom_group: Fact<bool>,
}

impl Memory {
    pub(super) fn read(memory: &Controller) -> Self {
        if memory.version == 1 { Self::v1(memory) } else { Self::v2(memory) }
    }

    fn v1(memory: &Controller) -> Self {
        let stat = memory.counters("memory.stat");
        let limit = memory.limit("memory.limit_in_bytes");
        let both = memory.limit("memory.memsw.limit_in_bytes");
        let events = memory.counters("memory.oom_control");
        Self {
            request_bytes: memory.limit("memory.soft_limit_in_bytes"),
            file_bytes: counter(&stat, "total_cache"),
            dirty_bytes: counter(&stat, "total_dirty"),
            writeback_bytes: counter(&stat, "total_writeback"),
            swap_bytes: counter(&stat, "total_swap"),
            swap_limit_bytes: both.and_then(|both| limit.as_ref().map(|limit| both.saturating_sub(*limit))),
            oom_kills: counter(&events, "oom_kill"),
            oom_group: Fact::Absent,
            ..Self::common(
                memory.number("memory.usage_in_bytes"),
                counter(&stat, "total_inactive_file"),
                limit,
            )
        }
        .with_shares()
    }

    fn v2(memory: &Controller) -> Self {
        let stat = memory.counters("memory.stat");
        let protected =
            |name| memory.limit(name).and_then(|bytes| Some(bytes).filter(|bytes| *bytes > 0).into());
        let request = match protected("memory.low") {
            Fact::Absent => protected("memory.min"),
            low => low,
        };
        let events = memory.counters("memory.events");
        Self {
            request_bytes: request,
            file_bytes: counter(&stat, "file"),
            dirty_bytes: counter(&stat, "file_dirty"),
            writeback_bytes: counter(&stat, "file_writeback"),
            swap_bytes: memory.number("memory.swap.current"),
            swap_limit_bytes: memory.limit("memory.swap.max"),
            oom_kills: counter(&events, "oom_kill"),
            oom_group: memory.number("memory.oom.group").map(|group| group == 1),
            ..Self::common(
                memory.number("memory.current"),
                counter(&stat, "inactive_file"),
                memory.limit("memory.max"),
            )
        }
        .with_shares()
    }

    /// What both versions count alike; the rest is absent.
    fn common(usage: Fact<u64>, inactive: Fact<u64>, limit: Fact<u64>) -> Self {
        let working_set = usage
            .as_ref()
            .and_then(|usage| inactive.or_absent(0).map(|inactive| usage.saturating_sub(inactive)));
        Self {
            usage_bytes: usage,
            working_set_bytes: working_set,
            limit_bytes: limit,
            request_bytes: Fact::Absent,
            used_percent: Fact::Absent,
            file_bytes: Fact::Absent,
            dirty_bytes: Fact::Absent,
            writeback_bytes: Fact::Absent,
            dirty_percent: Fact::Absent,
            swap_bytes: Fact::Absent,
            swap_limit_bytes: Fact::Absent,
            oom_kills: Fact::Absent,
            oom_group: Fact::Absent,
        }
    }

    fn with_shares(self) -> Self {
        let unwritten = sum(&self.dirty_bytes, &self.writeback_bytes);
        Self {
            used_percent: share(&self.working_set_bytes, &self.limit_bytes),
            dirty_percent: share(&unwritten, &self.limit_bytes),
            ..self
        }
    }
}
