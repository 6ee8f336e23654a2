//! What OCI runtimes remember of their containers: runc's `state.json`, crun's `status`.

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::places::{Places, USERS};
use super::world::World;
use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::HostErrorKind;
use crate::listing;

/// How a container fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OciStatus {
    /// Made, and not started yet.
    Created,
    /// It runs.
    Running,
    /// Its processes are frozen.
    Paused,
    /// Its first process is gone.
    Stopped,
}

/// What an OCI runtime remembers of a container.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct OciState {
    /// The file.
    ///
    /// Source: the runtimes' state directories
    pub path: String,
    /// The directory of the runtime's states, for its option `--root`.
    ///
    /// Source: the runtimes' state directories
    pub root: String,
    /// The runtime that wrote it: `runc` or `crun`. Other runtimes write as runc does.
    ///
    /// Source: the name of the file
    pub runtime: String,
    /// The container's id.
    ///
    /// Source: the directory's name
    pub id: String,
    /// Its bundle; absent if the file does not say.
    ///
    /// Source: state.json, `config.labels`; status, `bundle`
    pub bundle: Fact<String>,
    /// Whether that directory is there.
    ///
    /// Source: the bundle
    pub bundle_exists: Fact<bool>,
    /// The number of its first process.
    ///
    /// Source: state.json, `init_process_pid`; status, `pid`
    pub pid: Fact<u32>,
    /// How it fares.
    ///
    /// Source: /proc/PID/stat, the freezer of its control group
    pub status: Fact<OciStatus>,
}

/// What the two formats have in common.
struct Memory {
    runtime: &'static str,
    pid: Option<u32>,
    started: Option<u64>,
    bundle: Option<String>,
    /// The files that say whether the container is frozen, and the word for it.
    freezers: Vec<(String, &'static str)>,
}

/// All states, sorted by their path. What cannot be read is a gap at the end.
pub(super) fn all(ctx: &Context<'_>, places: &Places, world: &World) -> Vec<Fact<OciState>> {
    let mut states = Vec::new();
    let mut missing = None;
    for root in roots(ctx, places, &mut missing) {
        match listing::names(ctx.host, &root) {
            Ok(ids) => {
                for id in ids {
                    if ctx.is_short_of_time() {
                        let detail = "there are too many containers to look at";
                        missing = Some(Unknown::new(GapReason::Timeout, &root, detail));
                        break;
                    }
                    states.extend(OciState::read(ctx, &root, &id, world));
                }
            }
            Err(error) => missing = Some(error.into()),
        }
    }
    states.extend(missing.map(Fact::Gap));
    states
}

/// The directories, those in the namespaces of each containerd and those of each user among them.
fn roots(ctx: &Context<'_>, places: &Places, missing: &mut Option<Unknown>) -> Vec<String> {
    let mut names = |directory: String| match listing::names(ctx.host, &directory) {
        Ok(names) => names.into_iter().map(|name| format!("{directory}/{name}")).collect(),
        Err(error) => {
            *missing = Some(error.into());
            Vec::new()
        }
    };
    let mut roots: Vec<String> = places.oci_roots.iter().cloned().collect();
    for state in &places.containerd_states {
        roots.extend(names(format!("{state}/runc")));
    }
    let users: Vec<String> = names(USERS.to_owned());
    roots.extend(users.iter().flat_map(|user| ["runc", "crun"].map(|runtime| format!("{user}/{runtime}"))));
    roots.sort();
    roots.dedup();
    roots
}

impl OciState {
    /// The state of the container `id`; none for a directory that holds none.
    fn read(ctx: &Context<'_>, root: &str, id: &str, world: &World) -> Option<Fact<Self>> {
        for (file, parse) in [("state.json", of_runc as fn(&Value) -> Memory), ("status", of_crun)] {
            let path = format!("{root}/{id}/{file}");
            match ctx.host.read(&path) {
                Err(error) if error.kind == HostErrorKind::NotFound => {}
                Err(error) => return Some(Fact::Gap(error.into())),
                Ok(text) => {
                    let Ok(value) = serde_json::from_slice(&text) else {
                        return Some(Fact::Gap(Unknown::malformed(path, "the file is no JSON")));
                    };
                    return Some(Fact::Known(Self::of(ctx, root, id, path, parse(&value), world)));
                }
            }
        }
        None
    }

    fn of(ctx: &Context<'_>, root: &str, id: &str, path: String, memory: Memory, world: &World) -> Self {
        let unstarted = || ctx.host.exists(format!("{root}/{id}/exec.fifo"));
        let status = match memory.pid {
            None | Some(0) => Fact::Gap(Unknown::malformed(&path, "the file names no process")),
            Some(pid) if !memory.is_alive(pid, world) => Fact::Known(OciStatus::Stopped),
            Some(_) => match (memory.is_frozen(ctx), unstarted()) {
                (Err(unknown), _) => Fact::Gap(unknown),
                (Ok(true), _) => Fact::Known(OciStatus::Paused),
                (Ok(false), Ok(true)) => Fact::Known(OciStatus::Created),
                (Ok(false), Ok(false)) => Fact::Known(OciStatus::Running),
                (Ok(false), Err(error)) => Fact::Gap(error.into()),
            },
        };
        let bundle: Fact<String> = memory.bundle.into();
        Self {
            root: root.to_owned(),
            runtime: memory.runtime.to_owned(),
            id: id.to_owned(),
            bundle_exists: bundle.as_ref().and_then(|bundle| ctx.host.exists(bundle).into()),
            bundle,
            pid: memory.pid.into(),
            status,
            path,
        }
    }
}

impl Memory {
    /// Whether the process lives that was started then: numbers are given anew.
    fn is_alive(&self, pid: u32, world: &World) -> bool {
        world.alive(pid).is_some_and(|task| self.started.is_none_or(|started| started == task.started))
    }

    fn is_frozen(&self, ctx: &Context<'_>) -> Result<bool, Unknown> {
        for (file, frozen) in &self.freezers {
            match ctx.host.read_text(file) {
                Ok(text) => return Ok(text.trim() == *frozen),
                Err(error) if error.kind == HostErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(false)
    }
}

fn of_runc(state: &Value) -> Memory {
    let paths = state.get("cgroup_paths").and_then(Value::as_object);
    let path = |name: &str| paths.and_then(|paths| paths.get(name)?.as_str());
    let mut freezers = Vec::new();
    freezers.extend(path("freezer").map(|group| (format!("{group}/freezer.state"), "FROZEN")));
    freezers.extend(path("").map(|group| (format!("{group}/cgroup.freeze"), "1")));
    let labels = state.pointer("/config/labels").and_then(Value::as_array);
    let bundle = labels.into_iter().flatten().find_map(|label| label.as_str()?.strip_prefix("bundle="));
    let number = |name: &str| state.get(name).and_then(Value::as_u64);
    Memory {
        runtime: "runc",
        pid: number("init_process_pid").and_then(|pid| pid.try_into().ok()),
        started: number("init_process_start"),
        bundle: bundle.map(str::to_owned),
        freezers,
    }
}

fn of_crun(status: &Value) -> Memory {
    let group = status.get("cgroup-path").and_then(Value::as_str).filter(|group| !group.is_empty());
    let group = group.map(|group| group.trim_start_matches('/'));
    let freezers = group.into_iter().flat_map(|group| {
        [
            (format!("/sys/fs/cgroup/{group}/cgroup.freeze"), "1"),
            (format!("/sys/fs/cgroup/freezer/{group}/freezer.state"), "FROZEN"),
        ]
    });
    let number = |name: &str| status.get(name).and_then(Value::as_u64);
    Memory {
        runtime: "crun",
        pid: number("pid").and_then(|pid| pid.try_into().ok()),
        started: number("process-start-time"),
        bundle: status.get("bundle").and_then(Value::as_str).map(str::to_owned),
        freezers: freezers.collect(),
    }
}
