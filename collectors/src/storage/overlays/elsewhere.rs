//! Overlays that the node has unmounted and that another mount namespace keeps: a service that was started
//! while they were mounted, with a namespace of its own, has copies of all mounts of that time.

use std::collections::{BTreeMap, HashSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::namespaces::Namespace;
use super::{Look, Mounted, State};
use crate::fact::{Fact, Unknown};
use crate::mounts::mountinfo;

/// An overlay that is mounted in other namespaces only.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct OverlayElsewhere {
    /// Where it is mounted there.
    ///
    /// Source: /proc/PID/mountinfo, field 5
    pub target: String,
    /// The store whose layers it is made of.
    ///
    /// Source: /proc/PID/mountinfo, `upperdir` in field 11
    pub store: String,
    /// The id of the container whose writable layer it writes to, if a store knows it.
    ///
    /// Source: the store's metadata
    pub container: Option<String>,
    /// The directory that it writes to.
    ///
    /// Source: /proc/PID/mountinfo, `upperdir` in field 11
    pub upper: String,
    /// What it is there for: `stopped` or `unowned`.
    ///
    /// Source: the stores' metadata
    pub state: State,
    /// The namespaces that keep it, sorted: `mnt:[4026532178]`.
    ///
    /// Source: /proc/PID/ns/mnt
    pub namespaces: Vec<String>,
    /// A process in each of these namespaces.
    ///
    /// Source: /proc/PID/ns/mnt
    pub pids: Vec<u32>,
    /// Some of the processes in these namespaces: `812 systemd-logind`.
    ///
    /// Source: /proc/PID/ns/mnt, /proc/PID/comm
    pub processes: Vec<String>,
}

impl Look<'_> {
    /// The overlays that other namespaces keep, and the node, whose mountinfo is `text`, does not have. Only a
    /// namespace that has the store where the node has it tells paths that mean the same.
    ///
    /// # Errors
    ///
    /// If not all processes could be looked at.
    pub(super) fn elsewhere(&self, text: &str) -> Result<Vec<Fact<OverlayElsewhere>>, Unknown> {
        let of_node: HashSet<&str> = mountinfo::parse(text).flatten().map(|mount| mount.device).collect();
        let mut found: BTreeMap<(String, String), Fact<OverlayElsewhere>> = BTreeMap::new();
        for namespace in &self.namespaces.others {
            let lines: Vec<_> = mountinfo::parse(&namespace.text).flatten().collect();
            let mounted: Vec<Mounted<'_>> = lines.iter().filter_map(Mounted::of).collect();
            let unseen = mounted.iter().filter(|overlay| !of_node.contains(overlay.mount.device));
            let mut candidates = Vec::new();
            for overlay in unseen.filter(|overlay| !self.in_use.contains(overlay.mount.device)) {
                if let (Some(upper), Some(store)) = (&overlay.upper, self.store_of(overlay)) {
                    candidates.push((overlay, upper, store));
                }
            }
            if candidates.is_empty() || !self.seen.iter().any(|seen| namespace.sees(seen)) {
                continue;
            }
            for (overlay, upper, store) in candidates {
                let key = (overlay.mount.device.to_owned(), overlay.mount.target.clone().into_owned());
                let state = self.state(overlay, store, &mounted);
                let fact = found.entry(key).or_insert_with(|| match state {
                    Fact::Known(state) => Fact::Known(OverlayElsewhere {
                        target: overlay.mount.target.clone().into_owned(),
                        store: store.to_owned(),
                        container: self.container(overlay),
                        upper: upper.clone(),
                        state,
                        namespaces: Vec::new(),
                        pids: Vec::new(),
                        processes: Vec::new(),
                    }),
                    Fact::Absent => Fact::Absent,
                    Fact::Gap(unknown) => Fact::Gap(unknown),
                });
                if let Fact::Known(overlay) = fact {
                    overlay.add(namespace);
                }
            }
        }
        if let (Some(unknown), true) = (&self.namespaces.incomplete, found.is_empty()) {
            return Err(unknown.clone());
        }
        let is_left = |fact: &Fact<OverlayElsewhere>| match fact {
            Fact::Known(overlay) => matches!(overlay.state, State::Stopped | State::Unowned),
            Fact::Absent => false,
            Fact::Gap(_) => true,
        };
        Ok(found.into_values().filter(is_left).collect())
    }
}

impl OverlayElsewhere {
    fn add(&mut self, namespace: &Namespace) {
        self.namespaces.push(namespace.name.clone());
        self.pids.extend(namespace.processes.first().map(|(pid, _)| *pid));
        let processes = namespace.processes.iter().map(|(pid, name)| format!("{pid} {name}"));
        self.processes
            .extend(processes.take(super::namespaces::MAX_NAMED.saturating_sub(self.processes.len())));
    }
}
