//! A network configuration: one plugin, or a list of them that are called one after the other.

use schemars::JsonSchema;
use serde::Serialize;

use crate::document::{Content, Document, DocumentError, Node};
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::{FileKind, Host, HostErrorKind};
use crate::redact::mask;

/// How much of a file is read at most, in bytes.
const CAP: usize = 1 << 20;

/// A network configuration.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Configuration {
    /// The file.
    pub file: String,
    /// Whether a runtime can read it: JSON with a name and at least one plugin that has a type.
    ///
    /// Source: the file
    pub valid: Fact<bool>,
    /// What is wrong with it, in words.
    ///
    /// Source: the file, the offending place
    pub error: Fact<Sourced<String>>,
    /// The network's name.
    ///
    /// Source: `name`
    pub name: Fact<Sourced<String>>,
    /// The version of the specification that it follows; absent if it says none, which means 0.1.0.
    ///
    /// Source: `cniVersion`
    pub cni_version: Fact<Sourced<String>>,
    /// The plugins in the order in which they are called, those that hand out addresses after the one that
    /// asks them.
    ///
    /// Source: `plugins[].type`, `type`, `ipam.type`
    pub plugins: Fact<Vec<Plugin>>,
    /// The networks that addresses are handed out from.
    ///
    /// Source: `ipam.subnet`, `ipam.ranges[][].subnet`
    pub subnets: Fact<Vec<Sourced<String>>>,
}

/// A plugin that a configuration calls.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Plugin {
    /// Its type, which is the name of its program: `bridge`.
    ///
    /// Source: `type`
    #[serde(rename = "type")]
    pub kind: Sourced<String>,
    /// Its program; absent if it is in none of the directories.
    ///
    /// Source: the directories of plugins
    pub path: Fact<String>,
    /// Whether it is there and may be executed.
    ///
    /// Source: the program's inode
    pub executable: Fact<bool>,
}

impl Configuration {
    /// Reads the `file`; programs are looked for in `directories`.
    pub(super) fn read(host: &Host, file: String, directories: &[String]) -> Self {
        let text = host.read_capped(&file, CAP).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let document = match text {
            Ok(text) => Document::parse(&file, text),
            Err(error) => {
                let unknown = Unknown::from(error);
                return Self::unknown(file, Fact::Gap(unknown.clone()), &unknown);
            }
        };
        match document.and_then(|document| match fault(&document) {
            Some(error) => Err(error),
            None => Ok(document),
        }) {
            Ok(document) => Self::of(host, file, &document, directories),
            Err(error) => {
                let unknown = Unknown::malformed(&file, mask(&error.message));
                let error = Sourced { value: mask(&error.message), origin: *error.origin };
                Self { error: Fact::Known(error), ..Self::unknown(file, Fact::Known(false), &unknown) }
            }
        }
    }

    fn of(host: &Host, file: String, document: &Document, directories: &[String]) -> Self {
        let mut plugins = Vec::new();
        let mut subnets = Vec::new();
        for node in plugin_nodes(document.root()) {
            let ipam = node.member("ipam").map(|member| &member.value);
            let kinds =
                [Some(node), ipam].into_iter().flatten().filter_map(|node| text(document, node, "type"));
            plugins.extend(
                kinds.filter(|kind| !kind.value.is_empty()).map(|kind| Plugin::find(host, kind, directories)),
            );
            subnets.extend(ipam.into_iter().flat_map(|ipam| subnets_of(document, ipam)));
        }
        Self {
            file,
            valid: Fact::Known(true),
            error: Fact::Absent,
            name: text(document, document.root(), "name").into(),
            cni_version: text(document, document.root(), "cniVersion").into(),
            plugins: Fact::Known(plugins),
            subnets: Fact::Known(subnets),
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
            cni_version: gap(unknown),
            plugins: gap(unknown),
            subnets: gap(unknown),
        }
    }
}

impl Plugin {
    fn find(host: &Host, kind: Sourced<String>, directories: &[String]) -> Self {
        if kind.value.contains('/') {
            return Self { kind, path: Fact::Absent, executable: Fact::Known(false) };
        }
        for directory in directories {
            let path = format!("{directory}/{}", kind.value);
            match host.metadata(&path) {
                Ok(inode) => {
                    let executable = inode.kind == FileKind::Regular && inode.mode & 0o111 != 0;
                    return Self { kind, path: Fact::Known(path), executable: Fact::Known(executable) };
                }
                Err(error) if error.kind == HostErrorKind::NotFound => {}
                Err(error) => {
                    let unknown = Unknown::from(error);
                    return Self { kind, path: Fact::Gap(unknown.clone()), executable: Fact::Gap(unknown) };
                }
            }
        }
        Self { kind, path: Fact::Absent, executable: Fact::Known(false) }
    }
}

/// Why a runtime does not take the file for a network.
fn fault(document: &Document) -> Option<DocumentError> {
    let root = document.root();
    if !matches!(root.content, Content::Object(_)) {
        return Some(document.error_at(root, format!("the file holds {}, not an object", root.kind())));
    }
    if text(document, root, "name").is_none_or(|name| name.value.is_empty()) {
        return Some(document.error_at(root, "the network has no name"));
    }
    if plugin_nodes(root).is_empty() {
        return Some(document.error_at(root, "the network has no plugins"));
    }
    let nameless = plugin_nodes(root)
        .into_iter()
        .find(|node| text(document, node, "type").is_none_or(|kind| kind.value.is_empty()))?;
    Some(document.error_at(nameless, "the plugin has no type"))
}

/// The plugins of a list, or the one that the file is of.
fn plugin_nodes(root: &Node) -> Vec<&Node> {
    match root.member("plugins").map(|member| &member.value.content) {
        Some(Content::List(items)) => items.iter().collect(),
        Some(_) => Vec::new(),
        None => vec![root],
    }
}

fn subnets_of<'d>(document: &'d Document, ipam: &'d Node) -> impl Iterator<Item = Sourced<String>> + 'd {
    let sets = ipam.member("ranges").into_iter().flat_map(|ranges| items(&ranges.value));
    let ranges = sets.flat_map(items).chain(std::iter::once(ipam));
    ranges.filter_map(|range| text(document, range, "subnet"))
}

fn items(node: &Node) -> std::slice::Iter<'_, Node> {
    match &node.content {
        Content::List(items) => items.iter(),
        _ => [].iter(),
    }
}

fn text(document: &Document, node: &Node, name: &str) -> Option<Sourced<String>> {
    let member = node.member(name)?;
    let Content::Text(text) = &member.value.content else { return None };
    Some(Sourced { value: text.clone(), origin: document.origin_of_member(member) })
}
