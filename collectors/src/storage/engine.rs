//! The engine that a store belongs to, and how its commands have to be called so that they act on that store
//! and on no other.

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::daemon;
use crate::os::{self, Init};
use crate::systemd::UnitFiles;

/// The engine that a store belongs to. Each command is told word by word, ready for its arguments to follow.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Engine {
    /// docker, with the socket of the dockerd whose data root the store is in, or which may have its containers in
    /// the namespace `moby` of this containerd.
    ///
    /// Source: dockerd's command line and daemon.json, of the node or of the user
    pub docker: Option<Vec<String>>,
    /// podman, with the store's directories where they are not the configured ones, as the store's user.
    ///
    /// Source: storage.conf, crio.conf
    pub podman: Option<Vec<String>>,
    /// The program `containers-storage`, likewise.
    ///
    /// Source: storage.conf, crio.conf
    pub containers_storage: Option<Vec<String>>,
    /// CRI-O's own program, if the store is CRI-O's.
    ///
    /// Source: crio.conf
    pub crio: Option<Vec<String>>,
    /// crictl, with the socket of the runtime whose store it is, if that one serves Kubernetes.
    ///
    /// Source: the command line and the configuration of containerd or CRI-O
    pub crictl: Option<Vec<String>>,
    /// ctr, with the socket of the containerd whose store it is.
    ///
    /// Source: containerd's command line and configuration
    pub ctr: Option<Vec<String>>,
    /// What stops the daemon; absent if there is none, or if nothing tells what starts it.
    ///
    /// Source: the init system, /proc/PID/cgroup, systemd's unit search path, /etc/init.d
    pub stop: Option<Vec<String>>,
    /// What starts it again.
    ///
    /// Source: as `stop`
    pub start: Option<Vec<String>>,
}

/// Whose a store is.
#[derive(Debug, Clone, Default)]
pub(super) struct Keeper {
    /// The engine that uses it; `None` for a copy, and for what an engine left that is gone.
    pub(super) engine: Option<Engine>,
    /// The user whose rootless store it is.
    pub(super) user: Option<String>,
    /// What runs a command with the rights that the store's files need: nothing for root's. Root itself must
    /// not: the user may put a symbolic link in the place of a directory.
    pub(super) as_owner: Vec<String>,
}

/// How a daemon is stopped and started.
#[derive(Debug, Clone, Default)]
pub(super) struct Service {
    pub(super) stop: Option<Vec<String>>,
    pub(super) start: Option<Vec<String>>,
}

impl Keeper {
    /// Of the node itself.
    pub(super) fn node(engine: Option<Engine>) -> Self {
        Self { engine, ..Self::default() }
    }

    /// Of a user, in whose user namespace `inside` runs a command.
    pub(super) fn user(engine: Option<Engine>, user: &str, inside: &str) -> Self {
        Self { engine, user: Some(user.to_owned()), as_owner: as_user(user, inside) }
    }
}

impl Service {
    /// The service of the node that one of `units` starts: that one whose control group the process `pid` is
    /// in, or else the first that there is; where systemd does not run, the init script of the same name.
    pub(super) fn of_node(ctx: &Context<'_>, pid: Option<u32>, units: &[&str]) -> Self {
        let script = |unit: &&&str| {
            let name = unit.trim_end_matches(".service");
            ctx.host.exists(format!("/etc/init.d/{name}")).unwrap_or(false)
        };
        let scripted = || units.iter().find(script).map(|unit| unit.trim_end_matches(".service"));
        match os::init(ctx).known() {
            Some(Init::Systemd) => {
                let Ok(files) = UnitFiles::list(ctx.host) else { return Self::default() };
                let unit = daemon::unit_that_starts(ctx.host, pid, units);
                let Ok(Some(unit)) = unit else { return Self::default() };
                // A client that calls would start the daemon again.
                let socket = unit.replace(".service", ".socket");
                let socket = files.names("socket").contains(socket.as_str()).then_some(socket);
                let stop = ["systemctl", "stop"].into_iter().chain(socket.as_deref()).chain([unit]);
                Self {
                    stop: Some(stop.map(str::to_owned).collect()),
                    start: words(&["systemctl", "start", unit]),
                }
            }
            Some(Init::Openrc) => scripted().map_or(Self::default(), |name| Self {
                stop: words(&["rc-service", name, "stop"]),
                start: words(&["rc-service", name, "start"]),
            }),
            Some(Init::Sysvinit) => scripted().map_or(Self::default(), |name| Self {
                stop: words(&["service", name, "stop"]),
                start: words(&["service", name, "start"]),
            }),
            Some(Init::Other) | None => Self::default(),
        }
    }

    /// The service `unit` of a user's own service manager.
    pub(super) fn of_user(ctx: &Context<'_>, user: &str, unit: &str) -> Self {
        if os::init(ctx).known() != Some(&Init::Systemd) {
            return Self::default();
        }
        let machine = format!("--machine={user}@");
        let command = |verb| words(&["systemctl", "--user", &machine, verb, unit]);
        Self { stop: command("stop"), start: command("start") }
    }
}

/// The words of a command.
pub(super) fn words(words: &[&str]) -> Option<Vec<String>> {
    Some(words.iter().map(|word| (*word).to_owned()).collect())
}

/// What has `user` run `command` with the words that follow. The login shell of a user may be any program.
pub(super) fn as_user(user: &str, command: &str) -> Vec<String> {
    let script = format!("{command} \"$@\"");
    ["runuser", "-l", user, "-s", "/bin/sh", "-c", &script, "--", "sh"].map(str::to_owned).to_vec()
}

/// crictl for the runtime that listens on the socket `path`.
pub(super) fn crictl(program: &str, path: &str) -> Option<Vec<String>> {
    words(&[program, "--runtime-endpoint", &format!("unix://{path}")])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Options;
    use crate::tree::Tree;
    use plimsoll_engine::demand::Demand;
    use std::time::{Duration, Instant};

    fn service(tree: &Tree, units: &[&str]) -> (String, String) {
        let host = tree.host();
        let (demand, options) = (Demand::default(), Options::default());
        let deadline = Instant::now() + Duration::from_secs(3600);
        let ctx = Context { host: &host, demand: &demand, options: &options, deadline };
        let Service { stop, start } = Service::of_node(&ctx, None, units);
        (stop.unwrap_or_default().join(" "), start.unwrap_or_default().join(" "))
    }

    #[test]
    fn services_are_stopped_as_the_init_system_does() {
        let units = ["docker.service", "snap.docker.dockerd.service"];
        let systemd =
            || Tree::new().link("sbin/init", "/lib/systemd/systemd").file("lib/systemd/systemd", "");
        let unit = |tree: Tree, name: &str| tree.file(&format!("etc/systemd/system/{name}"), "[Unit]\n");
        let told = |stop: &str, start: &str| (stop.to_owned(), start.to_owned());
        let docker = unit(unit(systemd(), "docker.service"), "docker.socket");
        let expected = told("systemctl stop docker.socket docker.service", "systemctl start docker.service");
        assert_eq!(service(&docker, &units), expected);
        let snap = unit(systemd(), "snap.docker.dockerd.service");
        assert_eq!(service(&snap, &units).0, "systemctl stop snap.docker.dockerd.service");
        assert_eq!(service(&systemd(), &units), told("", ""), "no such unit");
        let openrc =
            Tree::new().link("sbin/init", "/bin/busybox").file("bin/busybox", "").file("sbin/openrc", "");
        assert_eq!(service(&openrc, &units), told("", ""), "no such script");
        let openrc = openrc.file("etc/init.d/docker", "");
        assert_eq!(service(&openrc, &units), told("rc-service docker stop", "rc-service docker start"));
        let sysvinit =
            Tree::new().file("sbin/init", "").file("etc/inittab", "").file("etc/init.d/docker", "");
        assert_eq!(service(&sysvinit, &units), told("service docker stop", "service docker start"));
        let other = Tree::new().file("etc/init.d/docker", "");
        assert_eq!(service(&other, &units), told("", ""));
    }
}
