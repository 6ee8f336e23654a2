//! Which containerd a store belongs to.

use super::super::docker::keeper as docker;
use super::super::engine::{Engine, Keeper, Service, as_user, crictl, words};
use super::super::survey::Survey;
use crate::accounts::{Accounts, User};
use crate::commands;
use crate::containerd::{Instance, Manager, instances, units};
use crate::docker::{UNITS as DOCKERS_UNITS, instances as dockerds};
use crate::fact::Fact;
use crate::host::Host;
use crate::runtime_endpoint::without_var;

/// Where containerd listens and ctr calls unless told otherwise.
const SOCKET: &str = "/run/containerd/containerd.sock";

/// Where dockerd has the store of the containerd that it starts itself, in its data root.
pub(in crate::storage) const OF_DOCKERD: &str = "containerd/daemon";

/// Where a user's containerd has its store, in the user's home.
const OF_USER: &str = ".local/share/containerd";

/// Has the setup tool run a command where a user's containerd has its socket.
const INSIDE: &str = "containerd-rootless-setuptool.sh nsenter --";

/// A program that starts a containerd of its own.
struct Distribution {
    /// Its store.
    root: &'static str,
    /// Its socket.
    socket: &'static str,
    /// Who starts it.
    manager: Option<Manager>,
    /// The ctr and the crictl that it brings.
    ctr: &'static str,
    crictl: &'static str,
}

/// Those that plimsoll knows, and containerd's own packages.
const DISTRIBUTIONS: [Distribution; 5] = [
    Distribution {
        root: "/var/lib/containerd",
        socket: SOCKET,
        manager: None,
        ctr: "/usr/bin/ctr",
        crictl: "/usr/bin/crictl",
    },
    Distribution {
        root: "/var/lib/rancher/k3s/agent/containerd",
        socket: "/run/k3s/containerd/containerd.sock",
        manager: Some(Manager::K3s),
        ctr: "/var/lib/rancher/k3s/data/current/bin/ctr",
        crictl: "/var/lib/rancher/k3s/data/current/bin/crictl",
    },
    Distribution {
        root: "/var/lib/rancher/rke2/agent/containerd",
        socket: "/run/k3s/containerd/containerd.sock",
        manager: Some(Manager::Rke2),
        ctr: "/var/lib/rancher/rke2/bin/ctr",
        crictl: "/var/lib/rancher/rke2/bin/crictl",
    },
    Distribution {
        root: "/var/lib/k0s/containerd",
        socket: "/run/k0s/containerd.sock",
        manager: Some(Manager::K0s),
        ctr: "/var/lib/k0s/bin/ctr",
        crictl: "/var/lib/k0s/bin/crictl",
    },
    Distribution {
        root: "/var/snap/microk8s/common/var/lib/containerd",
        socket: "/var/snap/microk8s/common/run/containerd.sock",
        manager: Some(Manager::Microk8s),
        ctr: "/snap/microk8s/current/bin/ctr",
        crictl: "/snap/microk8s/current/bin/crictl",
    },
];

/// Whose the store at `store` is.
pub(super) fn keeper(survey: &Survey<'_>, store: &str) -> Keeper {
    of_dockerd(survey, store)
        .or_else(|| of_node(survey, store).map(|engine| Keeper::node(Some(engine))))
        .or_else(|| of_user(survey, store))
        .unwrap_or_default()
}

/// That of the containerd that a dockerd starts itself.
fn of_dockerd(survey: &Survey<'_>, store: &str) -> Option<Keeper> {
    let data_root = store.strip_suffix(OF_DOCKERD)?.strip_suffix('/')?;
    if let Some(dockerd) = docker::of_node(survey, data_root) {
        let exec_root = dockerd.exec_root.known()?;
        let socket = format!("{}/containerd/containerd.sock", exec_root.value);
        let ctr = ctr("ctr", &socket);
        let Service { stop, start } = Service::of_node(survey.ctx, dockerd.pid, DOCKERS_UNITS);
        let docker = docker::client(&dockerd);
        return Some(Keeper::node(Some(Engine { docker, ctr, stop, start, ..Engine::default() })));
    }
    let dockerd = docker::of_user(survey, data_root)?;
    let engine = dockerd.is_set_up.then(|| {
        let Service { stop, start } = Service::of_user(survey.ctx, &dockerd.user, "docker.service");
        Engine { ctr: ctr("ctr", &dockerd.containerd_socket()), stop, start, ..Engine::default() }
    });
    Some(Keeper::user(engine, &dockerd.user, docker::INSIDE))
}

/// That of the containerd of the node's, one that runs or one that could be started.
fn of_node(survey: &Survey<'_>, store: &str) -> Option<Engine> {
    let host = survey.ctx.host;
    let is_its = |instance: &&Instance| {
        instance.is_there && instance.root.known().is_some_and(|root| survey.is_at(&root.value, store))
    };
    let instances = instances(survey.ctx);
    let instance = instances.iter().find(is_its);
    let distribution = DISTRIBUTIONS.iter().find(|distribution| survey.is_at(distribution.root, store));
    // A containerd that runs on another directory may be of any of them.
    let all: Vec<&str> = match distribution {
        Some(distribution) => units(distribution.manager).to_vec(),
        None => DISTRIBUTIONS.iter().flat_map(|distribution| units(distribution.manager)).copied().collect(),
    };
    let pid = instance.and_then(|instance| instance.pid);
    let Service { stop, start } = match (distribution, pid) {
        (None, None) => Service::of_node(survey.ctx, None, units(None)),
        _ => Service::of_node(survey.ctx, pid, &all),
    };
    let socket = match instance.map(|instance| &instance.address) {
        Some(Fact::Known(address)) => address.value.trim_start_matches("unix://").to_owned(),
        // Nothing but its directory tells of one that is neither configured nor started.
        None if start.is_none() => return None,
        Some(_) | None => distribution?.socket.to_owned(),
    };
    let program = |name, brought: Option<&'static str>| program(host, name, brought);
    Some(Engine {
        ctr: ctr(program("ctr", distribution.map(|of| of.ctr)), &socket),
        crictl: crictl(program("crictl", distribution.map(|of| of.crictl)), &socket),
        // The containers of the namespace `moby` are docker's.
        docker: dockerds(survey.ctx).iter().find(|dockerd| dockerd.is_there).and_then(docker::client),
        stop,
        start,
        ..Engine::default()
    })
}

/// That of the containerd of a user.
fn of_user(survey: &Survey<'_>, store: &str) -> Option<Keeper> {
    let users = Accounts::read(survey.ctx.host).ok()?;
    let User { name, home, .. } = users
        .at_home()
        .find(|user| user.uid != 0 && survey.is_at(&format!("{}/{OF_USER}", user.home), store))?;
    // What `containerd-rootless-setuptool.sh` writes.
    let unit = format!("{home}/.config/systemd/user/containerd.service");
    let engine = survey.ctx.host.exists(unit).unwrap_or(false).then(|| {
        let Service { stop, start } = Service::of_user(survey.ctx, name, "containerd.service");
        Engine { ctr: Some(as_user(name, &format!("{INSIDE} ctr"))), stop, start, ..Engine::default() }
    });
    Some(Keeper::user(engine, name, docker::INSIDE))
}

/// The places of users' stores.
pub(super) fn of_users(survey: &Survey<'_>) -> Vec<String> {
    let Ok(users) = Accounts::read(survey.ctx.host) else { return Vec::new() };
    users.at_home().filter(|user| user.uid != 0).map(|user| format!("{}/{OF_USER}", user.home)).collect()
}

/// The program `name`: by its name where it is on root's path, or else the one that a distribution brings.
fn program(host: &Host, name: &'static str, brought: Option<&'static str>) -> &'static str {
    let is_there = commands::find(host, name).is_ok_and(|command| command.found);
    let brought = brought.filter(|path| !is_there && host.exists(path).unwrap_or(false));
    brought.unwrap_or(name)
}

fn ctr(program: &str, socket: &str) -> Option<Vec<String>> {
    match without_var(socket) == SOCKET {
        true => words(&[program]),
        false => words(&[program, "--address", socket]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{Context, Options};
    use crate::tree::Tree;
    use plimsoll_engine::demand::Demand;
    use std::time::{Duration, Instant};

    fn keeper_of(host: &Host, store: &str) -> Keeper {
        let (demand, options) = (Demand::default(), Options::default());
        let deadline = Instant::now() + Duration::from_secs(3600);
        keeper(&Survey::new(&Context { host, demand: &demand, options: &options, deadline }), store)
    }

    /// How ctr is called, and the daemon stopped.
    fn called(tree: &Tree, store: &str) -> (String, String) {
        let Engine { ctr, stop, .. } = keeper_of(&tree.host(), store).engine.unwrap_or_default();
        (ctr.unwrap_or_default().join(" "), stop.unwrap_or_default().join(" "))
    }

    fn told(ctr: &str, stop: &str) -> (String, String) {
        (ctr.to_owned(), stop.to_owned())
    }

    fn systemd(units: &[&str]) -> Tree {
        let tree = Tree::new().link("sbin/init", "/lib/systemd/systemd").file("lib/systemd/systemd", "");
        units.iter().fold(tree, |tree, unit| tree.file(&format!("etc/systemd/system/{unit}"), "[Service]\n"))
    }

    #[test]
    fn each_distributions_containerd_is_called_by_its_socket() {
        for (unit, store, socket) in [
            ("k3s-agent", "/var/lib/rancher/k3s/agent/containerd", "/run/k3s/containerd/containerd.sock"),
            ("rke2-server", "/var/lib/rancher/rke2/agent/containerd", "/run/k3s/containerd/containerd.sock"),
            ("k0sworker", "/var/lib/k0s/containerd", "/run/k0s/containerd.sock"),
            (
                "snap.microk8s.daemon-containerd",
                "/var/snap/microk8s/common/var/lib/containerd",
                "/var/snap/microk8s/common/run/containerd.sock",
            ),
        ] {
            let tree = systemd(&[&format!("{unit}.service"), "containerd.service"]).dir(&store[1..]);
            let expected =
                told(&format!("ctr --address {socket}"), &format!("systemctl stop {unit}.service"));
            assert_eq!(called(&tree, store), expected);
            assert_eq!(called(&systemd(&[]).dir(&store[1..]), store), told("", ""), "nothing starts it");
        }
        let tree = systemd(&["rke2-server.service"]).dir("var/lib/rancher/rke2/agent/containerd");
        let tree = tree.executable("var/lib/rancher/rke2/bin/ctr");
        let (ctr, _) = called(&tree, "/var/lib/rancher/rke2/agent/containerd");
        assert!(ctr.starts_with("/var/lib/rancher/rke2/bin/ctr --address "), "{ctr}");
    }

    #[test]
    fn a_copy_is_nobodys() {
        let tree = systemd(&["containerd.service"]).file("usr/bin/containerd", "");
        let tree = tree.dir("var/lib/containerd").dir("mnt/containerd");
        assert_eq!(called(&tree, "/var/lib/containerd"), told("ctr", "systemctl stop containerd.service"));
        assert_eq!(keeper_of(&tree.host(), "/mnt/containerd").engine, None);
        let tree = tree.file(
            "etc/containerd/config.toml",
            "root = '/mnt/containerd'\n[grpc]\naddress = '/run/c.sock'\n",
        );
        assert_eq!(called(&tree, "/mnt/containerd").0, "ctr --address /run/c.sock");
    }

    #[test]
    fn the_containerd_that_dockerd_starts_is_stopped_with_it() {
        let tree = systemd(&["docker.service", "docker.socket"]).file("usr/bin/dockerd", "");
        let tree = tree
            .file("etc/docker/daemon.json", r#"{"data-root": "/data/docker"}"#)
            .dir("data/docker/containerd/daemon");
        let expected = told(
            "ctr --address /var/run/docker/containerd/containerd.sock",
            "systemctl stop docker.socket docker.service",
        );
        assert_eq!(called(&tree, "/data/docker/containerd/daemon"), expected);
    }

    #[test]
    fn a_users_is_called_in_its_own_namespaces() {
        let tree = systemd(&[]).file("etc/passwd", "ann:x:1000:1000::/home/ann:/bin/sh\n");
        let tree = tree
            .dir("home/ann/.local/share/containerd")
            .dir("home/ann/.local/share/docker/containerd/daemon");
        let store = "/home/ann/.local/share/containerd";
        let keeper = keeper_of(&tree.host(), store);
        assert_eq!((keeper.user.as_deref(), keeper.engine), (Some("ann"), None));
        let tree = tree.file("home/ann/.config/systemd/user/containerd.service", "");
        let (ctr, stop) = called(&tree, store);
        assert!(ctr.starts_with("runuser -l ann ") && ctr.contains("nsenter -- ctr \"$@\" -- sh"), "{ctr}");
        assert_eq!(stop, "systemctl --user --machine=ann@ stop containerd.service");
        let tree = tree.file("home/ann/.config/systemd/user/docker.service", "");
        let (ctr, _) = called(&tree, "/home/ann/.local/share/docker/containerd/daemon");
        assert_eq!(ctr, "ctr --address /run/user/1000/docker/containerd/containerd.sock");
    }
}
