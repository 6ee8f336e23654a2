//! Managed nodes: EKS, GKE, AKS, Bottlerocket.

use plimsoll_engine::snapshot::Layer;
use serde_json::json;

use super::{KUBECONFIG, collected};
use crate::tree::Tree;

const HEAD: &str = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";

/// As nodeadm lays out Amazon Linux 2023.
fn eks() -> Tree {
    Tree::new()
        .executable("usr/bin/kubelet")
        .file("etc/systemd/system/kubelet.service", "[Unit]\nAfter=containerd.service\n\n[Service]\nSlice=runtime.slice\nEnvironmentFile=/etc/eks/kubelet/environment\nExecStartPre=/sbin/iptables -P FORWARD ACCEPT -w 5\nExecStart=/usr/bin/kubelet $NODEADM_KUBELET_ARGS\n")
        .file("etc/eks/kubelet/environment", "NODEADM_KUBELET_ARGS=\"--cloud-provider=external --config-dir=/etc/kubernetes/kubelet/config.json.d --config=/etc/kubernetes/kubelet/config.json --hostname-override=ip-10-0-0-7.ec2.internal --kubeconfig=/var/lib/kubelet/kubeconfig --node-ip=10.0.0.7\"\n")
        .file("etc/kubernetes/kubelet/config.json", "{\n  \"kind\": \"KubeletConfiguration\",\n  \"apiVersion\": \"kubelet.config.k8s.io/v1beta1\",\n  \"authentication\": {\"anonymous\": {\"enabled\": false}, \"x509\": {\"clientCAFile\": \"/etc/kubernetes/pki/ca.crt\"}},\n  \"authorization\": {\"mode\": \"Webhook\"},\n  \"cgroupRoot\": \"/\",\n  \"kubeReserved\": {\"cpu\": \"70m\", \"memory\": \"574Mi\"},\n  \"maxPods\": 29,\n  \"protectKernelDefaults\": true,\n  \"serverTLSBootstrap\": true\n}\n")
        .file("etc/kubernetes/kubelet/config.json.d/40-nodeadm.conf", "{\n  \"apiVersion\": \"kubelet.config.k8s.io/v1beta1\",\n  \"kind\": \"KubeletConfiguration\",\n  \"maxPods\": 58\n}\n")
        .file("var/lib/kubelet/kubeconfig", KUBECONFIG)
}

#[test]
fn eks_is_read_from_its_unit_its_file_and_its_drop_in() {
    let assembly = collected(&eks().host());
    for (pointer, expected) in [
        ("/distribution", json!("standalone")),
        ("/config_file/path", json!("/etc/kubernetes/kubelet/config.json")),
        ("/config_dir", json!("/etc/kubernetes/kubelet/config.json.d")),
        ("/drop_ins/0/path", json!("/etc/kubernetes/kubelet/config.json.d/40-nodeadm.conf")),
        ("/config/maxPods", json!(58)),
        ("/config/protectKernelDefaults", json!(true)),
        ("/config/kubeReserved/memory", json!("574Mi")),
        ("/config/authentication/anonymous/enabled", json!(false)),
        ("/hostname_override", json!("ip-10-0-0-7.ec2.internal")),
        ("/kubeconfig/path", json!("/var/lib/kubelet/kubeconfig")),
    ] {
        assert_eq!(assembly.kubelet(pointer), &expected, "{pointer}");
    }
    let drop_in = Some("/etc/kubernetes/kubelet/config.json.d/40-nodeadm.conf");
    assert_eq!(assembly.origin("/config/maxPods"), (Layer::DropIn, drop_in, Some(4)));
    let lower: Vec<_> = assembly.origins["/kubelet/config/maxPods"]
        .overrides
        .iter()
        .map(|lower| (lower.layer, lower.value.clone(), lower.line))
        .collect();
    assert_eq!(lower, [(Layer::File, json!(29), Some(8)), (Layer::Default, json!(110), None)]);
    let file = Some("/etc/kubernetes/kubelet/config.json");
    assert_eq!(assembly.origin("/config/protectKernelDefaults"), (Layer::File, file, Some(9)));
    assert_eq!(
        assembly.origin("/hostname_override"),
        (Layer::Flag, Some("/etc/eks/kubelet/environment"), Some(1))
    );
}

#[test]
fn eks_without_its_unit_or_with_another_process_is_read_all_the_same() {
    let found = eks().remove("etc/systemd/system/kubelet.service");
    let assembly = collected(&found.host());
    assert_eq!(assembly.kubelet("/config_file/path"), "/etc/kubernetes/kubelet/config.json");
    assert_eq!(assembly.kubelet("/config/maxPods"), 29);
    let running = eks()
        .process(1, 0, "systemd", "/usr/lib/systemd/systemd")
        .process(2100, 1, "kubelet", "/usr/bin/kubelet --config=/etc/kubernetes/kubelet/config.json --max-pods=17 --kubeconfig=/var/lib/kubelet/kubeconfig");
    let assembly = collected(&running.running());
    assert_eq!(assembly.kubelet("/config/maxPods"), 17);
    assert_eq!(assembly.origin("/config/maxPods"), (Layer::Flag, Some("/proc/2100/cmdline"), None));
    let environment = Some("/etc/eks/kubelet/environment");
    assert_eq!(assembly.origin("/config_file/path"), (Layer::Flag, environment, Some(1)));
}

#[test]
fn gke_keeps_programs_and_files_below_home() {
    let gke = Tree::new()
        .executable("home/kubernetes/bin/kubelet")
        .file("etc/systemd/system/kubelet.service", "[Service]\nRestart=always\nEnvironmentFile=/etc/default/kubelet\nExecStart=/home/kubernetes/bin/kubelet $KUBELET_OPTS\n")
        .file("etc/default/kubelet", "KUBELET_OPTS=\"--v=2 --cloud-provider=external --cert-dir=/var/lib/kubelet/pki/ --kubeconfig=/var/lib/kubelet/kubeconfig --max-pods=110 --config /home/kubernetes/kubelet-config.yaml --container-runtime-endpoint=unix:///run/containerd/containerd.sock\"\nKUBE_COVERAGE_FILE=\"/var/log/kubelet.cov\"\n")
        .file("home/kubernetes/kubelet-config.yaml", format!("{HEAD}readOnlyPort: 10255\nstaticPodPath: /etc/kubernetes/manifests\nevictionHard:\n  memory.available: 100Mi\n"))
        .file("var/lib/kubelet/kubeconfig", KUBECONFIG);
    let assembly = collected(&gke.host());
    for (pointer, expected) in [
        ("/binary", json!("/home/kubernetes/bin/kubelet")),
        ("/config/readOnlyPort", json!(10255)),
        ("/config/evictionHard", json!({"memory.available": "100Mi"})),
        ("/config/staticPodPath", json!("/etc/kubernetes/manifests")),
        ("/runtime_socket/path", json!("/run/containerd/containerd.sock")),
        ("/kubeconfig/path", json!("/var/lib/kubelet/kubeconfig")),
    ] {
        assert_eq!(assembly.kubelet(pointer), &expected, "{pointer}");
    }
    let file = Some("/home/kubernetes/kubelet-config.yaml");
    assert_eq!(assembly.origin("/config/readOnlyPort"), (Layer::File, file, Some(3)));
    assert_eq!(assembly.origin("/config/maxPods"), (Layer::Flag, Some("/etc/default/kubelet"), Some(1)));
    let found = gke.remove("etc/systemd/system/kubelet.service");
    assert_eq!(collected(&found.host()).kubelet("/config/readOnlyPort"), 10255);
}

#[test]
fn aks_gives_its_flags_in_drop_ins_of_the_unit() {
    let aks = Tree::new()
        .executable("usr/local/bin/kubelet")
        .file("etc/systemd/system/kubelet.service", "[Unit]\nConditionPathExists=/usr/local/bin/kubelet\n\n[Service]\nEnvironmentFile=/etc/default/kubelet\nExecStart=/usr/local/bin/kubelet \\\n        --enable-server \\\n        --node-labels=\"${KUBELET_NODE_LABELS}\" \\\n        --v=2 \\\n        --volume-plugin-dir=/etc/kubernetes/volumeplugins \\\n        $KUBELET_TLS_BOOTSTRAP_FLAGS \\\n        $KUBELET_CONFIG_FILE_FLAGS \\\n        $KUBELET_CONTAINERD_FLAGS \\\n        $KUBELET_FLAGS\n")
        .file("etc/systemd/system/kubelet.service.d/10-componentconfig.conf", "[Service]\nEnvironment=\"KUBELET_CONFIG_FILE_FLAGS=--config /etc/default/kubeletconfig.json\"\n")
        .file("etc/systemd/system/kubelet.service.d/10-tlsbootstrap.conf", "[Service]\nEnvironment=\"KUBELET_TLS_BOOTSTRAP_FLAGS=--kubeconfig /var/lib/kubelet/kubeconfig --bootstrap-kubeconfig /var/lib/kubelet/bootstrap-kubeconfig\"\n")
        .file("etc/systemd/system/kubelet.service.d/10-containerd.conf", "[Service]\nEnvironment=\"KUBELET_CONTAINERD_FLAGS=--runtime-request-timeout=15m --container-runtime-endpoint=unix:///run/containerd/containerd.sock\"\n")
        .file("etc/default/kubelet", "KUBELET_NODE_LABELS=agentpool=a,kubernetes.azure.com/role=agent\nKUBELET_FLAGS=--address=0.0.0.0 --event-qps=0 --eviction-hard=memory.available<750Mi,nodefs.available<10% --max-pods=30\n")
        .file("etc/default/kubeletconfig.json", "{\n  \"kind\": \"KubeletConfiguration\",\n  \"apiVersion\": \"kubelet.config.k8s.io/v1beta1\",\n  \"authentication\": {\"anonymous\": {}, \"webhook\": {\"enabled\": true}, \"x509\": {\"clientCAFile\": \"/etc/kubernetes/certs/ca.crt\"}},\n  \"authorization\": {\"mode\": \"Webhook\"},\n  \"maxPods\": 110\n}\n")
        .file("var/lib/kubelet/kubeconfig", KUBECONFIG);
    let assembly = collected(&aks.host());
    for (pointer, expected) in [
        ("/config_file/path", json!("/etc/default/kubeletconfig.json")),
        ("/config/authorization/mode", json!("Webhook")),
        ("/config/authentication/anonymous/enabled", json!(false)),
        ("/config/eventRecordQPS", json!(0)),
        ("/config/evictionHard/memory.available", json!("750Mi")),
        ("/config/maxPods", json!(30)),
        ("/overrides/0/key", json!("maxPods")),
        ("/overrides/0/file_value", json!(110)),
        ("/config/runtimeRequestTimeout", json!("15m")),
        ("/runtime_socket/path", json!("/run/containerd/containerd.sock")),
        ("/kubeconfig/path", json!("/var/lib/kubelet/kubeconfig")),
    ] {
        assert_eq!(assembly.kubelet(pointer), &expected, "{pointer}");
    }
    assert_eq!(assembly.origin("/config/maxPods"), (Layer::Flag, Some("/etc/default/kubelet"), Some(2)));
    let drop_in = Some("/etc/systemd/system/kubelet.service.d/10-containerd.conf");
    assert_eq!(assembly.origin("/config/containerRuntimeEndpoint"), (Layer::Flag, drop_in, Some(2)));
    let drop_in = Some("/etc/systemd/system/kubelet.service.d/10-componentconfig.conf");
    assert_eq!(assembly.origin("/config_file/path"), (Layer::Flag, drop_in, Some(2)));
    let file = Some("/etc/default/kubeletconfig.json");
    assert_eq!(assembly.origin("/config/authorization/mode"), (Layer::File, file, Some(5)));
}

#[test]
fn bottlerocket_gives_the_command_line_in_a_drop_in() {
    let bottlerocket = Tree::new()
        .executable("usr/bin/kubelet")
        .file("usr/lib/systemd/system/kubelet.service", "[Unit]\nAfter=configured.target\n\n[Service]\nType=notify\nEnvironmentFile=/etc/kubernetes/kubelet/env\nExecStart=\n")
        .file("etc/systemd/system/kubelet.service.d/exec-start.conf", "[Service]\nExecStart=\nExecStart=/usr/bin/kubelet \\\n    --cloud-provider external \\\n    --kubeconfig /etc/kubernetes/kubelet/kubeconfig \\\n    --config /etc/kubernetes/kubelet/config \\\n    --container-runtime-endpoint=unix:///run/containerd/containerd.sock \\\n    --containerd=/run/containerd/containerd.sock \\\n    --root-dir /var/lib/kubelet \\\n    --cert-dir /var/lib/kubelet/pki \\\n    --node-ip ${NODE_IP} \\\n    --node-labels \"${NODE_LABELS}\" \\\n    --pod-infra-container-image ${POD_INFRA_CONTAINER_IMAGE}\n")
        .file("etc/kubernetes/kubelet/env", "NODE_IP=192.168.84.28\nNODE_LABELS=\nPOD_INFRA_CONTAINER_IMAGE=localhost/kubernetes/pause:0.1.0\n")
        .file("etc/kubernetes/kubelet/config", format!("---\n{HEAD}address: 0.0.0.0\nauthentication:\n  anonymous:\n    enabled: false\nauthorization:\n  mode: Webhook\nkubeReservedCgroup: \"/runtime\"\nresolvConf: \"/run/netdog/resolv.conf\"\nreadOnlyPort: 0\nprotectKernelDefaults: true\nstaticPodPath: \"/etc/kubernetes/static-pods/\"\nmaxPods: 58\nfailSwapOn: false\n"))
        .file("etc/kubernetes/kubelet/kubeconfig", KUBECONFIG);
    let assembly = collected(&bottlerocket.host());
    for (pointer, expected) in [
        ("/config_file/path", json!("/etc/kubernetes/kubelet/config")),
        ("/config/maxPods", json!(58)),
        ("/config/authentication/anonymous/enabled", json!(false)),
        ("/config/resolvConf", json!("/run/netdog/resolv.conf")),
        ("/config/staticPodPath", json!("/etc/kubernetes/static-pods/")),
        ("/runtime_socket/path", json!("/run/containerd/containerd.sock")),
        ("/kubeconfig/path", json!("/etc/kubernetes/kubelet/kubeconfig")),
    ] {
        assert_eq!(assembly.kubelet(pointer), &expected, "{pointer}");
    }
    let file = Some("/etc/kubernetes/kubelet/config");
    assert_eq!(assembly.origin("/config/maxPods"), (Layer::File, file, Some(15)));
    let drop_in = Some("/etc/systemd/system/kubelet.service.d/exec-start.conf");
    assert_eq!(assembly.origin("/config/containerRuntimeEndpoint"), (Layer::Flag, drop_in, Some(3)));
    let found = bottlerocket.remove("etc/systemd/system/kubelet.service.d/exec-start.conf");
    assert_eq!(collected(&found.host()).kubelet("/config/maxPods"), 58);
}
