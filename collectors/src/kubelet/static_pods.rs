//! Static pods: the manifests that the kubelet runs without an API server.

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;

use super::security_profiles::{self, AppArmorProfile, SeccompProfile};
use crate::document::{Content, Document, DocumentError, Node};
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::{FileKind, Host};
use crate::redact::mask;

/// How much of a manifest is read at most, in bytes.
const CAP: usize = 1 << 20;

/// How many manifests are read at most.
const MAX_MANIFESTS: usize = 500;

/// A manifest of a static pod.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StaticPod {
    /// The file.
    pub file: String,
    /// Whether it is a `Pod` that the kubelet can read.
    ///
    /// Source: the manifest
    pub valid: Fact<bool>,
    /// What is wrong with it, in words.
    ///
    /// Source: the manifest
    pub error: Fact<Sourced<String>>,
    /// The pod's name, to which the kubelet adds that of the node.
    ///
    /// Source: `metadata.name`
    pub name: Fact<String>,
    /// Its namespace.
    ///
    /// Source: `metadata.namespace`
    pub namespace: Fact<String>,
    /// The images of its containers, in their order, those of init containers first.
    ///
    /// Source: `spec.initContainers[].image`, `spec.containers[].image`
    pub images: Fact<Vec<Sourced<String>>>,
    /// Whether it uses the node's network.
    ///
    /// Source: `spec.hostNetwork`
    pub host_network: Fact<bool>,
    /// Whether it sees the node's processes.
    ///
    /// Source: `spec.hostPID`
    pub host_pid: Fact<bool>,
    /// Whether one of its containers is privileged.
    ///
    /// Source: `spec.containers[].securityContext.privileged`
    pub privileged: Fact<bool>,
    /// The directories and files of the node that it mounts.
    ///
    /// Source: `spec.volumes[].hostPath.path`
    pub host_paths: Fact<Vec<Sourced<String>>>,
    /// The seccomp profiles in files that it names.
    ///
    /// Source: `securityContext.seccompProfile` of the pod and its containers
    pub seccomp_profiles: Fact<Vec<SeccompProfile>>,
    /// The AppArmor profiles that it names.
    ///
    /// Source: `securityContext.appArmorProfile` of the pod and its containers, the annotations
    /// `container.apparmor.security.beta.kubernetes.io/…`
    pub apparmor_profiles: Fact<Vec<AppArmorProfile>>,
}

/// The manifests at `path`: a file, or the files in a directory whose names do not begin with a dot. Seccomp
/// profiles lie in `seccomp` below `root_dir`.
pub(super) fn read(host: &Host, path: &str, root_dir: &str) -> Fact<Vec<StaticPod>> {
    let pod = |file: String| StaticPod::read(host, file, root_dir);
    let inode = Fact::from(host.metadata(path));
    inode.and_then(|inode| match inode.kind {
        FileKind::Directory => Fact::from(host.read_dir(path)).and_then(|entries| {
            let names = entries.iter().filter(|entry| entry.kind != FileKind::Directory);
            let names = names.map(|entry| entry.name.to_string_lossy()).filter(|name| !name.starts_with('.'));
            let files: Vec<String> =
                names.map(|name| format!("{}/{name}", path.trim_end_matches('/'))).collect();
            if files.len() > MAX_MANIFESTS {
                let detail = format!("there are more than {MAX_MANIFESTS} manifests");
                return Fact::Gap(Unknown::new(GapReason::Unsupported, path, detail));
            }
            Fact::Known(files.into_iter().map(pod).collect())
        }),
        _ => Fact::Known(vec![pod(path.to_owned())]),
    })
}

impl StaticPod {
    fn read(host: &Host, file: String, root_dir: &str) -> Self {
        let text = host.read_capped(&file, CAP).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        match text.map(|text| parse(&file, text)) {
            Ok(Ok(document)) => Self::of(host, file, &document, root_dir),
            Ok(Err(error)) => {
                let unknown = error.unknown();
                Self {
                    error: Fact::Known(error.sourced()),
                    ..Self::unknown(file, Fact::Known(false), &unknown)
                }
            }
            Err(error) => {
                let unknown = Unknown::from(error);
                Self::unknown(file, Fact::Gap(unknown.clone()), &unknown)
            }
        }
    }

    fn of(host: &Host, file: String, document: &Document, root_dir: &str) -> Self {
        let root = document.root();
        let spec = child(root, "spec");
        let metadata = child(root, "metadata");
        let containers = || security_profiles::containers(spec);
        let flag = |name: &str| Fact::Known(is_true(spec.and_then(|spec| child(spec, name))));
        let placed = |node: &Node| {
            text_of(node).map(|text| Sourced { value: mask(text), origin: document.origin_of(node) })
        };
        let name =
            |name: &str| metadata.and_then(|metadata| text_of(child(metadata, name)?)).map(str::to_owned);
        Self {
            valid: Fact::Known(true),
            error: Fact::Absent,
            name: name("name").into(),
            namespace: name("namespace").into(),
            images: Fact::Known(containers().filter_map(|c| placed(child(c, "image")?)).collect()),
            host_network: flag("hostNetwork"),
            host_pid: flag("hostPID"),
            privileged: Fact::Known(containers().any(|c| {
                is_true(child(c, "securityContext").and_then(|context| child(context, "privileged")))
            })),
            host_paths: Fact::Known(
                list(spec.and_then(|spec| child(spec, "volumes")))
                    .filter_map(|volume| placed(child(child(volume, "hostPath")?, "path")?))
                    .collect(),
            ),
            seccomp_profiles: Fact::Known(security_profiles::seccomp(host, document, root_dir)),
            apparmor_profiles: Fact::Known(security_profiles::apparmor(document)),
            file,
        }
    }

    fn unknown(file: String, valid: Fact<bool>, unknown: &Unknown) -> Self {
        fn gap<T>(unknown: &Unknown) -> Fact<T> {
            Fact::Gap(unknown.clone())
        }
        Self {
            file,
            valid,
            error: gap(unknown),
            name: gap(unknown),
            namespace: gap(unknown),
            images: gap(unknown),
            host_network: gap(unknown),
            host_pid: gap(unknown),
            privileged: gap(unknown),
            host_paths: gap(unknown),
            seccomp_profiles: gap(unknown),
            apparmor_profiles: gap(unknown),
        }
    }
}

/// The manifest, if it is one of a pod.
fn parse(file: &str, text: String) -> Result<Document, DocumentError> {
    let document = Document::parse_yaml(file, text)?;
    let kind = child(document.root(), "kind").and_then(text_of).unwrap_or_default();
    let has_containers =
        list(child(document.root(), "spec").and_then(|spec| child(spec, "containers"))).next().is_some();
    if kind != "Pod" {
        return Err(document.error_at(document.root(), format!("the manifest is of kind {kind:?}, not Pod")));
    }
    if !has_containers {
        return Err(document.error_at(document.root(), "the pod has no containers"));
    }
    Ok(document)
}

/// The member `name` of an object.
pub(super) fn child<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    node.member(name).map(|member| &member.value)
}

/// The items of a list, none of anything else.
pub(super) fn list(node: Option<&Node>) -> std::slice::Iter<'_, Node> {
    match node.map(|node| &node.content) {
        Some(Content::List(items)) => items.iter(),
        _ => [].iter(),
    }
}

/// A string.
pub(super) fn text_of(node: &Node) -> Option<&str> {
    match &node.content {
        Content::Text(text) => Some(text),
        _ => None,
    }
}

fn is_true(node: Option<&Node>) -> bool {
    node.is_some_and(|node| node.content == Content::Bool(true))
}
