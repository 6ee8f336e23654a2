//! The facts of a container.

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::Fact;

use super::figures::Cgroup;
use super::process::{Filesystem, Namespaces, Processes, Security};

/// A container of the node.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Container {
    /// Its id: 64 hexadecimal digits, or whatever its runtime was told.
    ///
    /// Source: the path of its control group, the runtime's state directory
    pub id: String,
    /// What people know it by: `namespace/pod/container` for one of a pod, else its name, else the first 12
    /// characters of its id.
    ///
    /// Source: its pod, its name, its id
    pub label: String,
    /// Its name: docker's and podman's, or the one that the pod gives it; absent if it has none but its id.
    ///
    /// Source: the runtime's record of it
    pub name: Fact<String>,
    /// Whether it runs a program, or only holds a pod's namespaces.
    ///
    /// Source: the runtime's record of it
    pub kind: Fact<Kind>,
    /// The image, as whoever started it called it.
    ///
    /// Source: the runtime's record of it
    pub image: Fact<String>,
    /// The pod that it is of; absent if of none.
    ///
    /// Source: the path of its control group, the runtime's record of it, /var/log/containers
    pub pod: Fact<Pod>,
    /// Who keeps it.
    ///
    /// Source: the path of its control group, the directory that holds its record
    pub runtime: Fact<Runtime>,
    /// containerd's namespace that it is in: `k8s.io`, `moby`, `default`; absent if containerd does not keep it.
    ///
    /// Source: the directory of its task in containerd's state directory
    pub containerd_namespace: Fact<String>,
    /// The container that it runs in; absent for one of the node itself.
    ///
    /// Source: the path of its control group
    pub outer: Fact<String>,
    /// What it does. A record that says otherwise is not believed where its processes can be seen.
    ///
    /// Source: /proc/PID/cgroup, the freezer of its control group, the runtime's record of it
    pub state: Fact<State>,
    /// Its first process, by the number that the node gives it; absent if none runs.
    ///
    /// Source: the runtime's record of it, /proc/PID/cgroup
    pub pid: Fact<u32>,
    /// The process that watches over it: containerd's shim, which may watch over all containers of a pod and is then told
    /// of the first, or conmon; absent if none is known.
    ///
    /// Source: the working directory of shims, the command line of conmon
    pub monitor: Fact<u32>,
    /// When it was made, RFC 3339.
    ///
    /// Source: the runtime's record of it
    pub created_at: Fact<String>,
    /// When it was last started, RFC 3339.
    ///
    /// Source: the runtime's record of it, else /proc/PID/stat
    pub started_at: Fact<String>,
    /// When it last ended, RFC 3339; absent if it never did.
    ///
    /// Source: the runtime's record of it
    pub finished_at: Fact<String>,
    /// How it last ended; absent if it never did, or its runtime does not write that down.
    ///
    /// Source: the runtime's record of it
    pub exit_code: Fact<i64>,
    /// Whether the runtime saw the kernel kill it for memory when it last ended; absent if its runtime does not
    /// write that down.
    ///
    /// Source: the runtime's record of it
    pub oom_killed: Fact<bool>,
    /// How often it was started again; absent if its runtime does not write that down.
    ///
    /// Unit: restarts
    /// Source: docker's `RestartCount`, the number of the container's log in its pod
    pub restarts: Fact<u64>,
    /// The file that holds what it says.
    ///
    /// Source: the runtime's record of it, conmon's command line, /var/log/containers
    pub log_path: Fact<String>,
    /// The file of the seccomp profile that its pod names as `Localhost`, or that podman was told of; absent if none
    /// is named, or its runtime does not write down which.
    ///
    /// Source: the request for it in containerd's meta.db; the annotations in CRI-O's and podman's config.json
    pub seccomp_profile: Fact<SeccompProfile>,
    /// The AppArmor profile that it is started with, by its name; absent if with none.
    ///
    /// Source: the runtime's record of it, `process.apparmorProfile` of its config.json
    pub apparmor_profile: Fact<String>,
    /// How much space that file takes, with what was rotated out of it: the files beside it whose names begin
    /// with its own.
    ///
    /// Unit: bytes
    /// Source: st_blocks of the files
    pub log_bytes: Fact<u64>,
    /// The directory of the node that holds what it wrote; absent if its files are of no such kind.
    ///
    /// Source: /proc/PID/mountinfo, `upperdir` of `/`; docker's layerdb/mounts, containers.json
    pub writable_layer: Fact<String>,
    /// The directory that holds its record.
    ///
    /// Source: the runtime's state directory
    pub record: Fact<String>,
    /// Its control group; absent if it does not run, or has none of its own.
    ///
    /// Source: /proc/PID/cgroup
    pub cgroup: Fact<Cgroup>,
    /// Its processes; absent if it does not run.
    ///
    /// Source: /proc/PID/status of each
    pub processes: Fact<Processes>,
    /// The namespaces of its first process; absent if it does not run.
    ///
    /// Source: /proc/PID/ns
    pub namespaces: Fact<Namespaces>,
    /// What its first process may do; absent if it does not run.
    ///
    /// Source: /proc/PID/status, /proc/PID/attr/current
    pub security: Fact<Security>,
    /// Its files, as its first process sees them; absent if it does not run.
    ///
    /// Source: /proc/PID/mountinfo
    pub filesystem: Fact<Filesystem>,
}

/// The file of a seccomp profile that a container was started with.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SeccompProfile {
    /// Its path.
    ///
    /// Source: containerd's meta.db
    pub file: String,
    /// Whether it is there yet; the container cannot be made again without it.
    ///
    /// Source: the file
    pub exists: Fact<bool>,
}

/// What a container is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It runs a program.
    Container,
    /// It holds the namespaces of a pod; its program is `pause`.
    Sandbox,
}

/// What a container does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It runs.
    Running,
    /// Its processes are frozen.
    Paused,
    /// It was made and not started yet.
    Created,
    /// It has ended.
    Stopped,
    /// Removing it failed.
    Dead,
    /// It is being removed.
    Removing,
}

/// Who keeps a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Runtime {
    /// dockerd.
    Docker,
    /// containerd, for the kubelet, for nerdctl or for ctr.
    Containerd,
    /// CRI-O.
    CriO,
    /// podman.
    Podman,
    /// LXC.
    Lxc,
    /// runc, started by no other of these.
    Runc,
    /// crun, started by no other of these.
    Crun,
}

/// The pod that a container is of.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Pod {
    /// Its name.
    ///
    /// Source: the runtime's record, /var/log/containers
    pub name: Fact<String>,
    /// Its namespace; absent for a pod of podman.
    ///
    /// Source: the runtime's record, /var/log/containers
    pub namespace: Fact<String>,
    /// Its uid; of a static pod 32 hexadecimal digits, of podman's pod 64.
    ///
    /// Source: the path of the control group, the runtime's record
    pub uid: Fact<String>,
    /// How its requests and limits class it; absent for a pod of podman.
    ///
    /// Source: the path of the control group
    pub qos: Fact<Qos>,
}

/// The classes of pods by their requests and limits, from the one that is evicted last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub enum Qos {
    /// Every container has limits that equal its requests.
    Guaranteed,
    /// Some container has a request or a limit.
    Burstable,
    /// No container has any.
    BestEffort,
}
