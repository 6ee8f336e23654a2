//! Where the kubelet's files are.

use crate::fact::Sourced;
use crate::host::Host;
use crate::origin;

/// Where distributions keep the configuration file, if no flag names one.
pub(super) const CONFIG_FILES: [&str; 10] = [
    "/var/lib/kubelet/config.yaml",
    "/var/lib/kubelet/config.yml",
    "/etc/kubernetes/kubelet/config.json",
    "/etc/kubernetes/kubelet/kubelet-config.json",
    "/etc/kubernetes/kubelet/config",
    "/etc/kubernetes/kubelet-config.yaml",
    "/etc/kubernetes/kubelet.yaml",
    "/home/kubernetes/kubelet-config.yaml",
    "/etc/default/kubeletconfig.json",
    "/system/secrets/kubernetes/kubelet/config.yaml",
];

/// Where distributions keep the kubeconfig, if no flag names one.
pub(super) const KUBECONFIGS: [&str; 8] = [
    "/etc/kubernetes/kubelet.conf",
    "/var/lib/kubelet/kubeconfig",
    "/etc/kubernetes/kubelet/kubeconfig",
    "/etc/kubernetes/kubelet-kubeconfig",
    "/etc/kubernetes/kubeconfig-kubelet",
    "/var/lib/rancher/rke2/agent/kubelet.kubeconfig",
    "/var/lib/rancher/k3s/agent/kubelet.kubeconfig",
    "/var/snap/microk8s/current/credentials/kubelet.config",
];

/// The first of `paths` that is there.
pub(super) fn first(host: &Host, paths: &[&str]) -> Option<Sourced<String>> {
    let found = paths.iter().find(|path| host.exists(path).unwrap_or(true))?;
    Some(Sourced { value: (*found).to_owned(), origin: origin::default() })
}

/// `path`, which counts from the directory of `file` if it is not absolute.
pub(super) fn below(file: &str, path: &str) -> String {
    match (path.starts_with('/'), file.rsplit_once('/')) {
        (false, Some((directory, _))) => format!("{directory}/{path}"),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths_count_from_the_file() {
        assert_eq!(below("/etc/kubernetes/kubelet.conf", "pki/ca.crt"), "/etc/kubernetes/pki/ca.crt");
        assert_eq!(below("/etc/kubernetes/kubelet.conf", "/ca.crt"), "/ca.crt");
    }
}
