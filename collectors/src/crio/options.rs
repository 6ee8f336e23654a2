//! CRI-O's options: where each stands in crio.conf, by which flag and variable it is set too, and what holds
//! when nothing says anything. The keys are those of CRI-O 1.20 to 1.36.

use serde_json::{Value, json};

use super::kind::Kind::{self, Bool, Integer, List, Table, Text};

/// An option of crio.conf.
#[derive(Debug)]
pub(super) struct CrioOption {
    /// The table below `crio`; empty for `crio` itself.
    pub(super) table: &'static str,
    pub(super) key: &'static str,
    pub(super) kind: Kind,
    /// The flag, without its dashes.
    pub(super) flag: Option<&'static str>,
    /// The environment variable.
    pub(super) variable: Option<&'static str>,
}

/// An option that only files set.
const fn file(table: &'static str, key: &'static str, kind: Kind) -> CrioOption {
    CrioOption { table, key, kind, flag: None, variable: None }
}

/// An option that a flag and a variable set too.
const fn both(
    table: &'static str,
    key: &'static str,
    kind: Kind,
    flag: &'static str,
    variable: &'static str,
) -> CrioOption {
    CrioOption { table, key, kind, flag: Some(flag), variable: Some(variable) }
}

/// The options by table.
pub(super) const OPTIONS: &[CrioOption] = &[
    both("", "root", Text, "root", "CONTAINER_ROOT"),
    both("", "runroot", Text, "runroot", "CONTAINER_RUNROOT"),
    both("", "imagestore", Text, "imagestore", "CONTAINER_IMAGESTORE"),
    both("", "storage_driver", Text, "storage-driver", "CONTAINER_STORAGE_DRIVER"),
    both("", "storage_option", List, "storage-opt", "CONTAINER_STORAGE_OPT"),
    both("", "log_dir", Text, "log-dir", "CONTAINER_LOG_DIR"),
    both("", "version_file", Text, "version-file", "CONTAINER_VERSION_FILE"),
    both("", "version_file_persist", Text, "version-file-persist", "CONTAINER_VERSION_FILE_PERSIST"),
    both("", "clean_shutdown_file", Text, "clean-shutdown-file", "CONTAINER_CLEAN_SHUTDOWN_FILE"),
    both("", "internal_wipe", Bool, "internal-wipe", "CONTAINER_INTERNAL_WIPE"),
    both("", "internal_repair", Bool, "internal-repair", "CONTAINER_INTERNAL_REPAIR"),
    both("api", "listen", Text, "listen", "CONTAINER_LISTEN"),
    both("api", "stream_address", Text, "stream-address", "CONTAINER_STREAM_ADDRESS"),
    both("api", "stream_port", Text, "stream-port", "CONTAINER_STREAM_PORT"),
    both("api", "stream_enable_tls", Bool, "stream-enable-tls", "CONTAINER_ENABLE_TLS"),
    both("api", "stream_tls_cert", Text, "stream-tls-cert", "CONTAINER_TLS_CERT"),
    both("api", "stream_tls_key", Text, "stream-tls-key", "CONTAINER_TLS_KEY"),
    both("api", "stream_tls_ca", Text, "stream-tls-ca", "CONTAINER_TLS_CA"),
    both("api", "stream_idle_timeout", Text, "stream-idle-timeout", "STREAM_IDLE_TIMEOUT"),
    both("api", "tls_min_version", Text, "tls-min-version", "CONTAINER_TLS_MIN_VERSION"),
    both("api", "tls_cipher_suites", List, "tls-cipher-suites", "CONTAINER_TLS_CIPHER_SUITES"),
    both(
        "api",
        "grpc_max_send_msg_size",
        Integer,
        "grpc-max-send-msg-size",
        "CONTAINER_GRPC_MAX_SEND_MSG_SIZE",
    ),
    both(
        "api",
        "grpc_max_recv_msg_size",
        Integer,
        "grpc-max-recv-msg-size",
        "CONTAINER_GRPC_MAX_RECV_MSG_SIZE",
    ),
    file("api", "host_ip", List),
    both("runtime", "conmon", Text, "conmon", "CONTAINER_CONMON"),
    both("runtime", "conmon_cgroup", Text, "conmon-cgroup", "CONTAINER_CONMON_CGROUP"),
    both("runtime", "conmon_env", List, "conmon-env", "CONTAINER_CONMON_ENV"),
    both("runtime", "default_runtime", Text, "default-runtime", "CONTAINER_DEFAULT_RUNTIME"),
    file("runtime", "runtimes", Table),
    file("runtime", "workloads", Table),
    both("runtime", "seccomp_profile", Text, "seccomp-profile", "CONTAINER_SECCOMP_PROFILE"),
    file("runtime", "seccomp_use_default_when_empty", Bool),
    both(
        "runtime",
        "privileged_seccomp_profile",
        Text,
        "privileged-seccomp-profile",
        "CONTAINER_PRIVILEGED_SECCOMP_PROFILE",
    ),
    both("runtime", "apparmor_profile", Text, "apparmor-profile", "CONTAINER_APPARMOR_PROFILE"),
    both("runtime", "selinux", Bool, "selinux", "CONTAINER_SELINUX"),
    both(
        "runtime",
        "hostnetwork_disable_selinux",
        Bool,
        "hostnetwork-disable-selinux",
        "CONTAINER_HOSTNETWORK_DISABLE_SELINUX",
    ),
    both("runtime", "cgroup_manager", Text, "cgroup-manager", "CONTAINER_CGROUP_MANAGER"),
    both("runtime", "pids_limit", Integer, "pids-limit", "CONTAINER_PIDS_LIMIT"),
    both("runtime", "log_size_max", Integer, "log-size-max", "CONTAINER_LOG_SIZE_MAX"),
    both("runtime", "log_to_journald", Bool, "log-journald", "CONTAINER_LOG_JOURNALD"),
    both("runtime", "log_level", Text, "log-level", "CONTAINER_LOG_LEVEL"),
    both("runtime", "log_filter", Text, "log-filter", "CONTAINER_LOG_FILTER"),
    both("runtime", "default_ulimits", List, "default-ulimits", "CONTAINER_DEFAULT_ULIMITS"),
    both("runtime", "default_capabilities", List, "default-capabilities", "CONTAINER_DEFAULT_CAPABILITIES"),
    both(
        "runtime",
        "add_inheritable_capabilities",
        Bool,
        "add-inheritable-capabilities",
        "CONTAINER_ADD_INHERITABLE_CAPABILITIES",
    ),
    both("runtime", "default_sysctls", List, "default-sysctls", "CONTAINER_DEFAULT_SYSCTLS"),
    both("runtime", "default_env", List, "default-env", "CONTAINER_DEFAULT_ENV"),
    file("runtime", "default_mounts", List),
    both("runtime", "default_mounts_file", Text, "default-mounts-file", "CONTAINER_DEFAULT_MOUNTS_FILE"),
    both("runtime", "allowed_devices", List, "allowed-devices", "CONTAINER_ALLOWED_DEVICES"),
    both("runtime", "additional_devices", List, "additional-devices", "CONTAINER_ADDITIONAL_DEVICES"),
    both(
        "runtime",
        "device_ownership_from_security_context",
        Bool,
        "device-ownership-from-security-context",
        "CONTAINER_DEVICE_OWNERSHIP_FROM_SECURITY_CONTEXT",
    ),
    both("runtime", "cdi_spec_dirs", List, "cdi-spec-dirs", "CONTAINER_CDI_SPEC_DIRS"),
    both("runtime", "hooks_dir", List, "hooks-dir", "CONTAINER_HOOKS_DIR"),
    both("runtime", "no_pivot", Bool, "no-pivot", "CONTAINER_NO_PIVOT"),
    both("runtime", "read_only", Bool, "read-only", "CONTAINER_READ_ONLY"),
    both("runtime", "uid_mappings", Text, "uid-mappings", "CONTAINER_UID_MAPPINGS"),
    both("runtime", "gid_mappings", Text, "gid-mappings", "CONTAINER_GID_MAPPINGS"),
    both(
        "runtime",
        "minimum_mappable_uid",
        Integer,
        "minimum-mappable-uid",
        "CONTAINER_MINIMUM_MAPPABLE_UID",
    ),
    both(
        "runtime",
        "minimum_mappable_gid",
        Integer,
        "minimum-mappable-gid",
        "CONTAINER_MINIMUM_MAPPABLE_GID",
    ),
    both("runtime", "ctr_stop_timeout", Integer, "ctr-stop-timeout", "CONTAINER_STOP_TIMEOUT"),
    both("runtime", "container_exits_dir", Text, "container-exits-dir", "CONTAINER_EXITS_DIR"),
    both(
        "runtime",
        "container_attach_socket_dir",
        Text,
        "container-attach-socket-dir",
        "CONTAINER_ATTACH_SOCKET_DIR",
    ),
    both("runtime", "bind_mount_prefix", Text, "bind-mount-prefix", "CONTAINER_BIND_MOUNT_PREFIX"),
    both("runtime", "namespaces_dir", Text, "namespaces-dir", "CONTAINER_NAMESPACES_DIR"),
    both("runtime", "pinns_path", Text, "pinns-path", "CONTAINER_PINNS_PATH"),
    both("runtime", "drop_infra_ctr", Bool, "drop-infra-ctr", "CONTAINER_DROP_INFRA_CTR"),
    both("runtime", "infra_ctr_cpuset", Text, "infra-ctr-cpuset", "CONTAINER_INFRA_CTR_CPUSET"),
    both("runtime", "shared_cpuset", Text, "shared-cpuset", "CONTAINER_SHARED_CPUSET"),
    both("runtime", "separate_pull_cgroup", Text, "separate-pull-cgroup", "PULL_IN_A_CGROUP"),
    both("runtime", "enable_criu_support", Bool, "enable-criu-support", "CONTAINER_ENABLE_CRIU_SUPPORT"),
    both("runtime", "enable_pod_events", Bool, "enable-pod-events", "ENABLE_POD_EVENTS"),
    both("runtime", "disable_hostport_mapping", Bool, "disable-hostport-mapping", "DISABLE_HOSTPORT_MAPPING"),
    both("runtime", "timezone", Text, "timezone", "CONTAINER_TIME_ZONE"),
    both(
        "runtime",
        "min_injected_gomaxprocs",
        Integer,
        "min-injected-gomaxprocs",
        "CONTAINER_INJECT_GOMAXPROCS",
    ),
    both(
        "runtime",
        "absent_mount_sources_to_reject",
        List,
        "absent-mount-sources-to-reject",
        "CONTAINER_ABSENT_MOUNT_SOURCES_TO_REJECT",
    ),
    both("runtime", "decryption_keys_path", Text, "decryption-keys-path", "CONTAINER_DECRYPTION_KEYS_PATH"),
    both("runtime", "blockio_config_file", Text, "blockio-config-file", "CONTAINER_BLOCKIO_CONFIG_FILE"),
    both("runtime", "blockio_reload", Bool, "blockio-reload", "CONTAINER_BLOCKIO_RELOAD"),
    both(
        "runtime",
        "irqbalance_config_file",
        Text,
        "irqbalance-config-file",
        "CONTAINER_IRQBALANCE_CONFIG_FILE",
    ),
    both(
        "runtime",
        "irqbalance_config_restore_file",
        Text,
        "irqbalance-config-restore-file",
        "CONTAINER_IRQBALANCE_CONFIG_RESTORE_FILE",
    ),
    both("runtime", "rdt_config_file", Text, "rdt-config-file", "CONTAINER_RDT_CONFIG_FILE"),
    file("runtime", "manage_ns_lifecycle", Bool),
    file("runtime", "manage_network_ns_lifecycle", Bool),
    file("runtime", "allowed_annotations", List),
    both("image", "default_transport", Text, "default-transport", "CONTAINER_DEFAULT_TRANSPORT"),
    both("image", "global_auth_file", Text, "global-auth-file", "CONTAINER_GLOBAL_AUTH_FILE"),
    both("image", "namespaced_auth_dir", Text, "namespaced-auth-dir", "CONTAINER_NAMESPACED_AUTH_DIR"),
    both("image", "pause_image", Text, "pause-image", "CONTAINER_PAUSE_IMAGE"),
    both("image", "pause_image_auth_file", Text, "pause-image-auth-file", "CONTAINER_PAUSE_IMAGE_AUTH_FILE"),
    both("image", "pause_command", Text, "pause-command", "CONTAINER_PAUSE_COMMAND"),
    both("image", "pinned_images", List, "pinned-images", "CONTAINER_PINNED_IMAGES"),
    both("image", "signature_policy", Text, "signature-policy", "CONTAINER_SIGNATURE_POLICY"),
    both("image", "signature_policy_dir", Text, "signature-policy-dir", "CONTAINER_SIGNATURE_POLICY_DIR"),
    both("image", "insecure_registries", List, "insecure-registry", "CONTAINER_INSECURE_REGISTRY"),
    file("image", "registries", List),
    both("image", "image_volumes", Text, "image-volumes", "CONTAINER_IMAGE_VOLUMES"),
    both(
        "image",
        "big_files_temporary_dir",
        Text,
        "big-files-temporary-dir",
        "CONTAINER_BIG_FILES_TEMPORARY_DIR",
    ),
    both("image", "auto_reload_registries", Bool, "auto-reload-registries", "AUTO_RELOAD_REGISTRIES"),
    both("image", "pull_progress_timeout", Text, "pull-progress-timeout", "CONTAINER_PULL_PROGRESS_TIMEOUT"),
    both("image", "short_name_mode", Text, "short-name-mode", "CONTAINER_SHORT_NAME_MODE"),
    both(
        "image",
        "oci_artifact_mount_support",
        Bool,
        "oci-artifact-mount-support",
        "CONTAINER_OCI_ARTIFACT_SUPPORT",
    ),
    file("image", "additional_artifact_stores", List),
    both("network", "cni_default_network", Text, "cni-default-network", "CONTAINER_CNI_DEFAULT_NETWORK"),
    both("network", "network_dir", Text, "cni-config-dir", "CONTAINER_CNI_CONFIG_DIR"),
    both("network", "plugin_dirs", List, "cni-plugin-dir", "CONTAINER_CNI_PLUGIN_DIR"),
    file("network", "plugin_dir", Text),
    file("network", "cni_status_grace_period", Text),
    both("metrics", "enable_metrics", Bool, "enable-metrics", "CONTAINER_ENABLE_METRICS"),
    both("metrics", "metrics_host", Text, "metrics-host", "CONTAINER_METRICS_HOST"),
    both("metrics", "metrics_port", Integer, "metrics-port", "CONTAINER_METRICS_PORT"),
    both("metrics", "metrics_socket", Text, "metrics-socket", "CONTAINER_METRICS_SOCKET"),
    both("metrics", "metrics_cert", Text, "metrics-cert", "CONTAINER_METRICS_CERT"),
    both("metrics", "metrics_key", Text, "metrics-key", "CONTAINER_METRICS_KEY"),
    both("metrics", "metrics_collectors", List, "metrics-collectors", "CONTAINER_METRICS_COLLECTORS"),
    both("tracing", "enable_tracing", Bool, "enable-tracing", "CONTAINER_ENABLE_TRACING"),
    both("tracing", "tracing_endpoint", Text, "tracing-endpoint", "CONTAINER_TRACING_ENDPOINT"),
    both(
        "tracing",
        "tracing_sampling_rate_per_million",
        Integer,
        "tracing-sampling-rate-per-million",
        "CONTAINER_TRACING_SAMPLING_RATE_PER_MILLION",
    ),
    both(
        "stats",
        "stats_collection_period",
        Integer,
        "stats-collection-period",
        "CONTAINER_STATS_COLLECTION_PERIOD",
    ),
    both("stats", "collection_period", Integer, "collection-period", "COLLECTION_PERIOD"),
    file("stats", "included_pod_metrics", List),
    file("checkpoint_restore", "container_level_enabled", Text),
    both("nri", "enable_nri", Bool, "enable-nri", "CONTAINER_ENABLE_NRI"),
    both("nri", "nri_listen", Text, "nri-listen", "CONTAINER_NRI_LISTEN"),
    both("nri", "nri_plugin_dir", Text, "nri-plugin-dir", "CONTAINER_NRI_PLUGIN_DIR"),
    both("nri", "nri_plugin_config_dir", Text, "nri-plugin-config-dir", "CONTAINER_NRI_PLUGIN_CONFIG_DIR"),
    file("nri", "nri_plugin_registration_timeout", Text),
    file("nri", "nri_plugin_request_timeout", Text),
    file("nri", "nri_disable_connections", Bool),
    file("nri", "default_validator", Table),
];

/// The keys of a runtime's table.
pub(super) const OF_RUNTIMES: &[&str] = &[
    "allowed_annotations",
    "container_create_timeout",
    "container_min_memory",
    "default_annotations",
    "exec_cpu_affinity",
    "inherit_default_runtime",
    "monitor_cgroup",
    "monitor_env",
    "monitor_exec_cgroup",
    "monitor_path",
    "no_sync_log",
    "platform_runtime_paths",
    "privileged_without_host_devices",
    "runtime_config_path",
    "runtime_path",
    "runtime_pull_image",
    "runtime_root",
    "runtime_type",
    "seccomp_profile",
    "stream_websockets",
];

/// What a container may do that asks for nothing, in every release.
pub(super) const DEFAULT_CAPABILITIES: [&str; 9] =
    ["CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "SETGID", "SETUID", "SETPCAP", "NET_BIND_SERVICE", "KILL"];

impl CrioOption {
    /// Where it stands in crio.conf.
    pub(super) fn path(&self) -> Vec<&'static str> {
        ["crio", self.table, self.key].into_iter().filter(|part| !part.is_empty()).collect()
    }

    /// What holds in every release when nothing says anything.
    pub(super) fn default(&self) -> Option<Value> {
        Some(match self.key {
            "log_dir" => json!("/var/log/crio/pods"),
            "version_file" => json!("/var/run/crio/version"),
            "clean_shutdown_file" => json!("/var/lib/crio/clean.shutdown"),
            "listen" => json!("/var/run/crio/crio.sock"),
            "stream_address" | "metrics_host" => json!("127.0.0.1"),
            "stream_port" => json!("0"),
            "stream_enable_tls"
            | "log_to_journald"
            | "add_inheritable_capabilities"
            | "device_ownership_from_security_context"
            | "no_pivot"
            | "read_only"
            | "enable_metrics"
            | "enable_tracing" => json!(false),
            "seccomp_use_default_when_empty" => json!(true),
            "log_level" => json!("info"),
            "log_size_max" => json!(-1),
            "default_ulimits" | "default_sysctls" | "insecure_registries" | "default_env" => json!([]),
            "seccomp_profile" | "privileged_seccomp_profile" | "uid_mappings" | "gid_mappings" => json!(""),
            "default_capabilities" => json!(DEFAULT_CAPABILITIES),
            "cgroup_manager" => json!("systemd"),
            "hooks_dir" => json!(["/usr/share/containers/oci/hooks.d"]),
            "network_dir" => json!("/etc/cni/net.d/"),
            "plugin_dirs" => json!(["/opt/cni/bin/"]),
            "ctr_stop_timeout" => json!(30),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_flags_are_there_once() {
        for (index, option) in OPTIONS.iter().enumerate() {
            let others = || OPTIONS.iter().skip(index + 1);
            assert!(others().all(|other| other.key != option.key), "{}", option.key);
            assert!(
                others().all(|other| other.flag.is_none() || other.flag != option.flag),
                "{}",
                option.key
            );
        }
    }

    #[test]
    fn a_default_is_of_its_options_kind() {
        for option in OPTIONS {
            assert!(option.default().is_none_or(|value| option.kind.fits(&value)), "{}", option.key);
        }
    }
}
