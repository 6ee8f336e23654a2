//! The CRI plugin, which the kubelet speaks with: its settings in one shape for every version of the file.

use schemars::JsonSchema;
use serde::Serialize;

use super::merge::Merged;
use super::registry::Registry;
use super::release::{self, Release};
use super::runtime::{self, Runtime};
use super::view::{Table, View, or_default};
use crate::fact::{Fact, Sourced};
use crate::host::Host;
use crate::origin;
use crate::settings;

/// The CRI plugin.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Cri {
    /// Whether it is loaded.
    ///
    /// Source: config.toml, `disabled_plugins`
    pub enabled: Fact<Sourced<bool>>,
    /// The plugins that it cannot do without and that are disabled, sorted.
    ///
    /// Source: config.toml, `disabled_plugins`
    pub needed_plugins_disabled: Fact<Vec<String>>,
    /// The runtimes, by name.
    ///
    /// Source: config.toml, `containerd.runtimes`
    pub runtimes: Fact<Vec<Runtime>>,
    /// The name of the runtime for pods that name none; `runc` by default.
    ///
    /// Source: config.toml, `containerd.default_runtime_name`
    pub default_runtime: Fact<Sourced<String>>,
    /// Whether the default runtime is among the runtimes.
    ///
    /// Source: config.toml, `containerd.runtimes`, `containerd.default_runtime_name`
    pub default_runtime_defined: Fact<bool>,
    /// Whether systemd makes the control groups of the default runtime.
    ///
    /// Source: config.toml, `SystemdCgroup` of the default runtime's options
    pub systemd_cgroup: Fact<Sourced<bool>>,
    /// The image of a pod's sandbox.
    ///
    /// Source: config.toml, `sandbox_image` or `pinned_images.sandbox`
    pub sandbox_image: Fact<Sourced<String>>,
    /// The snapshotter; `overlayfs` by default.
    ///
    /// Source: config.toml, `snapshotter`
    pub snapshotter: Fact<Sourced<String>>,
    /// Whether the compressed layers of an image are let go once they are unpacked; `false` by default.
    ///
    /// Source: config.toml, `discard_unpacked_layers`
    pub discard_unpacked_layers: Fact<Sourced<bool>>,
    /// Where a line of a container's log is split; 16384 by default, -1 for never.
    ///
    /// Unit: bytes
    /// Source: config.toml, `max_container_log_line_size`
    pub max_container_log_line_size: Fact<Sourced<i64>>,
    /// Whether containers get SELinux labels; `false` by default.
    ///
    /// Source: config.toml, `enable_selinux`
    pub enable_selinux: Fact<Sourced<bool>>,
    /// How many SELinux categories containers are spread over; 1024 by default.
    ///
    /// Source: config.toml, `selinux_category_range`
    pub selinux_category_range: Fact<Sourced<i64>>,
    /// The seccomp profile of containers for which Kubernetes names none: `""` (the default) is unconfined,
    /// `runtime/default`, `docker/default`, `localhost/PATH`.
    ///
    /// Source: config.toml, `unset_seccomp_profile`
    pub unset_seccomp_profile: Fact<Sourced<String>>,
    /// Whether containers get no AppArmor profile; `false` by default.
    ///
    /// Source: config.toml, `disable_apparmor`
    pub disable_apparmor: Fact<Sourced<bool>>,
    /// Whether the processes of containers keep containerd's OOM score at least; `false` by default.
    ///
    /// Source: config.toml, `restrict_oom_score_adj`
    pub restrict_oom_score_adj: Fact<Sourced<bool>>,
    /// Whether containers run without a controller of huge pages; `true` by default.
    ///
    /// Source: config.toml, `tolerate_missing_hugetlb_controller`
    pub tolerate_missing_hugetlb_controller: Fact<Sourced<bool>>,
    /// Whether containers have no limits at all, for rootless containerd; `false` by default.
    ///
    /// Source: config.toml, `disable_cgroup`
    pub disable_cgroup: Fact<Sourced<bool>>,
    /// Whether devices belong to the user of the container they are passed to; `false` by default.
    ///
    /// Source: config.toml, `device_ownership_from_security_context`
    pub device_ownership_from_security_context: Fact<Sourced<bool>>,
    /// How many layers are pulled at once; 3 by default.
    ///
    /// Source: config.toml, `max_concurrent_downloads`
    pub max_concurrent_downloads: Fact<Sourced<i64>>,
    /// Whether an image is on disk once its pull is done; `false` by default.
    ///
    /// Source: config.toml, `image_pull_with_sync_fs`
    pub image_pull_with_sync_fs: Fact<Sourced<bool>>,
    /// Where the streaming server of exec and attach listens; `127.0.0.1` by default.
    ///
    /// Source: config.toml, `stream_server_address`
    pub stream_server_address: Fact<Sourced<String>>,
    /// Whether the streaming server speaks TLS; `false` by default.
    ///
    /// Source: config.toml, `enable_tls_streaming`
    pub enable_tls_streaming: Fact<Sourced<bool>>,
    /// Whether the CRI is not offered over TCP; `true` by default.
    ///
    /// Source: config.toml, `disable_tcp_service`
    pub disable_tcp_service: Fact<Sourced<bool>>,
    /// The directory of CNI's configuration; `/etc/cni/net.d` by default.
    ///
    /// Source: config.toml, `cni.conf_dir`
    pub cni_conf_dir: Fact<Sourced<String>>,
    /// The directories of network plugins; `/opt/cni/bin` by default.
    ///
    /// Source: config.toml, `cni.bin_dirs` of containerd 2.1, else `cni.bin_dir`
    pub cni_bin_dirs: Fact<Sourced<Vec<String>>>,
    /// Registries.
    ///
    /// Source: config.toml, `registry`
    pub registry: Registry,
    /// The settings that are of the wrong type, with the reason; the plugin does not load with one.
    ///
    /// Source: config.toml, the value
    pub wrong_types: Vec<Sourced<String>>,
}

/// The names of the CRI plugin in `disabled_plugins`: of version 1, of version 2, and its halves of
/// containerd 2.
pub(super) const NAMES: [&str; 4] =
    ["cri", "io.containerd.grpc.v1.cri", "io.containerd.cri.v1.runtime", "io.containerd.cri.v1.images"];

/// What the plugin cannot do without; the snapshotter comes on top.
const NEEDED: [&str; 11] = [
    "io.containerd.content.v1.content",
    "io.containerd.event.v1.exchange",
    "io.containerd.metadata.v1.bolt",
    "io.containerd.runtime.v2.task",
    "io.containerd.service.v1.containers-service",
    "io.containerd.service.v1.content-service",
    "io.containerd.service.v1.diff-service",
    "io.containerd.service.v1.images-service",
    "io.containerd.service.v1.introspection-service",
    "io.containerd.service.v1.snapshots-service",
    "io.containerd.service.v1.tasks-service",
];

impl Cri {
    /// Reads the plugin's settings; programs are looked for in the directories `path`.
    pub(super) fn of(merged: &Merged, release: &Fact<Release>, host: &Host, path: &[String]) -> Self {
        let view = View::new(merged);
        let bool = |key: &str, default| view.bool(Table::Runtime, &[key], default);
        let server_bool = |key: &str, default| view.bool(Table::Server, &[key], default);
        let runtimes = runtime::read(&view, merged.is_two, host, path);
        let default_runtime = view.text(Table::Runtime, &["containerd", "default_runtime_name"], "runc");
        let chosen = default_runtime.as_ref().and_then(|name| {
            let find =
                |runtimes: &Vec<Runtime>| runtimes.iter().find(|runtime| runtime.name == name.value).cloned();
            runtimes.as_ref().and_then(|runtimes| find(runtimes).into())
        });
        let snapshotter = moved_text(&view, &["snapshotter"], &["containerd", "snapshotter"]);
        let snapshotter = or_default(snapshotter, "overlayfs".to_owned());
        Self {
            enabled: enabled(merged),
            needed_plugins_disabled: needed_plugins_disabled(merged, &snapshotter),
            default_runtime_defined: chosen.as_ref().map(|_| true).or_absent(false),
            systemd_cgroup: chosen.and_then(|runtime| runtime.systemd_cgroup),
            sandbox_image: sandbox_image(&view, release),
            snapshotter,
            discard_unpacked_layers: or_default(
                view.value(
                    Table::Images,
                    &["discard_unpacked_layers"],
                    &["containerd", "discard_unpacked_layers"],
                    serde_json::Value::as_bool,
                ),
                false,
            ),
            max_container_log_line_size: view.integer(
                Table::Runtime,
                &["max_container_log_line_size"],
                16384,
            ),
            enable_selinux: bool("enable_selinux", false),
            selinux_category_range: view.integer(Table::Runtime, &["selinux_category_range"], 1024),
            unset_seccomp_profile: view.text(Table::Runtime, &["unset_seccomp_profile"], ""),
            disable_apparmor: bool("disable_apparmor", false),
            restrict_oom_score_adj: bool("restrict_oom_score_adj", false),
            tolerate_missing_hugetlb_controller: bool("tolerate_missing_hugetlb_controller", true),
            disable_cgroup: bool("disable_cgroup", false),
            device_ownership_from_security_context: bool("device_ownership_from_security_context", false),
            max_concurrent_downloads: view.integer(Table::Images, &["max_concurrent_downloads"], 3),
            image_pull_with_sync_fs: view.bool(Table::Images, &["image_pull_with_sync_fs"], false),
            stream_server_address: view.text(Table::Server, &["stream_server_address"], "127.0.0.1"),
            enable_tls_streaming: server_bool("enable_tls_streaming", false),
            disable_tcp_service: server_bool("disable_tcp_service", true),
            cni_conf_dir: view.text(Table::Runtime, &["cni", "conf_dir"], "/etc/cni/net.d"),
            cni_bin_dirs: view.cni_bin_dirs(),
            registry: Registry::read(&view),
            default_runtime,
            runtimes,
            wrong_types: view.wrong_types(),
        }
    }
}

fn moved_text(view: &View<'_>, new: &[&str], old: &[&str]) -> Fact<Sourced<String>> {
    view.value(Table::Images, new, old, settings::text)
}

fn sandbox_image(view: &View<'_>, release: &Fact<Release>) -> Fact<Sourced<String>> {
    match moved_text(view, &["pinned_images", "sandbox"], &["sandbox_image"]) {
        Fact::Absent => match release.known().and_then(|release| release.sandbox_image()) {
            Some(image) => Fact::Known(Sourced { value: image.to_owned(), origin: origin::default() }),
            None => Fact::Gap(release::unknown("the default image of sandboxes")),
        },
        configured => configured,
    }
}

/// The plugin is loaded unless it is disabled by a name that counts for the version of the file.
fn enabled(merged: &Merged) -> Fact<Sourced<bool>> {
    let disabled = merged.settings.value(&["disabled_plugins"], settings::texts);
    let enabled = disabled.map(|disabled| Sourced {
        value: !disabled.value.iter().any(|name| NAMES.contains(&name.as_str())),
        origin: disabled.origin,
    });
    or_default(enabled, true)
}

fn needed_plugins_disabled(merged: &Merged, snapshotter: &Fact<Sourced<String>>) -> Fact<Vec<String>> {
    snapshotter.as_ref().and_then(|snapshotter| {
        let snapshotter = format!("io.containerd.snapshotter.v1.{}", snapshotter.value);
        let is_needed = |name: &String| NEEDED.contains(&name.as_str()) || *name == snapshotter;
        let disabled = merged.settings.value(&["disabled_plugins"], settings::texts);
        let disabled = disabled.map(|disabled| disabled.value).or_absent(Vec::new());
        disabled.map(|disabled| {
            let mut needed: Vec<_> = disabled.into_iter().filter(is_needed).collect();
            needed.sort_unstable();
            needed
        })
    })
}
