//! containerd's own list of its containers, those without a task among them: `meta.db` below its root, and the
//! status that its plugin for the kubelet keeps of each.

use serde::Deserialize;

use crate::bolt::{self, BoltError, Bucket};
use crate::context::Context;
use crate::fact::Unknown;
use crate::go_encoding::seconds;
use crate::host::HostErrorKind;
use jiff::Timestamp;
use plimsoll_engine::snapshot::GapReason;

use super::super::container::{Kind, Runtime, State};
use super::record::PodRecord;
use super::{Record, Records, cri_metadata, json};

const DATABASE: &str = "io.containerd.metadata.v1.bolt/meta.db";
const STATUS: &str = "io.containerd.grpc.v1.cri/containers";

/// Where the plugin for the kubelet keeps what it was asked for.
const EXTENSION: &str = "io.cri-containerd.container.metadata";

/// The namespace of docker, which keeps records of its own.
const DOCKER: &str = "moby";

/// Reads the containers of the containerd whose root is `root`.
pub(super) fn read(ctx: &Context<'_>, root: &str, records: &mut Records) {
    let path = format!("{root}/{DATABASE}");
    let file = match ctx.host.open_file(&path) {
        Ok(file) => file,
        Err(error) if error.kind == HostErrorKind::NotFound => return,
        Err(error) => return records.gap(error),
    };
    match bolt::read(&file, &|| ctx.is_short_of_time(), containers) {
        Ok(found) => {
            for (id, mut record) in found {
                record.merge(status(ctx, root, &id));
                records.add(&id, record);
            }
        }
        Err(error) => records.gap(unknown(&path, error)),
    }
}

fn unknown(path: &str, error: BoltError) -> Unknown {
    let reason = match error {
        BoltError::File(error) => return error.into(),
        BoltError::Empty | BoltError::Corrupt(_) | BoltError::CorruptPage { .. } => GapReason::Malformed,
        BoltError::TooLarge => GapReason::Unsupported,
        BoltError::Busy | BoltError::OutOfTime => GapReason::Timeout,
    };
    Unknown::new(reason, path, error.to_string())
}

/// The containers of every namespace but docker's: `v1/<namespace>/containers/<id>`.
fn containers(database: &Bucket<'_>) -> Result<Vec<(String, Record)>, BoltError> {
    let mut found = Vec::new();
    let Some(namespaces) = database.bucket("v1")? else { return Ok(found) };
    namespaces.for_each_bucket(|namespace, bucket| {
        let namespace = String::from_utf8_lossy(namespace).into_owned();
        let Some(containers) = bucket.bucket("containers")?.filter(|_| namespace != DOCKER) else {
            return Ok(());
        };
        containers.for_each_bucket(|id, container| {
            found.push((String::from_utf8_lossy(id).into_owned(), record(&namespace, container)?));
            Ok(())
        })
    })?;
    Ok(found)
}

fn record(namespace: &str, container: &Bucket<'_>) -> Result<Record, BoltError> {
    let text = |value: Option<Vec<u8>>| {
        value.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).filter(|text| !text.is_empty())
    };
    let labels = container.bucket("labels")?;
    let label = |name: &str| match &labels {
        Some(labels) => labels.value(name).map(text),
        None => Ok(None),
    };
    let extension = match container.bucket("extensions")? {
        Some(extensions) => extensions.value(EXTENSION)?,
        None => None,
    };
    let security = extension.as_deref().and_then(cri_metadata::security).unwrap_or_default();
    let kind = match label("io.cri-containerd.kind")?.as_deref() {
        Some("sandbox") => Kind::Sandbox,
        _ => Kind::Container,
    };
    Ok(Record {
        runtime: Some(Runtime::Containerd),
        namespace: Some(namespace.to_owned()),
        // nerdctl names containers by a label.
        name: label("io.kubernetes.container.name")?.or(label("nerdctl/name")?),
        kind: Some(kind),
        image: text(container.value("image")?),
        pod: PodRecord {
            name: label("io.kubernetes.pod.name")?,
            namespace: label("io.kubernetes.pod.namespace")?,
            uid: label("io.kubernetes.pod.uid")?,
        },
        seccomp_file: security.seccomp_file,
        apparmor_profile: security.apparmor_profile,
        created_at: container.value("createdat")?.as_deref().and_then(go_time),
        ..Record::default()
    })
}

/// A time as Go marshals it: a version, seconds since the year 1, nanoseconds, and the zone.
fn go_time(bytes: &[u8]) -> Option<String> {
    Timestamp::from_second(seconds(bytes)?).ok().map(|time| time.to_string())
}

/// What the plugin for the kubelet keeps of a container; times in nanoseconds since 1970, 0 for never.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Status {
    started_at: i64,
    finished_at: i64,
    exit_code: Option<i64>,
    reason: String,
}

fn status(ctx: &Context<'_>, root: &str, id: &str) -> Record {
    match json::read::<Status>(ctx, &format!("{root}/{STATUS}/{id}/status")) {
        Ok(status) => status.map(Status::record).unwrap_or_default(),
        Err(unknown) => Record::unreadable(unknown),
    }
}

impl Status {
    fn record(self) -> Record {
        let time = |nanoseconds: i64| {
            let second = Some(nanoseconds / 1_000_000_000).filter(|second| *second > 0)?;
            Timestamp::from_second(second).ok().map(|time| time.to_string())
        };
        let (started_at, finished_at) = (time(self.started_at), time(self.finished_at));
        let ended = finished_at.is_some();
        Record {
            state: Some(if started_at.is_some() { State::Stopped } else { State::Created }),
            exit_code: self.exit_code.filter(|_| ended),
            oom_killed: ended.then(|| self.reason == "OOMKilled"),
            started_at,
            finished_at,
            ..Record::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::go_encoding::YEAR_1_TO_1970;
    use crate::tree::Tree;
    use std::io::Read as _;

    /// The database of a containerd 1.6 with images, containers, a lease and an ingest in two namespaces.
    fn real() -> Vec<u8> {
        let mut bytes = Vec::new();
        let packed: &[u8] = include_bytes!("../../../tests/fixtures/containerd/meta.db.gz");
        flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_real_database_names_containers_and_images() {
        let tree = Tree::new().file("meta.db", real());
        let file = tree.host().open_file("/meta.db").unwrap();
        let found = bolt::read(&file, &|| false, containers).unwrap();
        assert!(!found.is_empty());
        for (id, record) in found {
            assert!(record.image.is_some() && record.created_at.is_some(), "{id}: {record:?}");
            assert_eq!(record.runtime, Some(Runtime::Containerd));
        }
    }

    #[test]
    fn gos_times_begin_in_the_year_1() {
        let mut bytes = vec![1];
        bytes.extend((YEAR_1_TO_1970 + 1_764_280_000).to_be_bytes());
        bytes.extend([0, 0, 0, 0, 0xff, 0xff]);
        assert_eq!(go_time(&bytes).as_deref(), Some("2025-11-27T21:46:40Z"));
        assert_eq!(go_time(&[1, 2]), None);
        assert_eq!(go_time(&[9; 15]), None);
    }

    #[test]
    fn a_status_tells_how_a_container_ended() {
        let status = r#"{"Version":"v1","Pid":0,"CreatedAt":1,"StartedAt":1764280000000000000,
            "FinishedAt":1764280060000000000,"ExitCode":137,"Reason":"OOMKilled","Message":""}"#;
        let record = serde_json::from_str::<Status>(status).unwrap().record();
        assert_eq!((record.state, record.exit_code), (Some(State::Stopped), Some(137)));
        assert_eq!(
            (record.oom_killed, record.finished_at.as_deref()),
            (Some(true), Some("2025-11-27T21:47:40Z"))
        );
        let created = serde_json::from_str::<Status>(r#"{"StartedAt":0}"#).unwrap().record();
        assert_eq!((created.state, created.exit_code), (Some(State::Created), None));
    }
}
