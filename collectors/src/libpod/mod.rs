//! What podman keeps of its containers and pods: libpod's database in the storage's directory, `db.sql`, an SQLite
//! database, from podman 4.8 on, and before in `libpod/bolt_state.db`.

mod bolt_state;
mod sqlite_state;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::context::Context;
use crate::fact::Unknown;
use crate::host::HostErrorKind;

/// What the database of one storage holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Libpod {
    /// The containers, by their ids.
    pub(crate) containers: BTreeMap<String, Container>,
    /// The names of the pods, by their ids.
    pub(crate) pods: BTreeMap<String, String>,
}

/// A container.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Container {
    pub(crate) config: Config,
    pub(crate) state: State,
}

/// What is read of a container's configuration.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Config {
    pub(crate) name: String,
    /// A directory that it runs on in place of an image: the store need not have anything of it.
    pub(crate) rootfs: String,
    #[serde(rename = "rootfsImageName")]
    pub(crate) image: String,
    /// The id of its pod.
    pub(crate) pod: String,
    /// Whether it holds the namespaces of its pod.
    #[serde(rename = "pause")]
    pub(crate) is_infra: bool,
    #[serde(rename = "createdTime")]
    pub(crate) created: String,
    #[serde(rename = "logPath")]
    pub(crate) log_path: String,
}

/// What podman last saw a container do. After a boot it is what it did before, until podman is used.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct State {
    /// A number of `ContainerStatus` (`libpod/define/containerstate.go` of github.com/containers/podman).
    #[serde(rename = "state")]
    pub(crate) status: u8,
    pub(crate) pid: u32,
    pub(crate) started_time: String,
    pub(crate) finished_time: String,
    pub(crate) exit_code: i64,
    pub(crate) oom_killed: bool,
    pub(crate) restart_count: u64,
}

/// What podman knows, from the database that was written last in the storage at `root`; `None` if there is none.
/// `is_over` says when to give up.
///
/// # Errors
///
/// If a database cannot be read, is not of its format, or is written all the time.
pub(crate) fn read(
    ctx: &Context<'_>,
    root: &str,
    is_over: &dyn Fn() -> bool,
) -> Result<Option<Libpod>, Unknown> {
    let root = root.trim_end_matches('/');
    let (sqlite, bolt) = (format!("{root}/db.sql"), format!("{root}/libpod/bolt_state.db"));
    let written = |path: &str| match ctx.host.metadata(path) {
        Ok(inode) => Ok(Some(inode.mtime)),
        Err(error) if error.kind == HostErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
    match (written(&sqlite)?, written(&bolt)?) {
        (None, None) => Ok(None),
        // After a change of the form the former one is left.
        (Some(new), old) if old.is_none_or(|old| old <= new) => {
            sqlite_state::read(ctx.host, &sqlite, is_over).map(Some)
        }
        _ => bolt_state::read(ctx.host, &bolt, is_over).map(Some),
    }
}

/// A document in the database at `path`.
fn parsed<T: DeserializeOwned>(path: &str, what: &str, document: &[u8]) -> Result<T, Unknown> {
    serde_json::from_slice(document).map_err(|error| Unknown::malformed(path, format!("{what}: {error}")))
}

#[cfg(test)]
mod tests;
