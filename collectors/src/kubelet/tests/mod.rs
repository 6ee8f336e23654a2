//! The collector as a whole, on trees laid out as distributions lay out their nodes.

mod clouds;
mod distributions;

use std::time::{Duration, Instant};

use plimsoll_engine::demand::Demand;
use plimsoll_engine::snapshot::Layer;
use serde_json::{Value, json};

use super::collect;
use crate::assemble::Assembly;
use crate::context::{Context, Options};
use crate::host::Host;
use crate::registry::Collector;
use crate::tree::Tree;

const UNIT: &str = include_str!("../testdata/kubeadm/kubelet.service");
const DROP_IN: &str = include_str!("../testdata/kubeadm/10-kubeadm.conf");
/// As kubeadm 1.34 writes it.
const CONFIG: &str = include_str!("../testdata/kubeadm/config.yaml");
const KUBECONFIG: &str = include_str!("../testdata/kubeadm/kubelet.conf");
const MANIFEST: &str = include_str!("../testdata/kubeadm/kube-scheduler.yaml");
const CERTIFICATE: &str = include_str!("../testdata/kubelet-client-current.pem");
const CONFIG_FILE: &str = "/var/lib/kubelet/config.yaml";

fn kubeadm(version: &str, flags: &str) -> Tree {
    let package = format!(
        "Package: kubelet\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}-1.1\n\n"
    );
    Tree::new()
        .executable("usr/bin/kubelet")
        .file("usr/lib/systemd/system/kubelet.service", UNIT)
        .file("usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf", DROP_IN)
        .file("var/lib/kubelet/kubeadm-flags.env", format!("KUBELET_KUBEADM_ARGS=\"{flags}\"\n"))
        .file("var/lib/kubelet/config.yaml", CONFIG)
        .file("etc/kubernetes/kubelet.conf", KUBECONFIG)
        .file("var/lib/kubelet/pki/kubelet-client-current.pem", CERTIFICATE)
        .file("etc/kubernetes/pki/ca.crt", CERTIFICATE)
        .file("etc/kubernetes/manifests/kube-scheduler.yaml", MANIFEST)
        .file("run/systemd/resolve/resolv.conf", "nameserver 192.0.2.53\n")
        .file("var/lib/dpkg/status", package)
}

fn collected(host: &Host) -> Assembly {
    let (demand, options) = (Demand::everything(), Options::default());
    let deadline = Instant::now() + Duration::from_secs(60);
    let context = Context { host, demand: &demand, options: &options, deadline };
    let mut assembly = Assembly::default();
    assembly.add("kubelet", Collector::new("kubelet", collect).collect(&context));
    assembly
}

impl Assembly {
    fn kubelet(&self, pointer: &str) -> &Value {
        self.facts["kubelet"].pointer(pointer).unwrap_or_else(|| panic!("no {pointer}"))
    }

    fn reason(&self, pointer: &str) -> Option<&str> {
        let path = format!("/kubelet{pointer}");
        self.gaps.iter().find(|gap| gap.path == path).map(|gap| gap.reason.as_str())
    }

    fn origin(&self, pointer: &str) -> (Layer, Option<&str>, Option<u32>) {
        let origin = &self.origins[&format!("/kubelet{pointer}")];
        (origin.layer, origin.file.as_deref(), origin.line)
    }
}

#[test]
fn a_root_without_a_kubelet_says_so_and_nothing_else() {
    let assembly = collected(&Tree::new().host());
    assert_eq!(assembly.kubelet("/installed"), false);
    assert_eq!(assembly.kubelet("/config"), &Value::Null);
    assert!(assembly.gaps.is_empty(), "{:?}", assembly.gaps);
}

#[test]
fn kubeadm_1_34_has_the_values_that_its_kubelet_runs_with() {
    let flags = "--container-runtime-endpoint=unix:///var/run/containerd/containerd.sock --pod-infra-container-image=registry.k8s.io/pause:3.10.1";
    let assembly = collected(&kubeadm("1.34.1", flags).host());
    for (pointer, expected) in [
        ("/installed", json!(true)),
        ("/distribution", json!("standalone")),
        ("/version", json!("1.34.1")),
        ("/config_file/path", json!(CONFIG_FILE)),
        ("/config_file/valid", json!(true)),
        ("/unknown_keys", json!([])),
        ("/retired_flags", json!([])),
        ("/sandbox_image", json!("registry.k8s.io/pause:3.10.1")),
        ("/root_dir", json!("/var/lib/kubelet")),
        ("/config/authentication/anonymous/enabled", json!(false)),
        ("/config/authentication/webhook/cacheTTL", json!("2m")),
        ("/config/authorization/mode", json!("Webhook")),
        ("/config/readOnlyPort", json!(0)),
        ("/config/cgroupDriver", json!("systemd")),
        ("/config/clusterDNS", json!(["10.96.0.10"])),
        ("/config/streamingConnectionIdleTimeout", json!("4h")),
        ("/config/shutdownGracePeriod", json!("0s")),
        ("/config/rotateCertificates", json!(true)),
        ("/config/eventRecordQPS", json!(50)),
        ("/config/failCgroupV1", json!(false)),
        ("/config/failSwapOn", json!(true)),
        ("/config/maxPods", json!(110)),
        ("/config/evictionHard/memory.available", json!("100Mi")),
        ("/config/containerRuntimeEndpoint", json!("unix:///var/run/containerd/containerd.sock")),
        ("/runtime_socket/path", json!("/run/containerd/containerd.sock")),
        ("/kubeconfig/server", json!("https://192.0.2.10:6443")),
        ("/kubeconfig/credential", json!("certificate-file")),
        ("/kubeconfig/rotated", json!(true)),
        ("/client_certificate/subject", json!("CN=system:node:node-7,O=system:nodes")),
        ("/client_ca/path", json!("/etc/kubernetes/pki/ca.crt")),
        ("/serving_certificate", Value::Null),
        ("/nameservers", json!(["192.0.2.53"])),
        ("/static_pods/0/name", json!("kube-scheduler")),
        ("/static_pods/0/images", json!(["registry.k8s.io/kube-scheduler:v1.34.1"])),
        ("/static_pods/0/host_network", json!(true)),
        ("/static_pods/0/host_paths", json!(["/etc/kubernetes/scheduler.conf"])),
    ] {
        assert_eq!(assembly.kubelet(pointer), &expected, "{pointer}");
    }
    assert_eq!(assembly.origin("/config/cgroupDriver"), (Layer::File, Some(CONFIG_FILE), Some(15)));
    assert_eq!(assembly.origin("/config/maxPods"), (Layer::Default, None, None));
    let env = Some("/var/lib/kubelet/kubeadm-flags.env");
    assert_eq!(assembly.origin("/config/containerRuntimeEndpoint"), (Layer::Flag, env, Some(1)));
    assert_eq!(assembly.reason("/running"), Some("offline"));
    assert_eq!(assembly.reason("/runtime_socket/exists"), Some("offline"));
    assert!(!serde_json::to_string(&assembly.facts).unwrap().contains("private key"));
}

#[test]
fn defaults_and_flags_follow_the_version() {
    let flags = "--pod-infra-container-image=registry.k8s.io/pause:3.10.1 --container-runtime=remote";
    let retired = |version| {
        let assembly = collected(&kubeadm(version, flags).host());
        let flags = assembly.kubelet("/retired_flags").as_array().unwrap();
        let flags: Vec<_> = flags.iter().map(|flag| flag["flag"].as_str().unwrap().to_owned()).collect();
        (flags, assembly.kubelet("/config/failCgroupV1").clone())
    };
    assert_eq!(retired("1.26.15"), (vec![], json!(false)));
    assert_eq!(retired("1.28.15"), (vec!["--container-runtime".to_owned()], json!(false)));
    let both = vec!["--container-runtime".to_owned(), "--pod-infra-container-image".to_owned()];
    assert_eq!(retired("1.35.0"), (both, json!(true)));
    let unknown = collected(&kubeadm("1.35.0", flags).remove("var/lib/dpkg/status").host());
    assert_eq!(unknown.reason("/retired_flags"), Some("unsupported"));
    assert_eq!(unknown.reason("/config/failCgroupV1"), Some("unsupported"));
    assert_eq!(unknown.kubelet("/config/maxPods"), 110);
}

#[test]
fn before_it_joins_a_node_has_no_configuration() {
    let tree = kubeadm("1.34.1", "")
        .remove("var/lib/kubelet/config.yaml")
        .remove("var/lib/kubelet/kubeadm-flags.env");
    let assembly = collected(&tree.host());
    assert_eq!(assembly.kubelet("/config_file/exists"), false);
    assert_eq!(assembly.kubelet("/config"), &Value::Null);
    assert_eq!(assembly.reason("/config"), None);
}

#[test]
fn drop_ins_merge_and_flags_override_them() {
    let head = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
    let flags = "--config-dir=/etc/kubernetes/kubelet.conf.d --max-pods=250 --feature-gates=B=false";
    let tree = kubeadm("1.34.1", flags)
        .file("etc/kubernetes/kubelet.conf.d/10-a.conf", format!("{head}maxPods: 60\nfeatureGates: {{A: true, B: true}}\nevictionHard:\n  memory.available: 500Mi\nclusterDNS: [10.96.0.11]\nsystemReserved: {{cpu: 100m}}\n"))
        .file("etc/kubernetes/kubelet.conf.d/20-b.conf", format!("{head}cgroupDriver: cgroupfs\nclusterDomain: null\nevictionHard:\n  nodefs.available: null\nsystemReserved: {{memory: 1Gi}}\n"))
        .file("etc/kubernetes/kubelet.conf.d/sub/30-c.conf", format!("{head}podPidsLimit: 4096\nreadOnlyport: 10255\n"))
        .file("etc/kubernetes/kubelet.conf.d/README", "no drop-in");
    let assembly = collected(&tree.host());
    for (pointer, expected) in [
        ("/config/maxPods", json!(250)),
        ("/config/featureGates", json!({"A": true, "B": false})),
        (
            "/config/evictionHard",
            json!({"imagefs.available": "15%", "memory.available": "500Mi", "nodefs.inodesFree": "5%"}),
        ),
        ("/config/clusterDNS", json!(["10.96.0.11"])),
        ("/config/clusterDomain", json!("")),
        ("/config/systemReserved", json!({"cpu": "100m", "memory": "1Gi"})),
        ("/config/cgroupDriver", json!("cgroupfs")),
        ("/config/podPidsLimit", json!(4096)),
        ("/overrides/0/key", json!("maxPods")),
        ("/overrides/0/flag", json!("--max-pods")),
        ("/overrides/0/file_value", json!(60)),
        ("/unknown_keys/0/key", json!("readOnlyport")),
        ("/unknown_keys/0/file", json!("/etc/kubernetes/kubelet.conf.d/sub/30-c.conf")),
    ] {
        assert_eq!(assembly.kubelet(pointer), &expected, "{pointer}");
    }
    assert_eq!(assembly.kubelet("/drop_ins").as_array().unwrap().len(), 3);
    let b = Some("/etc/kubernetes/kubelet.conf.d/20-b.conf");
    assert_eq!(assembly.origin("/config/cgroupDriver"), (Layer::DropIn, b, Some(3)));
    let overrides = &assembly.origins["/kubelet/config/maxPods"].overrides;
    let layers: Vec<_> = overrides.iter().map(|lower| (lower.layer, lower.value.clone())).collect();
    assert_eq!(layers, [(Layer::DropIn, json!(60)), (Layer::Default, json!(110))]);
    assert!(assembly.reason("/config").is_none());
}

#[test]
fn a_file_that_the_kubelet_refuses_leaves_the_configuration_unknown() {
    for (text, error) in [
        ("maxPods: [", None),
        ("- 1\n", Some("the file holds a list, where the kubelet expects an object")),
        (
            "apiVersion: kubelet.config.k8s.io/v1alpha1\nkind: KubeletConfiguration\n",
            Some(
                "the file is of \"kubelet.config.k8s.io/v1alpha1\" and kind \"KubeletConfiguration\", where the kubelet expects kubelet.config.k8s.io/v1beta1 and KubeletConfiguration",
            ),
        ),
    ] {
        let assembly = collected(&kubeadm("1.34.1", "").file("var/lib/kubelet/config.yaml", text).host());
        assert_eq!(assembly.kubelet("/config_file/valid"), false, "{text}");
        if let Some(error) = error {
            assert_eq!(assembly.kubelet("/config_file/error"), error);
        }
        for pointer in ["/config", "/unknown_keys", "/runtime_socket", "/static_pods"] {
            assert_eq!(assembly.reason(pointer), Some("malformed"), "{pointer} {text}");
        }
    }
    let wrong = CONFIG.replace("rotateCertificates: true", "rotateCertificates: \"true\"");
    let assembly = collected(&kubeadm("1.34.1", "").file("var/lib/kubelet/config.yaml", wrong).host());
    assert_eq!(
        assembly.kubelet("/config_file/error"),
        "rotateCertificates has to be true or false, not the string \"true\""
    );
    assert_eq!(assembly.reason("/config/rotateCertificates"), Some("malformed"));
    assert_eq!(assembly.kubelet("/config/cgroupDriver"), "systemd");
}

#[test]
fn without_a_file_the_kubelet_is_as_open_as_it_once_was() {
    let unit =
        "[Service]\nExecStart=/usr/bin/kubelet --kubeconfig=/k --streaming-connection-idle-timeout=0\n";
    let tree = Tree::new().executable("usr/bin/kubelet").file("etc/systemd/system/kubelet.service", unit);
    let assembly = collected(&tree.host());
    for (pointer, expected) in [
        ("/config/authentication/anonymous/enabled", json!(true)),
        ("/config/authorization/mode", json!("AlwaysAllow")),
        ("/config/readOnlyPort", json!(10255)),
        ("/config/streamingConnectionIdleTimeout", json!("0")),
        ("/config_file", Value::Null),
    ] {
        assert_eq!(assembly.kubelet(pointer), &expected, "{pointer}");
    }
}

#[test]
fn a_running_kubelet_is_asked_for_its_own_command_line() {
    let tree = kubeadm("1.34.1", "--max-pods=90")
        .file("proc/1/comm", "systemd\n")
        .file("proc/800/comm", "kubelet\n")
        .file("proc/800/status", "State:\tS\nPPid:\t1\nUid:\t0\t0\t0\t0\nNSpid:\t800\n")
        .file(
            "proc/800/cmdline",
            "/usr/bin/kubelet\0--config=/var/lib/kubelet/config.yaml\0--max-pods=95\0--token=abc\0",
        )
        .link("proc/800/exe", "/usr/bin/kubelet");
    let assembly = collected(&tree.running());
    assert_eq!((assembly.kubelet("/running"), assembly.kubelet("/pid")), (&json!(true), &json!(800)));
    assert_eq!(assembly.kubelet("/config/maxPods"), 95);
    assert_eq!(assembly.origin("/config/maxPods"), (Layer::Flag, Some("/proc/800/cmdline"), None));
    assert_eq!(assembly.kubelet("/arguments/3"), "--token=***");
    assert_eq!(assembly.kubelet("/runtime_socket/exists"), false);
}

#[test]
fn static_pods_tell_the_profiles_that_they_need() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations:\n    container.apparmor.security.beta.kubernetes.io/a: localhost/old\nspec:\n  securityContext:\n    seccompProfile: {type: Localhost, localhostProfile: profiles/audit.json}\n  containers:\n  - name: a\n    image: a:1\n    securityContext:\n      privileged: true\n      seccompProfile: {type: RuntimeDefault}\n      appArmorProfile: {type: Localhost, localhostProfile: new}\n";
    let tree = kubeadm("1.34.1", "")
        .file("etc/kubernetes/manifests/p.yaml", pod)
        .file("etc/kubernetes/manifests/.swp", "ignored")
        .file("etc/kubernetes/manifests/x.yaml", "kind: Deployment\n")
        .fifo("etc/kubernetes/manifests/z.yaml")
        .file("var/lib/kubelet/seccomp/profiles/other.json", "{}");
    let assembly = collected(&tree.host());
    let pods = assembly.kubelet("/static_pods");
    assert_eq!(pods.as_array().unwrap().len(), 4);
    assert_eq!(
        pods.pointer("/1/seccomp_profiles").unwrap(),
        &json!([{"profile": "profiles/audit.json", "file": "/var/lib/kubelet/seccomp/profiles/audit.json", "exists": false}])
    );
    assert_eq!(
        pods.pointer("/1/apparmor_profiles").unwrap(),
        &json!([{"profile": "new"}, {"profile": "old"}])
    );
    assert_eq!(pods.pointer("/1/privileged").unwrap(), true);
    assert_eq!(pods.pointer("/2/valid").unwrap(), false);
    assert_eq!(pods.pointer("/2/error").unwrap(), "the manifest is of kind \"Deployment\", not Pod");
    assert_eq!(assembly.reason("/static_pods/3/valid"), Some("malformed"));
}

#[test]
fn embedded_credentials_are_told_and_not_shown() {
    use base64::Engine;
    let data = base64::engine::general_purpose::STANDARD.encode(CERTIFICATE);
    let kubeconfig = KUBECONFIG
        .replace(
            "client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem",
            &format!("client-certificate-data: {data}"),
        )
        .replace("client-key: /var/lib/kubelet/pki/kubelet-client-current.pem", "client-key-data: S0VZ");
    let assembly = collected(&kubeadm("1.34.1", "").file("etc/kubernetes/kubelet.conf", &kubeconfig).host());
    assert_eq!(assembly.kubelet("/kubeconfig/credential"), "certificate-embedded");
    assert_eq!(assembly.kubelet("/kubeconfig/rotated"), false);
    assert_eq!(assembly.kubelet("/client_certificate/not_after"), "2027-01-01T00:00:00Z");
    let text = serde_json::to_string(&(&assembly.facts, &assembly.origins)).unwrap();
    assert!(!text.contains("S0VZ") && !text.contains(&data));
    let broken = KUBECONFIG.replace("current-context:", "context:");
    let assembly = collected(&kubeadm("1.34.1", "").file("etc/kubernetes/kubelet.conf", broken).host());
    assert_eq!(assembly.kubelet("/kubeconfig/error"), "it has no current-context");
    assert_eq!(assembly.reason("/client_certificate"), Some("malformed"));
}

#[test]
fn the_proxy_of_its_unit_may_stand_before_the_api_server() {
    let proxied = |exceptions: &str| {
        let drop_in = format!(
            "[Service]\nEnvironment=HTTPS_PROXY=http://u:p@proxy.example:3128 NO_PROXY={exceptions}\n"
        );
        let tree = kubeadm("1.34.1", "").file("etc/systemd/system/kubelet.service.d/proxy.conf", drop_in);
        let assembly = collected(&tree.host());
        assert_eq!(assembly.kubelet("/proxy/https"), "http://***@proxy.example:3128");
        assembly.kubelet("/api_server_proxied").clone()
    };
    assert_eq!(proxied("localhost,10.0.0.0/8"), true);
    assert_eq!(proxied("192.0.2.0/24"), false);
    assert_eq!(proxied("192.0.2.10:443"), true);
    let without = collected(&kubeadm("1.34.1", "").host());
    assert_eq!(without.kubelet("/api_server_proxied"), false);
    assert_eq!(without.kubelet("/proxy/direct_networks"), &json!(["127.0.0.0/8", "::1/128"]));
}
