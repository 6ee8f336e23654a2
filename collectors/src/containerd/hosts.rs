//! The directories of registries (`config_path`): one directory for each registry, and in it hosts.toml.

use std::path::Path;

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::Host;
use crate::listing;
use crate::redact::mask;
use crate::toml_document::{Content, Document, DocumentError, Node};

/// How many registries are looked at.
const MAX_REGISTRIES: usize = 500;

/// What hosts.toml may say that a server can do.
const CAPABILITIES: [&str; 4] = ["pull", "resolve", "push", "referrers"];

/// The settings of one registry.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RegistryHosts {
    /// The registry, as its directory is called: `docker.io`, `registry.lan_5000_`, `_default` for all others.
    ///
    /// Source: `config_path`, the directory
    pub name: String,
    /// Its file.
    ///
    /// Source: `config_path`, `REGISTRY/hosts.toml`
    pub file: String,
    /// Whether containerd can use it. Where it cannot, it goes on as if the file were not there, past every
    /// mirror.
    ///
    /// Source: hosts.toml
    pub valid: Fact<bool>,
    /// What is wrong with it, in words.
    ///
    /// Source: hosts.toml, the offending place
    pub error: Fact<Sourced<String>>,
    /// The servers that are asked, in the order of the file; the registry's own comes last.
    ///
    /// Source: hosts.toml, `[host."URL"]`, `server`
    pub servers: Fact<Vec<Server>>,
}

/// A server that holds a registry's images.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Server {
    /// Its URL as it is written; a login is masked.
    ///
    /// Source: hosts.toml, the table's name or `server`
    pub url: Sourced<String>,
    /// Whether it is asked in plain text.
    ///
    /// Source: the URL's scheme
    pub plain_http: bool,
    /// Whether its certificate is not looked at.
    ///
    /// Source: hosts.toml, `skip_verify`
    pub skip_verify: Fact<Sourced<bool>>,
    /// The files of certificates and keys that it names and that are not there; requests to it fail then.
    ///
    /// Source: hosts.toml, `ca`, `client`
    pub missing_files: Fact<Vec<String>>,
    /// Whether the file holds an `Authorization` header for it; never what it is.
    ///
    /// Source: hosts.toml, `header`
    pub has_credentials: bool,
}

/// Reads every registry's directory in `config_path`, sorted; directories without hosts.toml are left out.
pub(super) fn read(ctx: &Context<'_>, config_path: &str) -> Fact<Vec<RegistryHosts>> {
    let mut registries = Vec::new();
    for directory in config_path.split(':').filter(|directory| !directory.is_empty()) {
        let names = match listing::names(ctx.host, directory) {
            Ok(names) => names,
            Err(error) => return Fact::Gap(error.into()),
        };
        for registry in names {
            if registries.len() >= MAX_REGISTRIES || ctx.is_short_of_time() {
                let detail = format!("there are more than {MAX_REGISTRIES} registries, or the time was over");
                return Fact::Gap(Unknown::new(GapReason::Unsupported, directory, detail));
            }
            registries.extend(RegistryHosts::read(ctx.host, directory, registry));
        }
    }
    Fact::Known(registries)
}

impl RegistryHosts {
    fn read(host: &Host, directory: &str, registry: String) -> Option<Self> {
        let directory = format!("{}/{registry}", directory.trim_end_matches('/'));
        let file = format!("{directory}/hosts.toml");
        let parsed = match Fact::from(host.read_text(&file)) {
            Fact::Absent => return None,
            text => text.map(|text| Document::parse_toml(&file, text).and_then(checked)),
        };
        let error =
            parsed.as_ref().and_then(|parsed| parsed.as_ref().err().map(DocumentError::sourced).into());
        Some(Self {
            valid: parsed.as_ref().map(Result::is_ok),
            servers: parsed.and_then(|parsed| match parsed {
                Ok(document) => Fact::Known(servers(host, &document, &directory)),
                Err(error) => Fact::Gap(error.unknown()),
            }),
            error,
            name: registry,
            file,
        })
    }
}

/// The document, if every value in it is of its type.
fn checked(document: Document) -> Result<Document, DocumentError> {
    let root = document.root();
    let wrong = |node: &Node, message: String| Err(document.error_at(node, message));
    let tables = match root.member("host").map(|host| &host.value) {
        None => &[],
        Some(host) if matches!(host.content, Content::Object(_)) => host.members(),
        Some(other) => return wrong(other, format!("host has to be a table, not {}", other.kind())),
    };
    for table in tables.iter().map(|table| &table.value).chain([root]) {
        if !matches!(table.content, Content::Object(_)) {
            return wrong(table, format!("a host has to be a table, not {}", table.kind()));
        }
        for (name, kind) in [
            ("server", "a string"),
            ("skip_verify", "a boolean"),
            ("override_path", "a boolean"),
            ("capabilities", "a list"),
            ("header", "an object"),
            ("dial_timeout", "a string"),
        ] {
            if let Some(member) = table.member(name).filter(|member| member.value.kind() != kind) {
                let kind = if kind == "an object" { "a table" } else { kind };
                return wrong(&member.value, format!("{name} has to be {kind}, not {}", member.value.kind()));
            }
        }
        if let Some(unknown) = unknown_capability(table) {
            return wrong(
                unknown,
                "no such capability; there are pull, resolve, push and referrers".to_owned(),
            );
        }
    }
    Ok(document)
}

fn unknown_capability(table: &Node) -> Option<&Node> {
    let Content::List(items) = &table.member("capabilities")?.value.content else { return None };
    let is_known = |item: &Node| match &item.content {
        Content::Text(text) => CAPABILITIES.contains(&text.to_ascii_lowercase().as_str()),
        _ => false,
    };
    items.iter().find(|item| !is_known(item))
}

/// The hosts, and the registry's own server.
fn servers(host: &Host, document: &Document, directory: &str) -> Vec<Server> {
    let root = document.root();
    let hosts = root.member("host").map(|hosts| hosts.value.members()).unwrap_or_default().iter();
    let mut servers: Vec<_> = hosts
        .map(|member| {
            let url = Sourced { value: member.name.clone(), origin: document.origin_of_member(member) };
            Server::of(host, document, &member.value, url, directory)
        })
        .collect();
    if let Some(member) = root.member("server")
        && let Content::Text(url) = &member.value.content
    {
        let url = Sourced { value: url.clone(), origin: document.origin_of_member(member) };
        servers.push(Server::of(host, document, root, url, directory));
    }
    servers
}

impl Server {
    fn of(host: &Host, document: &Document, table: &Node, url: Sourced<String>, directory: &str) -> Self {
        let skip_verify = table.member("skip_verify").map(|member| Sourced {
            value: member.value.content == Content::Bool(true),
            origin: document.origin_of_member(member),
        });
        let header = table.member("header").map(|header| header.value.members()).unwrap_or_default();
        Self {
            plain_http: url.value.starts_with("http://"),
            url: Sourced { value: mask(&url.value), origin: url.origin },
            skip_verify: skip_verify.into(),
            missing_files: missing_files(host, table, directory),
            has_credentials: header.iter().any(|member| member.name.eq_ignore_ascii_case("authorization")),
        }
    }
}

/// The files of `ca` and `client` that are not there.
fn missing_files(host: &Host, table: &Node, directory: &str) -> Fact<Vec<String>> {
    let mut named = Vec::new();
    for key in ["ca", "client"] {
        if let Some(member) = table.member(key) {
            texts(&member.value, &mut named);
        }
    }
    let mut missing = Vec::new();
    for name in named {
        let path = Path::new(directory).join(name).to_string_lossy().into_owned();
        match host.exists(&path) {
            Ok(true) => {}
            Ok(false) => missing.push(path),
            Err(error) => return Fact::Gap(error.into()),
        }
    }
    Fact::Known(missing)
}

/// The strings in a value, however deep in lists they are; empty ones name nothing.
fn texts<'n>(node: &'n Node, into: &mut Vec<&'n str>) {
    match &node.content {
        Content::Text(text) if !text.is_empty() => into.push(text),
        Content::List(items) => items.iter().for_each(|item| texts(item, into)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Options;
    use crate::tree::Tree;
    use plimsoll_engine::demand::Demand;
    use std::time::{Duration, Instant};

    fn read(tree: &Tree, config_path: &str) -> Vec<RegistryHosts> {
        let host = tree.host();
        let (demand, options) = (Demand::everything(), Options::default());
        let deadline = Instant::now() + Duration::from_secs(3600);
        let ctx = Context { host: &host, demand: &demand, options: &options, deadline };
        super::read(&ctx, config_path).known().unwrap().clone()
    }

    fn only(text: &str) -> RegistryHosts {
        read(&Tree::new().file("certs.d/r/hosts.toml", text), "/certs.d").pop().unwrap()
    }

    #[test]
    fn every_directory_of_the_path_is_read() {
        let tree = Tree::new()
            .file("a/docker.io/hosts.toml", "server = 'https://registry-1.docker.io'")
            .file("a/quay.io/ca.crt", "no hosts.toml")
            .file("b/_default/hosts.toml", "");
        let found = read(&tree, "/a:/b:/none");
        let names: Vec<_> = found.iter().map(|hosts| hosts.name.as_str()).collect();
        assert_eq!(names, ["docker.io", "_default"]);
        assert!(found[1].servers.known().unwrap().is_empty());
    }

    #[test]
    fn servers_tell_how_they_are_reached_and_keep_their_secrets() {
        let hosts = only(
            "server = 'https://u:p@registry.lan'\nca = 'ca.crt'\n[host.'http://mirror']\n[host.'https://b']\nskip_verify = true\nclient = [['/c', '/k']]\n[host.'https://b'.header]\nAuthorization = 'Basic c2VjcmV0'",
        );
        let servers = hosts.servers.known().unwrap();
        let urls: Vec<_> =
            servers.iter().map(|server| (server.url.value.as_str(), server.plain_http)).collect();
        assert_eq!(
            urls,
            [("http://mirror", true), ("https://b", false), ("https://***@registry.lan", false)]
        );
        assert!(servers[1].skip_verify.known().is_some_and(|skip| skip.value && skip.origin.line == Some(5)));
        assert!(servers[1].has_credentials && !servers[0].has_credentials);
        assert_eq!(servers[1].missing_files, Fact::Known(vec!["/c".to_owned(), "/k".to_owned()]));
        assert_eq!(servers[2].missing_files, Fact::Known(vec!["/certs.d/r/ca.crt".to_owned()]));
        assert!(!serde_json::to_string(&hosts).unwrap().contains("c2VjcmV0"));
    }

    #[test]
    fn what_containerd_refuses_is_invalid_where_it_stands() {
        for (text, line, message) in [
            ("server = 5", 1, "server has to be a string, not a number"),
            ("\n[host.'https://a']\ncapabilities = ['pull', 'fly']", 3, "no such capability"),
            ("host = 5", 1, "host has to be a table"),
            ("[host]\n'https://a' = true", 2, "a host has to be a table"),
            ("skip_verify = 'yes'", 1, "skip_verify has to be a boolean"),
            ("server = ", 1, ""),
        ] {
            let hosts = only(text);
            let error = hosts.error.known().unwrap();
            assert_eq!((&hosts.valid, error.origin.line), (&Fact::Known(false), Some(line)), "{text}");
            assert!(error.value.starts_with(message), "{error:?}");
            assert!(matches!(hosts.servers, Fact::Gap(_)));
        }
    }
}
