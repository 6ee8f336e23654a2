use super::super::container::Qos::{BestEffort, Burstable, Guaranteed};
use super::super::container::Runtime::{Containerd, CriO, Docker, Lxc, Podman};
use super::*;

const A: &str = "a3f1c0d2e4b5968778695a4b3c2d1e0fa3f1c0d2e4b5968778695a4b3c2d1e0f";
const B: &str = "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfb0b1b2b3b4b5b6b7b8b9babbbcbdbebf";
const UID: &str = "2c48913c-b29f-11e7-9350-020968147796";
const STATIC: &str = "89f4f2cb511c3b0b7e5272cff5ec37bf";

type Shape = (&'static str, Option<Runtime>, Option<Qos>);

/// Paths in which `A` stands for the container's id, `U` for the pod's uid and `V` for it with underscores.
const SHAPES: &[Shape] = &[
    ("/docker/A", Some(Docker), None),
    ("/system.slice/docker-A.scope", Some(Docker), None),
    ("/user.slice/user-1000.slice/user@1000.service/user.slice/docker-A.scope", Some(Docker), None),
    (
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podV.slice/docker-A.scope",
        Some(Docker),
        Some(Burstable),
    ),
    ("/kubepods/burstable/podU/A", None, Some(Burstable)),
    ("/kubepods/besteffort/podU/A", None, Some(BestEffort)),
    ("/kubepods/podU/A", None, Some(Guaranteed)),
    (
        "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podV.slice/cri-containerd-A.scope",
        Some(Containerd),
        Some(BestEffort),
    ),
    ("/kubepods.slice/kubepods-podV.slice/cri-containerd-A.scope", Some(Containerd), Some(Guaranteed)),
    (
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podV.slice/crio-A.scope",
        Some(CriO),
        Some(Burstable),
    ),
    ("/kubepods.slice/kubepods-podV.slice/crio-A.scope/container", Some(CriO), Some(Guaranteed)),
    ("/kubepods.slice/kubepods-podV.slice/crio-A.scope/container/exec", Some(CriO), Some(Guaranteed)),
    ("/kubepods/burstable/podU/crio-A", Some(CriO), Some(Burstable)),
    ("/crio/crio-A", Some(CriO), None),
    // Of a sandbox without a process.
    ("/kubepods.slice/kubepods-podV.slice/crio-A", Some(CriO), Some(Guaranteed)),
    ("/kubepods.slice/kubepods-podV.slice/crio-A.scope/exec", Some(CriO), Some(Guaranteed)),
    // With --cgroup-root.
    ("/nodes/kubepods/burstable/podU/A", None, Some(Burstable)),
    (
        "/nodes.slice/nodes-kubepods.slice/nodes-kubepods-burstable.slice/nodes-kubepods-burstable-podV.slice/cri-containerd-A.scope",
        Some(Containerd),
        Some(Burstable),
    ),
    ("/machine.slice/libpod-A.scope", Some(Podman), None),
    ("/machine.slice/libpod-A.scope/container", Some(Podman), None),
    ("/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-A.scope/container", Some(Podman), None),
    ("/libpod_parent/libpod-A", Some(Podman), None),
    ("/system.slice/foo.service/libpod-payload-A", Some(Podman), None),
    ("/system.slice/nerdctl-A.scope", Some(Containerd), None),
    ("/default/A", Some(Containerd), None),
    ("/docker/A/init.scope", Some(Docker), None),
    ("/machine.slice/libpod-A.scope/container/init.scope", Some(Podman), None),
    ("/machine.slice/libpod-A.scope/container/system.slice/foo.service", Some(Podman), None),
    ("/system.slice/docker-A.scope/system.slice/foo.service", Some(Docker), None),
    ("/../../docker/A", Some(Docker), None),
    ("/system.slice/docker-A.scope (deleted)", Some(Docker), None),
];

fn filled(shape: &str) -> String {
    let uid = UID.replace('-', "_");
    let fill = |word: &str| match word {
        "A" => A.to_owned(),
        "B" => B.to_owned(),
        "podU" => format!("pod{UID}"),
        word => word
            .replace("-A.", &format!("-{A}."))
            .replace("-B.", &format!("-{B}."))
            .replace(":A", &format!(":{A}"))
            .replace("podV", &format!("pod{uid}")),
    };
    let filled = shape.split('/').map(|word| match word.strip_suffix("-A") {
        Some(prefix) => format!("{prefix}-{A}"),
        None => fill(word),
    });
    filled.collect::<Vec<_>>().join("/")
}

fn read(path: &str) -> Vec<Place> {
    containers(path, &|_, _| false)
}

#[test]
fn every_shape_tells_the_container_its_runtime_and_its_pod() {
    for (shape, runtime, qos) in SHAPES {
        let path = filled(shape);
        let [place] = read(&path).try_into().unwrap_or_else(|places| panic!("{path}: {places:?}"));
        assert_eq!((place.id.as_str(), &place.runtime, &place.qos), (A, runtime, qos), "{path}");
        assert_eq!(place.pod.as_deref(), qos.map(|_| UID), "{path}");
        assert!(path.starts_with(&place.cgroup) && place.cgroup.contains(A), "{path}: {}", place.cgroup);
        assert!(!place.is_mismatch, "{path}");
    }
}

#[test]
fn a_groups_tail_is_no_part_of_the_containers_group() {
    let [place] = read(&filled("/machine.slice/libpod-A.scope/container/exec")).try_into().unwrap();
    assert_eq!(place.cgroup, filled("/machine.slice/libpod-A.scope"));
    let [place] = read(&filled("/docker/A/system.slice/foo.service")).try_into().unwrap();
    assert_eq!(place.cgroup, filled("/docker/A"));
}

#[test]
fn monitors_sandboxes_without_processes_and_daemons_are_no_containers() {
    for shape in [
        "/",
        "/system.slice/docker.service",
        "/system.slice/containerd.service",
        "/system.slice/crio-conmon-A.scope",
        "/kubepods.slice/kubepods-podV.slice/crio-conmon-A.scope",
        "/machine.slice/libpod-conmon-A.scope",
        "/libpod_parent/conmon",
        "/libpod_parent/A",
        "/system.slice/foo.service/runtime",
        // Of podman before 4.0, split: there only its record tells which container it is.
        "/system.slice/foo.service/container",
        "/system.slice/foo.service/supervisor",
        "/kubepods/burstable/podU",
        "/kubepods.slice/kubepods-podV.slice",
        "/user.slice/user-0.slice/session-1.scope",
        "/foo/A",
    ] {
        assert_eq!(read(&filled(shape)), [], "{shape}");
    }
}

#[test]
fn drivers_that_disagree_show_in_the_path() {
    for shape in [
        "/system.slice/containerd.service/kubepods-burstable-podV.slice:cri-containerd:A",
        "/kubepods-burstable-podV.slice:cri-containerd:A",
    ] {
        let [place] = read(&filled(shape)).try_into().unwrap();
        assert_eq!((place.id.as_str(), place.runtime), (A, Some(Containerd)));
        assert_eq!((place.pod.as_deref(), place.qos), (Some(UID), Some(Burstable)));
        assert!(place.is_mismatch);
    }
}

#[test]
fn a_systemd_name_that_became_a_directory_of_dockers_tells_the_container() {
    for shape in ["/system.slice:docker:A", "/system.slice/docker.service/system.slice:docker:A"] {
        let [place] = read(&filled(shape)).try_into().unwrap();
        assert_eq!((place.id.as_str(), place.runtime), (A, Some(Docker)), "{shape}");
        assert_eq!((place.pod, place.qos, place.is_mismatch), (None, None, true), "{shape}");
    }
}

#[test]
fn containers_in_containers_are_told_from_the_outermost() {
    for shape in [
        "/docker/A/kubelet/kubepods/burstable/podU/B",
        "/system.slice/docker-A.scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-podV.slice/cri-containerd-B.scope",
    ] {
        let [outer, inner] = read(&filled(shape)).try_into().unwrap();
        assert_eq!((outer.id.as_str(), outer.pod, outer.qos), (A, None, None));
        assert_eq!((inner.id.as_str(), inner.pod.as_deref(), inner.qos), (B, Some(UID), Some(Burstable)));
        assert!(inner.cgroup.starts_with(&outer.cgroup));
    }
}

#[test]
fn pods_of_podman_and_static_pods_have_ids_of_their_own_form() {
    let [place] =
        read(&filled(&format!("/machine.slice/machine-libpod_pod_{B}.slice/libpod-A.scope/container")))
            .try_into()
            .unwrap();
    assert_eq!((place.id.as_str(), place.pod.as_deref(), place.qos), (A, Some(B), None));
    for pod in [
        "/user.slice/user-1000.slice/user@1000.service/user.slice/user-libpod_pod_B.slice/libpod-A.scope/container",
        "/libpod_parent/B/libpod-A",
    ] {
        let [place] = read(&filled(&pod.replace("_B.", &format!("_{B}.")))).try_into().unwrap();
        assert_eq!((place.id.as_str(), place.runtime), (A, Some(Podman)), "{pod}");
        assert_eq!((place.pod.as_deref(), place.qos), (Some(B), None), "{pod}");
    }
    let [place] = read(&filled(&format!("/kubepods/pod{STATIC}/A"))).try_into().unwrap();
    assert_eq!((place.pod.as_deref(), place.qos), (Some(STATIC), Some(Guaranteed)));
    let slice =
        format!("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{STATIC}.slice/crio-A.scope");
    let [place] = read(&filled(&slice)).try_into().unwrap();
    assert_eq!((place.pod.as_deref(), place.qos), (Some(STATIC), Some(Burstable)));
}

#[test]
fn what_has_no_shape_is_a_container_if_it_is_recorded() {
    let known =
        |namespace: &str, id: &str| (namespace, id) == ("default", "cc1") || (namespace, id) == ("", A);
    let find = |path: &str| containers(path, &known).into_iter().map(|place| place.id).collect::<Vec<_>>();
    assert_eq!(find("/default/cc1"), ["cc1"]);
    assert_eq!(find("/k8s.io/cc1"), [""; 0]);
    assert_eq!(find(&filled("/my-parent/A")), [A]);
    assert_eq!(find("/lxc.payload.web/init.scope"), ["web"]);
    let [place] = read("/lxc/web").try_into().unwrap();
    assert_eq!((place.id.as_str(), place.runtime), ("web", Some(Lxc)));
}

#[test]
fn what_is_hostile_is_no_container() {
    for path in
        ["//////", "/docker-.scope", "/docker/", "/pod/", "/:::", "/kubepods/pod/x", "é/docker-é.scope"]
    {
        assert_eq!(read(path), [], "{path}");
    }
    let long = "/docker/".repeat(10_000) + A;
    assert_eq!(read(&long).len(), 1);
}
