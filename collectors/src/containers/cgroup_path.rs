//! What the path of a control group says about the containers in it.
//!
//! Runtimes and the kubelet build the path; its shape tells the runtime, the container's id, the pod's uid and
//! its class. Of containers in containers the path names each, from the node's own to the innermost.

#[cfg(test)]
mod tests;

use super::container::{Qos, Runtime};
pub(super) use crate::container_id::is_id;

/// A container that a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Its id.
    pub(super) id: String,
    /// Who keeps it, where the shape of the path tells.
    pub(super) runtime: Option<Runtime>,
    /// The control group of the whole container: the path up to it.
    pub(super) cgroup: String,
    /// The uid of its pod.
    pub(super) pod: Option<String>,
    /// The class of its pod.
    pub(super) qos: Option<Qos>,
    /// Whether the kubelet named it for systemd, and the runtime made a directory of that name: then what the
    /// kubelet limits is another group.
    pub(super) is_mismatch: bool,
}

/// The containers that `path` names, from the outermost to the innermost.
///
/// `is_known` tells whether a container of the second name was recorded, in the namespace of the first or in
/// any: only so can a group of any name be told to be a container's.
pub(super) fn containers(path: &str, is_known: &dyn Fn(&str, &str) -> bool) -> Vec<Place> {
    let path = path.strip_suffix(" (deleted)").unwrap_or(path);
    let mut places = Vec::new();
    let (mut pod, mut parent) = (Surroundings::default(), "");
    let mut end = 0;
    for component in path.split('/') {
        let start = end;
        end += component.len() + 1;
        if component.is_empty() || component == ".." {
            continue;
        }
        pod.enter(component, parent);
        if let Some((id, runtime)) = container(component, parent, is_known) {
            let cgroup = path.get(..start + component.len()).unwrap_or(path).to_owned();
            let Surroundings { uid, qos, .. } = std::mem::take(&mut pod);
            let is_mismatch = component.contains(':');
            places.push(Place { id: id.to_owned(), runtime, cgroup, pod: uid, qos, is_mismatch });
        }
        parent = component;
    }
    places
}

/// The container that `component` is the group of.
fn container<'c>(
    component: &'c str,
    parent: &str,
    is_known: &dyn Fn(&str, &str) -> bool,
) -> Option<(&'c str, Option<Runtime>)> {
    // The kubelet's `slice:prefix:id`, taken for the name of a directory.
    if let Some((prefix, id)) = component.rsplit_once(':') {
        let prefix = prefix.rsplit(':').next().unwrap_or(prefix);
        return is_id(id).then(|| (id, runtime_of(prefix)));
    }
    let scope = component.strip_suffix(".scope").unwrap_or(component);
    if let Some((prefix, id)) = scope.rsplit_once('-')
        && is_id(id)
    {
        // The monitor of a container is not in it.
        return runtime_of(prefix).map(|runtime| (id, Some(runtime)));
    }
    if let Some(name) = component.strip_prefix("lxc.payload.") {
        return Some((name, Some(Runtime::Lxc)));
    }
    match parent {
        "lxc" => Some((component, Some(Runtime::Lxc))),
        "docker" if is_id(component) => Some((component, Some(Runtime::Docker))),
        // The namespaces of containerd: of nerdctl and ctr, and of the kubelet's containers.
        "default" | "k8s.io" if is_id(component) => Some((component, Some(Runtime::Containerd))),
        // podman's pods have ids of the same form.
        "libpod_parent" => None,
        _ if is_id(component) && (pod_uid(parent).is_some() || is_known("", component)) => {
            Some((component, None))
        }
        _ if is_known(parent, component) => Some((component, None)),
        _ => None,
    }
}

/// The runtime that writes `prefix` before a container's id.
fn runtime_of(prefix: &str) -> Option<Runtime> {
    match prefix {
        "docker" => Some(Runtime::Docker),
        "cri-containerd" | "nerdctl" => Some(Runtime::Containerd),
        "crio" => Some(Runtime::CriO),
        "libpod" | "libpod-payload" => Some(Runtime::Podman),
        _ => None,
    }
}

/// What the components so far say about the pod.
#[derive(Debug, Default)]
struct Surroundings {
    is_kubernetes: bool,
    uid: Option<String>,
    qos: Option<Qos>,
}

impl Surroundings {
    fn enter(&mut self, component: &str, parent: &str) {
        let name = component.split(':').next().unwrap_or(component);
        self.is_kubernetes |= name.split(['-', '.']).any(|word| word == "kubepods");
        if self.is_kubernetes {
            let says = |class: &str| name.split(['-', '.']).any(|word| word == class);
            if says("burstable") {
                self.qos = Some(Qos::Burstable);
            } else if says("besteffort") {
                self.qos = Some(Qos::BestEffort);
            }
            if let Some(uid) = pod_uid(name) {
                self.uid = Some(uid);
                self.qos.get_or_insert(Qos::Guaranteed);
            }
        } else if let Some(id) = podman_pod(name, parent) {
            self.uid = Some(id.to_owned());
        }
    }
}

/// The uid in `pod<uid>`, alone or as the end of a slice's name, where `_` stands for `-`.
fn pod_uid(component: &str) -> Option<String> {
    let name = component.strip_suffix(".slice").unwrap_or(component);
    let uid = match name.strip_prefix("pod") {
        Some(uid) => uid,
        None => name.rsplit_once("-pod")?.1,
    };
    let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let groups: Vec<&str> = uid.split(['-', '_']).collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let is_uid = matches!(lengths.as_slice(), [8, 4, 4, 4, 12] | [32]);
    (is_uid && groups.iter().all(|group| is_hex(group))).then(|| groups.join("-"))
}

/// The id in `machine-libpod_pod_<id>.slice`, or of the group below `libpod_parent` that podman makes without
/// systemd.
fn podman_pod<'c>(component: &'c str, parent: &str) -> Option<&'c str> {
    if parent == "libpod_parent" {
        return is_id(component).then_some(component);
    }
    let name = component.strip_suffix(".slice")?;
    let (_, id) = name.rsplit_once("libpod_pod_")?;
    is_id(id).then_some(id)
}
