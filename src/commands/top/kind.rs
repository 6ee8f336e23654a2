//! What containers can be ranked by, and what is shown of each.

use clap::ValueEnum;

use Measure::{Change, List, Rate, Share, Value};
use Unit::{Bytes, Cores, Number, Percent, Seconds, Words};

/// What to rank by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// What is swapped out
    Swap,
    /// Memory that the kernel cannot drop at once
    Memory,
    /// Processor time
    Cpu,
    /// Time spent waiting for the next period of the CPU quota
    Throttle,
    /// Processes and threads
    Pids,
    /// Page cache that has to be written to disk
    Dirty,
    /// Processors that it is bound to, those with fewest first
    Cpuset,
    /// Space that the files of the writable layer take
    RwBytes,
    /// Files and directories in the writable layer
    RwInodes,
}

/// A column: what it is called and how it is made of the facts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) key: &'static str,
    pub(super) measure: Measure,
    pub(super) unit: Unit,
}

/// How a figure is made; the texts are pointers into a container's facts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Measure {
    /// The sum of these.
    Value(&'static [&'static str]),
    /// How much a counter grew for each second.
    Rate(&'static str),
    /// How much the sum of these changed for each second.
    Change(&'static [&'static str]),
    /// How much one counter is of another, in percent; over the interval if there is one.
    Share(&'static str, &'static str),
    /// A list of numbers.
    List(&'static str),
}

/// How a figure is written for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Bytes,
    Cores,
    Number,
    Percent,
    Seconds,
    Words,
}

const SWAPPED: &[&str] = &["/processes/swap_bytes"];
const WORKING_SET: &[&str] = &["/cgroup/memory/working_set_bytes"];
const UNWRITTEN: &[&str] = &["/cgroup/memory/dirty_bytes", "/cgroup/memory/writeback_bytes"];
const TASKS: &[&str] = &["/cgroup/pids/current"];
const RW_BYTES: &[&str] = &["/rw_layer/bytes"];
const RW_INODES: &[&str] = &["/rw_layer/inodes"];
const LIMIT: Column = column("limit", Value(&["/cgroup/memory/limit_bytes"]), Bytes);
const CPU_LIMIT: Column = column("limit_cores", Value(&["/cgroup/cpu/limit_cores"]), Cores);

const fn column(key: &'static str, measure: Measure, unit: Unit) -> Column {
    Column { key, measure, unit }
}

impl Kind {
    /// Its columns, the one that ranks first. `twice` says whether it was looked twice.
    pub(super) fn columns(self, twice: bool) -> Vec<Column> {
        let mut columns = match (self, twice) {
            (Self::Swap, _) => vec![
                column("swapped", Value(SWAPPED), Bytes),
                column("with_shared", Value(&["/cgroup/memory/swap_bytes"]), Bytes),
                column("working_set", Value(WORKING_SET), Bytes),
            ],
            (Self::Memory, _) => vec![
                column("working_set", Value(WORKING_SET), Bytes),
                column("usage", Value(&["/cgroup/memory/usage_bytes"]), Bytes),
                column("file", Value(&["/cgroup/memory/file_bytes"]), Bytes),
                LIMIT,
                column("of_limit", Value(&["/cgroup/memory/used_percent"]), Percent),
                column("oom_kills", Value(&["/cgroup/memory/oom_kills"]), Number),
            ],
            (Self::Cpu, false) => vec![
                column("used", Value(&["/cgroup/cpu/usage_seconds"]), Seconds),
                column("request_cores", Value(&["/cgroup/cpu/request_cores"]), Cores),
                CPU_LIMIT,
            ],
            (Self::Cpu, true) => vec![
                column("cores", Rate("/cgroup/cpu/usage_seconds"), Cores),
                column("request_cores", Value(&["/cgroup/cpu/request_cores"]), Cores),
                CPU_LIMIT,
            ],
            (Self::Throttle, _) => vec![
                column("throttled", Share("/cgroup/cpu/throttled_periods", "/cgroup/cpu/periods"), Percent),
                if twice {
                    column("waited_cores", Rate("/cgroup/cpu/throttled_seconds"), Cores)
                } else {
                    column("waited", Value(&["/cgroup/cpu/throttled_seconds"]), Seconds)
                },
                CPU_LIMIT,
            ],
            (Self::Pids, _) => vec![
                column("tasks", Value(TASKS), Number),
                column("limit", Value(&["/cgroup/pids/limit"]), Number),
                column("limit_above", Value(&["/cgroup/pids/limit_above"]), Number),
                column("of_limit", Value(&["/cgroup/pids/used_percent"]), Percent),
                column("refused", Value(&["/cgroup/pids/refused"]), Number),
            ],
            (Self::Dirty, _) => vec![
                column("unwritten", Value(UNWRITTEN), Bytes),
                column("of_limit", Value(&["/cgroup/memory/dirty_percent"]), Percent),
                column("file", Value(&["/cgroup/memory/file_bytes"]), Bytes),
                LIMIT,
            ],
            (Self::Cpuset, _) => vec![
                column("cpus", List("/cgroup/cpuset/cpus"), Words),
                column("bound_to", List("/cgroup/cpuset/configured_cpus"), Words),
                column("offline", List("/cgroup/cpuset/offline_cpus"), Words),
                column("mems", List("/cgroup/cpuset/mems"), Words),
            ],
            (Self::RwBytes, _) => {
                vec![column("bytes", Value(RW_BYTES), Bytes), column("inodes", Value(RW_INODES), Number)]
            }
            (Self::RwInodes, _) => {
                vec![column("inodes", Value(RW_INODES), Number), column("bytes", Value(RW_BYTES), Bytes)]
            }
        };
        if twice {
            columns.extend(self.changes());
        }
        columns
    }

    /// Whether it ranks by the writable layers, which stopped containers have, too.
    pub(super) fn is_of_rw_layers(self) -> bool {
        matches!(self, Self::RwBytes | Self::RwInodes)
    }

    /// What changed between two looks, for what is no counter.
    fn changes(self) -> Option<Column> {
        let change = |of, unit| Some(column("change_per_second", Change(of), unit));
        match self {
            Self::Swap => change(SWAPPED, Bytes),
            Self::Memory => change(WORKING_SET, Bytes),
            Self::Dirty => change(UNWRITTEN, Bytes),
            Self::Pids => change(TASKS, Number),
            Self::RwBytes => change(RW_BYTES, Bytes),
            Self::RwInodes => change(RW_INODES, Number),
            Self::Cpu | Self::Throttle | Self::Cpuset => None,
        }
    }
}
