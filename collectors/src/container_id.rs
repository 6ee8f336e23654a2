//! The container that a control group belongs to, by the id in its path.

/// The digits of the id that a runtime makes up for a container.
const DIGITS: usize = 64;

/// The id of the innermost container that the path of a control group names; none for a group of the node's
/// own, or of a container that somebody gave a name of his own.
pub(crate) fn innermost(cgroup: &str) -> Option<&str> {
    cgroup.split(['/', ':', '-', '.', ' ']).rev().find(|word| is_id(word))
}

/// The path of the control group in `/proc/PID/cgroup` that tells most: that of the unified hierarchy, or else
/// the one of a hierarchy that every runtime uses.
pub(crate) fn cgroup_of(text: &str) -> Option<&str> {
    let path = |controller: &str| {
        text.lines().find_map(|line| {
            let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
            (controllers.split(',').any(|other| other == controller) && path != "/").then_some(path)
        })
    };
    path("").or_else(|| path("name=systemd")).or_else(|| path("memory")).or_else(|| path("pids"))
}

/// Whether `text` has the form of an id that a runtime makes up.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_id_of_every_shape() {
        let (outer, inner) = ("a".repeat(64), "0123456789abcdef".repeat(4));
        for path in [
            format!("/docker/{inner}"),
            format!("/system.slice/docker-{inner}.scope"),
            format!("/kubepods.slice/kubepods-pod1.slice/cri-containerd-{inner}.scope"),
            format!("/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:{inner}"),
            format!("/docker/{outer}/kubepods/pod1/crio-{inner}.scope/container"),
            format!("/machine.slice/libpod-{inner}.scope (deleted)"),
        ] {
            assert_eq!(innermost(&path), Some(inner.as_str()), "{path}");
        }
        assert_eq!(innermost("/system.slice/docker.service"), None);
        assert_eq!(innermost(&format!("/docker/{}", "A".repeat(64))), None);
    }

    #[test]
    fn the_unified_path_goes_before_the_others_unless_it_is_the_root() {
        let hybrid = "12:memory:/docker/x\n1:name=systemd:/y\n0::/\n";
        assert_eq!(cgroup_of(hybrid), Some("/y"));
        assert_eq!(cgroup_of("5:cpu,memory:/m\n0::/\n"), Some("/m"));
        assert_eq!(cgroup_of("0::/a:b\n"), Some("/a:b"));
        assert_eq!(cgroup_of("nonsense\n"), None);
    }
}
