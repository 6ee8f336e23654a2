//! Which process holds a socket: the one with a descriptor that is a link to `socket:[INODE]`.

use std::collections::{HashMap, HashSet};

use plimsoll_engine::snapshot::GapReason;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::{HostError, HostErrorKind};
use crate::processes::{Process, Processes};

/// A process that holds a socket.
#[derive(Debug, Clone)]
pub(super) struct Owner {
    pub(super) pid: u32,
    pub(super) command: Fact<String>,
}

/// The processes that hold the sockets in question.
pub(super) struct Owners {
    found: HashMap<u64, Owner>,
    /// Why not every process was looked at, if so.
    incomplete: Option<Unknown>,
}

impl Owners {
    /// Looks for the holders of the sockets `inodes`, process by process, until all are found or the
    /// collector's time is nearly over.
    pub(super) fn find(ctx: &Context<'_>, inodes: impl Iterator<Item = u64>) -> Self {
        // A socket that nobody holds any more has inode 0.
        let mut open: HashSet<u64> = inodes.filter(|inode| *inode != 0).collect();
        let mut owners = Self { found: HashMap::new(), incomplete: None };
        let processes = match Processes::of(ctx) {
            Ok(processes) => processes,
            Err(unknown) => return Self { incomplete: Some(unknown), ..owners },
        };
        owners.incomplete = processes.incomplete().cloned();
        for process in processes.all() {
            if open.is_empty() {
                break;
            }
            if ctx.is_short_of_time() {
                let detail = "there was no time to look at every process";
                owners.incomplete = Some(Unknown::new(GapReason::Timeout, "/proc", detail));
                break;
            }
            owners.look_at(&processes, process, &mut open);
        }
        owners
    }

    /// The holder of the socket `inode`; absent if no process holds it.
    pub(super) fn of(&self, inode: u64) -> Fact<&Owner> {
        match (self.found.get(&inode), &self.incomplete) {
            (Some(owner), _) => Fact::Known(owner),
            (None, Some(unknown)) if inode != 0 => Fact::Gap(unknown.clone()),
            (None, _) => Fact::Absent,
        }
    }

    fn look_at(&mut self, processes: &Processes, process: &Process, open: &mut HashSet<u64>) {
        match sockets(processes, process.pid) {
            Ok(held) => {
                let mut held = held.into_iter().filter(|inode| open.remove(inode)).peekable();
                if held.peek().is_some() {
                    let owner = Owner { pid: process.pid, command: process.name.clone().into() };
                    self.found.extend(held.map(|inode| (inode, owner.clone())));
                }
            }
            // It ended meanwhile.
            Err(HostError { kind: HostErrorKind::NotFound, .. }) => {}
            Err(error) => self.incomplete = self.incomplete.take().or(Some(error.into())),
        }
    }
}

/// The inodes of the sockets that a process holds.
fn sockets(processes: &Processes, pid: u32) -> Result<Vec<u64>, HostError> {
    let directory = processes.directory(pid)?.open_dir("fd")?;
    let mut inodes = Vec::new();
    for entry in directory.entries()? {
        match directory.read_link(&entry.name) {
            Ok(target) => inodes.extend(inode(&target)),
            Err(HostError { kind: HostErrorKind::NotFound, .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(inodes)
}

/// `socket:[124513]`.
fn inode(target: &str) -> Option<u64> {
    target.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}
