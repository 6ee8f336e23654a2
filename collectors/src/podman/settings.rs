//! The settings of containers.conf: the tables, their keys, and what kind of value each has.

use serde_json::{Value, json};

use crate::document::{Content, Node};

/// What a setting can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Bool,
    Integer,
    /// An integer that is not negative.
    Natural,
    /// Texts; `{append = true}` among them adds them to those of the weaker files.
    List,
    /// Lists by name.
    Lists,
    /// Texts by name.
    Words,
    /// Something of a form of its own.
    Any,
}

/// A setting.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) table: &'static str,
    pub(super) key: &'static str,
    pub(super) kind: Kind,
}

const fn setting(table: &'static str, key: &'static str, kind: Kind) -> Setting {
    Setting { table, key, kind }
}

/// What podman gives to containers that ask for nothing, if no file says otherwise.
pub(super) const DEFAULT_CAPABILITIES: [&str; 11] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_NET_BIND_SERVICE",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_CHROOT",
];

/// Tables whose keys are names that somebody chose.
pub(super) const FREE_TABLES: [&str; 1] = ["farms"];

impl Setting {
    /// Whether its values hold what must not leave the node: variables of the environment.
    pub(super) fn is_environment(&self) -> bool {
        matches!(self.key, "env" | "conmon_env_vars")
    }

    /// The list that podman has without any file, to which one may add its own.
    pub(super) fn own_list(&self) -> Option<Value> {
        (self.key == "default_capabilities").then(|| json!(DEFAULT_CAPABILITIES))
    }
}

impl Kind {
    /// Whether podman can decode `node` into such a setting.
    pub(super) fn fits(self, node: &Node) -> bool {
        let all = |nodes: &[Node], fits: fn(&Node) -> bool| nodes.iter().all(fits);
        match (self, &node.content) {
            (Self::Any, _) | (Self::Text, Content::Text(_)) | (Self::Bool, Content::Bool(_)) => true,
            (Self::Integer, Content::Number(number)) => number.is_i64(),
            (Self::Natural, Content::Number(number)) => number.is_u64(),
            (Self::List, Content::List(items)) => all(items, is_text_or_append),
            (Self::Words, Content::Object(members)) => members.iter().all(|member| is_text(&member.value)),
            (Self::Lists, Content::Object(members)) => members
                .iter()
                .all(|member| matches!(&member.value.content, Content::List(items) if all(items, is_text))),
            _ => false,
        }
    }

    /// What it has to be, with its article.
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Bool => "a boolean",
            Self::Integer => "a whole number",
            Self::Natural => "a whole number that is not negative",
            Self::List => "a list of strings",
            Self::Lists => "a table of lists of strings",
            Self::Words => "a table of strings",
            Self::Any => "something else",
        }
    }

    /// The JSON Schema of its values.
    pub(super) fn schema(self) -> Value {
        match self {
            Self::Text => json!({"type": ["string", "null"]}),
            Self::Bool => json!({"type": ["boolean", "null"]}),
            Self::Integer | Self::Natural => json!({"type": ["integer", "null"]}),
            Self::List => json!({"type": ["array", "null"], "items": {"type": "string"}}),
            Self::Lists | Self::Any => json!({"type": ["object", "null"], "additionalProperties": true}),
            Self::Words => json!({"type": ["object", "null"], "additionalProperties": {"type": "string"}}),
        }
    }
}

fn is_text(node: &Node) -> bool {
    matches!(node.content, Content::Text(_))
}

fn is_text_or_append(node: &Node) -> bool {
    is_text(node)
        || node.member("append").is_some_and(|append| matches!(append.value.content, Content::Bool(_)))
}

/// The settings that any podman from 3 to 5 knows.
#[rustfmt::skip]
pub(super) const SETTINGS: &[Setting] = &[
    setting("configmaps", "driver", Kind::Text),
    setting("configmaps", "opts", Kind::Words),
    setting("containers", "annotations", Kind::List),
    setting("containers", "apparmor_profile", Kind::Text),
    setting("containers", "base_hosts_file", Kind::Text),
    setting("containers", "cgroup_conf", Kind::List),
    setting("containers", "cgroup_parent", Kind::Text),
    setting("containers", "cgroupns", Kind::Text),
    setting("containers", "cgroups", Kind::Text),
    setting("containers", "container_name_as_hostname", Kind::Bool),
    setting("containers", "default_capabilities", Kind::List),
    setting("containers", "default_sysctls", Kind::List),
    setting("containers", "default_ulimits", Kind::List),
    setting("containers", "devices", Kind::List),
    setting("containers", "dns_options", Kind::List),
    setting("containers", "dns_searches", Kind::List),
    setting("containers", "dns_servers", Kind::List),
    setting("containers", "env", Kind::List),
    setting("containers", "env_host", Kind::Bool),
    setting("containers", "host_containers_internal_ip", Kind::Text),
    setting("containers", "http_proxy", Kind::Bool),
    setting("containers", "init", Kind::Bool),
    setting("containers", "init_path", Kind::Text),
    setting("containers", "interface_name", Kind::Text),
    setting("containers", "ipcns", Kind::Text),
    setting("containers", "keyring", Kind::Bool),
    setting("containers", "label", Kind::Bool),
    setting("containers", "label_users", Kind::Bool),
    setting("containers", "log_driver", Kind::Text),
    setting("containers", "log_path", Kind::Text),
    setting("containers", "log_size_max", Kind::Integer),
    setting("containers", "log_tag", Kind::Text),
    setting("containers", "mounts", Kind::List),
    setting("containers", "netns", Kind::Text),
    setting("containers", "no_hostname", Kind::Bool),
    setting("containers", "no_hosts", Kind::Bool),
    setting("containers", "oom_score_adj", Kind::Integer),
    setting("containers", "pidns", Kind::Text),
    setting("containers", "pids_limit", Kind::Integer),
    setting("containers", "prepare_volume_on_create", Kind::Bool),
    setting("containers", "privileged", Kind::Bool),
    setting("containers", "read_only", Kind::Bool),
    setting("containers", "seccomp_profile", Kind::Text),
    setting("containers", "shm_size", Kind::Text),
    setting("containers", "tz", Kind::Text),
    setting("containers", "umask", Kind::Text),
    setting("containers", "userns", Kind::Text),
    setting("containers", "userns_size", Kind::Integer),
    setting("containers", "utsns", Kind::Text),
    setting("containers", "volumes", Kind::List),
    setting("engine", "active_service", Kind::Text),
    setting("engine", "add_compression", Kind::List),
    setting("engine", "cdi_spec_dirs", Kind::List),
    setting("engine", "cgroup_check", Kind::Bool),
    setting("engine", "cgroup_manager", Kind::Text),
    setting("engine", "chown_copied_files", Kind::Bool),
    setting("engine", "compat_api_enforce_docker_hub", Kind::Bool),
    setting("engine", "compose_providers", Kind::List),
    setting("engine", "compose_warning_logs", Kind::Bool),
    setting("engine", "compression_format", Kind::Text),
    setting("engine", "compression_level", Kind::Integer),
    setting("engine", "conmon_env_vars", Kind::List),
    setting("engine", "conmon_path", Kind::List),
    setting("engine", "conmonrs_path", Kind::List),
    setting("engine", "database_backend", Kind::Text),
    setting("engine", "detach_keys", Kind::Text),
    setting("engine", "enable_port_reservation", Kind::Bool),
    setting("engine", "env", Kind::List),
    setting("engine", "events_container_create_inspect_data", Kind::Bool),
    setting("engine", "events_logfile_max_size", Kind::Any),
    setting("engine", "events_logfile_path", Kind::Text),
    setting("engine", "events_logger", Kind::Text),
    setting("engine", "exit_command_delay", Kind::Natural),
    setting("engine", "healthcheck_events", Kind::Bool),
    setting("engine", "helper_binaries_dir", Kind::List),
    setting("engine", "hooks_dir", Kind::List),
    setting("engine", "image_build_format", Kind::Text),
    setting("engine", "image_copy_tmp_dir", Kind::Text),
    setting("engine", "image_default_format", Kind::Text),
    setting("engine", "image_default_transport", Kind::Text),
    setting("engine", "image_parallel_copies", Kind::Natural),
    setting("engine", "image_volume_mode", Kind::Text),
    setting("engine", "infra_command", Kind::Text),
    setting("engine", "infra_image", Kind::Text),
    setting("engine", "init_path", Kind::Text),
    setting("engine", "kube_generate_type", Kind::Text),
    setting("engine", "lock_type", Kind::Text),
    setting("engine", "machine_enabled", Kind::Bool),
    setting("engine", "multi_image_archive", Kind::Bool),
    setting("engine", "namespace", Kind::Text),
    setting("engine", "network_cmd_options", Kind::List),
    setting("engine", "network_cmd_path", Kind::Text),
    setting("engine", "no_pivot_root", Kind::Bool),
    setting("engine", "num_locks", Kind::Natural),
    setting("engine", "platform_to_oci_runtime", Kind::Words),
    setting("engine", "pod_exit_policy", Kind::Text),
    setting("engine", "podmansh_timeout", Kind::Natural),
    setting("engine", "pull_policy", Kind::Text),
    setting("engine", "remote", Kind::Bool),
    setting("engine", "remote_identity", Kind::Text),
    setting("engine", "remote_uri", Kind::Text),
    setting("engine", "retry", Kind::Natural),
    setting("engine", "retry_delay", Kind::Text),
    setting("engine", "runtime", Kind::Text),
    setting("engine", "runtime_path", Kind::List),
    setting("engine", "runtime_supports_json", Kind::List),
    setting("engine", "runtime_supports_kvm", Kind::List),
    setting("engine", "runtime_supports_nocgroup", Kind::List),
    setting("engine", "runtime_supports_nocgroups", Kind::List),
    setting("engine", "runtimes", Kind::Lists),
    setting("engine", "runtimes_flags", Kind::Any),
    setting("engine", "service_destinations", Kind::Any),
    setting("engine", "service_timeout", Kind::Natural),
    setting("engine", "ssh_config", Kind::Text),
    setting("engine", "static_dir", Kind::Text),
    setting("engine", "stop_timeout", Kind::Natural),
    setting("engine", "tmp_dir", Kind::Text),
    setting("engine", "volume_path", Kind::Text),
    setting("engine", "volume_plugin_timeout", Kind::Natural),
    setting("engine", "volume_plugins", Kind::Words),
    setting("machine", "cpus", Kind::Natural),
    setting("machine", "disk_size", Kind::Natural),
    setting("machine", "image", Kind::Text),
    setting("machine", "memory", Kind::Natural),
    setting("machine", "provider", Kind::Text),
    setting("machine", "rosetta", Kind::Bool),
    setting("machine", "user", Kind::Text),
    setting("machine", "volumes", Kind::List),
    setting("network", "cni_plugin_dirs", Kind::List),
    setting("network", "default_network", Kind::Text),
    setting("network", "default_rootless_network_cmd", Kind::Text),
    setting("network", "default_subnet", Kind::Text),
    setting("network", "default_subnet_pools", Kind::Any),
    setting("network", "dns_bind_port", Kind::Natural),
    setting("network", "firewall_driver", Kind::Text),
    setting("network", "netavark_plugin_dirs", Kind::List),
    setting("network", "network_backend", Kind::Text),
    setting("network", "network_config_dir", Kind::Text),
    setting("network", "pasta_options", Kind::List),
    setting("podmansh", "container", Kind::Text),
    setting("podmansh", "shell", Kind::Text),
    setting("podmansh", "timeout", Kind::Natural),
    setting("secrets", "driver", Kind::Text),
    setting("secrets", "opts", Kind::Words),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    fn fits(kind: Kind, text: &str) -> bool {
        let document = Document::parse_toml("/f", format!("x = {text}")).unwrap();
        kind.fits(&document.root().member("x").unwrap().value)
    }

    #[test]
    fn kinds_fit_what_podman_decodes() {
        for (kind, good, bad) in [
            (Kind::Text, "'a'", "3"),
            (Kind::Bool, "true", "'true'"),
            (Kind::Integer, "-1", "1.5"),
            (Kind::Natural, "0", "-5"),
            (Kind::List, "['a', {append = true}]", "'a'"),
            (Kind::List, "[]", "[1]"),
            (Kind::Words, "{a = 'b'}", "{a = 1}"),
            (Kind::Lists, "{a = ['b']}", "{a = 'b'}"),
        ] {
            assert!(fits(kind, good), "{kind:?} {good}");
            assert!(!fits(kind, bad), "{kind:?} {bad}");
        }
    }
}
