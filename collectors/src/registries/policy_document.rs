//! A signature policy, parsed as strictly as the tools of containers/image do: containers-policy.json(5).
//!
//! A typing error in a security policy would be fatal, so that they refuse every key that they do not know.

use crate::fact::Sourced;
use crate::json_document::{Content, Document, DocumentError, Node};

/// The requirement that lets every image through.
pub(super) const ACCEPT: &str = "insecureAcceptAnything";

/// A policy that the tools take.
#[derive(Debug, PartialEq)]
pub(super) struct PolicyDocument {
    /// The types of the requirements for images that no scope covers.
    pub(super) default: Vec<Sourced<String>>,
    /// The scopes whose images need to meet nothing.
    pub(super) accepting: Vec<AcceptingScope>,
    /// The files of keys that requirements name.
    pub(super) key_files: Vec<Sourced<String>>,
}

/// A scope that accepts any image.
#[derive(Debug, PartialEq)]
pub(super) struct AcceptingScope {
    pub(super) transport: String,
    /// The registry, namespace or repository; empty for the whole transport.
    pub(super) scope: Sourced<String>,
}

type Checked<T = ()> = Result<T, DocumentError>;

impl PolicyDocument {
    /// The policy that the file holds.
    pub(super) fn parse(document: &Document) -> Checked<Self> {
        let root = document.root();
        let mut reader = Reader { document, key_files: Vec::new() };
        reader.exact(root, &["default", "transports"])?;
        let Some(default) = root.member("default") else {
            return Err(document.error_at(root, "the default is missing"));
        };
        let default = reader.requirements(&default.value)?;
        let mut accepting = Vec::new();
        if let Some(transports) = root.member("transports") {
            reader.unique(&transports.value)?;
            for transport in transports.value.members() {
                reader.unique(&transport.value)?;
                for scope in transport.value.members() {
                    if let Some(message) = refused_scope(&transport.name, &scope.name) {
                        return Err(document.error_at(&scope.value, message));
                    }
                    let requirements = reader.requirements(&scope.value)?;
                    if accepts_anything(&requirements) {
                        accepting.push(AcceptingScope {
                            transport: transport.name.clone(),
                            scope: Sourced {
                                value: scope.name.clone(),
                                origin: document.origin_of_member(scope),
                            },
                        });
                    }
                }
            }
        }
        Ok(Self { default, accepting, key_files: reader.key_files })
    }

    /// Whether images that no scope covers need to meet nothing.
    pub(super) fn accepts_anything(&self) -> bool {
        accepts_anything(&self.default)
    }
}

/// All requirements have to be met: only if none asks for anything, everything passes.
fn accepts_anything(requirements: &[Sourced<String>]) -> bool {
    requirements.iter().all(|requirement| requirement.value == ACCEPT)
}

/// What is wrong with a scope of a transport that checks them. Scopes of transports that nobody knows are
/// let through.
fn refused_scope(transport: &str, scope: &str) -> Option<String> {
    let refused = match transport {
        "dir" | "oci" => !scope.is_empty() && (!scope.starts_with('/') || scope == "/"),
        "docker-archive" | "tarball" => !scope.is_empty(),
        _ => false,
    };
    refused.then(|| format!("the transport {transport} cannot have the scope {scope:?}"))
}

struct Reader<'d> {
    document: &'d Document,
    key_files: Vec<Sourced<String>>,
}

impl<'d> Reader<'d> {
    fn requirements(&mut self, node: &'d Node) -> Checked<Vec<Sourced<String>>> {
        let Content::List(items) = &node.content else {
            return Err(self.error(node, format!("the requirements have to be a list, not {}", node.kind())));
        };
        if items.is_empty() {
            return Err(self.error(node, "the list of requirements is empty"));
        }
        items.iter().map(|item| self.requirement(item)).collect()
    }

    fn requirement(&mut self, node: &'d Node) -> Checked<Sourced<String>> {
        let kind = self.kind(node, "requirement")?;
        match kind {
            ACCEPT | "reject" => self.exact(node, &["type"])?,
            "signedBy" => self.signed_by(node)?,
            "signedBaseLayer" => {
                self.exact(node, &["type", "baseLayerIdentity"])?;
                self.identity(node, "baseLayerIdentity", true)?;
            }
            "sigstoreSigned" => self.sigstore_signed(node)?,
            other => return Err(self.error(node, format!("the requirement type {other:?} is unknown"))),
        }
        Ok(Sourced { value: kind.to_owned(), origin: self.document.origin_of(node) })
    }

    fn signed_by(&mut self, node: &'d Node) -> Checked {
        const KEYS: [&str; 3] = ["keyPath", "keyPaths", "keyData"];
        const KEY_TYPES: [&str; 4] = ["GPGKeys", "signedByGPGKeys", "X509Certificates", "signedByX509CAs"];
        self.exact(node, &["type", "keyType", "keyPath", "keyPaths", "keyData", "signedIdentity"])?;
        let key_type = node.member("keyType").map_or(node, |member| &member.value);
        if !matches!(&key_type.content, Content::Text(text) if KEY_TYPES.contains(&text.as_str())) {
            return Err(self.error(key_type, format!("keyType has to be one of {}", KEY_TYPES.join(", "))));
        }
        if KEYS.iter().filter(|key| node.member(key).is_some()).count() != 1 {
            return Err(self.error(node, "exactly one of keyPath, keyPaths and keyData has to be there"));
        }
        self.keys(node);
        self.identity(node, "signedIdentity", false)
    }

    fn sigstore_signed(&mut self, node: &'d Node) -> Checked {
        const KEYS: [&str; 6] = ["keyPath", "keyPaths", "keyData", "keyDatas", "fulcio", "pki"];
        const OTHERS: [&str; 6] = [
            "type",
            "rekorPublicKeyPath",
            "rekorPublicKeyPaths",
            "rekorPublicKeyData",
            "rekorPublicKeyDatas",
            "signedIdentity",
        ];
        self.exact(node, &[KEYS, OTHERS].concat())?;
        if KEYS.iter().filter(|key| node.member(key).is_some()).count() != 1 {
            return Err(self.error(node, format!("exactly one of {} has to be there", KEYS.join(", "))));
        }
        self.keys(node);
        self.identity(node, "signedIdentity", false)
    }

    /// Notes the files of keys that a requirement names.
    fn keys(&mut self, node: &'d Node) {
        for name in ["keyPath", "keyPaths", "rekorPublicKeyPath", "rekorPublicKeyPaths"] {
            let Some(member) = node.member(name) else { continue };
            let paths = match &member.value.content {
                Content::List(items) => items.as_slice(),
                _ => std::slice::from_ref(&member.value),
            };
            self.key_files.extend(paths.iter().filter_map(|path| match &path.content {
                Content::Text(text) => {
                    Some(Sourced { value: text.clone(), origin: self.document.origin_of(path) })
                }
                _ => None,
            }));
        }
    }

    /// How an image's name has to match the signed one.
    fn identity(&self, node: &'d Node, name: &str, needed: bool) -> Checked {
        let Some(member) = node.member(name) else {
            return if needed { Err(self.error(node, format!("{name} is missing"))) } else { Ok(()) };
        };
        let identity = &member.value;
        let fields: &[&str] = match self.kind(identity, name)? {
            "matchExact" | "matchRepoDigestOrExact" | "matchRepository" => &[],
            "exactReference" => &["dockerReference"],
            "exactRepository" => &["dockerRepository"],
            "remapIdentity" => &["prefix", "signedPrefix"],
            other => return Err(self.error(identity, format!("the match type {other:?} is unknown"))),
        };
        self.exact(identity, &[&["type"], fields].concat())?;
        match fields.iter().find(|field| identity.member(field).is_none()) {
            Some(missing) => Err(self.error(identity, format!("{missing} is missing"))),
            None => Ok(()),
        }
    }

    fn kind(&self, node: &'d Node, what: &str) -> Checked<&'d str> {
        match node.member("type").map(|member| &member.value.content) {
            Some(Content::Text(text)) => Ok(text),
            _ => Err(self.error(node, format!("the {what} has no type"))),
        }
    }

    /// Refuses what is no object with members of these names only, each once.
    fn exact(&self, node: &Node, names: &[&str]) -> Checked {
        self.unique(node)?;
        match node.members().iter().find(|member| !names.contains(&member.name.as_str())) {
            Some(stray) => Err(self.error(&stray.value, format!("the key {:?} is unknown", stray.name))),
            None => Ok(()),
        }
    }

    /// Refuses what is no object, or has two members of one name.
    fn unique(&self, node: &Node) -> Checked {
        if !matches!(node.content, Content::Object(_)) {
            return Err(self.error(node, format!("an object is expected here, not {}", node.kind())));
        }
        let mut seen = std::collections::HashSet::new();
        match node.members().iter().find(|member| !seen.insert(member.name.as_str())) {
            Some(twice) => Err(self.error(&twice.value, format!("the key {:?} is there twice", twice.name))),
            None => Ok(()),
        }
    }

    fn error(&self, node: &Node, message: impl Into<String>) -> DocumentError {
        self.document.error_at(node, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<PolicyDocument, String> {
        let document = Document::parse("/etc/containers/policy.json", text.to_owned());
        PolicyDocument::parse(&document.map_err(|error| error.message)?).map_err(|error| error.message)
    }

    fn with(scopes: &str) -> String {
        format!(r#"{{"default": [{{"type": "insecureAcceptAnything"}}], "transports": {{{scopes}}}}}"#)
    }

    #[test]
    fn the_policy_of_rhel_9() {
        let policy = parse(
            r#"{"default": [{"type": "insecureAcceptAnything"}], "transports": {
                "docker": {"registry.access.redhat.com": [{"type": "signedBy", "keyType": "GPGKeys",
                    "keyPaths": ["/etc/pki/rpm-gpg/RPM-GPG-KEY-redhat-release", "/etc/pki/rpm-gpg/RPM-GPG-KEY-redhat-beta"]}]},
                "docker-daemon": {"": [{"type": "insecureAcceptAnything"}]}}}"#,
        )
        .unwrap();
        assert!(policy.accepts_anything());
        assert_eq!(policy.key_files.len(), 2);
        assert_eq!(policy.key_files[0].value, "/etc/pki/rpm-gpg/RPM-GPG-KEY-redhat-release");
        let [scope] = policy.accepting.as_slice() else { panic!("{policy:?}") };
        assert_eq!((scope.transport.as_str(), scope.scope.value.as_str()), ("docker-daemon", ""));
    }

    /// What podman 4.3.1 takes.
    #[test]
    fn what_podman_takes_is_valid() {
        for text in [
            with(""),
            with(r#""docker": {"Bad_Scope!!": [{"type": "reject"}]}"#),
            with(r#""nosuch": {"x": [{"type": "reject"}]}"#),
            with(
                r#""docker": {"quay.io": [{"type": "signedBy", "keyType": "GPGKeys", "keyPath": "/nokey"}]}"#,
            ),
            with(r#""docker": {"quay.io": [{"type": "sigstoreSigned", "keyPath": "/nokey"}]}"#),
            with(
                r#""docker": {"": [{"type": "reject"}], "*.example.com": [{"type": "reject"}]}, "dir": {"/x": [{"type": "reject"}]}"#,
            ),
        ] {
            assert_eq!(parse(&text).map(|_| ()), Ok(()), "{text}");
        }
    }

    /// What podman 4.3.1 refuses.
    #[test]
    fn what_podman_refuses_is_invalid() {
        for (text, message) in [
            ("{}", "the default is missing"),
            ("[]", "an object is expected here, not a list"),
            ("null", "an object is expected here, not null"),
            (r#"{"default": []}"#, "the list of requirements is empty"),
            (r#"{"default": null}"#, "the requirements have to be a list, not null"),
            (r#"{"DEFAULT": [{"type": "reject"}]}"#, "the key \"DEFAULT\" is unknown"),
            (r#"{"default": [{"type": "bogus"}]}"#, "the requirement type \"bogus\" is unknown"),
            (r#"{"default": [{"type": "reject"}], "x": 1}"#, "the key \"x\" is unknown"),
            (r#"{"default": [{"type": "reject", "x": 1}]}"#, "the key \"x\" is unknown"),
            (r#"{"default": [{"type": "reject"}], "default": []}"#, "the key \"default\" is there twice"),
            (
                r#"{"default": [{"type": "reject"}], "transports": null}"#,
                "an object is expected here, not null",
            ),
            (&with(r#""docker": {"quay.io": []}"#), "the list of requirements is empty"),
            (
                &with(r#""dir": {"relative": [{"type": "reject"}]}"#),
                "the transport dir cannot have the scope \"relative\"",
            ),
            (
                &with(r#""docker": {"quay.io": [{"type": "signedBy", "keyType": "GPGKeys"}]}"#),
                "exactly one of keyPath, keyPaths and keyData has to be there",
            ),
            (
                &with(
                    r#""docker": {"quay.io": [{"type": "signedBy", "keyType": "Foo", "keyPath": "/nokey"}]}"#,
                ),
                "keyType has to be one of GPGKeys, signedByGPGKeys, X509Certificates, signedByX509CAs",
            ),
        ] {
            assert_eq!(parse(text), Err(message.to_owned()), "{text}");
        }
    }

    #[test]
    fn an_identity_has_its_fields() {
        let identity = |identity: &str| {
            parse(&with(&format!(
                r#""docker": {{"x": [{{"type": "signedBy", "keyType": "GPGKeys", "keyData": "", "signedIdentity": {identity}}}]}}"#
            )))
            .map(|_| ())
        };
        assert_eq!(identity(r#"{"type": "matchRepository"}"#), Ok(()));
        assert_eq!(identity(r#"{"type": "remapIdentity", "prefix": "a", "signedPrefix": "b"}"#), Ok(()));
        assert_eq!(
            identity(r#"{"type": "remapIdentity", "prefix": "a"}"#),
            Err("signedPrefix is missing".into())
        );
        assert_eq!(identity(r#"{"type": "matchExact", "x": 1}"#), Err("the key \"x\" is unknown".into()));
        assert_eq!(identity("null"), Err("the signedIdentity has no type".into()));
    }
}
