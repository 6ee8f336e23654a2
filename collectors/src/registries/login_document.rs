//! A file of registry logins: containers-auth.json(5), docker's config.json, and the older .dockercfg.
//!
//! Of the credentials nothing is kept but that they are there.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::go_struct::Object;
use crate::json_document::{Content, Document, DocumentError, Node};

/// The members of a login that hold a secret.
const SECRETS: [&str; 5] = ["auth", "username", "password", "identitytoken", "registrytoken"];

/// Whose logins a file holds, without the logins.
#[derive(Debug, Default, PartialEq)]
pub(super) struct LoginDocument {
    /// The registries whose credentials stand in the file.
    pub(super) plain: Vec<String>,
    /// Those of them whose credentials are no login: not base64 of a name and a password.
    pub(super) broken: Vec<String>,
    /// The registries whose credentials a helper keeps, with the helper.
    pub(super) helpers: Vec<(String, String)>,
    /// The helper that keeps the credentials of all others.
    pub(super) store: Option<String>,
}

impl LoginDocument {
    /// The logins in the file; of a `.dockercfg`, which is older, the file is the list of logins.
    pub(super) fn parse(document: &Document, is_dockercfg: bool) -> Result<Self, DocumentError> {
        let Some(root) = Object::root(document)? else { return Ok(Self::default()) };
        let mut logins = Self::default();
        if is_dockercfg {
            logins.add(document, root)?;
            return Ok(logins);
        }
        if let Some(auths) = root.object("auths")? {
            logins.add(document, auths)?;
        }
        let helpers = root.words("credHelpers")?.unwrap_or_default();
        logins.helpers =
            helpers.iter().map(|(name, helper)| (name.name.clone(), helper.text.to_owned())).collect();
        logins.store =
            root.text("credsStore")?.map(|store| store.text.to_owned()).filter(|store| !store.is_empty());
        Ok(logins)
    }

    fn add(&mut self, document: &Document, auths: Object<'_>) -> Result<(), DocumentError> {
        for member in auths.node().members() {
            match &member.value.content {
                Content::Object(_) => {}
                Content::Null => continue,
                _ => return Err(document.error_at(&member.value, "a login has to be an object")),
            }
            let is_set =
                |name: &str| member.value.member(name).is_some_and(|secret| !is_empty(&secret.value));
            if SECRETS.iter().any(|name| is_set(name)) {
                self.plain.push(member.name.clone());
            }
            if member
                .value
                .member("auth")
                .is_some_and(|auth| !is_empty(&auth.value) && !is_login(&auth.value))
            {
                self.broken.push(member.name.clone());
            }
        }
        Ok(())
    }
}

fn is_empty(node: &Node) -> bool {
    matches!(&node.content, Content::Null) || matches!(&node.content, Content::Text(text) if text.is_empty())
}

/// Whether a value is base64 of `name:password`.
fn is_login(node: &Node) -> bool {
    let Content::Text(text) = &node.content else { return false };
    STANDARD.decode(text).is_ok_and(|login| login.contains(&b':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, is_dockercfg: bool) -> Result<LoginDocument, String> {
        let document = Document::parse("/auth.json", text.to_owned()).map_err(|error| error.message)?;
        LoginDocument::parse(&document, is_dockercfg).map_err(|error| error.message)
    }

    #[test]
    fn plain_credentials_and_helpers_are_told_apart() {
        let text = r#"{"auths": {"quay.io": {"auth": "dTpw"}, "ghcr.io": {}, "ecr": {"identitytoken": "x"}},
            "credHelpers": {"gcr.io": "gcloud"}, "credsStore": "pass", "HttpHeaders": {"a": "b"}}"#;
        let logins = parse(text, false).unwrap();
        assert_eq!(logins.plain, ["quay.io", "ecr"]);
        assert_eq!(logins.helpers, [("gcr.io".to_owned(), "gcloud".to_owned())]);
        assert_eq!(logins.store.as_deref(), Some("pass"));
        assert!(logins.broken.is_empty());
    }

    #[test]
    fn credentials_that_are_none_are_broken() {
        let logins =
            parse(r#"{"auths": {"a": {"auth": "%%"}, "b": {"auth": "dXNlcg=="}, "c": {"auth": ""}}}"#, false)
                .unwrap();
        assert_eq!(logins.plain, ["a", "b"]);
        assert_eq!(logins.broken, ["a", "b"]);
    }

    #[test]
    fn a_dockercfg_is_the_list_itself() {
        assert_eq!(
            parse(r#"{"https://index.docker.io/v1/": {"auth": "dTpw"}}"#, true).unwrap().plain.len(),
            1
        );
        assert_eq!(parse("null", true), Ok(LoginDocument::default()));
        assert!(parse(r#"{"auths": []}"#, false).is_err());
        assert!(parse(r#"{"auths": {"x": "dTpw"}}"#, false).is_err());
    }
}
