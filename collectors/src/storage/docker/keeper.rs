//! Which dockerd a store belongs to, and whether it runs.

use super::super::engine::{Engine, Keeper, Service, words};
use super::super::survey::Survey;
use crate::docker::{Instance, Rootless, UNITS, instances, rootless_instances, with_remapped};
use crate::fact::{Fact, Unknown};
use crate::host::HostErrorKind;
use crate::processes::Processes;
use crate::runtime_endpoint::without_var;
use plimsoll_engine::snapshot::GapReason;

/// What the programs are called that write such a store.
const PROGRAM: &str = "dockerd";

/// Where dockerd listens and docker calls unless told otherwise.
const SOCKET: &str = "/run/docker.sock";

/// Has a user's dockerd make the user namespace in which its files belong to root.
pub(in crate::storage) const INSIDE: &str = "rootlesskit";

/// Whose the store at `store` is.
pub(super) fn keeper(survey: &Survey<'_>, store: &str) -> Keeper {
    if let Some(dockerd) = of_node(survey, store) {
        let service = Service::of_node(survey.ctx, dockerd.pid, UNITS);
        return Keeper::node(Some(engine(client(&dockerd), service)));
    }
    let Some(dockerd) = of_user(survey, store) else { return Keeper::default() };
    let engine = dockerd.is_set_up.then(|| {
        let docker = words(&["docker", "--host", &format!("unix://{}", dockerd.socket())]);
        engine(docker, Service::of_user(survey.ctx, &dockerd.user, "docker.service"))
    });
    Keeper::user(engine, &dockerd.user, INSIDE)
}

/// How docker is called for a dockerd of the node; `None` if that listens on no unix socket.
pub(in crate::storage) fn client(dockerd: &Instance) -> Option<Vec<String>> {
    match &dockerd.socket {
        Fact::Known(socket) if without_var(&socket.value) != SOCKET => {
            words(&["docker", "--host", &format!("unix://{}", socket.value)])
        }
        Fact::Known(_) | Fact::Gap(_) => words(&["docker"]),
        Fact::Absent => None,
    }
}

fn engine(docker: Option<Vec<String>>, Service { stop, start }: Service) -> Engine {
    Engine { docker, stop, start, ..Engine::default() }
}

/// The dockerd of the node whose data root the store is in.
pub(in crate::storage) fn of_node(survey: &Survey<'_>, store: &str) -> Option<Instance> {
    let is_its =
        |dockerd: &&Instance| dockerd.is_there && is_data_root(survey, dockerd, store) == Fact::Known(true);
    instances(survey.ctx).iter().find(is_its).cloned()
}

/// The dockerd of a user whose data root the store is in, or would be.
pub(in crate::storage) fn of_user(survey: &Survey<'_>, store: &str) -> Option<Rootless> {
    let users = rootless_instances(survey.ctx).ok()?;
    let is_its =
        |dockerd: &&Rootless| dockerd.data_root.known().is_some_and(|root| survey.is_at(root, store));
    users.iter().find(is_its).cloned()
}

/// Whether the store is in the data root of `dockerd`, or in that of its user namespace.
fn is_data_root(survey: &Survey<'_>, dockerd: &Instance, store: &str) -> Fact<bool> {
    dockerd.data_root.as_ref().map(|root| {
        let roots = with_remapped(survey.ctx.host, root.value.clone());
        roots.iter().any(|root| survey.is_at(root, store))
    })
}

/// Whether the dockerd runs whose store it is.
pub(super) fn in_use(survey: &Survey<'_>, store: &str) -> Fact<bool> {
    match survey.runs(&[PROGRAM]) {
        Fact::Known(true) => {}
        other => return other,
    }
    let mut unknown: Option<Unknown> = None;
    let mut told = Vec::new();
    for dockerd in instances(survey.ctx).iter().filter(|dockerd| dockerd.pid.is_some()) {
        told.extend(dockerd.pid);
        match is_data_root(survey, dockerd, store) {
            Fact::Known(true) => return Fact::Known(true),
            Fact::Known(false) | Fact::Absent => {}
            Fact::Gap(gap) => unknown = Some(gap),
        }
    }
    for dockerd in rootless_instances(survey.ctx).iter().flat_map(|users| users.iter()) {
        match &dockerd.data_root {
            _ if dockerd.pid.is_none() => {}
            Fact::Known(root) if survey.is_at(root, store) => return Fact::Known(true),
            Fact::Known(_) | Fact::Absent => told.extend(dockerd.pid),
            Fact::Gap(_) => {}
        }
    }
    let others = others(survey, &told);
    unknown.or(others).map_or(Fact::Known(false), Fact::Gap)
}

/// That there are dockerds of which nobody can tell where they have their store, if so: those in containers.
fn others(survey: &Survey<'_>, told: &[u32]) -> Option<Unknown> {
    let processes = match Processes::of(survey.ctx) {
        Ok(processes) => processes,
        Err(unknown) => return Some(unknown),
    };
    let is_alive = |pid: u32| match processes.status(pid) {
        Ok(status) => status.is_alive,
        Err(error) => error.kind != HostErrorKind::NotFound,
    };
    let mut others = processes.named(&[PROGRAM]).map(|(pid, _)| pid);
    let pid = others.find(|pid| !told.contains(pid) && is_alive(*pid))?;
    let detail = "nothing tells whether this dockerd, of a container or of a user, has this store";
    Some(Unknown::new(GapReason::Unsupported, format!("/proc/{pid}"), detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{Context, Options};
    use crate::host::Host;
    use crate::tree::Tree;
    use plimsoll_engine::demand::Demand;
    use std::time::{Duration, Instant};

    fn with<T>(host: &Host, look: impl FnOnce(&Survey<'_>) -> T) -> T {
        let (demand, options) = (Demand::default(), Options::default());
        let deadline = Instant::now() + Duration::from_secs(3600);
        look(&Survey::new(&Context { host, demand: &demand, options: &options, deadline }))
    }

    /// How docker is called for the store, and the daemon stopped; each empty if nothing is said.
    fn called(tree: &Tree, store: &str) -> (String, String) {
        let Engine { docker, stop, .. } =
            with(&tree.host(), |survey| keeper(survey, store)).engine.unwrap_or_default();
        (docker.unwrap_or_default().join(" "), stop.unwrap_or_default().join(" "))
    }

    fn told(docker: &str, stop: &str) -> (String, String) {
        (docker.to_owned(), stop.to_owned())
    }

    #[test]
    fn a_store_is_that_dockerds_whose_data_root_it_is_in() {
        let systemd = Tree::new().link("sbin/init", "/lib/systemd/systemd").file("lib/systemd/systemd", "");
        let tree = systemd
            .file("etc/passwd", "ann:x:1000:1000::/home/ann:/bin/sh\nbob:x:1001:1001::/home/bob:/bin/sh\n")
            .dir("srv/docker/100000.100000")
            .dir("mnt/copy/docker")
            .dir("home/ann/.local/share/docker")
            .dir("home/bob/.local/share/docker")
            .link("var/lib/docker", "/srv/docker");
        assert_eq!(called(&tree, "/srv/docker"), told("", ""), "no dockerd is installed");
        let tree =
            tree.file("usr/bin/dockerd", "").file("usr/lib/systemd/system/docker.service", "[Service]\n");
        for store in ["/srv/docker", "/srv/docker/100000.100000"] {
            assert_eq!(called(&tree, store), told("docker", "systemctl stop docker.service"), "{store}");
        }
        assert_eq!(called(&tree, "/mnt/copy/docker"), told("", ""), "a copy");
        assert_eq!(called(&tree, "/home/ann/.local/share/docker"), told("", ""), "nothing starts it");
        let tree = tree
            .file("home/ann/.config/systemd/user/docker.service", "")
            .file("home/bob/.config/systemd/user/docker.service", "")
            .file("home/bob/.config/docker/daemon.json", r#"{"data-root": "/mnt/copy/docker"}"#);
        let stop = "systemctl --user --machine=ann@ stop docker.service";
        assert_eq!(
            called(&tree, "/home/ann/.local/share/docker"),
            told("docker --host unix:///run/user/1000/docker.sock", stop)
        );
        let of_bob = with(&tree.host(), |survey| keeper(survey, "/mnt/copy/docker"));
        assert_eq!(of_bob.user.as_deref(), Some("bob"));
        assert_eq!(of_bob.as_owner[..3], ["runuser", "-l", "bob"]);
        let tree = tree.file(
            "etc/docker/daemon.json",
            r#"{"data-root": "/mnt/copy/docker", "hosts": ["unix:///run/d.sock"]}"#,
        );
        assert_eq!(called(&tree, "/mnt/copy/docker").0, "docker --host unix:///run/d.sock");
        assert_eq!(called(&tree, "/srv/docker"), told("", ""));
    }

    #[test]
    fn only_the_dockerd_of_the_store_has_it_in_use() {
        let in_use = |tree: &Tree, store: &str| with(&tree.running(), |survey| in_use(survey, store));
        let tree = Tree::new().process(1, 0, "systemd", "systemd").dir("var/lib/docker").dir("mnt/docker");
        assert_eq!(in_use(&tree, "/var/lib/docker"), Fact::Known(false));
        let tree = tree.process(7, 1, "dockerd", "dockerd");
        assert_eq!(in_use(&tree, "/var/lib/docker"), Fact::Known(true));
        assert_eq!(in_use(&tree, "/mnt/docker"), Fact::Known(false));
        let tree = tree.process(8, 1, "dockerd", "dockerd --data-root=/mnt/docker");
        assert_eq!(in_use(&tree, "/mnt/docker"), Fact::Known(true));
        // In a container, with paths of its own.
        let tree = tree
            .process(8, 1, "dockerd", "dockerd")
            .file("proc/8/status", "State:\tS\nPPid:\t1\nUid:\t0\t0\t0\t0\nNSpid:\t8\t1\n");
        assert!(matches!(in_use(&tree, "/mnt/docker"), Fact::Gap(_)));
        assert_eq!(in_use(&tree, "/var/lib/docker"), Fact::Known(true));
        // Of a user.
        let tree = tree
            .file("etc/passwd", "ann:x:1000:1000::/home/ann:/bin/sh\n")
            .dir("home/ann/.local/share/docker")
            .file("proc/8/status", "State:\tS\nPPid:\t1\nUid:\t1000\t1000\t1000\t1000\nNSpid:\t8\n");
        assert_eq!(in_use(&tree, "/home/ann/.local/share/docker"), Fact::Known(true));
        assert_eq!(in_use(&tree, "/mnt/docker"), Fact::Known(false));
    }
}
