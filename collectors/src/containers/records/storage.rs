//! The containers of podman and CRI-O: `<driver>-containers/containers.json` below the storage's root, with the
//! bundle of each in `userdata`.

use serde::Deserialize;

use crate::context::Context;
use crate::fact::Unknown;
use crate::listing;

use super::super::container::{Kind, Runtime, State};
use super::bundle::Bundle;
use super::record::PodRecord;
use super::{Record, Records, json, podman};

/// The lists of containers; those that a boot need not outlive stand in a file of their own.
const LISTS: [&str; 2] = ["containers.json", "volatile-containers.json"];

#[derive(Debug, Deserialize)]
struct Entry {
    id: String,
    #[serde(default)]
    names: Option<Vec<String>>,
    /// JSON in a string.
    #[serde(default)]
    metadata: String,
    created: Option<String>,
    #[serde(default)]
    layer: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Metadata {
    image_name: Option<String>,
    name: Option<String>,
    pod_name: Option<String>,
    metadata_name: Option<String>,
    namespace: Option<String>,
    pod_id: Option<String>,
    pod: Option<bool>,
    attempt: Option<u64>,
}

/// CRI-O's own `userdata/state.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CrioState {
    pid: Option<u32>,
    started: Option<String>,
    finished: Option<String>,
    #[serde(rename = "exitCode")]
    exit_code: Option<i64>,
    #[serde(rename = "oomKilled")]
    oom_killed: Option<bool>,
}

/// Reads the containers of the storage at `root`.
pub(super) fn read(ctx: &Context<'_>, root: &str, records: &mut Records) {
    let names = match listing::names(ctx.host, root) {
        Ok(names) => names,
        Err(error) => return records.gap(error),
    };
    // Before the lists, which guess what a container does.
    let unreadable = podman::read(ctx, root, records).err();
    for directory in names.iter().filter(|name| name.ends_with("-containers")) {
        let directory = format!("{root}/{directory}");
        for list in LISTS {
            match json::read::<Vec<Entry>>(ctx, &format!("{directory}/{list}")) {
                Ok(entries) => {
                    for entry in entries.into_iter().flatten() {
                        let record = entry.record(ctx, &directory);
                        records.add(&entry.id, record.without(unreadable.as_ref()));
                    }
                }
                Err(unknown) => records.gap(unknown),
            }
        }
    }
}

impl Record {
    /// Of podman, whose database could not be read: what it would tell is then unknown, and not absent.
    fn without(mut self, unreadable: Option<&Unknown>) -> Self {
        if self.runtime == Some(Runtime::Podman) && self.unreadable.is_none() {
            self.unreadable = unreadable.cloned();
        }
        self
    }
}

impl Entry {
    fn record(&self, ctx: &Context<'_>, directory: &str) -> Record {
        let userdata = format!("{directory}/{}/userdata", self.id);
        let (bundle, is_prepared) = bundle(ctx, &userdata);
        let state = json::read::<CrioState>(ctx, &format!("{userdata}/state.json")).ok().flatten();
        let mut record = self.listed();
        record.state = Some(if is_prepared { State::Stopped } else { State::Created });
        record.writable_layer = self.writable_layer(directory);
        record.directory = Some(userdata);
        record.merge(state.unwrap_or_default().record());
        match bundle {
            // The pod's own names come before those that the storage made of them.
            Ok(mut bundle) => {
                bundle.merge(record);
                bundle
            }
            Err(unknown) => Record { unreadable: Some(unknown), ..record },
        }
    }

    /// The directory of its layer: that of `<root>/overlay-containers` lies in `<root>/overlay`.
    fn writable_layer(&self, directory: &str) -> Option<String> {
        let storage =
            directory.strip_suffix("-containers").filter(|storage| storage.ends_with("/overlay"))?;
        (!self.layer.is_empty()).then(|| format!("{storage}/{}/diff", self.layer))
    }

    /// What the list says.
    fn listed(&self) -> Record {
        let metadata: Metadata = serde_json::from_str(&self.metadata).unwrap_or_default();
        // Only CRI-O names pods.
        let is_crio = metadata.pod_name.is_some();
        let first_name = self.names.as_ref().and_then(|names| names.first().cloned());
        let kind = if metadata.pod == Some(true) { Kind::Sandbox } else { Kind::Container };
        Record {
            runtime: Some(if is_crio { Runtime::CriO } else { Runtime::Podman }),
            kind: Some(kind),
            name: metadata.metadata_name.filter(|_| is_crio).or(metadata.name).or(first_name),
            image: metadata.image_name.filter(|name| !name.is_empty()),
            sandbox: metadata.pod_id.filter(|id| *id != self.id),
            pod: PodRecord { name: None, namespace: metadata.namespace.filter(|_| is_crio), uid: None },
            restarts: metadata.attempt,
            created_at: self.created.as_deref().and_then(json::time),
            ..Record::default()
        }
    }
}

/// What the bundle says, and whether there is one: a container that was never started has none.
fn bundle(ctx: &Context<'_>, userdata: &str) -> (Result<Record, Unknown>, bool) {
    match json::read::<Bundle>(ctx, &format!("{userdata}/config.json")) {
        Ok(Some(bundle)) => (Ok(bundle.record()), true),
        Ok(None) => (Ok(Record::default()), false),
        Err(unknown) => (Err(unknown), true),
    }
}

impl CrioState {
    fn record(self) -> Record {
        let time = |text: Option<String>| text.as_deref().and_then(json::time);
        Record {
            pid: self.pid.filter(|pid| *pid > 0),
            started_at: time(self.started),
            finished_at: time(self.finished),
            exit_code: self.exit_code,
            oom_killed: self.oom_killed,
            ..Record::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(json: &str) -> Record {
        serde_json::from_str::<Entry>(json).unwrap().listed()
    }

    #[test]
    fn podmans_entry_names_image_and_container() {
        let record = listed(
            r#"{"id":"c1","names":["web"],"image":"i1","layer":"l1","created":"2026-11-27T22:40:00.1Z",
            "metadata":"{\"image-name\":\"localhost/bb:1\",\"image-id\":\"i1\",\"name\":\"web\",\"created-at\":1}"}"#,
        );
        assert_eq!((record.runtime, record.name.as_deref()), (Some(Runtime::Podman), Some("web")));
        assert_eq!(record.image.as_deref(), Some("localhost/bb:1"));
        assert_eq!(record.created_at.as_deref(), Some("2026-11-27T22:40:00Z"));
    }

    #[test]
    fn crios_entry_names_its_sandbox() {
        let record = listed(
            r#"{"id":"c1","names":["k8s_web_p_n_u_2"],"metadata":"{\"pod-name\":\"k8s_p_n_u_0\",\"pod-id\":\"s1\",
            \"image-name\":\"nginx\",\"name\":\"k8s_web_p_n_u_2\",\"metadata-name\":\"web\",\"attempt\":2}"}"#
                .replace('\n', "")
                .as_str(),
        );
        assert_eq!((record.runtime, record.name.as_deref()), (Some(Runtime::CriO), Some("web")));
        assert_eq!((record.sandbox.as_deref(), record.restarts), (Some("s1"), Some(2)));
    }

    #[test]
    fn metadata_of_another_form_says_nothing() {
        let record = listed(r#"{"id":"c1","metadata":"not json"}"#);
        assert_eq!((record.name, record.image), (None, None));
        assert!(serde_json::from_str::<Entry>(r#"{"names":[]}"#).is_err());
    }
}
