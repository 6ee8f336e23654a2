//! The daemons of container runtimes that run, and where they listen.

use plimsoll_engine::snapshot::{GapReason, Layer};
use schemars::JsonSchema;
use serde::Serialize;

use super::world::World;
use crate::containerd::Instance;
use crate::context::Context;
use crate::crio;
use crate::daemon::{self, Process};
use crate::docker;
use crate::fact::{Fact, Sourced, Unknown};
use crate::origin;
use crate::runtime_endpoint::without_var;

/// What a daemon is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DaemonName {
    /// containerd, also that of dockerd, k3s, k0s or MicroK8s.
    Containerd,
    /// cri-dockerd.
    CriDockerd,
    /// CRI-O.
    CriO,
    /// dockerd.
    Docker,
    /// podman as a service.
    Podman,
}

/// A daemon that runs.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Daemon {
    /// What it is.
    ///
    /// Source: /proc/PID/stat
    pub name: DaemonName,
    /// Its number.
    ///
    /// Source: /proc
    pub pid: u32,
    /// The unix socket that it listens on, the first of several; absent if it listens on none. `/var/run` is
    /// written as `/run`, of which it is another name.
    ///
    /// Source: the daemon's effective configuration: its flags, its configuration files with what they import,
    /// its default; for `fd://` `ListenStream` of the unit `docker.socket`
    pub socket: Fact<Sourced<String>>,
    /// Whether it answers. False for a stopped or wedged one, and for a socket that nobody listens on.
    ///
    /// Source: `GET /_ping` of the Docker API; an exchange of HTTP/2 settings; `Version` over gRPC
    pub responding: Fact<bool>,
    /// What it says over the Container Runtime Interface; absent if it does not speak it.
    ///
    /// Source: CRI `Version`, `Status`
    pub cri: Fact<Cri>,
}

/// What a runtime says over the Container Runtime Interface.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Cri {
    /// The version of the interface, `v1` or `v1alpha2`.
    ///
    /// Source: CRI, the name of the service
    pub api: String,
    /// The runtime's name.
    ///
    /// Source: CRI `Version`, `runtime_name`
    pub runtime: String,
    /// The runtime's version.
    ///
    /// Source: CRI `Version`, `runtime_version`
    pub version: String,
    /// Whether it can run containers.
    ///
    /// Source: CRI `Status`, the condition `RuntimeReady`
    pub runtime_ready: Fact<bool>,
    /// Whether it can give them a network.
    ///
    /// Source: CRI `Status`, the condition `NetworkReady`
    pub network_ready: Fact<bool>,
    /// All its conditions, in its order.
    ///
    /// Source: CRI `Status`
    pub conditions: Fact<Vec<Condition>>,
}

/// A condition of a runtime.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Condition {
    /// Its name, `NetworkReady`.
    ///
    /// Source: CRI `Status`, `type`
    pub name: String,
    /// Whether it holds.
    ///
    /// Source: CRI `Status`, `status`
    pub status: bool,
    /// Why not, in one word, `NetworkPluginNotReady`; empty if it holds.
    ///
    /// Source: CRI `Status`, `reason`
    pub reason: String,
    /// Why not, secrets masked.
    ///
    /// Source: CRI `Status`, `message`
    pub message: String,
}

/// A daemon that was found, with the directories that it uses.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub(super) name: DaemonName,
    pub(super) pid: u32,
    pub(super) socket: Fact<Sourced<String>>,
    /// Where it keeps what lives until the next boot.
    pub(super) state: Option<String>,
}

/// How procfs names them.
const NAMES: [(&str, DaemonName); 5] = [
    ("containerd", DaemonName::Containerd),
    ("cri-dockerd", DaemonName::CriDockerd),
    ("crio", DaemonName::CriO),
    ("dockerd", DaemonName::Docker),
    ("podman", DaemonName::Podman),
];

/// Where cri-dockerd listens unless it is told otherwise, and where its unit has systemd listen.
const CRI_DOCKERD: &str = "/run/cri-dockerd.sock";

/// The daemons that run on the node itself, root's and users', sorted by name and number.
///
/// # Errors
///
/// If the processes cannot be told.
pub(super) fn find(ctx: &Context<'_>, world: &World) -> Result<Vec<Found>, Unknown> {
    let mut found = Vec::new();
    for (process, name) in NAMES {
        for pid in world.named(process).filter(|pid| world.is_of_node(*pid)) {
            match daemon::read(ctx.host, pid) {
                Fact::Known(process) => found.extend(Found::of(ctx, name, process, world.is_of_root(pid))),
                // It ended meanwhile.
                Fact::Absent => {}
                Fact::Gap(unknown) => return Err(unknown),
            }
        }
    }
    found.sort_by_key(|daemon| (daemon.name, daemon.pid));
    Ok(found)
}

impl Found {
    /// The daemon that runs as `process`; none if that is a podman which serves nobody.
    fn of(ctx: &Context<'_>, name: DaemonName, process: Process, is_of_root: bool) -> Option<Self> {
        let pid = process.pid;
        let (socket, state) = match name {
            DaemonName::Containerd => {
                let Instance { address, state, .. } = Instance::running(ctx, process);
                if is_of_root { (address, Some(state)) } else { (told(pid, address), Some(told(pid, state))) }
            }
            DaemonName::Docker if is_of_root => {
                let dockerd = docker::Instance::running(ctx, process);
                (dockerd.socket, Some(dockerd.exec_root))
            }
            DaemonName::Docker => (docker::rootless_socket(ctx, process), None),
            DaemonName::CriO => (crio::socket(ctx, process), None),
            DaemonName::CriDockerd => (cri_dockerd_socket(&Arguments::of(&process)), None),
            DaemonName::Podman => {
                let socket = podman_socket(&Arguments::of(&process))?;
                (if is_of_root { socket } else { told(pid, socket) }, None)
            }
        };
        let socket = socket.map(|socket| Sourced { value: without_var(plain(&socket.value)), ..socket });
        let state = state.and_then(|state| state.known().map(|state| state.value.clone()));
        Some(Self { name, pid, socket, state })
    }
}

/// What the daemon of a user was told. By default it has its files where root has them, in a mount namespace
/// of its own.
fn told(pid: u32, path: Fact<Sourced<String>>) -> Fact<Sourced<String>> {
    path.and_then(|path| match path.origin.layer {
        Layer::Default => {
            let detail = "a user's daemon has its default paths in a mount namespace of its own";
            Fact::Gap(Unknown::new(GapReason::Unsupported, format!("/proc/{pid}"), detail))
        }
        _ => Fact::Known(path),
    })
}

fn cri_dockerd_socket(arguments: &Arguments) -> Fact<Sourced<String>> {
    match arguments.value("--container-runtime-endpoint") {
        Some(address) if address.value.starts_with("fd://") => {
            Fact::Known(Sourced { value: CRI_DOCKERD.to_owned(), ..address })
        }
        Some(address) if address.value.starts_with("tcp://") => Fact::Absent,
        Some(address) => Fact::Known(address),
        None => Fact::Known(by_default(CRI_DOCKERD)),
    }
}

/// `podman system service [URI]`; none for every other podman.
fn podman_socket(arguments: &Arguments) -> Option<Fact<Sourced<String>>> {
    let is = |at: usize, word: &str| arguments.0.get(at).is_some_and(|argument| argument.value == word);
    let at = (0..arguments.0.len()).find(|at| is(*at, "system") && is(at + 1, "service"))?;
    let address = arguments.0.iter().skip(at + 2).find(|argument| argument.value.starts_with("unix:"));
    Some(Fact::Known(address.cloned().unwrap_or_else(|| by_default("/run/podman/podman.sock"))))
}

fn by_default(path: &str) -> Sourced<String> {
    Sourced { value: path.to_owned(), origin: origin::default() }
}

/// `unix:///run/x.sock` → `/run/x.sock`.
fn plain(address: &str) -> &str {
    address.strip_prefix("unix://").or_else(|| address.strip_prefix("unix:")).unwrap_or(address)
}

/// The arguments of a process, the program first, each with its place.
struct Arguments(Vec<Sourced<String>>);

impl Arguments {
    fn of(process: &Process) -> Self {
        Self(daemon::placed(process, &[]))
    }

    /// The value of the last option `name`, which counts, given as `--name value` or `--name=value`.
    fn value(&self, name: &str) -> Option<Sourced<String>> {
        let following = self.0.iter().skip(2).map(Some).chain([None]);
        let values = self.0.iter().skip(1).zip(following).filter_map(|(word, next)| {
            match word.value.strip_prefix(name)? {
                "" => next.cloned(),
                rest => Some(Sourced { value: rest.strip_prefix('=')?.to_owned(), ..word.clone() }),
            }
        });
        values.last()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Arguments {
        Arguments(line.split(' ').map(by_default).collect())
    }

    fn value(socket: Fact<Sourced<String>>) -> Option<String> {
        socket.known().map(|socket| socket.value.clone())
    }

    #[test]
    fn options_have_values_in_every_form() {
        let line = arguments("x --state=/a --state /c --root");
        assert_eq!(line.value("--state").unwrap().value, "/c");
        assert_eq!(line.value("--root"), None);
        assert_eq!(line.value("--stat"), None);
    }

    #[test]
    fn sockets_are_where_the_arguments_say() {
        let podman = |line: &str| podman_socket(&arguments(line)).map(|socket| value(socket).unwrap());
        assert_eq!(
            podman("podman system service --time=0 unix:///p.sock").as_deref(),
            Some("unix:///p.sock")
        );
        assert_eq!(podman("podman system service").as_deref(), Some("/run/podman/podman.sock"));
        assert_eq!(podman("podman run x"), None);
        let cri = |line: &str| value(cri_dockerd_socket(&arguments(line)));
        assert_eq!(cri("cri-dockerd --container-runtime-endpoint fd://").as_deref(), Some(CRI_DOCKERD));
        assert_eq!(cri("cri-dockerd --container-runtime-endpoint=unix:///y").as_deref(), Some("unix:///y"));
        assert_eq!(cri("cri-dockerd --container-runtime-endpoint=tcp://x:1"), None);
    }
}
