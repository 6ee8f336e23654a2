//! Shims: the processes that hold a container while its daemon may be away.

use schemars::JsonSchema;
use serde::Serialize;

use super::world::World;
use crate::containers::Runtime;
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
    /// Whose container it holds; absent if its arguments do not say.
    ///
    /// Source: /proc/PID/cmdline, `-namespace`, `--exit-command`, `--exit-dir`
    pub runtime: Fact<Runtime>,
    /// The number of the user that it runs as; absent if it has ended. A podman without root is that user's own.
    ///
    /// Source: /proc/PID/status
    pub uid: Fact<u32>,
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
        let runtime = match kind {
            ShimKind::ContainerdShim => namespace.as_deref().map(keeper_of_namespace),
            ShimKind::Conmon => keeper_of_conmon(&arguments),
        };
        Self {
            kind,
            pid,
            runtime: runtime.into(),
            uid: world.user(pid).into(),
            namespace: namespace.into(),
            container: id.into(),
            has_process: world.has_child(pid),
        }
    }
}

/// Who keeps the containers of a namespace of containerd.
fn keeper_of_namespace(namespace: &str) -> Runtime {
    if namespace == "moby" { Runtime::Docker } else { Runtime::Containerd }
}

/// Who started conmon. podman has it call podman when the container ends (`--exit-command`); CRI-O, which is
/// there itself, waits for a file in its own directory (`container_exits_dir`, /var/run/crio/exits).
fn keeper_of_conmon(arguments: &[String]) -> Option<Runtime> {
    if value(arguments, "--exit-command").is_some() {
        return Some(Runtime::Podman);
    }
    let is_crios = |directory: String| directory.split('/').any(|part| part == "crio");
    let directories = ["--exit-dir", "--socket-dir-path"];
    let is_crio = directories.iter().any(|option| value(arguments, option).is_some_and(is_crios));
    // CRI-O names its containers as dockershim did.
    let is_pods = || value(arguments, "-n").is_some_and(|name| name.starts_with("k8s_"));
    (is_crio || is_pods()).then_some(Runtime::CriO)
}

/// What follows the option `name`.
fn value(arguments: &[String], name: &str) -> Option<String> {
    let at = arguments.iter().position(|argument| argument == name)?;
    arguments.get(at + 1).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conmon_is_podmans_or_crios() {
        let keeper =
            |arguments: &str| keeper_of_conmon(&arguments.split(' ').map(str::to_owned).collect::<Vec<_>>());
        let podman = "/usr/bin/conmon --api-version 1 -c c1 -u c1 -r /usr/bin/crun -b /b -p /p -n web --exit-dir /run/libpod/exits \
                      --full-attach -s -l journald --conmon-pidfile /c --exit-command /usr/bin/podman --exit-command-arg container";
        assert_eq!(keeper(podman), Some(Runtime::Podman));
        let crio = "/usr/libexec/crio/conmon -b /b -c c1 --exit-dir /var/run/crio/exits -l /var/log/pods/x/0.log --log-level info \
                    -n k8s_web_web-1_default_u_0 -P /c -p /p --persist-dir /d -r /usr/bin/crun --socket-dir-path /var/run/crio -u c1 -s";
        assert_eq!(keeper(crio), Some(Runtime::CriO));
        assert_eq!(
            keeper("conmon -c c1 --exit-dir /srv/exits -n k8s_POD_web-1_default_u_0"),
            Some(Runtime::CriO)
        );
        assert_eq!(keeper("conmon -c c1 -n web"), None);
        assert_eq!(keeper("conmon"), None);
    }
}
