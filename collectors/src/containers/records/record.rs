//! What is written down about one container.

use crate::fact::{Fact, Unknown};

use super::super::container::{Kind, Runtime, State};

/// What all sources together say of a container; `None` for what none says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in super::super) struct Record {
    pub(in super::super) runtime: Option<Runtime>,
    /// containerd's namespace.
    pub(in super::super) namespace: Option<String>,
    pub(in super::super) name: Option<String>,
    pub(in super::super) kind: Option<Kind>,
    pub(in super::super) image: Option<String>,
    pub(in super::super) pod: PodRecord,
    /// The sandbox of its pod.
    pub(in super::super) sandbox: Option<String>,
    /// What it does, as far as that is not seen from its processes.
    pub(in super::super) state: Option<State>,
    pub(in super::super) pid: Option<u32>,
    /// When the process `pid` was started, in ticks since the boot: a number may be given again.
    pub(in super::super) pid_start: Option<u64>,
    /// The process that watches over it.
    pub(in super::super) monitor: Option<u32>,
    pub(in super::super) created_at: Option<String>,
    pub(in super::super) started_at: Option<String>,
    pub(in super::super) finished_at: Option<String>,
    pub(in super::super) exit_code: Option<i64>,
    pub(in super::super) oom_killed: Option<bool>,
    pub(in super::super) restarts: Option<u64>,
    pub(in super::super) log_path: Option<String>,
    /// The file of the seccomp profile that its pod names.
    pub(in super::super) seccomp_file: Option<String>,
    pub(in super::super) apparmor_profile: Option<String>,
    pub(in super::super) writable_layer: Option<String>,
    pub(in super::super) directory: Option<String>,
    /// Why a source could not be read: what no other says is then unknown, and not absent.
    pub(in super::super) unreadable: Option<Unknown>,
}

/// What is written down about the pod of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in super::super) struct PodRecord {
    pub(in super::super) name: Option<String>,
    pub(in super::super) namespace: Option<String>,
    pub(in super::super) uid: Option<String>,
}

impl Record {
    /// Of a source that could not be read.
    pub(super) fn unreadable(unknown: Unknown) -> Self {
        Self { unreadable: Some(unknown), ..Self::default() }
    }

    /// Takes from `other` what is not known yet.
    pub(super) fn merge(&mut self, other: Self) {
        fn take<T>(known: &mut Option<T>, other: Option<T>) {
            if known.is_none() {
                *known = other;
            }
        }
        // The start belongs to the number that it was recorded with.
        if self.pid.is_none() || (self.pid == other.pid && self.pid_start.is_none()) {
            self.pid_start = other.pid_start;
        }
        take(&mut self.pid, other.pid);
        take(&mut self.monitor, other.monitor);
        take(&mut self.runtime, other.runtime);
        take(&mut self.namespace, other.namespace);
        take(&mut self.name, other.name);
        take(&mut self.kind, other.kind);
        take(&mut self.image, other.image);
        self.pod.merge(other.pod);
        take(&mut self.sandbox, other.sandbox);
        take(&mut self.state, other.state);
        take(&mut self.created_at, other.created_at);
        take(&mut self.started_at, other.started_at);
        take(&mut self.finished_at, other.finished_at);
        take(&mut self.exit_code, other.exit_code);
        take(&mut self.oom_killed, other.oom_killed);
        take(&mut self.restarts, other.restarts);
        take(&mut self.log_path, other.log_path);
        take(&mut self.seccomp_file, other.seccomp_file);
        take(&mut self.apparmor_profile, other.apparmor_profile);
        take(&mut self.writable_layer, other.writable_layer);
        take(&mut self.directory, other.directory);
        take(&mut self.unreadable, other.unreadable);
    }

    /// The fact that the record tells; unknown if it does not and a source could not be read.
    pub(in super::super) fn told<T: Clone>(&self, value: &Option<T>) -> Fact<T> {
        match (value, &self.unreadable) {
            (Some(value), _) => Fact::Known(value.clone()),
            (None, Some(unknown)) => Fact::Gap(unknown.clone()),
            (None, None) => Fact::Absent,
        }
    }
}

/// An AppArmor profile by its name; `None` if it confines nothing.
pub(super) fn confining(profile: &str) -> Option<String> {
    (!matches!(profile, "" | "unconfined")).then(|| profile.to_owned())
}

impl PodRecord {
    /// Takes from `other` what is not known yet.
    pub(super) fn merge(&mut self, other: Self) {
        self.name = self.name.take().or(other.name);
        self.namespace = self.namespace.take().or(other.namespace);
        self.uid = self.uid.take().or(other.uid);
    }

    /// Of the labels that the kubelet gives to every container.
    pub(super) fn of_labels<'l>(label: impl Fn(&str) -> Option<&'l String>) -> Self {
        let get = |name: &str| label(&format!("io.kubernetes.pod.{name}")).cloned();
        Self { name: get("name"), namespace: get("namespace"), uid: get("uid") }
    }

    /// Whether nothing is known.
    pub(in super::super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_stays_and_what_is_not_is_taken() {
        let mut record = Record { name: Some("a".to_owned()), pid: Some(7), ..Record::default() };
        record.merge(Record {
            name: Some("b".to_owned()),
            image: Some("i".to_owned()),
            pid: Some(8),
            pid_start: Some(1),
            ..Record::default()
        });
        assert_eq!((record.name.as_deref(), record.image.as_deref()), (Some("a"), Some("i")));
        assert_eq!((record.pid, record.pid_start), (Some(7), None));
        record.merge(Record { pid: Some(7), pid_start: Some(9), ..Record::default() });
        assert_eq!(record.pid_start, Some(9));
    }

    #[test]
    fn what_a_broken_source_might_say_is_unknown() {
        let mut record = Record::unreadable(Unknown::offline("/x"));
        assert!(matches!(record.told(&record.name), Fact::Gap(_)));
        record.merge(Record { name: Some("a".to_owned()), ..Record::default() });
        assert_eq!(record.told(&record.name), Fact::Known("a".to_owned()));
        assert_eq!(Record::default().told(&None::<u32>), Fact::Absent);
    }
}
