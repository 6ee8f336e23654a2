//! Which service containerd runs in, and which file people change to configure it: programs that bring their own
//! containerd start it themselves and write its configuration anew each time.

use crate::context::Context;
use crate::daemon::{Daemon, unit_that_starts};
use crate::fact::Fact;
use crate::os::{Init, init};

use super::program::Manager;

/// The unit that starts containerd, or the program that starts it; absent where systemd does not.
pub(super) fn unit(ctx: &Context<'_>, daemon: &Daemon, managed_by: &Fact<Manager>) -> Fact<String> {
    match init(ctx) {
        Fact::Known(Init::Systemd) => {}
        Fact::Known(_) | Fact::Absent => return Fact::Absent,
        Fact::Gap(unknown) => return Fact::Gap(unknown),
    }
    let pid = daemon.process.known().map(|process| process.pid);
    match unit_that_starts(ctx.host, pid, units(managed_by.known().copied())) {
        Ok(unit) => unit.map(str::to_owned).into(),
        Err(unknown) => Fact::Gap(unknown),
    }
}

/// The units that start the containerd of the program `managed_by`, or one that is a service of its own.
pub(crate) fn units(managed_by: Option<Manager>) -> &'static [&'static str] {
    match managed_by {
        None => &["containerd.service", "cri-containerd.service"],
        Some(Manager::Docker) => &["docker.service"],
        Some(Manager::K3s) => &["k3s.service", "k3s-agent.service"],
        Some(Manager::Rke2) => &["rke2-server.service", "rke2-agent.service"],
        Some(Manager::K0s) => &["k0scontroller.service", "k0sworker.service"],
        Some(Manager::Microk8s) => &["snap.microk8s.daemon-containerd.service"],
        // Its own init starts it.
        Some(Manager::Talos) => &[],
    }
}

/// The template beside the configuration file `path` that its manager writes that out of.
pub(super) fn template(managed_by: &Fact<Manager>, path: &str, version: Option<u64>) -> Fact<String> {
    let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
    managed_by.as_ref().and_then(|manager| match manager {
        // k3s and RKE2 look for a template of the configuration's own version
        // (`pkg/agent/templates` of github.com/k3s-io/k3s).
        Manager::K3s | Manager::Rke2 if version.is_some_and(|version| version >= 3) => {
            Fact::Known(format!("{directory}/config-v3.toml.tmpl"))
        }
        Manager::K3s | Manager::Rke2 => Fact::Known(format!("{directory}/config.toml.tmpl")),
        Manager::Microk8s => Fact::Known(format!("{directory}/containerd-template.toml")),
        Manager::Docker | Manager::K0s | Manager::Talos => Fact::Absent,
    })
}

/// The file that people change: the template, or the configuration file `path` where that is their own; absent where
/// a program writes it and reads no file of containerd's form.
pub(super) fn edited_file(managed_by: &Fact<Manager>, path: &str, template: &Fact<String>) -> Fact<String> {
    match (managed_by, template) {
        (Fact::Absent, _) => Fact::Known(path.to_owned()),
        (_, Fact::Known(template)) => Fact::Known(template.clone()),
        // k0s merges what lies there into its own (docs.k0sproject.io, runtime.md).
        (Fact::Known(Manager::K0s), _) => Fact::Known("/etc/k0s/containerd.d/50-site.toml".to_owned()),
        (Fact::Known(_), _) => Fact::Absent,
        (Fact::Gap(unknown), _) => Fact::Gap(unknown.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_writes_is_changed_in_its_template() {
        for (manager, path, version, expected) in [
            (None, "/etc/containerd/config.toml", Some(2), Some("/etc/containerd/config.toml")),
            (
                Some(Manager::K3s),
                "/a/containerd/config.toml",
                Some(2),
                Some("/a/containerd/config.toml.tmpl"),
            ),
            (
                Some(Manager::Rke2),
                "/a/containerd/config.toml",
                Some(3),
                Some("/a/containerd/config-v3.toml.tmpl"),
            ),
            (
                Some(Manager::Microk8s),
                "/s/args/containerd.toml",
                None,
                Some("/s/args/containerd-template.toml"),
            ),
            (
                Some(Manager::K0s),
                "/etc/k0s/containerd.toml",
                None,
                Some("/etc/k0s/containerd.d/50-site.toml"),
            ),
            (Some(Manager::Docker), "/run/docker/containerd/containerd.toml", Some(2), None),
            (Some(Manager::Talos), "/etc/cri/containerd.toml", Some(3), None),
        ] {
            let managed_by = Fact::from(manager);
            let template = template(&managed_by, path, version);
            let edited = edited_file(&managed_by, path, &template);
            assert_eq!(edited, expected.map(str::to_owned).into(), "{manager:?} {path}");
        }
    }
}
