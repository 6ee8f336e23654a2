//! What distributions that start a kubelet themselves start it with.

use plimsoll_engine::snapshot::{Layer, Origin};

use super::installation::Distribution;
use crate::document::{Content, Document, Node};
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::{Host, HostErrorKind};
use crate::listing;
use crate::origin;

/// Where MicroK8s keeps the kubelet's arguments, one a line.
const MICROK8S: &str = "/var/snap/microk8s/current/args/kubelet";

/// k3s and RKE2: what they always say, then `kubelet-arg` of their configuration files, then that of their
/// own command line.
pub(super) fn rancher(
    host: &Host,
    distribution: Distribution,
    unit: &[Sourced<String>],
) -> Fact<Vec<Sourced<String>>> {
    let name = if distribution == Distribution::Rke2 { "rke2" } else { "k3s" };
    let agent = format!("/var/lib/rancher/{name}/agent");
    let mut arguments = vec![implied(name)];
    let drop_ins = format!("{agent}/etc/kubelet.conf.d");
    match host.exists(&drop_ins) {
        // From Kubernetes 1.32 on they write their settings there.
        Ok(true) => arguments.push(implied(&format!("--config-dir={drop_ins}"))),
        Ok(false) => arguments.extend(before_drop_ins(&agent)),
        Err(error) => return Fact::Gap(error.into()),
    }
    arguments.push(implied("--read-only-port=0"));
    arguments.push(implied(&format!("--kubeconfig={agent}/kubelet.kubeconfig")));
    match configured(host, &format!("/etc/rancher/{name}/config.yaml")) {
        Ok(configured) => arguments.extend(configured),
        Err(unknown) => return Fact::Gap(unknown),
    }
    arguments.extend(unit_arguments(unit));
    Fact::Known(arguments)
}

/// The flags that k3s and RKE2 gave before they wrote a drop-in (pkg/daemons/agent of github.com/k3s-io/k3s).
fn before_drop_ins(agent: &str) -> Vec<Sourced<String>> {
    [
        "--anonymous-auth=false".to_owned(),
        "--authentication-token-webhook=true".to_owned(),
        "--authorization-mode=Webhook".to_owned(),
        "--cgroup-driver=systemd".to_owned(),
        format!("--client-ca-file={agent}/client-ca.crt"),
        "--cluster-domain=cluster.local".to_owned(),
        "--container-runtime-endpoint=unix:///run/k3s/containerd/containerd.sock".to_owned(),
        "--eviction-hard=imagefs.available<5%,nodefs.available<5%".to_owned(),
        "--eviction-minimum-reclaim=imagefs.available=10%,nodefs.available=10%".to_owned(),
        "--fail-swap-on=false".to_owned(),
        "--healthz-bind-address=127.0.0.1".to_owned(),
        format!("--pod-manifest-path={agent}/pod-manifests"),
        format!("--tls-cert-file={agent}/serving-kubelet.crt"),
        format!("--tls-private-key-file={agent}/serving-kubelet.key"),
    ]
    .iter()
    .map(|text| implied(text))
    .collect()
}

/// MicroK8s' file of arguments; lines that begin with `#` say nothing.
pub(super) fn microk8s(host: &Host) -> Fact<Vec<Sourced<String>>> {
    Fact::from(host.read_text(MICROK8S)).map(|text| {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with('#'));
        let words = lines.flat_map(|(index, line)| {
            line.split_whitespace().map(move |word| {
                let at = line.find(word).unwrap_or_default();
                let value = word
                    .replace("${SNAP_DATA}", "/var/snap/microk8s/current")
                    .replace("${SNAP_COMMON}", "/var/snap/microk8s/common")
                    .replace("${SNAP}", "/snap/microk8s/current");
                let origin = origin::in_line(Layer::Flag, MICROK8S, index + 1, line, at..at + word.len());
                Sourced { value: value.replace('"', ""), origin }
            })
        });
        std::iter::once(implied("kubelet")).chain(words).collect()
    })
}

/// What k0s gives its kubelet.
pub(super) fn k0s() -> Vec<Sourced<String>> {
    [
        "kubelet",
        "--config=/var/lib/k0s/kubelet-config.yaml",
        "--kubeconfig=/var/lib/k0s/kubelet.conf",
        "--root-dir=/var/lib/k0s/kubelet",
        "--cert-dir=/var/lib/k0s/kubelet/pki",
    ]
    .map(implied)
    .to_vec()
}

/// The arguments that k3s and RKE2 pass on: `--kubelet-arg=max-pods=200`, or with a blank between.
fn unit_arguments(unit: &[Sourced<String>]) -> Vec<Sourced<String>> {
    let mut passed = Vec::new();
    let mut words = unit.iter();
    while let Some(word) = words.next() {
        let value = match word.value.strip_prefix("--kubelet-arg") {
            Some("") => words.next().map(|next| next.value.as_str()),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        passed.extend(value.map(|value| flag(value, word.origin.clone())));
    }
    passed
}

/// `kubelet-arg` of the file and of its drop-ins `*.yaml`: the last that says something, and what is added to
/// it by `kubelet-arg+`.
fn configured(host: &Host, file: &str) -> Result<Vec<Sourced<String>>, Unknown> {
    let directory = format!("{file}.d");
    let mut files = vec![file.to_owned()];
    let names = listing::names(host, &directory)?;
    files.extend(
        names.iter().filter(|name| name.ends_with(".yaml")).map(|name| format!("{directory}/{name}")),
    );
    let mut arguments = Vec::new();
    for file in files {
        let text = match host.read_text(&file) {
            Ok(text) => text,
            Err(error) if error.kind == HostErrorKind::NotFound => continue,
            Err(error) => return Err(error.into()),
        };
        let document = Document::parse_yaml(&file, text).map_err(|error| error.unknown())?;
        if let Some(member) = document.root().member("kubelet-arg") {
            arguments = passed_on(&document, &member.value);
        }
        if let Some(member) = document.root().member("kubelet-arg+") {
            arguments.extend(passed_on(&document, &member.value));
        }
    }
    Ok(arguments)
}

fn passed_on(document: &Document, node: &Node) -> Vec<Sourced<String>> {
    let items = match &node.content {
        Content::List(items) => items.iter().collect(),
        _ => vec![node],
    };
    let text = |node: &Node| match &node.content {
        Content::Text(text) => Some(flag(text, document.origin_of(node))),
        _ => None,
    };
    items.into_iter().filter_map(text).collect()
}

fn flag(text: &str, origin: Origin) -> Sourced<String> {
    Sourced { value: format!("--{}", text.trim_start_matches('-')), origin }
}

fn implied(text: &str) -> Sourced<String> {
    Sourced { value: text.to_owned(), origin: origin::default() }
}
