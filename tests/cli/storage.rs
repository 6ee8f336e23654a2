//! Container stores: what `plimsoll check` advises are commands that act on the store of the finding, and on no
//! other; and an interrupted `plimsoll storage` tells what it did not look at.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::run::{plimsoll, tree};

/// The commands that are advised about the store `store`.
fn commands(target: &TempDir, only: &str, store: &str) -> Vec<String> {
    let root = target.path().to_str().unwrap();
    let report = plimsoll(&["check", "--root", root, "--only", only, "--format", "json"]).json();
    let findings = report["findings"].as_array().unwrap().iter();
    let failed =
        findings.filter(|of| of["outcome"] == "fail" && of["message"].as_str().unwrap().contains(store));
    let steps = failed.flat_map(|of| of["remediation"]["steps"].as_array().unwrap());
    let run = |step: &Value| {
        assert_ne!(step["uncertain"], true, "{step}");
        step["run"].as_str().unwrap().to_owned()
    };
    steps.map(run).collect()
}

const NOBODYS: &str =
    "# no engine of the node is known to use this store; make it anew from where it came from";

#[test]
fn podman_is_told_of_the_store_and_of_its_user() {
    let target = tree(&[
        ("etc/passwd", "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n"),
        ("usr/bin/podman", ""),
        ("home/ann/.local/share/containers/storage/overlay-layers/layers.json", "{"),
        ("var/lib/containers/storage/overlay-layers/layers.json", "{"),
        ("srv/copy/overlay-layers/layers.json", "{"),
    ]);
    let podman = target.path().join("usr/bin/podman");
    std::fs::set_permissions(podman, std::fs::Permissions::from_mode(0o755)).unwrap();
    let advised = |store: &str| {
        let rule = "containers-storage-metadata-invalid";
        let file = format!("{store}/overlay-layers/layers.json");
        let commands = commands(&target, rule, &file);
        let said = format!("cp -a {file} {file}.broken");
        assert!(commands[0].ends_with(&said), "{commands:?}");
        (commands[0].trim_end_matches(&said).trim().to_owned(), commands[1..].join("\n"))
    };
    let told = |copy: &str, reset: &str| (copy.to_owned(), reset.to_owned());
    assert_eq!(advised("/var/lib/containers/storage"), told("", "podman system reset"));
    let ann = "runuser -l ann -s /bin/sh -c";
    assert_eq!(
        advised("/home/ann/.local/share/containers/storage"),
        told(
            &format!("{ann} 'podman unshare \"$@\"' -- sh"),
            &format!("{ann} 'podman \"$@\"' -- sh system reset")
        )
    );
    assert_eq!(advised("/srv/copy"), told("", &format!("ls -ld /srv/copy {NOBODYS}")));
}

#[test]
fn docker_is_asked_only_about_what_it_serves() {
    let id = "5f".repeat(32);
    let layer = |store: &str, file: &str| format!("{store}/image/overlay2/layerdb/sha256/{id}/{file}");
    let mut files = vec![("usr/bin/dockerd".to_owned(), String::new())];
    for store in ["var/lib/docker", "srv/docker"] {
        for (file, contents) in
            [("diff", format!("sha256:{id}")), ("size", "1".into()), ("cache-id", id.clone())]
        {
            files.push((layer(store, file), contents));
        }
        files.push((layer(store, "tar-split.json.gz"), "x".to_owned()));
        files.push((
            format!("{store}/image/overlay2/repositories.json"),
            format!(r#"{{"Repositories":{{"bb":{{"bb:1":"sha256:{id}"}}}}}}"#),
        ));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let target = tree(&files);
    let rule = "docker-storage-repository-image-missing";
    assert_eq!(commands(&target, rule, "/var/lib/docker"), ["docker pull bb:1"]);
    assert_eq!(commands(&target, rule, "/srv/docker"), [format!("ls -ld /srv/docker {NOBODYS}")]);
}

#[test]
fn containerd_is_called_by_its_socket_and_stopped_by_its_unit() {
    let store = "var/lib/rancher/k3s/agent/containerd";
    let target = tree(&[
        ("usr/lib/systemd/systemd", ""),
        ("etc/systemd/system/k3s.service", "[Service]\nExecStart=/usr/local/bin/k3s server\n"),
        ("etc/systemd/system/containerd.service", "[Service]\n"),
        (&format!("{store}/io.containerd.metadata.v1.bolt/meta.db"), "no database"),
        ("srv/copy/io.containerd.metadata.v1.bolt/meta.db", "no database"),
    ]);
    std::fs::create_dir(target.path().join("sbin")).unwrap();
    std::os::unix::fs::symlink("/usr/lib/systemd/systemd", target.path().join("sbin/init")).unwrap();
    let moved = |store: &str| {
        format!(
            "sh -c 'old=$(mktemp -d \"$1/damaged.XXXXXX\") && mv \"$1\"/io.containerd.* \"$old\"' sh {store}"
        )
    };
    let rule = "containerd-database-corrupt";
    assert_eq!(
        commands(&target, rule, &format!("/{store}")),
        ["systemctl stop k3s.service", &moved(&format!("/{store}")), "systemctl start k3s.service"]
    );
    assert_eq!(commands(&target, rule, "/srv/copy"), [moved("/srv/copy")]);
}

#[test]
fn an_interrupted_look_into_blobs_leaves_them_open() {
    let target = tree(&[
        ("srv/layout/oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#),
        ("srv/layout/index.json", r#"{"schemaVersion":2,"manifests":[]}"#),
        (&format!("srv/layout/blobs/sha256/{}", "5f".repeat(32)), ""),
    ]);
    // It takes no space, and its digest very many seconds.
    let blob = target.path().join("srv/layout/blobs/sha256").join("5f".repeat(32));
    std::fs::File::options().write(true).open(blob).unwrap().set_len(1 << 40).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(["storage", "--deep", "digest", "--timeout", "600s", "--format", "json", "--root"]);
    let child = command.arg(target.path()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The handler is there before anything is read; a signal before that would end the process without a report.
    std::thread::sleep(Duration::from_secs(2));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    // That no manifest names the blob is told all the same.
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let open = report["gaps"].as_array().unwrap().iter().map(|gap| (&gap["reason"], &gap["detail"]));
    assert_eq!(open.collect::<Vec<_>>(), [(&"timeout".into(), &"the check was interrupted".into())]);
}
