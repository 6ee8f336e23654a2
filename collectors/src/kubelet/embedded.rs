//! What distributions that start a kubelet themselves start it with.

use plimsoll_engine::snapshot::Origin;

use super::installation::Distribution;
use crate::argument_file;
use crate::document::{Content, Document, Node};
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::{Host, HostErrorKind};
use crate::listing;
use crate::origin;
use crate::os;

/// The configuration file by which Talos has a kubelet.
const TALOS: &str = "/etc/kubernetes/kubelet.yaml";

/// k3s and RKE2: what they always say, then `kubelet-arg` of their configuration files, then that of their
/// own command line.
pub(super) fn rancher(
    host: &Host,
    distribution: Distribution,
    unit: &[Sourced<String>],
) -> Fact<Vec<Sourced<String>>> {
    let name = if distribution == Distribution::Rke2 { "rke2" } else { "k3s" };
    let file =
        option(unit, &["--config", "-c"]).unwrap_or_else(|| format!("/etc/rancher/{name}/config.yaml"));
    let configured = match Configured::read(host, &file) {
        Ok(configured) => configured,
        Err(unknown) => return Fact::Gap(unknown),
    };
    let data = option(unit, &["--data-dir", "-d"]).or(configured.data_dir);
    let agent = format!("{}/agent", data.unwrap_or_else(|| format!("/var/lib/rancher/{name}")));
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
    arguments.extend(configured.arguments);
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

/// MicroK8s' file of arguments.
pub(super) fn microk8s(host: &Host) -> Fact<Vec<Sourced<String>>> {
    argument_file::read(host, "kubelet")
        .map(|arguments| std::iter::once(implied("kubelet")).chain(arguments).collect())
}

/// What k0s gives its kubelet (pkg/component/worker/kubelet.go of github.com/k0sproject/k0s), and over it the
/// `--kubelet-extra-args` of its own command line.
pub(super) fn k0s(unit: &[Sourced<String>]) -> Vec<Sourced<String>> {
    let data = option(unit, &["--data-dir"]).unwrap_or_else(|| "/var/lib/k0s".to_owned());
    let root = option(unit, &["--kubelet-root-dir"]).unwrap_or_else(|| format!("{data}/kubelet"));
    let own = [
        "kubelet".to_owned(),
        format!("--config={data}/kubelet-config.yaml"),
        format!("--kubeconfig={data}/kubelet.conf"),
        format!("--cert-dir={root}/pki"),
        format!("--root-dir={root}"),
    ];
    let mut arguments: Vec<_> = own.iter().map(|text| implied(text)).collect();
    for extra in values(unit, &["--kubelet-extra-args"]) {
        arguments.extend(
            extra
                .value
                .split_whitespace()
                .map(|text| Sourced { value: text.to_owned(), origin: extra.origin.clone() }),
        );
    }
    arguments
}

/// Whether it is a node of Talos that has a kubelet.
pub(super) fn is_talos(host: &Host) -> bool {
    let is_there = host.exists(TALOS).unwrap_or(false);
    is_there && os::id(host).is_ok_and(|id| id.as_deref() == Some("talos"))
}

/// What Talos starts its kubelet with, in a container of its own
/// (internal/app/machined/pkg/controllers/k8s/kubelet_spec.go of github.com/siderolabs/talos).
pub(super) fn talos() -> Vec<Sourced<String>> {
    [
        "kubelet",
        "--config=/etc/kubernetes/kubelet.yaml",
        "--kubeconfig=/etc/kubernetes/kubeconfig-kubelet",
        "--cert-dir=/var/lib/kubelet/pki",
    ]
    .map(implied)
    .to_vec()
}

/// The arguments that k3s and RKE2 pass on: `--kubelet-arg=max-pods=200`, or with a blank between.
fn unit_arguments(unit: &[Sourced<String>]) -> Vec<Sourced<String>> {
    values(unit, &["--kubelet-arg"]).into_iter().map(|given| flag(&given.value, given.origin)).collect()
}

/// The last value of an option of the distribution's own command line.
fn option(unit: &[Sourced<String>], names: &[&str]) -> Option<String> {
    values(unit, names).pop().map(|given| given.value).filter(|value| !value.is_empty())
}

/// The values of an option, which follow an equals sign or a blank.
fn values(unit: &[Sourced<String>], names: &[&str]) -> Vec<Sourced<String>> {
    let mut values = Vec::new();
    let mut words = unit.iter();
    while let Some(word) = words.next() {
        let value = names.iter().find_map(|name| word.value.strip_prefix(name)).and_then(|rest| match rest {
            "" => words.next().map(|next| next.value.clone()),
            rest => rest.strip_prefix('=').map(str::to_owned),
        });
        values.extend(value.map(|value| Sourced { value, origin: word.origin.clone() }));
    }
    values
}

/// What the configuration file of k3s or RKE2 and its drop-ins `*.yaml` say.
#[derive(Debug, Default)]
struct Configured {
    /// `kubelet-arg`: the last that says something, and what is added to it by `kubelet-arg+`.
    arguments: Vec<Sourced<String>>,
    data_dir: Option<String>,
}

impl Configured {
    fn read(host: &Host, file: &str) -> Result<Self, Unknown> {
        let directory = format!("{file}.d");
        let mut files = vec![file.to_owned()];
        let names = listing::names(host, &directory)?;
        files.extend(
            names.iter().filter(|name| name.ends_with(".yaml")).map(|name| format!("{directory}/{name}")),
        );
        let mut configured = Self::default();
        for file in files {
            let text = match host.read_text(&file) {
                Ok(text) => text,
                Err(error) if error.kind == HostErrorKind::NotFound => continue,
                Err(error) => return Err(error.into()),
            };
            let document = Document::parse_yaml(&file, text).map_err(|error| error.unknown())?;
            if let Some(member) = document.root().member("kubelet-arg") {
                configured.arguments = passed_on(&document, &member.value);
            }
            if let Some(member) = document.root().member("kubelet-arg+") {
                configured.arguments.extend(passed_on(&document, &member.value));
            }
            if let Some(Content::Text(text)) =
                document.root().member("data-dir").map(|member| &member.value.content)
            {
                configured.data_dir = Some(text.clone());
            }
        }
        Ok(configured)
    }
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
