//! The collector as a whole, on offline roots.

use plimsoll_engine::demand::Demand;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

use super::collect;
use crate::assemble::Assembly;
use crate::context::{Context, Options};
use crate::registry::Collector;
use crate::tree::Tree;

/// Debian 12's unit of docker.io 20.10.24, shortened.
const UNIT: &str = "[Service]\nEnvironmentFile=-/etc/default/docker\n\
    ExecStart=/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock $DOCKER_OPTS\n\
    [Install]\nWantedBy=multi-user.target\n";
const UNIT_FILE: &str = "usr/lib/systemd/system/docker.service";
const SOCKET_UNIT: &str = "[Socket]\nListenStream=/run/docker.sock\nSocketMode=0660\n";

fn debian() -> Tree {
    Tree::new()
        .executable("usr/sbin/dockerd")
        .file(UNIT_FILE, UNIT)
        .file("usr/lib/systemd/system/docker.socket", SOCKET_UNIT)
        .link(
            "etc/systemd/system/multi-user.target.wants/docker.service",
            "/usr/lib/systemd/system/docker.service",
        )
        .file("etc/group", "root:x:0:\ndocker:x:999:bob\n")
        .file("etc/passwd", "root:x:0:0::/:\nalice:x:1000:999::/:\nbob:x:1001:1001::/:\n")
}

fn collected(tree: &Tree) -> Assembly {
    let (host, demand, options) = (tree.host(), Demand::everything(), Options::default());
    let deadline = Instant::now() + Duration::from_secs(60);
    let context = Context { host: &host, demand: &demand, options: &options, deadline };
    let mut assembly = Assembly::default();
    assembly.add("docker", Collector::new("docker", collect).collect(&context));
    assembly
}

impl Assembly {
    fn at(&self, pointer: &str) -> &Value {
        self.facts["docker"].pointer(pointer).unwrap_or_else(|| panic!("no {pointer}"))
    }

    fn gap(&self, path: &str) -> Option<&str> {
        self.gaps.iter().find(|gap| gap.path == path).map(|gap| gap.reason.as_str())
    }

    fn place(&self, path: &str) -> (&str, u32, u32) {
        let origin = &self.origins[path];
        (origin.file.as_deref().unwrap(), origin.line.unwrap(), origin.column.unwrap())
    }
}

#[test]
fn a_root_without_docker_says_so_and_nothing_else() {
    let assembly = collected(&Tree::new());
    assert_eq!(assembly.at("/installed"), false);
    assert_eq!(assembly.at("/config"), &Value::Null);
    assert!(assembly.gaps.is_empty(), "{:?}", assembly.gaps);
}

#[test]
fn an_image_shows_what_its_dockerd_would_run_with() {
    let tree = debian()
        .file("etc/default/docker", "DOCKER_OPTS=\"--icc=false --label a=b\"\n")
        .file("etc/docker/daemon.json", "{\n  \"live-restore\": true\n}\n");
    let assembly = collected(&tree);
    assert_eq!(assembly.at("/installed"), true);
    assert_eq!(assembly.at("/binary"), "/usr/sbin/dockerd");
    assert_eq!(
        assembly.at("/arguments"),
        &json!([
            "/usr/sbin/dockerd",
            "-H",
            "fd://",
            "--containerd=/run/containerd/containerd.sock",
            "--icc=false",
            "--label",
            "a=b"
        ])
    );
    assert_eq!(assembly.at("/config/live-restore"), true);
    assert_eq!(assembly.place("/docker/config/live-restore"), ("/etc/docker/daemon.json", 2, 3));
    assert_eq!(assembly.at("/config/icc"), false);
    assert_eq!(assembly.place("/docker/config/icc"), ("/etc/default/docker", 1, 14));
    assert_eq!(
        assembly.place("/docker/config/containerd"),
        ("/usr/lib/systemd/system/docker.service", 3, 38)
    );
    assert_eq!(assembly.at("/config_file/valid"), true);
    assert_eq!(assembly.at("/service/enabled"), true);
    assert_eq!(assembly.at("/socket/path"), "/run/docker.sock");
    assert_eq!(assembly.gap("/docker/socket/exists"), Some("offline"));
    assert_eq!(assembly.at("/group_members"), &json!(["alice", "bob"]));
    assert_eq!(assembly.at("/root_dir"), "/var/lib/docker");
    for path in ["/docker/running", "/docker/pid", "/docker/engine"] {
        assert_eq!(assembly.gap(path), Some("offline"), "{path}");
    }
}

#[test]
fn a_broken_file_is_shown_at_its_fault_and_leaves_the_configuration_unknown() {
    let assembly = collected(&debian().file("etc/docker/daemon.json", "{\n  \"debug\": true,\n}\n"));
    assert_eq!(assembly.at("/config_file/exists"), true);
    assert_eq!(assembly.at("/config_file/valid"), false);
    assert_eq!(assembly.at("/config_file/error"), "trailing commas are not allowed");
    assert_eq!(assembly.place("/docker/config_file/error"), ("/etc/docker/daemon.json", 2, 16));
    for path in
        ["/docker/config", "/docker/conflicts", "/docker/unknown_keys", "/docker/root_dir", "/docker/socket"]
    {
        assert_eq!(assembly.gap(path), Some("malformed"), "{path}");
    }
}

#[test]
fn what_dockerd_refuses_is_told_key_by_key() {
    let text = "{\n  \"hosts\": [\"tcp://0.0.0.0:2375\"],\n  \"live-restor\": true,\n  \"registry-mirror\": [],\n  \"log-opts\": {\"max-file\": 3}\n}";
    let assembly = collected(&debian().file("etc/docker/daemon.json", text));
    assert_eq!(
        assembly.at("/conflicts"),
        &json!([{"key": "hosts", "file_value": ["tcp://0.0.0.0:2375"], "flag": "--host", "flag_value": ["fd://"]}])
    );
    assert_eq!(assembly.place("/docker/conflicts/0/key"), ("/etc/docker/daemon.json", 2, 3));
    assert_eq!(
        assembly.place("/docker/conflicts/0/flag_value"),
        ("/usr/lib/systemd/system/docker.service", 3, 29)
    );
    assert_eq!(assembly.at("/unknown_keys"), &json!([{"key": "live-restor"}]));
    assert_eq!(assembly.place("/docker/unknown_keys/0/key"), ("/etc/docker/daemon.json", 3, 3));
    assert_eq!(assembly.at("/ignored_keys"), &json!([{"key": "registry-mirror"}]));
    assert_eq!(assembly.at("/config_file/valid"), false);
    assert_eq!(assembly.gap("/docker/config/log-opts"), Some("malformed"));
    assert_eq!(assembly.place("/docker/config_file/error"), ("/etc/docker/daemon.json", 5, 28));
}

#[test]
fn another_file_and_a_proxy_come_from_the_unit() {
    let drop_in = "[Service]\nEnvironment=\"HTTPS_PROXY=http://u:secret@proxy:3128\" no_proxy=localhost\n\
        ExecStart=\nExecStart=/usr/bin/dockerd --config-file /srv/daemon.json\n";
    let tree = debian()
        .file("etc/systemd/system/docker.service.d/proxy.conf", drop_in)
        .file("srv/daemon.json", r#"{"proxies": {"no-proxy": "10.0.0.0/8"}, "group": "wheel"}"#);
    let assembly = collected(&tree);
    assert_eq!(assembly.at("/config_file/path"), "/srv/daemon.json");
    assert_eq!(
        assembly.at("/proxy"),
        &json!({
            "http": null, "https": "http://***@proxy:3128", "no_proxy": "10.0.0.0/8",
            "direct_networks": ["10.0.0.0/8", "127.0.0.0/8", "::1/128"],
            "variables": ["HTTPS_PROXY", "no_proxy"], "differing": []
        })
    );
    assert_eq!(assembly.place("/docker/proxy/https").1, 2);
    assert_eq!(assembly.at("/group_members"), &Value::Null);
    assert_eq!(assembly.at("/socket/path"), "/var/run/docker.sock");
    assert!(!serde_json::to_string(&assembly.origins).unwrap().contains("secret"));
}

#[test]
fn the_snap_has_a_file_of_its_own() {
    let tree = Tree::new()
        .file(
            "etc/systemd/system/snap.docker.dockerd.service",
            "[Service]\nExecStart=/usr/bin/snap run docker.dockerd\n",
        )
        .file("var/snap/docker/current/config/daemon.json", r#"{"live-restore": true}"#);
    let assembly = collected(&tree);
    assert_eq!(assembly.at("/installed"), true);
    assert_eq!(assembly.at("/config/live-restore"), true);
}

#[test]
fn what_is_no_file_is_not_read() {
    let assembly = collected(&debian().fifo("etc/docker/daemon.json"));
    assert_eq!(assembly.at("/config_file/exists"), true);
    assert!(assembly.gap("/docker/config_file/valid").is_some());
    assert!(assembly.gap("/docker/config").is_some());
}

#[test]
fn the_schema_knows_every_option() {
    let schema = Collector::new("docker", collect).schema();
    let config = schema.pointer("/properties/config").unwrap();
    assert_eq!(config.pointer("/properties/live-restore/type"), Some(&json!(["boolean", "null"])));
    assert!(config.pointer("/properties/log-opts/description").is_some());
    assert!(schema.pointer("/properties/engine/properties/containers/properties/total").is_some());
}
