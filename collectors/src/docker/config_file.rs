//! dockerd's configuration file: where it is, and what is wrong with it.

use schemars::JsonSchema;
use serde::Serialize;

use super::daemon_json::{DaemonJson, StrayKey};
use super::flags::Flags;
use super::merge::{self, Configuration, Conflict};
use super::types::{WrongType, wrong_types};
use super::values::refused_values;
use crate::fact::{Fact, Sourced};
use crate::host::Host;
use crate::json_document::{Document, DocumentError};
use crate::origin;

/// dockerd's configuration file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ConfigFile {
    /// Its path.
    ///
    /// Source: dockerd's flag `--config-file`, else /etc/docker/daemon.json; that of the snap is
    /// /var/snap/docker/current/config/daemon.json
    pub path: Sourced<String>,
    /// Whether it is there.
    ///
    /// Source: daemon.json
    pub exists: Fact<bool>,
    /// Whether it is a JSON object whose values are of the right types and within their bounds; dockerd does
    /// not start with any other. Unknown keys and conflicts are told apart.
    ///
    /// Source: daemon.json
    pub valid: Fact<bool>,
    /// What is wrong with it, in words.
    ///
    /// Source: daemon.json, the offending place
    pub error: Fact<Sourced<String>>,
}

/// A key of daemon.json.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Key {
    /// Its name.
    ///
    /// Source: daemon.json, the key
    pub key: Sourced<String>,
}

/// The file as it was read.
#[derive(Debug)]
pub(super) struct File {
    path: Sourced<String>,
    contents: DaemonJson,
    wrong: Vec<WrongType>,
    refused: Vec<DocumentError>,
}

impl File {
    /// Reads the file that the flags name, or else that at the path `default`.
    pub(super) fn read(host: &Host, flags: &Flags, default: &str) -> Self {
        let default = || Sourced { value: default.to_owned(), origin: origin::default() };
        let path = flags.text("config-file").unwrap_or_else(default);
        let contents = DaemonJson::read(host, &path.value);
        let wrong = contents.object().map(wrong_types).unwrap_or_default();
        let refused = contents.object().map(refused_values).unwrap_or_default();
        Self { path, contents, wrong, refused }
    }

    /// Its facts.
    pub(super) fn facts(&self) -> ConfigFile {
        let error = match &self.contents {
            DaemonJson::Unreadable(unknown) => Fact::Gap(unknown.clone()),
            DaemonJson::Malformed(error) => Fact::Known(error.sourced()),
            _ => {
                let errors = self.wrong.iter().map(|wrong| &wrong.error).chain(&self.refused);
                errors.map(DocumentError::sourced).next().into()
            }
        };
        let exists = !matches!(self.contents, DaemonJson::Absent);
        let valid = error.as_ref().map(|_| false);
        ConfigFile {
            path: self.path.clone(),
            exists: Fact::Known(exists),
            valid: if exists { valid.or_absent(true) } else { Fact::Absent },
            error,
        }
    }

    /// The configuration that it makes together with the flags. What an unreadable file would say is
    /// unknown, and what dockerd would run with when it refuses the file, too.
    pub(super) fn merge(&self, flags: &Flags) -> Fact<Configuration> {
        self.object().map(|object| Configuration::merge(flags, object, &self.wrong))
    }

    /// The options that it sets although a flag does.
    pub(super) fn conflicts(&self, flags: &Flags) -> Fact<Vec<Conflict>> {
        self.object().map(|object| object.map_or_else(Vec::new, |object| merge::conflicts(flags, object)))
    }

    /// Some of its keys.
    pub(super) fn keys(&self, pick: fn(&Document) -> Vec<StrayKey>) -> Fact<Vec<Key>> {
        let key = |stray: StrayKey| Key { key: Sourced { value: stray.key, origin: stray.origin } };
        self.object().map(|object| object.map_or_else(Vec::new, pick).into_iter().map(key).collect())
    }

    /// The object that it holds, or nothing if it says nothing.
    fn object(&self) -> Fact<Option<&Document>> {
        match &self.contents {
            DaemonJson::Absent | DaemonJson::Empty => Fact::Known(None),
            DaemonJson::Object(document) => Fact::Known(Some(document)),
            DaemonJson::Unreadable(unknown) => Fact::Gap(unknown.clone()),
            DaemonJson::Malformed(error) => Fact::Gap(error.unknown()),
        }
    }
}
