//! containerd's task bundles: a directory for each container that has, or had, a process.

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;

use super::places::Places;
use super::world::World;
use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::{Dir, HostError, HostErrorKind};

/// Where they are, in containerd's state directory.
const TASKS: &str = "io.containerd.runtime.v2.task";

/// A task bundle.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Bundle {
    /// Its directory.
    ///
    /// Source: containerd's state directories
    pub path: String,
    /// containerd's namespace.
    ///
    /// Source: the directory's parent
    pub namespace: String,
    /// The container's id.
    ///
    /// Source: the directory's name
    pub id: String,
    /// The number of the container's first process; absent as long as it was not started.
    ///
    /// Source: init.pid
    pub pid: Fact<u32>,
    /// Whether that process lives, and is this container's.
    ///
    /// Source: /proc/PID/stat, /proc/PID/cgroup
    pub process_alive: Fact<bool>,
    /// Whether a shim holds the container: its own, or that of its pod.
    ///
    /// Source: /proc/PID/cmdline of the shims, /proc/PID/stat of the process, config.json
    pub has_shim: Fact<bool>,
}

/// All bundles, sorted by their path. What cannot be read is a gap at the end.
pub(super) fn all(ctx: &Context<'_>, places: &Places, world: &World) -> Vec<Fact<Bundle>> {
    let shims = super::shim::all(world);
    let holders: Vec<&str> =
        shims.iter().filter_map(|shim| shim.container.known().map(String::as_str)).collect();
    let mut bundles = Vec::new();
    let mut missing = None;
    for state in &places.containerd_states {
        let tasks = format!("{state}/{TASKS}");
        if let Err(unknown) = read_tasks(ctx, &tasks, world, &holders, &mut bundles) {
            missing = Some(unknown);
        }
    }
    bundles.sort_by(|a, b| a.path.cmp(&b.path));
    bundles.into_iter().map(Fact::Known).chain(missing.map(Fact::Gap)).collect()
}

fn read_tasks(
    ctx: &Context<'_>,
    tasks: &str,
    world: &World,
    holders: &[&str],
    bundles: &mut Vec<Bundle>,
) -> Result<(), Unknown> {
    let directory = match ctx.host.open_dir(tasks) {
        Err(error) if error.kind == HostErrorKind::NotFound => return Ok(()),
        directory => directory?,
    };
    for namespace in directory.entries()? {
        let Ok(ids) = directory.open_dir(&namespace.name) else { continue };
        let namespace = namespace.name.to_string_lossy().into_owned();
        for entry in ids.entries()? {
            if ctx.is_short_of_time() {
                return Err(Unknown::new(GapReason::Timeout, tasks, "there are too many tasks to look at"));
            }
            let id = entry.name.to_string_lossy().into_owned();
            match ids.open_dir(&entry.name) {
                Ok(bundle) => bundles.push(Bundle::read(&bundle, tasks, &namespace, id, world, holders)),
                // Removed meanwhile.
                Err(error) if error.kind == HostErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

impl Bundle {
    fn read(bundle: &Dir, tasks: &str, namespace: &str, id: String, world: &World, holders: &[&str]) -> Self {
        let path = format!("{tasks}/{namespace}/{id}");
        let pid = pid(&path, bundle.read("init.pid"));
        let process_alive = pid.as_ref().map(|pid| is_its(world, *pid, &id)).or_absent(false);
        let held = |holder: &str| Fact::Known(holders.contains(&holder));
        // A process that is a shim's child is held, whatever the shim's arguments say.
        let is_child = pid.known().is_some_and(|pid| is_child_of_shim(world, *pid));
        let has_shim = if is_child || holders.contains(&id.as_str()) {
            Fact::Known(true)
        } else {
            sandbox(&path, bundle).and_then(|sandbox| held(&sandbox)).or_absent(false)
        };
        Self { path, namespace: namespace.to_owned(), id, pid, process_alive, has_shim }
    }
}

fn pid(path: &str, text: Result<Vec<u8>, HostError>) -> Fact<u32> {
    Fact::from(text).and_then(|text| {
        let text = String::from_utf8_lossy(&text).into_owned();
        let malformed = |_| Unknown::malformed(format!("{path}/init.pid"), "the file holds no number");
        text.trim().parse().map_err(malformed).into()
    })
}

/// Whether the process `pid` lives and is the container's: numbers are given anew.
fn is_its(world: &World, pid: u32, id: &str) -> bool {
    let in_group = || world.cgroup(pid).is_some_and(|group| group.contains(id));
    world.alive(pid).is_some() && (is_child_of_shim(world, pid) || in_group())
}

fn is_child_of_shim(world: &World, pid: u32) -> bool {
    let parent = world.alive(pid).and_then(|task| world.alive(task.parent));
    parent.is_some_and(|parent| parent.name == "containerd-shim")
}

/// The sandbox of the pod whose container this is; absent outside of pods.
fn sandbox(path: &str, bundle: &Dir) -> Fact<String> {
    Fact::from(bundle.read("config.json")).and_then(|text| {
        let config: serde_json::Value = match serde_json::from_slice(&text) {
            Ok(config) => config,
            Err(_) => {
                return Fact::Gap(Unknown::malformed(format!("{path}/config.json"), "the file is no JSON"));
            }
        };
        let id = config.pointer("/annotations/io.kubernetes.cri.sandbox-id");
        id.and_then(|id| id.as_str()).map(str::to_owned).into()
    })
}
