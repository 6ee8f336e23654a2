//! What the runtimes wrote down about their containers: their state directories and metadata, of whatever
//! runtime, read without asking any daemon.

mod bundle;
mod containerd;
mod cri_metadata;
mod docker;
mod json;
mod logs;
mod metadata;
mod monitors;
mod mounted;
mod places;
mod podman;
mod record;
mod runc;
mod storage;

use std::collections::{BTreeMap, HashMap, HashSet};

use plimsoll_engine::snapshot::GapReason;

use crate::context::Context;
use crate::fact::Unknown;

use super::container::Runtime;
use monitors::{Directory, Monitor};

pub(super) use record::Record;

/// All records, by the containers' ids.
#[derive(Debug, Default)]
pub(super) struct Records {
    by_id: BTreeMap<String, Record>,
    /// What was in the way of finding others.
    pub(super) gaps: Vec<Unknown>,
}

impl Records {
    /// Reads all that there are.
    pub(super) fn read(ctx: &Context<'_>) -> Self {
        let mut records = Self::default();
        let monitors = monitors::find(ctx, &mut records);
        let places = places::Places::find(ctx, &monitors, &mut records);
        for root in &places.docker {
            docker::read(ctx, root, &mut records);
        }
        for state in &places.containerd {
            containerd::read(ctx, state, &mut records);
        }
        for root in &places.metadata {
            metadata::read(ctx, root, &mut records);
        }
        for root in &places.storage {
            storage::read(ctx, root, &mut records);
        }
        for directory in &places.runc {
            runc::read(ctx, directory, &mut records);
        }
        for monitor in monitors {
            records.add_watched(monitor);
        }
        logs::read(ctx, &mut records);
        records.complete_pods();
        records.mark_incomplete();
        records
    }

    /// The record of the container `id`.
    pub(super) fn get(&self, id: &str) -> Option<&Record> {
        self.by_id.get(id)
    }

    /// All of them, by id.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Record)> {
        self.by_id.iter()
    }

    /// A test for whether a container of an id was recorded in a namespace of containerd; of the namespace "", in
    /// any.
    pub(super) fn index(&self) -> impl Fn(&str, &str) -> bool + '_ {
        let mut named: HashMap<&str, HashSet<&str>> = HashMap::new();
        for (id, record) in &self.by_id {
            for namespace in record.namespace.as_deref().into_iter().chain([""]) {
                named.entry(namespace).or_default().insert(id);
            }
        }
        move |namespace, id| named.get(namespace).is_some_and(|ids| ids.contains(id))
    }

    /// Adds what another source says of the container. What is known already stays.
    fn add(&mut self, id: &str, record: Record) {
        self.by_id.entry(id.to_owned()).or_default().merge(record);
    }

    /// As [`Records::add`], if the container is known from elsewhere.
    fn add_to_known(&mut self, id: &str, record: Record) {
        if let Some(known) = self.by_id.get_mut(id) {
            known.merge(record);
        }
    }

    /// Adds what a monitor says of its container.
    fn add_watched(&mut self, Monitor { directory, record }: Monitor) {
        match (record, directory) {
            // What a shim was started for may be gone.
            (Some((id, record)), Directory::Tasks(_)) => self.add_to_known(&id, record),
            (Some((id, record)), _) => self.add(&id, record),
            (None, _) => {}
        }
    }

    fn gap(&mut self, unknown: impl Into<Unknown>) {
        self.gaps.push(unknown.into());
    }

    /// docker and containerd record each container in their data as well as in its task. Where only the task was
    /// found, the rest is unknown, and not absent.
    fn mark_incomplete(&mut self) {
        for record in self.by_id.values_mut() {
            let source = match record.runtime {
                Some(Runtime::Docker) if record.name.is_none() => "containers below docker's data root",
                Some(Runtime::Containerd) if record.image.is_none() => "meta.db below containerd's root",
                _ => continue,
            };
            let detail = "the runtime's own record of this container was not found in any known place";
            record.unreadable.get_or_insert_with(|| Unknown::new(GapReason::Unsupported, source, detail));
        }
    }

    /// Some runtimes name the pod only in the record of its sandbox.
    fn complete_pods(&mut self) {
        let pods: HashMap<String, record::PodRecord> =
            self.by_id.iter().map(|(id, record)| (id.clone(), record.pod.clone())).collect();
        for record in self.by_id.values_mut() {
            if let Some(pod) = record.sandbox.as_ref().and_then(|sandbox| pods.get(sandbox)) {
                record.pod.merge(pod.clone());
            }
        }
    }
}
