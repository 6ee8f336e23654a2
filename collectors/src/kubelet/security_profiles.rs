//! The seccomp and AppArmor profiles that a static pod names.

use schemars::JsonSchema;
use serde::Serialize;

use super::static_pods::{child, list, text_of};
use crate::document::{Document, Node};
use crate::fact::{Fact, Sourced};
use crate::host::Host;

/// What an annotation that names a container's AppArmor profile begins with, before Kubernetes 1.30.
const ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";

/// A seccomp profile in a file.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SeccompProfile {
    /// As the pod names it: `profiles/audit.json`.
    ///
    /// Source: `seccompProfile.localhostProfile`
    pub profile: Sourced<String>,
    /// The file where the kubelet looks for it.
    ///
    /// Source: the directory `seccomp` below the kubelet's `--root-dir`
    pub file: String,
    /// Whether it is there.
    ///
    /// Source: the file
    pub exists: Fact<bool>,
}

/// An AppArmor profile that has to be loaded.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AppArmorProfile {
    /// Its name.
    ///
    /// Source: `appArmorProfile.localhostProfile`, or the annotation without `localhost/`
    pub profile: Sourced<String>,
}

/// The containers of a pod's `spec`, those that run first first.
pub(super) fn containers(spec: Option<&Node>) -> impl Iterator<Item = &Node> {
    let of = move |name| list(spec.and_then(|spec| child(spec, name)));
    of("initContainers").chain(of("containers"))
}

/// The seccomp profiles in files below `root_dir`.
pub(super) fn seccomp(host: &Host, document: &Document, root_dir: &str) -> Vec<SeccompProfile> {
    let profile = |profile: Sourced<String>| {
        let file = format!("{}/seccomp/{}", root_dir.trim_end_matches('/'), profile.value);
        SeccompProfile { exists: host.exists(&file).into(), file, profile }
    };
    local_profiles(document, "seccompProfile").map(profile).collect()
}

/// The AppArmor profiles that have to be loaded.
pub(super) fn apparmor(document: &Document) -> Vec<AppArmorProfile> {
    let annotations = child(document.root(), "metadata").and_then(|metadata| child(metadata, "annotations"));
    let members = annotations.map(Node::members).unwrap_or_default().iter();
    let annotated = members.filter(|member| member.name.starts_with(ANNOTATION)).filter_map(|member| {
        let name = text_of(&member.value)?.strip_prefix("localhost/")?;
        Some(Sourced { value: name.to_owned(), origin: document.origin_of_member(member) })
    });
    let profiles = local_profiles(document, "appArmorProfile").chain(annotated);
    profiles.map(|profile| AppArmorProfile { profile }).collect()
}

/// `localhostProfile` of the `kind` of profile in the security contexts of the pod and its containers.
fn local_profiles<'d>(
    document: &'d Document,
    kind: &'static str,
) -> impl Iterator<Item = Sourced<String>> + 'd {
    let spec = child(document.root(), "spec");
    spec.into_iter().chain(containers(spec)).filter_map(move |node| {
        let profile = child(child(node, "securityContext")?, kind)?;
        let is_local = child(profile, "type").and_then(text_of) == Some("Localhost");
        let member = profile.member("localhostProfile").filter(|_| is_local)?;
        let value = text_of(&member.value)?.to_owned();
        Some(Sourced { value, origin: document.origin_of_member(member) })
    })
}
