//! What puts right what SELinux denies to containers: a boolean of the policy, another label, or a module.
//!
//! The booleans are those of container-selinux (container.te) and the ones of the base policy that it heeds.

use schemars::JsonSchema;
use serde::Serialize;

use super::selinux::SelinuxDenial;
use crate::fact::Fact;

/// What puts a denial of SELinux right, if it is meant to be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// A boolean of the policy.
    Boolean,
    /// The label that the policy has for the path (`restorecon`).
    RestoreLabel,
    /// A label for containers: the volume's option `:Z`, or `:z`.
    LabelVolume,
    /// A label that all containers share: the volume's option `:z`. Another container has it to itself.
    ShareVolume,
    /// A module of one's own (`audit2allow`).
    LocalModule,
}

/// Types of files of the node that end up in a container as a volume.
const OF_NODE: [&str; 17] = [
    "admin_home_t",
    "default_t",
    "etc_t",
    "home_root_t",
    "httpd_sys_content_t",
    "mnt_t",
    "root_t",
    "samba_share_t",
    "tmp_t",
    "user_home_dir_t",
    "user_home_t",
    "user_tmp_t",
    "usr_t",
    "var_lib_t",
    "var_log_t",
    "var_run_t",
    "var_t",
];

/// Types of a runtime's own files. A container never sees them where everything is labelled as it should be.
const OF_RUNTIME: [&str; 4] =
    ["container_log_t", "container_ro_file_t", "container_var_lib_t", "kubelet_var_lib_t"];

/// Classes of what has a label on disk.
const FILES: [&str; 7] = ["blk_file", "chr_file", "dir", "fifo_file", "file", "lnk_file", "sock_file"];

/// What puts `denial` right, and the boolean if it is one.
pub(super) fn to(denial: &SelinuxDenial) -> (Answer, Fact<String>) {
    if let Some(boolean) = boolean(denial) {
        return (Answer::Boolean, Fact::Known(boolean.to_owned()));
    }
    let answer = match denial.target_type.as_str() {
        _ if !FILES.contains(&denial.class.as_str()) => Answer::LocalModule,
        // Nothing has this type where labels are right.
        "unlabeled_t" | "file_t" => Answer::RestoreLabel,
        other if OF_RUNTIME.contains(&other) => Answer::RestoreLabel,
        other if is_of_container(denial) && OF_NODE.contains(&other) => Answer::LabelVolume,
        "container_file_t" if denial.source_level != denial.target_level => Answer::ShareVolume,
        _ => Answer::LocalModule,
    };
    (answer, Fact::Absent)
}

fn boolean(denial: &SelinuxDenial) -> Option<&'static str> {
    let wants = |permission: &str| denial.permissions.iter().any(|other| other == permission);
    let only = |allowed: &[&str]| denial.permissions.iter().all(|wanted| allowed.contains(&wanted.as_str()));
    let in_container = is_of_container(denial);
    match (denial.target_type.as_str(), denial.class.as_str()) {
        ("nfs_t", _) => Some("virt_use_nfs"),
        ("cifs_t", _) => Some("virt_use_samba"),
        (_, "tcp_socket") if denial.source_type == "container_runtime_t" && wants("name_connect") => {
            Some("container_connect_any")
        }
        _ if !in_container => None,
        ("cgroup_t", "dir" | "file") => Some("container_manage_cgroup"),
        ("cephfs_t", _) => Some("container_use_cephfs"),
        ("ecryptfs_t", _) => Some("container_use_ecryptfs"),
        ("cert_t", "dir" | "file" | "lnk_file")
            if only(&["getattr", "open", "read", "search", "map", "lock", "ioctl"]) =>
        {
            Some("container_read_certs")
        }
        ("dri_device_t", "chr_file") => Some("container_use_dri_devices"),
        ("xserver_misc_device_t", "chr_file") => Some("container_use_xserver_devices"),
        (_, "blk_file" | "chr_file") => Some("container_use_devices"),
        (_, "capability" | "cap_userns") if only(&["mknod"]) => Some("virt_sandbox_use_mknod"),
        (_, "capability" | "cap_userns") if only(&["sys_admin"]) => Some("virt_sandbox_use_sys_admin"),
        (_, "capability" | "cap_userns" | "capability2") => Some("virt_sandbox_use_all_caps"),
        (_, "netlink_socket" | "netlink_tcpdiag_socket" | "netlink_kobject_uevent_socket") => {
            Some("virt_sandbox_use_netlink")
        }
        (_, "netlink_audit_socket") => Some("virt_sandbox_use_audit"),
        (_, "process") if only(&["setexec", "setfscreate"]) => Some("container_modify_selinux_labels"),
        _ => None,
    }
}

fn is_of_container(denial: &SelinuxDenial) -> bool {
    is_container(&denial.source_type) || denial.of_container
}

/// Whether `domain` is one that containers are confined in.
pub(super) fn is_container(domain: &str) -> bool {
    let runtime = matches!(domain, "container_runtime_t" | "container_auth_t");
    // udica calls those that it writes `<name>.process`.
    let is_udicas = domain.ends_with(".process");
    is_udicas || domain.starts_with("svirt_") || (domain.starts_with("container_") && !runtime)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::denials::event::Event;

    fn answer(permissions: &str, source: &str, target: &str, class: &str) -> (Answer, Option<String>) {
        let line = format!(
            "type=AVC msg=audit(1.2:3): avc:  denied  {{ {permissions} }} for  pid=1 comm=\"x\" \
             scontext=system_u:system_r:{source}:s0:c1,c2 tcontext=system_u:object_r:{target} tclass={class} permissive=0"
        );
        let denial = SelinuxDenial::of(&Event::parse(&line).unwrap(), Fact::Absent).unwrap();
        (denial.answer, denial.boolean.known().cloned())
    }

    #[test]
    fn booleans_of_the_policy_for_containers() {
        let boolean =
            |permissions, target, class| answer(permissions, "container_t", target, class).1.unwrap();
        assert_eq!(boolean("write", "cgroup_t:s0", "file"), "container_manage_cgroup");
        assert_eq!(boolean("read write", "fuse_device_t:s0", "chr_file"), "container_use_devices");
        assert_eq!(boolean("read", "dri_device_t:s0", "chr_file"), "container_use_dri_devices");
        assert_eq!(boolean("write", "nfs_t:s0", "dir"), "virt_use_nfs");
        assert_eq!(boolean("open", "cifs_t:s0", "file"), "virt_use_samba");
        assert_eq!(boolean("open read", "cert_t:s0", "file"), "container_read_certs");
        assert_eq!(boolean("mknod", "container_t:s0", "capability"), "virt_sandbox_use_mknod");
        assert_eq!(boolean("sys_ptrace", "container_t:s0", "cap_userns"), "virt_sandbox_use_all_caps");
        let connects = answer("name_connect", "container_runtime_t", "unreserved_port_t:s0", "tcp_socket");
        assert_eq!(connects.1.as_deref(), Some("container_connect_any"));
    }

    #[test]
    fn labels_and_modules() {
        let kind = |source, target, class| answer("read", source, target, class).0;
        assert_eq!(kind("container_t", "user_home_t:s0", "file"), Answer::LabelVolume);
        assert_eq!(kind("svirt_lxc_net_t", "default_t:s0", "dir"), Answer::LabelVolume);
        assert_eq!(kind("my_web.process", "default_t:s0", "dir"), Answer::LabelVolume);
        assert_eq!(kind("container_t", "unlabeled_t:s0", "file"), Answer::RestoreLabel);
        assert_eq!(kind("container_t", "container_var_lib_t:s0", "file"), Answer::RestoreLabel);
        assert_eq!(kind("container_t", "container_file_t:s0:c8,c9", "file"), Answer::ShareVolume);
        assert_eq!(kind("container_t", "container_file_t:s0:c1,c2", "file"), Answer::LocalModule);
        assert_eq!(kind("container_t", "cert_t:s0", "dbus"), Answer::LocalModule);
        assert_eq!(kind("httpd_t", "user_home_t:s0", "file"), Answer::LocalModule);
        assert_eq!(kind("container_runtime_t", "cgroup_t:s0", "file"), Answer::LocalModule);
    }
}
