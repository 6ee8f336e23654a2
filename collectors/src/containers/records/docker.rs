//! docker's containers: `containers/<id>/config.v2.json` below its data root.

use std::collections::HashMap;

use serde::Deserialize;

use crate::context::Context;

use super::super::cgroup_path::is_id;
use super::super::container::{Kind, Runtime, State};
use super::record::{PodRecord, confining};
use super::{Record, Records, json};
use crate::listing;

const CONFIG: &str = "config.v2.json";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    #[serde(default)]
    name: String,
    #[serde(default)]
    driver: String,
    created: Option<String>,
    #[serde(default)]
    config: ContainerConfig,
    #[serde(default)]
    state: ContainerState,
    #[serde(default)]
    log_path: String,
    restart_count: Option<u64>,
    #[serde(default)]
    app_armor_profile: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContainerConfig {
    image: Option<String>,
    labels: Option<HashMap<String, String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ContainerState {
    running: bool,
    paused: bool,
    dead: bool,
    removal_in_progress: bool,
    #[serde(rename = "OOMKilled")]
    oom_killed: bool,
    pid: u32,
    exit_code: i64,
    started_at: Option<String>,
    finished_at: Option<String>,
}

/// Reads the containers of the docker whose data root is `root`.
pub(super) fn read(ctx: &Context<'_>, root: &str, records: &mut Records) {
    let directory = format!("{root}/containers");
    let names = match listing::names(ctx.host, &directory) {
        Ok(names) => names,
        Err(error) => return records.gap(error),
    };
    for id in names.iter().filter(|name| is_id(name)) {
        let directory = format!("{directory}/{id}");
        let record = match json::read::<Config>(ctx, &format!("{directory}/{CONFIG}")) {
            Ok(Some(config)) => {
                let writable_layer = writable_layer(ctx, root, id, &config.driver);
                Record { writable_layer, ..config.record() }
            }
            // Being made or removed.
            Ok(None) => Record::default(),
            Err(unknown) => Record::unreadable(unknown),
        };
        records.add(id, Record { runtime: Some(Runtime::Docker), directory: Some(directory), ..record });
    }
}

/// The upper directory of a container's overlay: docker gives its mount an id of its own.
fn writable_layer(ctx: &Context<'_>, root: &str, id: &str, driver: &str) -> Option<String> {
    let is_overlay = matches!(driver, "overlay2" | "overlay" | "fuse-overlayfs");
    let file = format!("{root}/image/{driver}/layerdb/mounts/{id}/mount-id");
    let mount = ctx.host.read_text(file).ok().filter(|_| is_overlay)?;
    Some(format!("{root}/{driver}/{}/diff", mount.trim()))
}

impl Config {
    fn record(self) -> Record {
        let labels = self.config.labels.unwrap_or_default();
        let label = |name: &str| labels.get(name);
        let kind = match label("io.kubernetes.docker.type").map(String::as_str) {
            Some("podsandbox") => Kind::Sandbox,
            _ => Kind::Container,
        };
        let state = self.state;
        let has_run = state.started_at.as_deref().and_then(json::time);
        let has_ended = !state.running && has_run.is_some();
        Record {
            name: label("io.kubernetes.container.name")
                .cloned()
                .or_else(|| not_empty(self.name.trim_start_matches('/'))),
            kind: Some(kind),
            image: self.config.image,
            pod: PodRecord::of_labels(label),
            sandbox: label("io.kubernetes.sandbox.id").cloned(),
            state: Some(state.state(has_run.is_some())),
            pid: Some(state.pid).filter(|pid| *pid > 0),
            created_at: self.created.as_deref().and_then(json::time),
            finished_at: state.finished_at.as_deref().and_then(json::time),
            exit_code: has_ended.then_some(state.exit_code),
            oom_killed: Some(state.oom_killed),
            restarts: self.restart_count.or(Some(0)),
            log_path: not_empty(&self.log_path),
            apparmor_profile: confining(&self.app_armor_profile),
            started_at: has_run,
            ..Record::default()
        }
    }
}

impl ContainerState {
    /// In the order in which docker looks at them, too.
    fn state(&self, has_run: bool) -> State {
        match self {
            Self { removal_in_progress: true, .. } => State::Removing,
            Self { dead: true, .. } => State::Dead,
            Self { paused: true, running: true, .. } => State::Paused,
            Self { running: true, .. } => State::Running,
            _ if has_run => State::Stopped,
            _ => State::Created,
        }
    }
}

fn not_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(json: &str) -> Record {
        serde_json::from_str::<Config>(json).unwrap().record()
    }

    /// What docker 20.10 writes; shortened.
    const STOPPED: &str = r#"{"StreamConfig":{},"State":{"Running":false,"Paused":false,"Restarting":false,
        "OOMKilled":true,"RemovalInProgress":false,"Dead":false,"Pid":0,"ExitCode":137,"Error":"",
        "StartedAt":"2026-11-27T22:40:01.5Z","FinishedAt":"2026-11-27T22:41:02.25Z","Health":null},
        "ID":"x","Created":"2026-11-27T22:40:00.1Z","Managed":false,"Path":"sh","Args":[],
        "Config":{"Hostname":"h","Env":["SECRET=1"],"Image":"bb:1","Labels":null},
        "Image":"sha256:1","LogPath":"/var/lib/docker/containers/x/x-json.log","Name":"/web",
        "RestartCount":3,"HasBeenStartedBefore":true,"AppArmorProfile":"docker-default"}"#;

    #[test]
    fn a_stopped_container_tells_how_it_ended() {
        let record = record(STOPPED);
        assert_eq!(record.name.as_deref(), Some("web"));
        assert_eq!(record.image.as_deref(), Some("bb:1"));
        assert_eq!(record.apparmor_profile.as_deref(), Some("docker-default"));
        assert_eq!((record.state, record.pid), (Some(State::Stopped), None));
        assert_eq!((record.exit_code, record.oom_killed, record.restarts), (Some(137), Some(true), Some(3)));
        assert_eq!(record.finished_at.as_deref(), Some("2026-11-27T22:41:02Z"));
        assert!(record.pod.is_empty());
    }

    #[test]
    fn states_are_what_docker_shows() {
        let state = |json: &str| serde_json::from_str::<ContainerState>(json).unwrap().state(false);
        assert_eq!(state("{}"), State::Created);
        assert_eq!(state(r#"{"Running":true}"#), State::Running);
        assert_eq!(state(r#"{"Running":true,"Paused":true}"#), State::Paused);
        assert_eq!(state(r#"{"Dead":true}"#), State::Dead);
        assert_eq!(state(r#"{"Dead":true,"RemovalInProgress":true}"#), State::Removing);
    }

    #[test]
    fn a_pods_container_is_told_by_its_labels() {
        let record = record(
            r#"{"Name":"/k8s_web_p_n_u_0","Config":{"Image":"i","Labels":{"io.kubernetes.container.name":"web",
            "io.kubernetes.docker.type":"container","io.kubernetes.pod.name":"p","io.kubernetes.pod.namespace":"n",
            "io.kubernetes.pod.uid":"u","io.kubernetes.sandbox.id":"s"}}}"#,
        );
        assert_eq!((record.name.as_deref(), record.sandbox.as_deref()), (Some("web"), Some("s")));
        assert_eq!(record.pod.namespace.as_deref(), Some("n"));
    }

    #[test]
    fn another_format_is_no_record() {
        for text in ["", "[]", "{\"State\":7}", "{\"Name\":[]}", "null"] {
            assert!(serde_json::from_str::<Config>(text).is_err(), "{text}");
        }
    }
}
