//! The kubelet's configuration files: the main one and the drop-ins over it.

use std::collections::HashSet;

use plimsoll_engine::snapshot::{Layer, Origin};
use schemars::JsonSchema;
use serde::Serialize;

use super::fields::{self, FIELDS};
use super::types::wrong;
use crate::document::{Content, Document, DocumentError, Member, Node};
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::{FileKind, Host, HostError, HostErrorKind};

/// How much of a file is read at most, in bytes.
const CAP: usize = 1 << 20;

/// How deep directories of drop-ins may nest.
const MAX_DEPTH: usize = 8;

/// How many drop-ins are read at most.
const MAX_DROP_INS: usize = 1000;

/// A configuration file of the kubelet.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ConfigFile {
    /// Its path.
    ///
    /// Source: the kubelet's flags `--config` and `--config-dir`, else the places that distributions use
    pub path: Sourced<String>,
    /// Whether it is there.
    ///
    /// Source: the file
    pub exists: Fact<bool>,
    /// Whether it is a `KubeletConfiguration` whose values are of the right types; the kubelet does not start
    /// with any other. Unknown keys are told apart.
    ///
    /// Source: the file
    pub valid: Fact<bool>,
    /// What is wrong with it, in words.
    ///
    /// Source: the file, the offending place
    pub error: Fact<Sourced<String>>,
}

/// A key of a configuration file.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Key {
    /// Where it stands: `authentication.anonymos`.
    ///
    /// Source: the file, the key
    pub key: Sourced<String>,
    /// The file.
    pub file: String,
}

/// A file as it was read.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: Sourced<String>,
    /// [`Layer::File`] or [`Layer::DropIn`].
    pub(super) layer: Layer,
    contents: Contents,
}

#[derive(Debug)]
enum Contents {
    Absent,
    Unreadable(Unknown),
    Malformed(DocumentError),
    Object { document: Document, wrong: Vec<DocumentError> },
}

impl File {
    /// Reads the file at `path`.
    pub(super) fn read(host: &Host, path: Sourced<String>, layer: Layer) -> Self {
        let contents = match host.read_capped(&path.value, CAP) {
            Ok(bytes) => Contents::parse(&path.value, &String::from_utf8_lossy(&bytes), layer),
            Err(error) if error.kind == HostErrorKind::NotFound => Contents::Absent,
            Err(error) => Contents::Unreadable(error.into()),
        };
        Self { path, layer, contents }
    }

    /// Its facts.
    pub(super) fn facts(&self) -> ConfigFile {
        let error = match &self.contents {
            Contents::Absent => Fact::Absent,
            Contents::Unreadable(unknown) => Fact::Gap(unknown.clone()),
            Contents::Malformed(error) => Fact::Known(error.sourced()),
            Contents::Object { wrong, .. } => wrong.first().map(DocumentError::sourced).into(),
        };
        let exists = !matches!(self.contents, Contents::Absent);
        let valid = error.as_ref().map(|_| false);
        ConfigFile {
            path: self.path.clone(),
            exists: Fact::Known(exists),
            valid: if exists { valid.or_absent(true) } else { Fact::Absent },
            error,
        }
    }

    /// What it says; absent if it is not there.
    pub(super) fn document(&self) -> Fact<&Document> {
        match &self.contents {
            Contents::Absent => Fact::Absent,
            Contents::Unreadable(unknown) => Fact::Gap(unknown.clone()),
            Contents::Malformed(error) => Fact::Gap(error.unknown()),
            Contents::Object { document, .. } => Fact::Known(document),
        }
    }

    /// The place of a member, in this file's layer.
    pub(super) fn origin_of(&self, document: &Document, member: &Member) -> Origin {
        Origin { layer: self.layer, ..document.origin_of_member(member) }
    }

    /// Its keys that no field has: the kubelet warns of them and goes on without what they say.
    pub(super) fn unknown_keys(&self) -> Vec<Key> {
        self.keys(|path, _| fields::at(path).is_none() && !fields::is_group(path))
    }

    /// Its keys that stand twice; the last one counts.
    pub(super) fn duplicate_keys(&self) -> Vec<Key> {
        self.keys(|_, is_repeated| is_repeated)
    }

    /// The keys that are meant, by their path and by whether they stand there a second time.
    fn keys(&self, is_meant: fn(&str, bool) -> bool) -> Vec<Key> {
        let mut keys = Vec::new();
        if let Contents::Object { document, .. } = &self.contents {
            self.collect_keys(document, document.root(), "", &mut keys, is_meant);
        }
        keys
    }

    fn collect_keys(
        &self,
        document: &Document,
        node: &Node,
        prefix: &str,
        keys: &mut Vec<Key>,
        is_meant: fn(&str, bool) -> bool,
    ) {
        let mut seen = HashSet::new();
        for member in node.members() {
            let path = format!("{prefix}{}", member.name);
            let is_repeated = !seen.insert(member.name.as_str());
            if matches!(path.as_str(), "apiVersion" | "kind") {
                continue;
            }
            if is_meant(&path, is_repeated) {
                let origin = self.origin_of(document, member);
                keys.push(Key { key: Sourced { value: path, origin }, file: document.file().to_owned() });
            } else if fields::is_group(&path) {
                self.collect_keys(document, &member.value, &format!("{path}."), keys, is_meant);
            }
        }
    }
}

impl Contents {
    fn parse(path: &str, text: &str, layer: Layer) -> Self {
        match Document::parse_yaml(path, text.to_owned()) {
            Err(error) => Self::Malformed(error),
            Ok(document) => match misfit(&document) {
                Some(message) => {
                    Self::Malformed(in_layer(document.error_at(document.root(), message), layer))
                }
                None => {
                    let wrong = FIELDS.iter().filter_map(|field| {
                        let member = member(&document, field.path)?;
                        wrong(&document, field, &member.value)
                    });
                    let wrong = wrong.map(|error| in_layer(error, layer)).collect();
                    Self::Object { document, wrong }
                }
            },
        }
    }
}

/// Why the kubelet does not take the file for its configuration.
fn misfit(document: &Document) -> Option<String> {
    let root = document.root();
    if !matches!(root.content, Content::Object(_)) {
        return Some(format!("the file holds {}, where the kubelet expects an object", root.kind()));
    }
    let text = |name: &str| match root.member(name).map(|member| &member.value.content) {
        Some(Content::Text(text)) => text.as_str(),
        _ => "",
    };
    let (version, kind) = (text("apiVersion"), text("kind"));
    (version != "kubelet.config.k8s.io/v1beta1" || kind != "KubeletConfiguration").then(|| {
        format!("the file is of {version:?} and kind {kind:?}, where the kubelet expects kubelet.config.k8s.io/v1beta1 and KubeletConfiguration")
    })
}

/// The member at a field's path.
pub(super) fn member<'d>(document: &'d Document, path: &str) -> Option<&'d Member> {
    let mut names = path.split('.');
    let mut member = document.root().member(names.next()?)?;
    for name in names {
        member = member.value.member(name)?;
    }
    Some(member)
}

/// The files `*.conf` below `directory`, in the order in which the kubelet walks them: by name, a directory's
/// where its name stands.
pub(super) fn drop_ins(host: &Host, directory: &Sourced<String>) -> Fact<Vec<File>> {
    let mut paths = Vec::new();
    match walk(host, &directory.value, 0, &mut paths) {
        Ok(()) => {}
        Err(error) => return Fact::from(Err(error)),
    }
    let read =
        |path| File::read(host, Sourced { value: path, origin: directory.origin.clone() }, Layer::DropIn);
    Fact::Known(paths.into_iter().map(read).collect())
}

fn walk(host: &Host, directory: &str, depth: usize, paths: &mut Vec<String>) -> Result<(), HostError> {
    for entry in host.read_dir(directory)? {
        let path = format!("{}/{}", directory.trim_end_matches('/'), entry.name.to_string_lossy());
        let too_many = depth >= MAX_DEPTH || paths.len() >= MAX_DROP_INS;
        if too_many {
            let kind = HostErrorKind::TooLarge { cap: MAX_DROP_INS, unit: "drop-ins" };
            return Err(HostError { path: directory.to_owned(), kind });
        }
        if entry.kind == FileKind::Directory {
            walk(host, &path, depth + 1, paths)?;
        } else if path.ends_with(".conf") {
            paths.push(path);
        }
    }
    Ok(())
}

fn in_layer(mut error: DocumentError, layer: Layer) -> DocumentError {
    error.origin.layer = layer;
    error
}
