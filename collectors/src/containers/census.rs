//! Which processes are in which container.

use std::collections::{BTreeMap, HashMap};

use plimsoll_engine::snapshot::GapReason;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::HostErrorKind;
use crate::processes::Processes;

use super::cgroup_path::{self, Place};
use super::membership::Membership;
use super::process::{HostNamespaces, namespace, start_ticks};
use super::records::{Record, Records};

/// The containers that have processes, by id.
#[derive(Debug, Default)]
pub(super) struct Census {
    pub(super) members: BTreeMap<String, Members>,
    /// What was in the way of seeing every process.
    pub(super) gaps: Vec<Unknown>,
}

/// The processes of a container.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// What the path of its control group says; `None` for one without a group of its own.
    pub(super) place: Option<Place>,
    /// The container that it runs in.
    pub(super) outer: Option<String>,
    /// Their numbers, those of containers in it included, sorted.
    pub(super) pids: Vec<u32>,
}

impl Census {
    /// Looks at every process of the running node once.
    pub(super) fn take(ctx: &Context<'_>, records: &Records, host: &HostNamespaces) -> Self {
        let mut census = Self::default();
        let processes = match Processes::of(ctx) {
            Ok(processes) => processes,
            Err(unknown) => {
                census.gaps.push(unknown);
                return census;
            }
        };
        census.gaps.extend(processes.incomplete().cloned());
        census.count(ctx, &processes, records);
        census.find_without_group(ctx, &processes, records, host);
        census
    }

    fn count(&mut self, ctx: &Context<'_>, processes: &Processes, records: &Records) {
        let is_known = records.index();
        // The processes of a service or a container are all in one group.
        let mut seen: HashMap<Vec<u8>, Vec<Place>> = HashMap::new();
        for process in processes.all() {
            if ctx.is_short_of_time() {
                let detail = "there are too many processes to look at";
                return self.gaps.push(Unknown::new(GapReason::Timeout, "/proc", detail));
            }
            let text = match processes.directory(process.pid).and_then(|directory| directory.read("cgroup")) {
                Ok(text) => text,
                // It ended meanwhile, or the kernel has no control groups.
                Err(error) if error.kind == HostErrorKind::NotFound => continue,
                Err(error) => {
                    self.gap_once(error.into());
                    continue;
                }
            };
            let places = seen.entry(text).or_insert_with_key(|text| places(text, &is_known));
            self.add(process.pid, places);
        }
    }

    /// One gap stands for all processes that are kept from this user.
    fn gap_once(&mut self, unknown: Unknown) {
        if !self.gaps.iter().any(|gap| gap.reason == unknown.reason) {
            self.gaps.push(unknown);
        }
    }

    fn add(&mut self, pid: u32, places: &[Place]) {
        let mut outer: Option<&Place> = None;
        for place in places {
            let members = self.members.entry(place.id.clone()).or_default();
            members.pids.push(pid);
            members.place.get_or_insert_with(|| place.clone());
            if members.outer.is_none() {
                members.outer = outer.map(|outer| outer.id.clone());
            }
            outer = Some(place);
        }
    }

    /// Containers that were given no control group are found by their recorded first process, and the others
    /// of their processes by the process namespace that they are in.
    fn find_without_group(
        &mut self,
        ctx: &Context<'_>,
        processes: &Processes,
        records: &Records,
        host: &HostNamespaces,
    ) {
        let mut by_namespace = HashMap::new();
        for (id, record) in
            records.iter().filter(|(id, _)| !self.members.contains_key(*id)).collect::<Vec<_>>()
        {
            let Some(pid) = record.pid.filter(|pid| is_still(processes, *pid, record, host)) else {
                continue;
            };
            self.members.insert(id.clone(), Members { pids: vec![pid], ..Members::default() });
            if let Fact::Known(number) = pid_namespace(processes, pid)
                && host.inode("pid") != Fact::Known(number)
            {
                by_namespace.insert(number, id.clone());
            }
        }
        if by_namespace.is_empty() {
            return;
        }
        for process in processes.all() {
            if ctx.is_short_of_time() {
                let detail = "there are too many processes to look at";
                return self.gap_once(Unknown::new(GapReason::Timeout, "/proc", detail));
            }
            let namespace = pid_namespace(processes, process.pid);
            let id = namespace.known().and_then(|number| by_namespace.get(number));
            if let Some(members) = id.and_then(|id| self.members.get_mut(id))
                && !members.pids.contains(&process.pid)
            {
                members.pids.push(process.pid);
            }
        }
    }
}

/// The containers that the text of `/proc/PID/cgroup` names: by the first hierarchy that names any.
fn places(text: &[u8], is_known: &dyn Fn(&str, &str) -> bool) -> Vec<Place> {
    let membership = Membership::parse(&String::from_utf8_lossy(text));
    let mut found = membership.paths().map(|path| cgroup_path::containers(path, is_known));
    found.find(|places| !places.is_empty()).unwrap_or_default()
}

/// Whether the process `pid` is the one that `record` means: it was started when the record says, or, where no
/// record says, it does not see the node's files.
fn is_still(processes: &Processes, pid: u32, record: &Record, host: &HostNamespaces) -> bool {
    let Ok(process) = processes.directory(pid) else { return false };
    match record.pid_start {
        Some(start) => start_ticks(&process) == Fact::Known(start),
        None => {
            let own = process.open_dir("ns").map(|directory| namespace(&directory, "mnt"));
            matches!((own, host.inode("mnt")), (Ok(Fact::Known(own)), Fact::Known(node)) if own != node)
        }
    }
}

fn pid_namespace(processes: &Processes, pid: u32) -> Fact<u64> {
    match processes.directory(pid).and_then(|process| process.open_dir("ns")) {
        Ok(directory) => namespace(&directory, "pid"),
        Err(error) => Fact::from(Err(error)),
    }
}
