//! Small distributions, which start a kubelet themselves and say its settings in files of their own.

use plimsoll_engine::snapshot::Layer;
use serde_json::json;

use super::{KUBECONFIG, collected};
use crate::tree::Tree;

const HEAD: &str = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";

#[test]
fn k3s_rke2_and_microk8s_say_it_in_their_own_files() {
    let k3s = Tree::new()
        .file("etc/systemd/system/k3s.service", "[Service]\nExecStart=/usr/local/bin/k3s server --kubelet-arg=pods-per-core=20\n")
        .file("etc/rancher/k3s/config.yaml", "token: SECRET\nkubelet-arg:\n  - \"max-pods=200\"\n")
        .file("etc/rancher/k3s/config.yaml.d/10.yaml", "kubelet-arg+: v=2\n")
        .file("var/lib/rancher/k3s/agent/etc/kubelet.conf.d/00-k3s-defaults.conf", format!("{HEAD}authentication:\n  anonymous: {{enabled: false}}\n  webhook: {{enabled: true}}\nauthorization: {{mode: Webhook}}\nfailSwapOn: false\nserializeImagePulls: false\nevictionHard:\n  imagefs.available: 5%\n  nodefs.available: 5%\n"))
        .file("var/lib/rancher/k3s/agent/kubelet.kubeconfig", KUBECONFIG);
    let assembly = collected(&k3s.host());
    for (pointer, expected) in [
        ("/distribution", json!("k3s")),
        ("/config/authentication/anonymous/enabled", json!(false)),
        ("/config/authorization/mode", json!("Webhook")),
        ("/config/readOnlyPort", json!(0)),
        ("/config/maxPods", json!(200)),
        ("/config/podsPerCore", json!(20)),
        ("/config/failSwapOn", json!(false)),
        ("/config/evictionHard", json!({"imagefs.available": "5%", "nodefs.available": "5%"})),
        ("/kubeconfig/path", json!("/var/lib/rancher/k3s/agent/kubelet.kubeconfig")),
    ] {
        assert_eq!(assembly.kubelet(pointer), &expected, "{pointer}");
    }
    assert_eq!(
        assembly.origin("/config/maxPods"),
        (Layer::Flag, Some("/etc/rancher/k3s/config.yaml"), Some(3))
    );
    assert!(!serde_json::to_string(&assembly.facts).unwrap().contains("SECRET"));

    let rke2 = Tree::new()
        .file("usr/lib/systemd/system/rke2-agent.service", "[Service]\nExecStart=/usr/local/bin/rke2 agent\n")
        .file("etc/rancher/rke2/config.yaml", "kubelet-arg: [protect-kernel-defaults=true]\n");
    let assembly = collected(&rke2.host());
    assert_eq!(assembly.kubelet("/distribution"), "rke2");
    assert_eq!(assembly.kubelet("/config/protectKernelDefaults"), true);
    assert_eq!(assembly.kubelet("/config/authorization/mode"), "Webhook");
    assert_eq!(assembly.kubelet("/config/staticPodPath"), "/var/lib/rancher/rke2/agent/pod-manifests");

    let microk8s = Tree::new()
        .file("etc/systemd/system/snap.microk8s.daemon-kubelite.service", "[Service]\nExecStart=/usr/bin/snap run microk8s.daemon-kubelite\n")
        .file("snap/microk8s/current/meta/snap.yaml", "name: microk8s\nversion: v1.32.9\n")
        .file("var/snap/microk8s/current/args/kubelet", "# comment\n--resolv-conf=/run/systemd/resolve/resolv.conf\n--kubeconfig=${SNAP_DATA}/credentials/kubelet.config\n--eviction-hard=\"memory.available<100Mi,nodefs.available<1Gi,imagefs.available<1Gi\"\n--container-runtime-endpoint=${SNAP_COMMON}/run/containerd.sock\n--anonymous-auth=false\n");
    let assembly = collected(&microk8s.host());
    for (pointer, expected) in [
        ("/distribution", json!("microk8s")),
        ("/version", json!("1.32.9")),
        ("/config/evictionHard/nodefs.available", json!("1Gi")),
        ("/config/authentication/anonymous/enabled", json!(false)),
        ("/runtime_socket/path", json!("/var/snap/microk8s/common/run/containerd.sock")),
        ("/kubeconfig/path", json!("/var/snap/microk8s/current/credentials/kubelet.config")),
    ] {
        assert_eq!(assembly.kubelet(pointer), &expected, "{pointer}");
    }
    assert_eq!(
        assembly.origin("/config/authentication/anonymous/enabled"),
        (Layer::Flag, Some("/var/snap/microk8s/current/args/kubelet"), Some(6))
    );
}

#[test]
fn the_data_directory_of_k3s_moves_what_it_writes() {
    let drop_in = "srv/k3s/agent/etc/kubelet.conf.d/00-k3s-defaults.conf";
    let tree = |unit: &str, config: &str| {
        Tree::new()
            .file(
                "etc/systemd/system/k3s-agent.service",
                format!("[Service]\nExecStart=/usr/local/bin/k3s agent {unit}\n"),
            )
            .file("etc/rancher/k3s/config.yaml", config)
            .file(drop_in, format!("{HEAD}maxPods: 64\n"))
            .file("srv/k3s/agent/kubelet.kubeconfig", KUBECONFIG)
    };
    for tree in [tree("", "data-dir: /srv/k3s\n"), tree("-d /srv/k3s", "data-dir: /other\n")] {
        let assembly = collected(&tree.host());
        assert_eq!(assembly.kubelet("/config/maxPods"), 64);
        let origin = (Layer::DropIn, Some(&*format!("/{drop_in}")), Some(3));
        assert_eq!(assembly.origin("/config/maxPods"), origin);
        assert_eq!(assembly.kubelet("/kubeconfig/path"), "/srv/k3s/agent/kubelet.kubeconfig");
    }
}

#[test]
fn k3s_runs_the_kubelet_in_its_own_process_and_rke2_beside() {
    let k3s = Tree::new()
        .file(
            "etc/systemd/system/k3s.service",
            "[Service]\nExecStart=/usr/local/bin/k3s \\\n    server \\\n\t'--kubelet-arg=max-pods=120'\n",
        )
        .file(
            "var/lib/rancher/k3s/agent/etc/kubelet.conf.d/00-k3s-defaults.conf",
            format!("{HEAD}cgroupDriver: systemd\n"),
        )
        .process(1, 0, "systemd", "/sbin/init")
        .process(700, 1, "k3s-server", "/usr/local/bin/k3s server");
    let assembly = collected(&k3s.running());
    assert_eq!((assembly.kubelet("/running"), assembly.kubelet("/pid")), (&json!(true), &json!(700)));
    assert_eq!(assembly.kubelet("/config/maxPods"), 120);
    assert_eq!(
        assembly.origin("/config/maxPods"),
        (Layer::Flag, Some("/etc/systemd/system/k3s.service"), Some(2))
    );
    assert_eq!(assembly.kubelet("/config/cgroupDriver"), "systemd");

    let rke2 = Tree::new()
        .file("usr/lib/systemd/system/rke2-agent.service", "[Service]\nExecStart=/usr/local/bin/rke2 agent\n")
        .file("var/lib/rancher/rke2/agent/etc/kubelet.conf.d/00-rke2-defaults.conf", format!("{HEAD}protectKernelDefaults: true\nstaticPodPath: /var/lib/rancher/rke2/agent/pod-manifests\n"))
        .file("var/lib/rancher/rke2/agent/etc/kubelet.conf.d/90-local.conf", format!("{HEAD}maxPods: 150\n"))
        .process(1, 0, "systemd", "/sbin/init")
        .process(800, 700, "kubelet", "kubelet --config-dir=/var/lib/rancher/rke2/agent/etc/kubelet.conf.d --hostname-override=a --kubeconfig=/var/lib/rancher/rke2/agent/kubelet.kubeconfig --node-labels= --read-only-port=0");
    let assembly = collected(&rke2.running());
    for (pointer, expected) in [
        ("/distribution", json!("rke2")),
        ("/pid", json!(800)),
        ("/config/maxPods", json!(150)),
        ("/config/protectKernelDefaults", json!(true)),
        ("/config/staticPodPath", json!("/var/lib/rancher/rke2/agent/pod-manifests")),
        ("/hostname_override", json!("a")),
    ] {
        assert_eq!(assembly.kubelet(pointer), &expected, "{pointer}");
    }
    let local = Some("/var/lib/rancher/rke2/agent/etc/kubelet.conf.d/90-local.conf");
    assert_eq!(assembly.origin("/config/maxPods"), (Layer::DropIn, local, Some(3)));
    assert_eq!(assembly.origin("/config/readOnlyPort"), (Layer::Flag, Some("/proc/800/cmdline"), None));
}

#[test]
fn k0s_writes_the_file_and_passes_extra_arguments_on() {
    let config = format!(
        "{HEAD}authentication:\n  x509: {{clientCAFile: /var/lib/k0s/pki/ca.crt}}\ncontainerRuntimeEndpoint: unix:///run/k0s/containerd.sock\ncgroupsPerQOS: true\nkubeReservedCgroup: system.slice\n"
    );
    let tree = |data: &str, unit: &str| {
        Tree::new()
            .file(
                "etc/systemd/system/k0sworker.service",
                format!(
                    "[Service]\nExecStart=/usr/local/bin/k0s worker --token-file=/etc/k0s/token {unit}\n"
                ),
            )
            .file(&format!("{data}/kubelet-config.yaml"), &config)
            .file(&format!("{data}/kubelet.conf"), KUBECONFIG)
            .executable(&format!("{data}/bin/kubelet"))
    };
    let unit = "\"--kubelet-extra-args=--max-pods=60 --v=3\"";
    let k0s = tree("var/lib/k0s", unit);
    let assembly = collected(&k0s.host());
    for (pointer, expected) in [
        ("/distribution", json!("k0s")),
        ("/binary", json!("/var/lib/k0s/bin/kubelet")),
        ("/config_file/path", json!("/var/lib/k0s/kubelet-config.yaml")),
        ("/root_dir", json!("/var/lib/k0s/kubelet")),
        ("/kubeconfig/path", json!("/var/lib/k0s/kubelet.conf")),
        ("/config/authentication/x509/clientCAFile", json!("/var/lib/k0s/pki/ca.crt")),
        ("/config/kubeReservedCgroup", json!("system.slice")),
        ("/runtime_socket/path", json!("/run/k0s/containerd.sock")),
        ("/config/maxPods", json!(60)),
    ] {
        assert_eq!(assembly.kubelet(pointer), &expected, "{pointer}");
    }
    let unit = Some("/etc/systemd/system/k0sworker.service");
    assert_eq!(assembly.origin("/config/maxPods"), (Layer::Flag, unit, Some(2)));
    let file = Some("/var/lib/k0s/kubelet-config.yaml");
    assert_eq!(assembly.origin("/config/containerRuntimeEndpoint"), (Layer::File, file, Some(5)));

    let moved = tree("srv/k0s", "--data-dir /srv/k0s");
    let assembly = collected(&moved.host());
    assert_eq!(assembly.kubelet("/config_file/path"), "/srv/k0s/kubelet-config.yaml");
    assert_eq!(assembly.kubelet("/root_dir"), "/srv/k0s/kubelet");

    let running = k0s.process(1, 0, "systemd", "/sbin/init").process(900, 700, "kubelet", "/var/lib/k0s/bin/kubelet --root-dir=/var/lib/k0s/kubelet --config=/var/lib/k0s/kubelet-config.yaml --kubeconfig=/var/lib/k0s/kubelet.conf --max-pods=61");
    let assembly = collected(&running.running());
    assert_eq!(
        (assembly.kubelet("/distribution"), assembly.kubelet("/config/maxPods")),
        (&json!("k0s"), &json!(61))
    );
    assert_eq!(assembly.origin("/config/maxPods"), (Layer::Flag, Some("/proc/900/cmdline"), None));
}

#[test]
fn talos_has_no_unit_and_the_program_in_an_image() {
    let config = format!(
        "{HEAD}address: 0.0.0.0\nauthorization: {{mode: Webhook}}\nauthentication:\n  anonymous: {{enabled: false}}\n  x509: {{clientCAFile: /etc/kubernetes/pki/ca.crt}}\nprotectKernelDefaults: true\nseccompDefault: true\n"
    );
    let tree = Tree::new().file("etc/os-release", "NAME=\"Talos\"\nID=talos\nVERSION_ID=v1.9.1\n");
    assert_eq!(collected(&tree.host()).kubelet("/installed"), false);
    let tree = tree
        .file("etc/kubernetes/kubelet.yaml", config)
        .file("etc/kubernetes/kubeconfig-kubelet", KUBECONFIG);
    let assembly = collected(&tree.host());
    for (pointer, expected) in [
        ("/installed", json!(true)),
        ("/distribution", json!("talos")),
        ("/config_file/path", json!("/etc/kubernetes/kubelet.yaml")),
        ("/config/seccompDefault", json!(true)),
        ("/config/protectKernelDefaults", json!(true)),
        ("/config/authentication/anonymous/enabled", json!(false)),
        ("/kubeconfig/path", json!("/etc/kubernetes/kubeconfig-kubelet")),
    ] {
        assert_eq!(assembly.kubelet(pointer), &expected, "{pointer}");
    }
    let file = Some("/etc/kubernetes/kubelet.yaml");
    assert_eq!(assembly.origin("/config/seccompDefault"), (Layer::File, file, Some(9)));

    let tree = tree.process(1, 0, "init", "/sbin/init").process(950, 900, "kubelet", "/usr/local/bin/kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubeconfig --config=/etc/kubernetes/kubelet.yaml --kubeconfig=/etc/kubernetes/kubeconfig-kubelet --node-ip=10.5.0.3");
    let assembly = collected(&tree.running());
    assert_eq!((assembly.kubelet("/distribution"), assembly.kubelet("/pid")), (&json!("talos"), &json!(950)));
    assert_eq!(assembly.kubelet("/config/seccompDefault"), true);
}
