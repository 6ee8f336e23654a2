//! The daemons of container runtimes that run, and where they listen.

use schemars::JsonSchema;
use serde::Serialize;

use super::world::World;
use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::HostErrorKind;

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
    /// The unix socket that it listens on; absent if it listens on none.
    ///
    /// Source: /proc/PID/cmdline, the configuration file that it names, the place by default
    pub socket: Fact<String>,
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
    pub(super) socket: Fact<String>,
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

/// The configuration file of a containerd that names none.
const CONTAINERD_CONFIG: &str = "/etc/containerd/config.toml";

/// The daemons that run on the node itself, sorted by name and number.
///
/// # Errors
///
/// If the configuration file of one is there and cannot be read.
pub(super) fn find(ctx: &Context<'_>, world: &World) -> Result<Vec<Found>, Unknown> {
    let mut found = Vec::new();
    for (process, name) in NAMES {
        for pid in world.named(process).filter(|pid| world.is_of_node(*pid)) {
            let arguments = Arguments(world.arguments(pid));
            found.extend(Found::of(ctx, name, pid, &arguments));
        }
    }
    found.sort_by_key(|daemon| (daemon.name, daemon.pid));
    Ok(found)
}

impl Found {
    fn of(ctx: &Context<'_>, name: DaemonName, pid: u32, arguments: &Arguments) -> Option<Self> {
        let mut found = Self { name, pid, socket: Fact::Absent, state: None };
        match name {
            DaemonName::Containerd => found.read_containerd(ctx, arguments),
            DaemonName::CriDockerd => found.socket = cri_dockerd_socket(arguments),
            DaemonName::CriO => {
                let socket = arguments.value(&["--listen"]).unwrap_or("/var/run/crio/crio.sock");
                found.socket = Fact::Known(plain_path(socket));
            }
            DaemonName::Docker => {
                found.socket = docker_socket(arguments);
                found.state = Some(arguments.value(&["--exec-root"]).unwrap_or("/var/run/docker").to_owned());
            }
            DaemonName::Podman => found.socket = Fact::Known(podman_socket(arguments)?),
        }
        Some(found)
    }

    /// containerd's flags go before its configuration file.
    fn read_containerd(&mut self, ctx: &Context<'_>, arguments: &Arguments) {
        let file = arguments.value(&["--config", "-c"]).unwrap_or(CONTAINERD_CONFIG);
        let config = containerd_config(ctx, file);
        let of_file = |path: &[&str]| {
            let table = config.known()?;
            let (last, tables) = path.split_last()?;
            let table = tables.iter().try_fold(table, |table, name| table.get(*name)?.as_table())?;
            table.get(*last)?.as_str().filter(|value| !value.is_empty()).map(str::to_owned)
        };
        let of_flag = |names: &[&str]| arguments.value(names).map(str::to_owned);
        let socket = of_flag(&["--address", "-a"]).or_else(|| of_file(&["grpc", "address"]));
        self.socket = match (socket, &config) {
            (Some(socket), _) => Fact::Known(plain_path(&socket)),
            (None, Fact::Gap(unknown)) => Fact::Gap(unknown.clone()),
            (None, _) => Fact::Known("/run/containerd/containerd.sock".to_owned()),
        };
        self.state = of_flag(&["--state"]).or_else(|| of_file(&["state"]));
    }
}

/// The configuration file; absent if it is not there.
fn containerd_config(ctx: &Context<'_>, file: &str) -> Fact<toml::Table> {
    match ctx.host.read_text(file) {
        Ok(text) => match text.parse() {
            Ok(table) => Fact::Known(table),
            // Its words could quote a secret.
            Err(_) => Fact::Gap(Unknown::malformed(file, "the file is no TOML")),
        },
        Err(error) if error.kind == HostErrorKind::NotFound => Fact::Absent,
        Err(error) => Fact::Gap(error.into()),
    }
}

fn docker_socket(arguments: &Arguments) -> Fact<String> {
    let hosts: Vec<&str> = arguments.values(&["--host", "-H"]).collect();
    match hosts.iter().find(|host| host.starts_with("unix://") || host.starts_with('/')) {
        Some(host) => {
            Fact::Known(Some(plain_path(host)).filter(|path| !path.is_empty()).unwrap_or_else(default_docker))
        }
        // Handed over by systemd, configured in daemon.json, or not at all.
        None if hosts.iter().all(|host| host.starts_with("fd://")) => Fact::Known(default_docker()),
        None => Fact::Absent,
    }
}

fn default_docker() -> String {
    "/var/run/docker.sock".to_owned()
}

fn cri_dockerd_socket(arguments: &Arguments) -> Fact<String> {
    match arguments.value(&["--container-runtime-endpoint"]) {
        Some(address) if address.starts_with("fd://") => Fact::Known("/run/cri-dockerd.sock".to_owned()),
        Some(address) if address.starts_with("tcp://") => Fact::Absent,
        Some(address) => Fact::Known(plain_path(address)),
        None => Fact::Known("/run/cri-dockerd.sock".to_owned()),
    }
}

/// `podman system service [URI]`; none for every other podman.
fn podman_socket(arguments: &Arguments) -> Option<String> {
    let words: Vec<&str> = arguments.0.iter().map(String::as_str).collect();
    let at = words.windows(2).position(|pair| pair == ["system", "service"])?;
    let address = words.iter().skip(at + 2).find(|word| word.starts_with("unix:"));
    Some(address.map_or_else(|| "/run/podman/podman.sock".to_owned(), |address| plain_path(address)))
}

/// `unix:///run/x.sock` → `/run/x.sock`.
fn plain_path(address: &str) -> String {
    address.strip_prefix("unix://").or_else(|| address.strip_prefix("unix:")).unwrap_or(address).to_owned()
}

/// The arguments of a process, the program first.
struct Arguments(Vec<String>);

impl Arguments {
    /// The values of an option, given as `--name value`, `--name=value` or `-n value`.
    fn values<'a>(&'a self, names: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
        let following = self.0.iter().skip(2).map(Some).chain([None]);
        self.0.iter().skip(1).zip(following).filter_map(|(word, next)| {
            names.iter().find_map(|name| match word.strip_prefix(name)? {
                "" => next.map(String::as_str),
                rest => rest.strip_prefix('='),
            })
        })
    }

    /// The last of them, which counts.
    fn value<'a>(&'a self, names: &'a [&'a str]) -> Option<&'a str> {
        self.values(names).last()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Arguments {
        Arguments(line.split(' ').map(str::to_owned).collect())
    }

    #[test]
    fn options_have_values_in_every_form() {
        let line = arguments("containerd --state=/a -a /b.sock --state /c --root");
        assert_eq!(line.value(&["--state"]), Some("/c"));
        assert_eq!(line.value(&["--address", "-a"]), Some("/b.sock"));
        assert_eq!(line.value(&["--root"]), None);
        assert_eq!(line.value(&["--stat"]), None);
    }

    #[test]
    fn sockets_are_where_the_arguments_say() {
        let docker = |line: &str| docker_socket(&arguments(line)).known().cloned();
        assert_eq!(docker("dockerd -H tcp://0.0.0.0:1 -H unix:///x.sock").as_deref(), Some("/x.sock"));
        assert_eq!(docker("dockerd -H fd:// --containerd=/c").as_deref(), Some("/var/run/docker.sock"));
        assert_eq!(docker("dockerd -H tcp://0.0.0.0:1"), None);
        let podman = |line: &str| podman_socket(&arguments(line));
        assert_eq!(podman("podman system service --time=0 unix:///p.sock").as_deref(), Some("/p.sock"));
        assert_eq!(podman("podman run x"), None);
        let cri = |line: &str| cri_dockerd_socket(&arguments(line)).known().cloned();
        assert_eq!(
            cri("cri-dockerd --container-runtime-endpoint fd://").as_deref(),
            Some("/run/cri-dockerd.sock")
        );
        assert_eq!(cri("cri-dockerd --container-runtime-endpoint=unix:///y").as_deref(), Some("/y"));
    }
}
