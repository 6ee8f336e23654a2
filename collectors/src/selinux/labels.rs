//! The labels of the runtimes: of their processes, their programs and their directories, against those that
//! the policy for containers has for them (container-selinux, container.fc).

use schemars::JsonSchema;
use serde::Serialize;

use super::label;
use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::{HostError, HostErrorKind};
use crate::processes::Processes;

/// A program or a directory of a runtime, and its label.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FileLabel {
    /// Its path.
    ///
    /// Source: container-selinux, container.fc
    pub path: String,
    /// What it is.
    ///
    /// Source: container-selinux, container.fc
    pub part: Part,
    /// Its label; absent if it has none.
    ///
    /// Source: the extended attribute security.selinux
    pub label: Fact<String>,
    /// The types that versions of the policy have for it, the newest first.
    ///
    /// Source: container-selinux, container.fc
    pub expected: Vec<String>,
    /// Whether its type is one of them.
    ///
    /// Source: the extended attribute security.selinux
    pub matches: Fact<bool>,
}

/// What a file is to a runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// A program.
    Program,
    /// Its data.
    Data,
    /// The layers of images and containers.
    Layers,
    /// Its configuration.
    Configuration,
    /// What lives until the next boot, its socket among it.
    State,
    /// The output of containers.
    Log,
}

/// A runtime's process, and its label.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ProcessLabel {
    /// What the kernel calls it.
    ///
    /// Source: /proc/PID/comm
    pub name: String,
    /// Its number.
    ///
    /// Source: /proc
    pub pid: u32,
    /// Its label.
    ///
    /// Source: /proc/PID/attr/current
    pub label: Fact<String>,
    /// The domains that versions of the policy have for it, the newest first.
    ///
    /// Source: container-selinux, container.te
    pub expected: Vec<String>,
    /// Whether its domain is one of them.
    ///
    /// Source: /proc/PID/attr/current
    pub matches: Fact<bool>,
}

const RUNTIME: &[&str] = &["container_runtime_exec_t"];
const CONMON: &[&str] = &["conmon_exec_t", "container_runtime_exec_t"];
const KUBELET: &[&str] = &["kubelet_exec_t", "container_runtime_exec_t"];
const VAR_LIB: &[&str] = &["container_var_lib_t"];
const KUBELET_VAR_LIB: &[&str] = &["container_var_lib_t", "kubelet_var_lib_t"];
const LAYERS: &[&str] = &["container_ro_file_t", "container_share_t"];
const SNAPSHOTS: &[&str] = &["container_file_t", "container_ro_file_t"];
const CONFIGURATION: &[&str] = &["container_config_t"];
const STATE: &[&str] = &["container_var_run_t"];
const LOG: &[&str] = &["container_log_t"];

/// What the policy says of each path. One that is a link stands for where it leads to.
const FILES: [(&str, Part, &[&str]); 29] = [
    ("/usr/bin/conmon", Part::Program, CONMON),
    ("/usr/bin/containerd", Part::Program, RUNTIME),
    ("/usr/bin/containerd-shim-runc-v2", Part::Program, RUNTIME),
    ("/usr/bin/crio", Part::Program, RUNTIME),
    ("/usr/bin/crun", Part::Program, RUNTIME),
    ("/usr/bin/dockerd", Part::Program, RUNTIME),
    ("/usr/bin/kubelet", Part::Program, KUBELET),
    ("/usr/bin/podman", Part::Program, RUNTIME),
    ("/usr/bin/runc", Part::Program, RUNTIME),
    ("/usr/local/bin/containerd", Part::Program, RUNTIME),
    ("/usr/local/bin/containerd-shim-runc-v2", Part::Program, RUNTIME),
    ("/usr/local/bin/crio", Part::Program, RUNTIME),
    ("/usr/local/bin/kubelet", Part::Program, KUBELET),
    ("/usr/local/sbin/runc", Part::Program, RUNTIME),
    ("/var/lib/containerd", Part::Data, VAR_LIB),
    ("/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots", Part::Layers, SNAPSHOTS),
    ("/var/lib/containers", Part::Data, VAR_LIB),
    ("/var/lib/containers/storage/overlay", Part::Layers, LAYERS),
    ("/var/lib/docker", Part::Data, VAR_LIB),
    ("/var/lib/docker/overlay2", Part::Layers, LAYERS),
    ("/var/lib/kubelet", Part::Data, KUBELET_VAR_LIB),
    ("/etc/containerd", Part::Configuration, CONFIGURATION),
    ("/etc/crio", Part::Configuration, CONFIGURATION),
    ("/etc/docker", Part::Configuration, CONFIGURATION),
    ("/run/containerd", Part::State, STATE),
    ("/run/crio", Part::State, STATE),
    ("/run/docker", Part::State, STATE),
    ("/var/log/containers", Part::Log, LOG),
    ("/var/log/pods", Part::Log, LOG),
];

/// The daemons that have a domain of their own, by what procfs calls them.
const PROCESSES: [(&str, &[&str]); 4] = [
    ("containerd", &["container_runtime_t"]),
    ("crio", &["container_runtime_t"]),
    ("dockerd", &["container_runtime_t"]),
    ("kubelet", &["kubelet_t", "container_runtime_t"]),
];

/// The programs and directories that are there. What cannot be looked at has gaps.
pub(super) fn files(ctx: &Context<'_>) -> Vec<FileLabel> {
    let there = FILES.iter().filter_map(|(path, part, expected)| {
        let label = match ctx.host.selinux_label(path) {
            Err(HostError { kind: HostErrorKind::NotFound, .. }) => return None,
            Ok(label) => label.into(),
            Err(error) => Fact::Gap(error.into()),
        };
        let expected = texts(expected);
        let matches = matches(&label, &expected);
        Some(FileLabel { path: (*path).to_owned(), part: *part, label, expected, matches })
    });
    there.collect()
}

/// The daemons that run on the node itself, by name and number.
///
/// # Errors
///
/// If some processes are hidden from this user.
pub(super) fn processes(ctx: &Context<'_>) -> Result<Vec<ProcessLabel>, Unknown> {
    let processes = Processes::of(ctx)?;
    if let Some(unknown) = processes.incomplete() {
        return Err(unknown.clone());
    }
    let mut labels = Vec::new();
    for (name, expected) in PROCESSES {
        for (pid, _) in processes.named(&[name]) {
            // One without a status ended meanwhile.
            if !processes.status(pid).is_ok_and(|status| status.is_of_node && status.is_alive) {
                continue;
            }
            let label = Fact::from(ctx.host.read_text(format!("/proc/{pid}/attr/current")))
                .map(|label| label.trim_end_matches(['\0', '\n']).to_owned());
            let expected = texts(expected);
            let matches = matches(&label, &expected);
            labels.push(ProcessLabel { name: name.to_owned(), pid, label, expected, matches });
        }
    }
    Ok(labels)
}

fn texts(types: &[&str]) -> Vec<String> {
    types.iter().map(|name| (*name).to_owned()).collect()
}

/// Whether the type of `label` is one of `expected`; what has no label has none of them.
fn matches(label: &Fact<String>, expected: &[String]) -> Fact<bool> {
    let is_expected =
        |label: &str| label::type_of(label).is_some_and(|name| expected.iter().any(|other| other == name));
    label.as_ref().map(|label| is_expected(label)).or_absent(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Options;
    use crate::tree::Tree;
    use plimsoll_engine::demand::Demand;
    use std::time::Instant;

    fn node() -> Tree {
        let process = |tree: Tree, pid: u32, name: &str, label: &str| {
            tree.file(&format!("proc/{pid}/comm"), format!("{name}\n"))
                .file(
                    &format!("proc/{pid}/status"),
                    format!("State:\tS (sleeping)\nPPid:\t1\nNSpid:\t{pid}\n"),
                )
                .file(&format!("proc/{pid}/attr/current"), format!("{label}\0"))
        };
        let tree = process(Tree::new().dir("var/lib/docker"), 1, "systemd", "system_u:system_r:init_t:s0");
        let tree = process(tree, 700, "containerd", "system_u:system_r:container_runtime_t:s0");
        process(tree, 800, "dockerd", "system_u:system_r:unconfined_service_t:s0")
    }

    fn with<T>(tree: &Tree, read: impl FnOnce(&Context<'_>) -> T) -> T {
        let (demand, options, host) = (Demand::everything(), Options::default(), tree.running());
        read(&Context {
            host: &host,
            demand: &demand,
            options: &options,
            deadline: Instant::now() + options.timeout,
        })
    }

    #[test]
    fn a_daemon_has_the_domain_of_the_policy_or_another() {
        let labels = with(&node(), processes).unwrap();
        let told: Vec<_> = labels.iter().map(|label| (label.name.as_str(), label.matches.clone())).collect();
        assert_eq!(told, [("containerd", Fact::Known(true)), ("dockerd", Fact::Known(false))]);
        let hidden = Tree::new().file("proc/700/comm", "containerd\n");
        assert!(with(&hidden, processes).is_err(), "there may be others that this user does not see");
    }

    #[test]
    fn only_what_is_there_has_a_label() {
        let labels = with(&node(), files);
        let [docker] = &labels[..] else { panic!("{labels:?}") };
        assert_eq!((docker.path.as_str(), docker.part), ("/var/lib/docker", Part::Data));
    }

    #[test]
    fn the_type_decides() {
        let expected = texts(KUBELET);
        let check = |label: &str| matches(&Fact::Known(label.to_owned()), &expected);
        assert_eq!(check("system_u:object_r:kubelet_exec_t:s0"), Fact::Known(true));
        assert_eq!(check("system_u:object_r:bin_t:s0"), Fact::Known(false));
        assert_eq!(matches(&Fact::Absent, &expected), Fact::Known(false));
        assert!(matches!(matches(&Fact::Gap(Unknown::offline("x")), &expected), Fact::Gap(_)));
    }
}
