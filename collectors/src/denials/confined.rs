//! Which containers the processes are of that were denied something, and what those run under.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};

use super::event::Event;
use crate::container_id;
use crate::context::Context;
use crate::host::Dir;
use crate::mounts::host_mounts::{HostMounts, holds};
use crate::mounts::mountinfo;
use crate::process_label;
use crate::processes::Processes;
use crate::selinux::label;

/// What says that a process is under no profile, or in a domain that nothing is kept from.
const UNCONFINED: [&str; 5] = ["unconfined", "unconfined_t", "unconfined_service_t", "init_t", "kernel_t"];

/// A process of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) pid: u32,
    /// The id of its container.
    pub(super) container: String,
}

/// The containers that run, looked at when something was denied.
pub(super) struct Confined<'c> {
    ctx: &'c Context<'c>,
    seen: OnceCell<Seen>,
    mounts: OnceCell<Option<HostMounts>>,
}

/// What the processes of containers are under.
#[derive(Debug, Default)]
struct Seen {
    /// Profiles of AppArmor and domains of SELinux.
    names: BTreeSet<String>,
    /// By a whole label of SELinux with categories, which one container has to itself.
    by_label: HashMap<String, Member>,
}

impl<'c> Confined<'c> {
    pub(super) fn new(ctx: &'c Context<'c>) -> Self {
        Self { ctx, seen: OnceCell::new(), mounts: OnceCell::new() }
    }

    /// The process of a container that `event` is about, or another one of the same container. The number of the
    /// process may be another's by now, so the name has to be the same.
    pub(super) fn member(&self, event: &Event<'_>) -> Option<Member> {
        if !self.ctx.host.is_running() {
            return None;
        }
        let itself = || {
            let (pid, comm) = (event.field("pid")?.parse::<u32>().ok()?, event.field("comm")?);
            let process = self.ctx.host.open_dir(format!("/proc/{pid}")).ok()?;
            let now = process.read("comm").ok()?;
            let is_same = String::from_utf8_lossy(&now).trim_end_matches('\n') == comm;
            is_same.then(|| Some(Member { pid, container: container(&process)? }))?
        };
        let of_label = || {
            let context = event.field("scontext").filter(|context| has_categories(context))?;
            self.seen().by_label.get(&context).cloned()
        };
        itself().or_else(of_label)
    }

    /// Whether a container runs under this profile, or one that it made for a program in it, or in this domain.
    pub(super) fn has(&self, name: &str) -> bool {
        let name = name.split("//").next().unwrap_or(name);
        !UNCONFINED.contains(&name) && self.seen().names.contains(name)
    }

    /// What of the node is mounted in the container of the process `pid` where `path`, as the process sees it,
    /// is; none if that is no mount of the node's.
    pub(super) fn volume(&self, pid: u32, path: &str) -> Option<String> {
        let host = self.mounts.get_or_init(|| HostMounts::read(self.ctx).ok()).as_ref()?;
        let process = self.ctx.host.open_dir(format!("/proc/{pid}")).ok()?;
        let text = process.read("mountinfo").ok()?;
        let text = String::from_utf8_lossy(&text);
        let around = mountinfo::parse(&text).filter_map(Result::ok);
        let around = around.filter(|mount| mount.target == path || holds(&mount.target, path));
        // Of mounts upon one another the last one is seen.
        let mount = around.max_by_key(|mount| mount.target.len())?;
        if mount.target == "/" {
            return None;
        }
        host.path(mount.device, &mount.root)
    }

    fn seen(&self) -> &Seen {
        self.seen.get_or_init(|| {
            let mut seen = Seen::default();
            let Ok(processes) = Processes::of(self.ctx) else { return seen };
            for process in processes.all().iter().take_while(|_| !self.ctx.is_short_of_time()) {
                if let Ok(directory) = processes.directory(process.pid) {
                    seen.look_at(process.pid, &directory);
                }
            }
            seen
        })
    }
}

impl Seen {
    fn look_at(&mut self, pid: u32, process: &Dir) {
        let Some(container) = container(process) else { return };
        let current = process_label::current(process).known().cloned();
        if let Some(domain) = current.as_deref().and_then(label::type_of) {
            self.names.insert(domain.to_owned());
        }
        if let Some(context) = current.filter(|context| has_categories(context)) {
            self.by_label.entry(context).or_insert(Member { pid, container });
        }
        if let Some(profile) = process_label::apparmor(process).known() {
            let name = profile.rsplit_once(" (").map_or(profile.as_str(), |(name, _)| name);
            self.names.insert(name.to_owned());
        }
    }
}

/// The container of a process; the monitor of one is in none.
fn container(process: &Dir) -> Option<String> {
    let groups = process.read("cgroup").ok()?;
    let groups = String::from_utf8_lossy(&groups);
    let group = container_id::cgroup_of(&groups).filter(|group| !group.contains("conmon"))?;
    container_id::innermost(group).map(str::to_owned)
}

fn has_categories(context: &str) -> bool {
    label::level_of(context).is_some_and(|level| level.contains(':'))
}
