//! All processes of a container together.

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::{Fact, Unknown};

use super::status::Status;

/// The processes of a container, by what the node calls them.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Processes {
    /// Each of them, by its number.
    ///
    /// Source: /proc/PID/cgroup of every process
    pub list: Vec<Process>,
    /// How many there are, zombies included.
    ///
    /// Unit: processes
    /// Source: /proc/PID/cgroup of every process
    pub count: u64,
    /// Those that wait for something that no signal ends, mostly a disk or a network file system. Only the first
    /// thread of each is looked at.
    ///
    /// Source: /proc/PID/status `State`
    pub uninterruptible: Vec<u32>,
    /// Those that have ended and that nobody has taken note of.
    ///
    /// Unit: processes
    /// Source: /proc/PID/status `State`
    pub zombies: u64,
    /// How much of them is swapped out, without shared memory.
    ///
    /// Unit: bytes
    /// Source: /proc/PID/status `VmSwap`
    pub swap_bytes: Fact<u64>,
}

/// A process of a container.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Process {
    /// Its number for the node.
    ///
    /// Source: /proc
    pub pid: u32,
    /// Its number in the container; absent before Linux 4.1.
    ///
    /// Source: /proc/PID/status `NSpid`
    pub inner_pid: Fact<u32>,
    /// What the kernel calls it, in 15 bytes at most.
    ///
    /// Source: /proc/PID/status `Name`
    pub name: Fact<String>,
}

/// The processes as they are looked at one by one.
#[derive(Debug, Default)]
pub(in super::super) struct Tally {
    list: Vec<Process>,
    uninterruptible: Vec<u32>,
    zombies: u64,
    swapped: u64,
    unknown: Option<Unknown>,
}

impl Tally {
    pub(in super::super) fn add(&mut self, pid: u32, status: Fact<Status>) {
        match status {
            // It has ended meanwhile.
            Fact::Absent => {}
            Fact::Gap(unknown) => {
                let (inner_pid, name) = (Fact::Gap(unknown.clone()), Fact::Gap(unknown.clone()));
                self.list.push(Process { pid, inner_pid, name });
                self.unknown.get_or_insert(unknown);
            }
            Fact::Known(status) => {
                let inner_pid = status.numbers.last().copied().into();
                self.list.push(Process { pid, inner_pid, name: Fact::Known(status.name.clone()) });
                self.zombies += u64::from(status.is_zombie());
                if status.is_uninterruptible() {
                    self.uninterruptible.push(pid);
                }
                self.swapped = self.swapped.saturating_add(status.swapped.unwrap_or(0));
            }
        }
    }

    pub(in super::super) fn done(self) -> Processes {
        Processes {
            count: self.list.len() as u64,
            list: self.list,
            uninterruptible: self.uninterruptible,
            zombies: self.zombies,
            swap_bytes: self.unknown.map_or(Fact::Known(self.swapped), Fact::Gap),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(text: &str) -> Fact<Status> {
        Fact::Known(Status::parse(text))
    }

    #[test]
    fn what_swapped_out_is_summed_and_who_waits_is_named() {
        let mut tally = Tally::default();
        tally.add(7, status("Name:\tsh\nState:\tS\nNSpid:\t7\t1\nVmSwap:\t4 kB\n"));
        tally.add(8, status("State:\tD\nVmSwap:\t8 kB\n"));
        tally.add(9, status("State:\tZ\n"));
        tally.add(10, Fact::Absent);
        let processes = tally.done();
        assert_eq!((processes.count, processes.zombies), (3, 1));
        assert_eq!(processes.swap_bytes, Fact::Known(12 * 1024));
        assert_eq!(processes.uninterruptible, [8]);
        let shell = Process { pid: 7, inner_pid: Fact::Known(1), name: Fact::Known("sh".to_owned()) };
        assert_eq!(processes.list.first(), Some(&shell));
    }

    #[test]
    fn one_that_cannot_be_seen_makes_the_sum_unknown() {
        let mut tally = Tally::default();
        tally.add(7, Fact::Gap(Unknown::offline("/proc/7/status")));
        assert!(matches!(tally.done().swap_bytes, Fact::Gap(_)));
    }
}
