//! Which engines a store belongs to.

use super::config::{Families, Family};
use crate::commands;
use crate::crio;
use crate::fact::Fact;
use crate::host::Host;
use crate::storage::engine::{Engine, Keeper, Service, as_user, crictl, words};
use crate::storage::survey::Survey;

/// Has podman run a command in the user namespace of a user's containers.
const INSIDE: &str = "podman unshare";

/// Whose the store at `store` is. podman and CRI-O may have one together.
pub(super) fn keeper(survey: &Survey<'_>, families: &Families, store: &str) -> Keeper {
    let own: Vec<&Family> = families.list.iter().filter(|family| family.store == store).collect();
    let of_node = own.iter().find(|family| family.user.is_none());
    if let (None, Some(family)) = (of_node, own.first())
        && let Some(user) = &family.user
    {
        return Keeper::user(Some(of_user(survey.ctx.host, user)), user, INSIDE);
    }
    let host = survey.ctx.host;
    // Of several the one whose directories need not be named.
    let family = own.iter().find(|family| family.is_default).or(of_node);
    let engine = match family {
        Some(family) if family.is_default => with(host, &[], &[]),
        Some(family) => with(
            host,
            &["--root", store, "--runroot", &family.run],
            &["--graph", store, "--run", &family.run],
        ),
        // Images are read from it, and somebody has to put them there.
        None if families.list.iter().any(|family| family.others.iter().any(|other| other == store)) => {
            with(host, &["--root", store], &["--graph", store])
        }
        None => return Keeper::default(),
    };
    let of_crio = own.iter().any(|family| family.is_crio || family.is_default);
    let engine = if of_crio { with_crio(survey, families, store, engine) } else { engine };
    Keeper::node((engine != Engine::default()).then_some(engine))
}

fn of_user(host: &Host, user: &str) -> Engine {
    Engine {
        podman: is_there(host, "podman").then(|| as_user(user, "podman")),
        containers_storage: is_there(host, "containers-storage").then(|| as_user(user, "containers-storage")),
        ..Engine::default()
    }
}

/// The tools of the node, told of the store by these options.
fn with(host: &Host, podman: &[&str], storage: &[&str]) -> Engine {
    let call = |program, options: &[&str]| {
        is_there(host, program).then(|| words(&[&[program], options].concat())).flatten()
    };
    Engine {
        podman: call("podman", podman),
        containers_storage: call("containers-storage", storage),
        ..Engine::default()
    }
}

/// `engine` with CRI-O, if that is there and has this store: that of its own configuration, or else that of
/// the node's.
fn with_crio(survey: &Survey<'_>, families: &Families, store: &str, engine: Engine) -> Engine {
    let Fact::Known(crio) = crio::server(survey.ctx) else { return engine };
    let is_its = match &crio.root {
        Some(root) => survey.is_at(root, store),
        None => match families.list.iter().find(|family| family.is_crio) {
            Some(family) => family.store == store,
            None => families.list.iter().any(|family| family.is_default && family.store == store),
        },
    };
    if !is_its {
        return engine;
    }
    let Service { stop, start } = Service::of_node(survey.ctx, crio.pid, crio::UNITS);
    Engine { crio: words(&["crio"]), crictl: crictl("crictl", &crio.socket), stop, start, ..engine }
}

fn is_there(host: &Host, program: &str) -> bool {
    commands::find(host, program).is_ok_and(|command| command.found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{Context, Options};
    use crate::tree::Tree;
    use plimsoll_engine::demand::Demand;
    use std::time::{Duration, Instant};

    /// How podman, containers-storage and crictl are called.
    fn called(tree: &Tree, store: &str) -> [String; 3] {
        let host = tree.host();
        let (demand, options) = (Demand::default(), Options::default());
        let deadline = Instant::now() + Duration::from_secs(3600);
        let ctx = Context { host: &host, demand: &demand, options: &options, deadline };
        let survey = Survey::new(&ctx);
        let Engine { podman, containers_storage, crictl, .. } =
            keeper(&survey, &Families::read(&host), store).engine.unwrap_or_default();
        [podman, containers_storage, crictl].map(|words| words.unwrap_or_default().join(" "))
    }

    #[test]
    fn podman_is_told_of_the_store_unless_it_is_its_own() {
        let tree = Tree::new()
            .file("etc/passwd", "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n")
            .executable("usr/bin/podman")
            .executable("usr/bin/containers-storage")
            .dir("data/storage")
            .link("var/lib/containers", "/data");
        let usual = ["podman", "containers-storage", ""].map(str::to_owned);
        assert_eq!(called(&tree, "/data/storage"), usual, "by its name without links");
        assert_eq!(called(&tree, "/mnt/copy/storage"), [""; 3].map(str::to_owned), "a copy");
        let [podman, storage, _] = called(&tree, "/home/ann/.local/share/containers/storage");
        assert_eq!(podman, "runuser -l ann -s /bin/sh -c podman \"$@\" -- sh");
        assert_eq!(storage, "runuser -l ann -s /bin/sh -c containers-storage \"$@\" -- sh");
        let [podman, ..] = called(&tree, "/root/.local/share/containers/storage");
        let expected = "podman --root /root/.local/share/containers/storage --runroot /run/user/0/containers";
        assert_eq!(podman, expected);
        let tree = tree.file(
            "etc/containers/storage.conf",
            "[storage]\n[storage.options]\nadditionalimagestores = ['/mnt/images']\n",
        );
        assert_eq!(called(&tree, "/mnt/images")[0], "podman --root /mnt/images");
    }

    #[test]
    fn crictl_is_for_the_store_of_cri_o() {
        let tree = Tree::new().executable("usr/bin/podman").file("usr/bin/crio", "");
        let crictl = "crictl --runtime-endpoint unix:///var/run/crio/crio.sock";
        let store = "/var/lib/containers/storage";
        assert_eq!(called(&tree, store), ["podman", "", crictl].map(str::to_owned), "they share it");
        let tree = tree.file("etc/crio/crio.conf", "[crio]\nroot = '/data/crio'\nrunroot = '/run/c'\n");
        let tree = tree.dir("data/crio");
        assert_eq!(called(&tree, store), ["podman", "", ""].map(str::to_owned));
        let [podman, _, called] = called(&tree, "/data/crio");
        assert_eq!((podman.as_str(), called.as_str()), ("podman --root /data/crio --runroot /run/c", crictl));
    }
}
