//! crictl's configuration: which runtime it talks to.

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::document::{Content, Document, DocumentError};
use crate::fact::{Fact, Sourced};
use crate::host::Host;
use crate::redact::mask;
use crate::runtime_endpoint::RuntimeSocket;

/// Where crictl reads its configuration.
const FILE: &str = "/etc/crictl.yaml";

/// What k3s names to the crictl that it brings, where it is (`findCriConfig` of github.com/k3s-io/k3s).
const OF_K3S: &str = "/var/lib/rancher/k3s/agent/etc/crictl.yaml";

/// What RKE2 writes for the crictl that it brings, for people to name in `CRI_CONFIG_FILE`
/// (docs.rke2.io/reference/cli_tools).
const OF_RKE2: &str = "/var/lib/rancher/rke2/agent/etc/crictl.yaml";

/// The keys that crictl knows (`pkg/common/file.go` of github.com/kubernetes-sigs/cri-tools).
const KEYS: [&str; 6] =
    ["runtime-endpoint", "image-endpoint", "timeout", "debug", "pull-image-on-create", "disable-pull-on-run"];

/// crictl's configuration.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Crictl {
    /// The configuration file: the one that k3s writes for the crictl that it brings, or else /etc/crictl.yaml, or
    /// else the one that RKE2 writes.
    ///
    /// Source: the directories of k3s and RKE2
    pub file: Fact<String>,
    /// Whether there is a configuration file; without one crictl tries the sockets that it knows.
    ///
    /// Source: /etc/crictl.yaml
    pub exists: Fact<bool>,
    /// Whether it is a YAML object whose values are of the right types.
    ///
    /// Source: /etc/crictl.yaml
    pub valid: Fact<bool>,
    /// What is wrong with it, in words.
    ///
    /// Source: /etc/crictl.yaml, the offending place
    pub error: Fact<Sourced<String>>,
    /// The endpoint of the runtime.
    ///
    /// Source: /etc/crictl.yaml, `runtime-endpoint`
    pub runtime_endpoint: Fact<Sourced<String>>,
    /// The endpoint of the image service; crictl takes that of the runtime where none is given.
    ///
    /// Source: /etc/crictl.yaml, `image-endpoint`
    pub image_endpoint: Fact<Sourced<String>>,
    /// How long crictl waits for an answer; 0 stands for its default.
    ///
    /// Unit: seconds
    /// Source: /etc/crictl.yaml, `timeout`
    pub timeout: Fact<Sourced<i64>>,
    /// Whether it tells what it does.
    ///
    /// Source: /etc/crictl.yaml, `debug`
    pub debug: Fact<Sourced<bool>>,
    /// The keys that crictl does not know, sorted.
    ///
    /// Source: /etc/crictl.yaml
    pub unknown_keys: Fact<Vec<Sourced<String>>>,
    /// The socket of the runtime's endpoint; absent if none is given.
    ///
    /// Source: /etc/crictl.yaml, `runtime-endpoint`
    pub runtime_socket: Fact<RuntimeSocket>,
    /// The socket of the image service's endpoint; absent if none is given.
    ///
    /// Source: /etc/crictl.yaml, `image-endpoint`
    pub image_socket: Fact<RuntimeSocket>,
}

/// Reads them.
pub fn collect(ctx: &Context<'_>) -> Fact<Crictl> {
    Fact::Known(read(ctx.host))
}

fn read(host: &Host) -> Crictl {
    let file = file(host);
    let text = file.as_ref().and_then(|file| Fact::from(host.read_text(file)));
    let exists = text.as_ref().map(|_| true).or_absent(false);
    let path = file.known().copied().unwrap_or(FILE);
    let parsed = text.map(|text| parse(path, text));
    let error = parsed.as_ref().and_then(|parsed| parsed.as_ref().err().map(DocumentError::sourced).into());
    let valid = parsed.as_ref().map(Result::is_ok);
    let document = parsed.and_then(|parsed| match parsed {
        Ok(document) => Fact::Known(document),
        Err(error) => Fact::Gap(error.unknown()),
    });
    let runtime_endpoint =
        document.as_ref().and_then(|document| endpoint(document, "runtime-endpoint").into());
    let image_endpoint = document.as_ref().and_then(|document| endpoint(document, "image-endpoint").into());
    let socket = |endpoint: &Fact<Sourced<String>>| {
        endpoint.as_ref().and_then(|endpoint| RuntimeSocket::at(host, &endpoint.value).into())
    };
    Crictl {
        file: file.map(str::to_owned),
        exists,
        valid,
        error,
        runtime_socket: socket(&runtime_endpoint),
        image_socket: socket(&image_endpoint),
        runtime_endpoint,
        image_endpoint,
        timeout: document.as_ref().and_then(|document| {
            member(document, "timeout", |content| match content {
                Content::Number(number) => number.as_i64(),
                _ => None,
            })
        }),
        debug: document.as_ref().and_then(|document| {
            member(document, "debug", |content| match content {
                Content::Bool(debug) => Some(*debug),
                _ => None,
            })
        }),
        unknown_keys: document.as_ref().map(unknown_keys),
    }
}

/// The first of them that is there, or the usual one.
fn file(host: &Host) -> Fact<&'static str> {
    for file in [OF_K3S, FILE, OF_RKE2] {
        match host.exists(file) {
            Ok(true) => return Fact::Known(file),
            Ok(false) => {}
            Err(error) => return Fact::Gap(error.into()),
        }
    }
    Fact::Known(FILE)
}

fn parse(file: &str, text: String) -> Result<Document, DocumentError> {
    let document = Document::parse_yaml(file, text)?;
    let root = document.root();
    if !matches!(root.content, Content::Object(_) | Content::Null) {
        return Err(document
            .error_at(root, format!("the file holds {}, where crictl expects an object", root.kind())));
    }
    for member in root.members() {
        let expected = match (member.name.as_str(), &member.value.content) {
            (_, Content::Null) => continue,
            ("runtime-endpoint" | "image-endpoint", Content::Text(_)) => continue,
            ("timeout", Content::Number(number)) if number.is_i64() => continue,
            ("debug" | "pull-image-on-create" | "disable-pull-on-run", Content::Bool(_)) => continue,
            ("runtime-endpoint" | "image-endpoint", _) => "a string",
            ("timeout", _) => "a number of seconds",
            ("debug" | "pull-image-on-create" | "disable-pull-on-run", _) => "true or false",
            _ => continue,
        };
        let found = member.value.kind();
        return Err(
            document.error_at(&member.value, format!("{} has to be {expected}, not {found}", member.name))
        );
    }
    Ok(document)
}

fn endpoint(document: &Document, name: &str) -> Option<Sourced<String>> {
    let found = member(document, name, |content| match content {
        Content::Text(text) if !text.is_empty() => Some(mask(text)),
        _ => None,
    });
    found.known().cloned()
}

fn member<T>(document: &Document, name: &str, value: impl Fn(&Content) -> Option<T>) -> Fact<Sourced<T>> {
    let found = document.root().member(name).and_then(|member| {
        Some(Sourced { value: value(&member.value.content)?, origin: document.origin_of_member(member) })
    });
    found.into()
}

fn unknown_keys(document: &Document) -> Vec<Sourced<String>> {
    let stray = document.root().members().iter().filter(|member| !KEYS.contains(&member.name.as_str()));
    let mut keys: Vec<_> = stray
        .map(|member| Sourced { value: member.name.clone(), origin: document.origin_of_member(member) })
        .collect();
    keys.sort_by(|a, b| a.value.cmp(&b.value));
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    fn crictl(text: &str) -> Crictl {
        read(&Tree::new().file("etc/crictl.yaml", text).host())
    }

    #[test]
    fn the_usual_file_is_read() {
        let text = "runtime-endpoint: unix:///var/run/crio/crio.sock\nimage-endpoint: \"\"\ntimeout: 10\ndebug: no\nmirror: x\n";
        let crictl = crictl(text);
        assert_eq!((crictl.exists, crictl.valid), (Fact::Known(true), Fact::Known(true)));
        let endpoint = crictl.runtime_endpoint.known().unwrap();
        assert_eq!(
            (endpoint.value.as_str(), endpoint.origin.line),
            ("unix:///var/run/crio/crio.sock", Some(1))
        );
        assert_eq!(crictl.runtime_socket.known().unwrap().path, "/run/crio/crio.sock");
        assert_eq!(crictl.image_endpoint, Fact::Absent);
        assert_eq!(crictl.timeout.known().unwrap().value, 10);
        assert!(!crictl.debug.known().unwrap().value);
        assert_eq!(crictl.unknown_keys.known().unwrap()[0].value, "mirror");
    }

    #[test]
    fn the_file_of_k3s_comes_first() {
        let k3s = &OF_K3S[1..];
        let tree = Tree::new()
            .file("etc/crictl.yaml", "runtime-endpoint: unix:///run/crio/crio.sock\n")
            .file(k3s, "runtime-endpoint: unix:///run/k3s/containerd/containerd.sock\n");
        let crictl = read(&tree.host());
        assert_eq!(crictl.file.known().unwrap(), OF_K3S);
        let endpoint = crictl.runtime_endpoint.known().unwrap();
        assert_eq!(endpoint.origin.file.as_deref(), Some(OF_K3S));
        assert_eq!(crictl.runtime_socket.known().unwrap().path, "/run/k3s/containerd/containerd.sock");
    }

    #[test]
    fn the_file_of_rke2_comes_last() {
        let tree =
            Tree::new().file(&OF_RKE2[1..], "runtime-endpoint: unix:///run/k3s/containerd/containerd.sock\n");
        assert_eq!(read(&tree.host()).file.known().unwrap(), OF_RKE2);
        let tree = tree.file("etc/crictl.yaml", "debug: true\n");
        assert_eq!(read(&tree.host()).file.known().unwrap(), FILE);
        let none = read(&Tree::new().host());
        assert_eq!((none.file.known().unwrap().as_str(), none.exists), (FILE, Fact::Known(false)));
    }

    #[test]
    fn what_crictl_cannot_read_is_told() {
        for (text, message) in [
            ("[]", "the file holds a list, where crictl expects an object"),
            ("timeout: soon", "timeout has to be a number of seconds, not a string"),
            ("runtime-endpoint: [x]", "runtime-endpoint has to be a string, not a list"),
        ] {
            let crictl = crictl(text);
            assert_eq!(crictl.valid, Fact::Known(false));
            assert_eq!(crictl.error.known().unwrap().value, message);
            assert!(matches!(crictl.runtime_endpoint, Fact::Gap(_)));
        }
    }

    #[test]
    fn no_file_is_no_error() {
        let crictl = read(&Tree::new().host());
        assert_eq!((crictl.exists, crictl.valid), (Fact::Known(false), Fact::Absent));
        assert_eq!(crictl.runtime_socket, Fact::Absent);
        assert_eq!(read(&Tree::new().file("etc/crictl.yaml", "").host()).valid, Fact::Known(true));
    }
}
