//! docker's records of containers.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use super::super::survey::Survey;
use super::read::{Read, digest, is_id, json};
use super::records::{Table, table};
use crate::host::Dir;

/// The graph driver whose containers have their layers in overlay2.
const DRIVER: &str = "overlay2";

/// A container.
#[derive(Debug)]
pub(super) struct Container {
    /// `config.v2.json`.
    pub(super) config: Read<Config>,
    /// What is wrong with `hostconfig.json`.
    pub(super) host_config: Read<()>,
    /// How long ago something was put into its directory or taken out, in seconds; that is done whenever
    /// its state changes.
    pub(super) age: u64,
}

/// What is read of a container's configuration.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Config {
    #[serde(rename = "ID", default)]
    pub(super) id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    image: String,
    #[serde(default)]
    driver: String,
    #[serde(default)]
    pub(super) state: State,
    #[serde(default)]
    config: Options,
}

/// The state of a container.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct State {
    pub(super) running: bool,
    pub(super) pid: u32,
    dead: bool,
    removal_in_progress: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Options {
    labels: Option<HashMap<String, String>>,
}

/// Reads the containers.
pub(super) fn read(survey: &Survey<'_>, path: &str) -> Table<Container> {
    table(survey, path, is_id, |directory, _, age| Container::read(directory, age))
}

impl Container {
    fn read(directory: &Dir, age: u64) -> Self {
        let host_config = match json::<Value>(directory, "hostconfig.json") {
            Read::Is(_) => Read::Is(()),
            Read::Absent => Read::Absent,
            Read::Wrong(why) => Read::Wrong(why),
            Read::Unknown(unknown) => Read::Unknown(unknown),
        };
        Self { config: json(directory, "config.v2.json"), host_config, age }
    }

    /// Whether its removal began.
    pub(super) fn is_going(&self) -> bool {
        self.config.known().is_some_and(|config| config.state.dead || config.state.removal_in_progress)
    }

    /// Whether its layers are in overlay2. Those of another driver may be left from before.
    pub(super) fn is_of_overlay2(&self) -> bool {
        self.config.known().is_none_or(|config| matches!(config.driver.as_str(), "" | DRIVER))
    }

    /// The id of its image, without `sha256:`, if it is told.
    pub(super) fn image(&self) -> Option<String> {
        digest(&self.config.known()?.image)
    }

    /// Its name.
    pub(super) fn name(&self) -> Option<String> {
        let name = self.config.known()?.name.trim_start_matches('/');
        (!name.is_empty()).then(|| name.to_owned())
    }

    /// Its pod, `namespace/name`.
    pub(super) fn pod(&self) -> Option<String> {
        let labels = self.config.known()?.config.labels.as_ref()?;
        let label = |name: &str| labels.get(&format!("io.kubernetes.pod.{name}"));
        Some(format!("{}/{}", label("namespace")?, label("name")?))
    }
}
