//! How the kubelet reaches the API server: its kubeconfig. Credentials stay where they are; what they are does
//! not.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::certificate::Certificate;
use super::paths::below;
use crate::document::{Content, Document, Node};
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::Host;
use crate::redact::mask;

/// The kubelet's kubeconfig.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Kubeconfig {
    /// Its path.
    ///
    /// Source: the kubelet's flag `--kubeconfig`, else the places that distributions use
    pub path: Sourced<String>,
    /// Whether it is there.
    ///
    /// Source: the file
    pub exists: Fact<bool>,
    /// Whether it is a kubeconfig whose current context names a cluster and a user.
    ///
    /// Source: the file
    pub valid: Fact<bool>,
    /// What is wrong with it, in words.
    ///
    /// Source: the file
    pub error: Fact<String>,
    /// The API server.
    ///
    /// Source: `clusters[].cluster.server` of the current context
    pub server: Fact<Sourced<String>>,
    /// Whether the server's certificate is not verified.
    ///
    /// Source: `clusters[].cluster.insecure-skip-tls-verify` of the current context
    pub insecure: Fact<bool>,
    /// What the kubelet shows the API server.
    ///
    /// Source: `users[].user` of the current context
    pub credential: Fact<Credential>,
    /// The file of the client certificate; absent if the certificate stands in the kubeconfig itself.
    ///
    /// Source: `users[].user.client-certificate` of the current context
    pub client_certificate_file: Fact<Sourced<String>>,
    /// Whether the kubelet replaces the certificate before it expires: it is the link that the kubelet moves.
    ///
    /// Source: `users[].user.client-certificate` of the current context
    pub rotated: Fact<bool>,
}

/// What the kubelet shows the API server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Credential {
    /// A certificate in a file.
    CertificateFile,
    /// A certificate in the kubeconfig itself, with its key.
    CertificateEmbedded,
    /// A token in a file.
    TokenFile,
    /// A token in the kubeconfig itself.
    TokenEmbedded,
    /// What a program of the cloud provider hands out.
    Exec,
    /// Nothing that is known here.
    None,
}

/// What of a kubeconfig the other facts need.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) facts: Kubeconfig,
    /// The client certificate.
    pub(super) certificate: Fact<Certificate>,
}

/// Reads the kubeconfig at `path`.
pub(super) fn read(host: &Host, path: Sourced<String>) -> Reading {
    let text = Fact::from(host.read_text(&path.value));
    let exists = text.as_ref().map(|_| true).or_absent(false);
    let parsed = text.as_ref().and_then(|text| match Document::parse_yaml(&path.value, (*text).clone()) {
        Ok(document) => Fact::Known(Ok(document)),
        Err(error) => Fact::Known(Err(mask(&error.message))),
    });
    let found = parsed.and_then(|parsed| Fact::Known(parsed.and_then(Found::of)));
    let valid = found.as_ref().map(Result::is_ok);
    let error = found.as_ref().and_then(|found| found.as_ref().err().cloned().into());
    let good = found.and_then(|found| match found {
        Ok(found) => Fact::Known(found),
        Err(message) => Fact::Gap(Unknown::malformed(&path.value, message)),
    });
    let certificate_file = good.as_ref().and_then(|found| found.text_of_user("client-certificate").into());
    let certificate_path =
        certificate_file.as_ref().map(|file: &Sourced<String>| below(&path.value, &file.value));
    let credential = good.as_ref().map(Found::credential);
    let certificate = match &credential {
        Fact::Known(Credential::CertificateEmbedded) => {
            good.as_ref().and_then(|found| found.embedded(&path.value))
        }
        _ => certificate_path.as_ref().and_then(|file| Certificate::read(host, file)),
    };
    let facts = Kubeconfig {
        exists,
        valid,
        error,
        server: good.as_ref().and_then(|found| found.server().into()),
        insecure: good.as_ref().map(Found::is_insecure),
        rotated: credential.as_ref().map(|_| {
            certificate_path.known().is_some_and(|path| path.ends_with("/kubelet-client-current.pem"))
        }),
        credential,
        client_certificate_file: certificate_file,
        path,
    };
    Reading { facts, certificate }
}

/// The cluster and the user of the current context.
#[derive(Debug)]
struct Found {
    document: Document,
    cluster: Node,
    user: Node,
}

impl Found {
    fn of(document: Document) -> Result<Self, String> {
        let root = document.root();
        let current = text(root, "current-context").ok_or("it has no current-context")?;
        let context = named(root, "contexts", "context", current)
            .ok_or_else(|| format!("it has no context {current:?}"))?;
        let part = |list: &str, kind: &str| {
            let name = text(context, kind).unwrap_or_default();
            let node = named(root, list, kind, name).cloned();
            node.ok_or_else(|| format!("it has no {kind} {name:?}"))
        };
        let (cluster, user) = (part("clusters", "cluster")?, part("users", "user")?);
        Ok(Self { document, cluster, user })
    }

    fn server(&self) -> Option<Sourced<String>> {
        let member = self.cluster.member("server")?;
        let Content::Text(text) = &member.value.content else { return None };
        Some(Sourced { value: mask(text), origin: self.document.origin_of_member(member) })
    }

    fn is_insecure(&self) -> bool {
        let member = self.cluster.member("insecure-skip-tls-verify");
        member.is_some_and(|member| member.value.content == Content::Bool(true))
    }

    fn credential(&self) -> Credential {
        let kinds = [
            ("client-certificate-data", Credential::CertificateEmbedded),
            ("client-certificate", Credential::CertificateFile),
            ("tokenFile", Credential::TokenFile),
            ("token", Credential::TokenEmbedded),
            ("exec", Credential::Exec),
        ];
        let found = kinds.into_iter().find(|(name, _)| self.user.member(name).is_some());
        found.map_or(Credential::None, |(_, credential)| credential)
    }

    fn text_of_user(&self, name: &str) -> Option<Sourced<String>> {
        let member = self.user.member(name)?;
        let Content::Text(text) = &member.value.content else { return None };
        Some(Sourced { value: text.clone(), origin: self.document.origin_of_member(member) })
    }

    fn embedded(&self, path: &str) -> Fact<Certificate> {
        let data = text(&self.user, "client-certificate-data").unwrap_or_default();
        match STANDARD.decode(data.trim()) {
            Ok(pem) => Fact::Known(Certificate::of(path, &String::from_utf8_lossy(&pem), Timestamp::now())),
            Err(_) => Fact::Gap(Unknown::malformed(path, "client-certificate-data is not in base64")),
        }
    }
}

fn text<'n>(node: &'n Node, name: &str) -> Option<&'n str> {
    match &node.member(name)?.value.content {
        Content::Text(text) => Some(text),
        _ => None,
    }
}

/// The value `kind` of the entry of `list` that is called `name`.
fn named<'n>(root: &'n Node, list: &str, kind: &str, name: &str) -> Option<&'n Node> {
    let Content::List(items) = &root.member(list)?.value.content else { return None };
    let item = items.iter().find(|item| text(item, "name") == Some(name))?;
    Some(&item.member(kind)?.value)
}
