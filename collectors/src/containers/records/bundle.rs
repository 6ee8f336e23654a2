//! `config.json` of a bundle, which a runtime is started with (the OCI runtime specification), as far as its
//! annotations say whose container it is. Its environment is never looked at.

use std::collections::HashMap;

use serde::Deserialize;

use super::super::container::{Kind, Runtime};
use super::record::{PodRecord, confining};
use super::{Record, json};

/// The members that are read.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Bundle {
    #[serde(default)]
    annotations: HashMap<String, String>,
    process: Option<Process>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Process {
    apparmor_profile: String,
}

impl Bundle {
    /// What the annotations say. Every runtime has its own.
    pub(super) fn record(&self) -> Record {
        let mut record = self.containerd();
        record.merge(self.crio());
        record.merge(self.podman());
        record.apparmor_profile = self.process.as_ref().and_then(|it| confining(&it.apparmor_profile));
        record
    }

    fn get(&self, name: &str) -> Option<String> {
        self.annotations.get(name).filter(|value| !value.is_empty()).cloned()
    }

    /// containerd's plugin for the kubelet.
    fn containerd(&self) -> Record {
        let get = |name: &str| self.get(&format!("io.kubernetes.cri.{name}"));
        Record {
            kind: get("container-type").as_deref().and_then(kind),
            name: get("container-name"),
            image: get("image-name"),
            sandbox: get("sandbox-id"),
            pod: PodRecord {
                name: get("sandbox-name"),
                namespace: get("sandbox-namespace"),
                uid: get("sandbox-uid"),
            },
            ..Record::default()
        }
    }

    fn crio(&self) -> Record {
        if self.get("io.container.manager").as_deref() != Some("cri-o") {
            return Record::default();
        }
        let get = |name: &str| self.get(&format!("io.kubernetes.cri-o.{name}"));
        let labels: HashMap<String, String> =
            get("Labels").and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let mut pod = PodRecord::of_labels(|name| labels.get(name));
        pod.merge(PodRecord { name: get("KubeName"), namespace: get("Namespace"), uid: None });
        Record {
            runtime: Some(Runtime::CriO),
            kind: get("ContainerType").as_deref().and_then(kind),
            name: labels.get("io.kubernetes.container.name").cloned().or_else(|| get("ContainerName")),
            image: get("ImageName").or_else(|| get("Image")),
            sandbox: get("SandboxID"),
            log_path: get("LogPath"),
            seccomp_file: get("SeccompProfilePath").as_deref().and_then(profile_file),
            created_at: get("Created").as_deref().and_then(json::time),
            pod,
            ..Record::default()
        }
    }

    fn podman(&self) -> Record {
        if self.get("io.container.manager").as_deref() != Some("libpod") {
            return Record::default();
        }
        Record {
            runtime: Some(Runtime::Podman),
            kind: Some(Kind::Container),
            seccomp_file: self.get("io.podman.annotations.seccomp").as_deref().and_then(profile_file),
            ..Record::default()
        }
    }
}

/// The file that a seccomp profile is named by, which older kubelets put `localhost/` before; nothing of
/// `runtime/default` and the like, or of a file that is named from a directory that nobody wrote down.
fn profile_file(reference: &str) -> Option<String> {
    let file = reference.strip_prefix("localhost/").unwrap_or(reference);
    file.starts_with('/').then(|| file.to_owned())
}

fn kind(text: &str) -> Option<Kind> {
    match text {
        "container" => Some(Kind::Container),
        "sandbox" => Some(Kind::Sandbox),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(json: &str) -> Record {
        serde_json::from_str::<Bundle>(json).unwrap().record()
    }

    #[test]
    fn containerds_annotations_name_the_pod() {
        let record = record(
            r#"{"ociVersion":"1.0.2","process":{"env":["SECRET=1"],"apparmorProfile":"k8s-web"},"annotations":{
            "io.kubernetes.cri.container-type":"container","io.kubernetes.cri.container-name":"web",
            "io.kubernetes.cri.image-name":"nginx:1","io.kubernetes.cri.sandbox-id":"s1",
            "io.kubernetes.cri.sandbox-name":"p","io.kubernetes.cri.sandbox-namespace":"n"}}"#,
        );
        assert_eq!((record.kind, record.name.as_deref()), (Some(Kind::Container), Some("web")));
        assert_eq!((record.image.as_deref(), record.sandbox.as_deref()), (Some("nginx:1"), Some("s1")));
        assert_eq!((record.pod.name.as_deref(), record.pod.uid), (Some("p"), None));
        assert_eq!(record.apparmor_profile.as_deref(), Some("k8s-web"));
    }

    #[test]
    fn crios_annotations_hold_labels_in_a_string() {
        let record = record(
            r#"{"annotations":{"io.container.manager":"cri-o","io.kubernetes.cri-o.ContainerType":"sandbox",
            "io.kubernetes.cri-o.Labels":"{\"io.kubernetes.pod.uid\":\"u\",\"io.kubernetes.container.name\":\"POD\"}",
            "io.kubernetes.cri-o.KubeName":"p","io.kubernetes.cri-o.Namespace":"n",
            "io.kubernetes.cri-o.Created":"2026-11-27T22:40:00.1Z"}}"#,
        );
        assert_eq!((record.runtime, record.kind), (Some(Runtime::CriO), Some(Kind::Sandbox)));
        assert_eq!((record.pod.name.as_deref(), record.pod.uid.as_deref()), (Some("p"), Some("u")));
        assert_eq!(record.created_at.as_deref(), Some("2026-11-27T22:40:00Z"));
    }

    #[test]
    fn the_seccomp_profile_is_a_file_only_where_one_is_named() {
        let crio = |profile: &str| {
            let annotations = format!(
                r#"{{"annotations":{{"io.container.manager":"cri-o","io.kubernetes.cri-o.SeccompProfilePath":"{profile}"}}}}"#
            );
            record(&annotations).seccomp_file
        };
        assert_eq!(
            crio("/var/lib/kubelet/seccomp/a.json").as_deref(),
            Some("/var/lib/kubelet/seccomp/a.json")
        );
        assert_eq!(crio("localhost//srv/a.json").as_deref(), Some("/srv/a.json"));
        for none in ["", "runtime/default", "RuntimeDefault", "Unconfined", "localhost/a.json"] {
            assert_eq!(crio(none), None, "{none}");
        }
        let podman = record(
            r#"{"annotations":{"io.container.manager":"libpod","io.podman.annotations.seccomp":"/srv/s.json"}}"#,
        );
        assert_eq!(podman.seccomp_file.as_deref(), Some("/srv/s.json"));
    }

    #[test]
    fn a_bundle_without_annotations_says_nothing() {
        assert_eq!(record(r#"{"ociVersion":"1.0.2"}"#), Record::default());
        assert_eq!(record(r#"{"annotations":{"io.kubernetes.cri-o.Name":"x"}}"#), Record::default());
        assert!(serde_json::from_str::<Bundle>(r#"{"annotations":[]}"#).is_err());
    }
}
