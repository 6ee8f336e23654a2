//! Shims: the processes that hold a container while its daemon may be away.

use schemars::JsonSchema;
use serde::Serialize;

use super::world::World;
use crate::fact::Fact;

/// What a shim is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ShimKind {
    /// containerd's, which docker has, too. In Kubernetes one holds all containers of a pod.
    ContainerdShim,
    /// podman's and CRI-O's.
    Conmon,
}

/// A shim.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Shim {
    /// What it is.
    ///
    /// Source: /proc/PID/stat
    pub kind: ShimKind,
    /// Its number.
    ///
    /// Source: /proc
    pub pid: u32,
    /// containerd's namespace, `k8s.io`, `moby`; absent for conmon.
    ///
    /// Source: /proc/PID/cmdline, `-namespace`
    pub namespace: Fact<String>,
    /// The id of its container, or of its pod's sandbox; absent if its arguments do not say.
    ///
    /// Source: /proc/PID/cmdline, `-id`, `-c`
    pub container: Fact<String>,
    /// Whether a process of a container lives under it.
    ///
    /// Source: /proc/PID/stat
    pub has_process: bool,
}

/// The shims, by number.
pub(super) fn all(world: &World) -> Vec<Shim> {
    // The kernel cuts names at 15 bytes: containerd-shim-runc-v2 is one, too.
    let of_containerd =
        world.named("containerd-shim").map(|pid| Shim::of(world, ShimKind::ContainerdShim, pid));
    let conmons = world.named("conmon").map(|pid| Shim::of(world, ShimKind::Conmon, pid));
    let mut shims: Vec<Shim> = of_containerd.chain(conmons).collect();
    shims.sort_by_key(|shim| shim.pid);
    shims
}

impl Shim {
    fn of(world: &World, kind: ShimKind, pid: u32) -> Self {
        let arguments = world.arguments(pid);
        let (id, namespace) = match kind {
            ShimKind::ContainerdShim => (value(&arguments, "-id"), value(&arguments, "-namespace")),
            ShimKind::Conmon => (value(&arguments, "-c").or_else(|| value(&arguments, "--cid")), None),
        };
        Self {
            kind,
            pid,
            namespace: namespace.into(),
            container: id.into(),
            has_process: world.has_child(pid),
        }
    }
}

/// What follows the option `name`.
fn value(arguments: &[String], name: &str) -> Option<String> {
    let at = arguments.iter().position(|argument| argument == name)?;
    arguments.get(at + 1).cloned()
}
