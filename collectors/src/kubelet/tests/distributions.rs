//! What managed nodes and small distributions say in files of their own.

use plimsoll_engine::snapshot::Layer;
use serde_json::json;

use super::{KUBECONFIG, collected};
use crate::tree::Tree;

#[test]
fn eks_gke_and_aks_are_read_through_their_units() {
    let eks = Tree::new()
        .executable("usr/bin/kubelet")
        .file("etc/systemd/system/kubelet.service", "[Service]\nEnvironmentFile=/etc/eks/kubelet/environment\nExecStart=/usr/bin/kubelet $NODEADM_KUBELET_ARGS\n")
        .file("etc/eks/kubelet/environment", "NODEADM_KUBELET_ARGS=\"--config=/etc/kubernetes/kubelet/config.json --config-dir=/etc/kubernetes/kubelet/config.json.d --hostname-override=ip-10-0-0-7.ec2.internal --kubeconfig=/var/lib/kubelet/kubeconfig\"\n")
        .file("etc/kubernetes/kubelet/config.json", r#"{"kind":"KubeletConfiguration","apiVersion":"kubelet.config.k8s.io/v1beta1","address":"0.0.0.0","authentication":{"anonymous":{"enabled":false},"x509":{"clientCAFile":"/etc/kubernetes/pki/ca.crt"}},"authorization":{"mode":"Webhook"},"maxPods":29,"protectKernelDefaults":true,"kubeReserved":{"cpu":"70m","memory":"574Mi"},"serverTLSBootstrap":true}"#)
        .file("etc/kubernetes/kubelet/config.json.d/40-nodeadm.conf", r#"{"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration","maxPods":58}"#);
    let assembly = collected(&eks.host());
    assert_eq!(assembly.kubelet("/config/maxPods"), 58);
    assert_eq!(assembly.kubelet("/config/protectKernelDefaults"), true);
    assert_eq!(assembly.kubelet("/config/kubeReserved/memory"), "574Mi");
    assert_eq!(assembly.kubelet("/hostname_override"), "ip-10-0-0-7.ec2.internal");

    let gke = Tree::new()
        .executable("home/kubernetes/bin/kubelet")
        .file("etc/systemd/system/kubelet.service", "[Service]\nEnvironmentFile=/etc/default/kubelet\nExecStart=/home/kubernetes/bin/kubelet $KUBELET_OPTS\n")
        .file("etc/default/kubelet", "KUBELET_OPTS=\"--v=2 --cloud-provider=external --max-pods=110 --config /home/kubernetes/kubelet-config.yaml --container-runtime-endpoint=unix:///run/containerd/containerd.sock\"\n")
        .file("home/kubernetes/kubelet-config.yaml", "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nreadOnlyPort: 10255\nstaticPodPath: /etc/kubernetes/manifests\nevictionHard:\n  memory.available: 100Mi\n");
    let assembly = collected(&gke.host());
    assert_eq!(assembly.kubelet("/config/readOnlyPort"), 10255);
    assert_eq!(assembly.kubelet("/config/evictionHard"), &json!({"memory.available": "100Mi"}));

    let aks = Tree::new()
        .executable("usr/local/bin/kubelet")
        .file("etc/systemd/system/kubelet.service", "[Service]\nEnvironmentFile=/etc/default/kubelet\nExecStart=/usr/local/bin/kubelet \\\n  --enable-server \\\n  --node-labels=\"${KUBELET_NODE_LABELS}\" \\\n  --v=2 $KUBELET_FLAGS\n")
        .file("etc/default/kubelet", "KUBELET_NODE_LABELS=agentpool=a\nKUBELET_FLAGS=--anonymous-auth=false --authorization-mode=Webhook --client-ca-file=/etc/kubernetes/certs/ca.crt --event-qps=0 --eviction-hard=memory.available<750Mi,nodefs.available<10% --pod-max-pids=-1 --read-only-port=0\n");
    let assembly = collected(&aks.host());
    assert_eq!(assembly.kubelet("/config/authentication/anonymous/enabled"), false);
    assert_eq!(assembly.kubelet("/config/eventRecordQPS"), 0);
    assert_eq!(assembly.kubelet("/config/evictionHard/memory.available"), "750Mi");
    assert_eq!(assembly.kubelet("/config/readOnlyPort"), 0);
    assert_eq!(assembly.origin("/config/readOnlyPort"), (Layer::Flag, Some("/etc/default/kubelet"), Some(2)));
}

#[test]
fn k3s_rke2_and_microk8s_say_it_in_their_own_files() {
    let head = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
    let k3s = Tree::new()
        .file("etc/systemd/system/k3s.service", "[Service]\nExecStart=/usr/local/bin/k3s server --kubelet-arg=pods-per-core=20\n")
        .file("etc/rancher/k3s/config.yaml", "token: SECRET\nkubelet-arg:\n  - \"max-pods=200\"\n")
        .file("etc/rancher/k3s/config.yaml.d/10.yaml", "kubelet-arg+: v=2\n")
        .file("var/lib/rancher/k3s/agent/etc/kubelet.conf.d/00-k3s-defaults.conf", format!("{head}authentication:\n  anonymous: {{enabled: false}}\n  webhook: {{enabled: true}}\nauthorization: {{mode: Webhook}}\nfailSwapOn: false\nserializeImagePulls: false\nevictionHard:\n  imagefs.available: 5%\n  nodefs.available: 5%\n"))
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
