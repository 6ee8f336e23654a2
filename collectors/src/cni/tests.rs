//! The collector as a whole, on offline roots.

use std::time::{Duration, Instant};

use plimsoll_engine::demand::Demand;
use serde_json::{Value, json};

use super::collect;
use crate::assemble::Assembly;
use crate::context::{Context, Options};
use crate::registry::Collector;
use crate::tree::Tree;

/// As flannel's DaemonSet installs it.
const FLANNEL: &str = r#"{
  "name": "cbr0",
  "cniVersion": "0.3.1",
  "plugins": [
    { "type": "flannel", "delegate": { "hairpinMode": true, "isDefaultGateway": true } },
    { "type": "portmap", "capabilities": { "portMappings": true } }
  ]
}
"#;

const BRIDGE: &str = r#"{"cniVersion": "1.0.0", "name": "crio", "type": "bridge", "ipam": {"type": "host-local",
  "ranges": [[{"subnet": "10.85.0.0/16"}], [{"subnet": "1100:200::/24"}]]}}"#;

fn collected(tree: &Tree) -> Assembly {
    let (host, demand, options) = (tree.host(), Demand::everything(), Options::default());
    let deadline = Instant::now() + Duration::from_secs(60);
    let context = Context { host: &host, demand: &demand, options: &options, deadline };
    let mut assembly = Assembly::default();
    assembly.add("cni", Collector::new("cni", collect).collect(&context));
    assembly
}

fn at<'a>(assembly: &'a Assembly, pointer: &str) -> &'a Value {
    assembly.facts["cni"].pointer(pointer).unwrap_or_else(|| panic!("no {pointer}"))
}

#[test]
fn the_first_valid_file_is_used_and_missing_plugins_are_told() {
    let tree = Tree::new()
        .file("etc/cni/net.d/10-flannel.conflist", FLANNEL)
        .file("etc/cni/net.d/87-crio.conf", BRIDGE)
        .file("etc/cni/net.d/calico-kubeconfig", "secret")
        .executable("opt/cni/bin/flannel")
        .executable("usr/lib/cni/bridge")
        .file("opt/cni/bin/host-local", "not executable");
    let assembly = collected(&tree);
    assert_eq!(at(&assembly, "/used"), "/etc/cni/net.d/10-flannel.conflist");
    assert_eq!(at(&assembly, "/configurations/0/name"), "cbr0");
    assert_eq!(
        at(&assembly, "/configurations/0/plugins"),
        &json!([
            {"type": "flannel", "path": "/opt/cni/bin/flannel", "executable": true},
            {"type": "portmap", "path": null, "executable": false},
        ])
    );
    assert_eq!(at(&assembly, "/configurations/1/plugins/0/path"), "/usr/lib/cni/bridge");
    assert_eq!(at(&assembly, "/configurations/1/plugins/1/executable"), false);
    assert_eq!(at(&assembly, "/configurations/1/subnets"), &json!(["10.85.0.0/16", "1100:200::/24"]));
    assert_eq!(at(&assembly, "/configurations").as_array().unwrap().len(), 2);
    let origin = &assembly.origins["/cni/configurations/0/plugins/1/type"];
    assert_eq!((origin.line, origin.column), (Some(6), Some(7)));
    assert!(assembly.gaps.is_empty(), "{:?}", assembly.gaps);
}

#[test]
fn what_is_no_network_is_told_where_it_is_wrong() {
    let tree = Tree::new()
        .file("etc/cni/net.d/00.conflist", r#"{"name": "a", "plugins": []}"#)
        .file("etc/cni/net.d/01.conf", "{\n \"name\": \"a\",\n}")
        .file("etc/cni/net.d/02.conf", r#"{"type": "bridge"}"#)
        .file("etc/cni/net.d/03.conflist", r#"{"name": "a", "plugins": [{"type": "../../bin/sh"}]}"#)
        .file("etc/cni/net.d/04.conf", r#"{"name": "a", "type": "bridge"}"#)
        .fifo("etc/cni/net.d/05.conf");
    let assembly = collected(&tree);
    let errors: Vec<_> =
        (0..3).map(|index| at(&assembly, &format!("/configurations/{index}/error"))).collect();
    assert_eq!(
        errors,
        ["the network has no plugins", "trailing commas are not allowed", "the network has no name"]
    );
    assert_eq!(at(&assembly, "/used"), "/etc/cni/net.d/03.conflist");
    assert_eq!(at(&assembly, "/configurations/3/plugins/0/executable"), false);
    assert_eq!(at(&assembly, "/duplicate_names"), &json!(["a"]));
    assert!(assembly.gaps.iter().any(|gap| gap.path == "/cni/configurations/5/valid"));
}

#[test]
fn distributions_have_directories_of_their_own() {
    let tree = Tree::new()
        .file("var/lib/rancher/k3s/agent/etc/cni/net.d/10-flannel.conflist", FLANNEL)
        .executable("var/lib/rancher/k3s/data/current/bin/flannel");
    let assembly = collected(&tree);
    assert_eq!(at(&assembly, "/conf_dir"), "/var/lib/rancher/k3s/agent/etc/cni/net.d");
    assert_eq!(at(&assembly, "/configurations/0/plugins/0/executable"), true);
    let assembly = collected(&Tree::new());
    assert_eq!(at(&assembly, "/conf_dir_exists"), false);
    assert_eq!((at(&assembly, "/used"), at(&assembly, "/configurations")), (&Value::Null, &json!([])));
}

#[test]
fn the_directories_are_those_that_the_runtime_is_told_of() {
    let containerd = Tree::new()
        .file(
            "etc/containerd/config.toml",
            "version = 2\n[plugins.'io.containerd.grpc.v1.cri'.cni]\nconf_dir = '/srv/net.d'\nbin_dir = '/srv/bin'\n",
        )
        .file("srv/net.d/10-flannel.conflist", FLANNEL)
        .executable("srv/bin/flannel");
    let assembly = collected(&containerd);
    assert_eq!(at(&assembly, "/used"), "/srv/net.d/10-flannel.conflist");
    assert_eq!(at(&assembly, "/bin_dirs/0"), "/srv/bin");
    assert_eq!(at(&assembly, "/configurations/0/plugins/0/path"), "/srv/bin/flannel");
    assert_eq!(assembly.origins["/cni/conf_dir"].line, Some(3));
    let several = Tree::new()
        .file(
            "etc/containerd/config.toml",
            "version = 3\n[plugins.'io.containerd.cri.v1.runtime'.cni]\nconf_dir = '/srv/net.d'\nbin_dir = '/old'\nbin_dirs = ['/srv/a', '/srv/b']\n",
        )
        .file("srv/net.d/10-flannel.conflist", FLANNEL)
        .executable("srv/b/flannel");
    let assembly = collected(&several);
    assert_eq!(
        (at(&assembly, "/bin_dirs/0"), at(&assembly, "/bin_dirs/1")),
        (&json!("/srv/a"), &json!("/srv/b"))
    );
    assert!(!at(&assembly, "/bin_dirs").as_array().unwrap().contains(&json!("/old")));
    assert_eq!(at(&assembly, "/configurations/0/plugins/0/path"), "/srv/b/flannel");
    let crio = Tree::new()
        .executable("usr/bin/crio")
        .file("etc/crio/crio.conf.d/10-cni.conf", "[crio.network]\nnetwork_dir = \"/srv/net.d/\"\n")
        .file("srv/net.d/10-flannel.conflist", FLANNEL);
    assert_eq!(at(&collected(&crio), "/conf_dir"), "/srv/net.d");
}
