//! containerd's configuration files: the main one and all that it imports.

use std::collections::BTreeSet;

use plimsoll_engine::snapshot::{GapReason, Layer};
use schemars::JsonSchema;
use serde::Serialize;

use super::imports::Imports;
use crate::context::Context;
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::Host;
use crate::runtime_endpoint::without_var;
use crate::toml_document::{Content, Document, DocumentError};

/// How many files are followed; one that imports more is no configuration.
pub(super) const MAX_FILES: usize = 200;

/// A configuration file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ConfigFile {
    /// Its path.
    ///
    /// Source: containerd's flag `--config`, else the usual places; `imports` of another one
    pub path: Sourced<String>,
    /// Whether it is there.
    ///
    /// Source: the file
    pub exists: Fact<bool>,
    /// Whether containerd can read it: TOML, with values of the right types. It does not start otherwise.
    ///
    /// Source: the file
    pub valid: Fact<bool>,
    /// What is wrong with it, in words.
    ///
    /// Source: the file, the offending place
    pub error: Fact<Sourced<String>>,
    /// The version that it says it is of; absent if it says none, which counts as 1 in the main file.
    ///
    /// Source: the file, `version`
    pub version: Fact<Sourced<u64>>,
}

/// All of them, the main one first, in the order in which containerd merges them.
#[derive(Debug)]
pub(super) struct Files {
    /// Each with what it holds, `None` if that cannot be told.
    files: Vec<(ConfigFile, Option<Document>)>,
    /// Why there may be others.
    incomplete: Option<Unknown>,
}

impl Files {
    /// Reads the file at `path`, and then breadth first what each imports, every file once.
    pub(super) fn read(ctx: &Context<'_>, path: Sourced<String>, imports: &Imports<'_>) -> Self {
        let mut files = Self { files: Vec::new(), incomplete: None };
        let mut seen = BTreeSet::new();
        let mut pending = std::collections::VecDeque::from([path]);
        while let Some(path) = pending.pop_front() {
            if !seen.insert(path.value.clone()) {
                continue;
            }
            if files.files.len() >= MAX_FILES || ctx.is_short_of_time() {
                let detail = format!("more than {MAX_FILES} files are imported, or the time was over");
                files.incomplete = Some(Unknown::new(GapReason::Unsupported, path.value, detail));
                break;
            }
            let (file, document) = ConfigFile::read(ctx.host, path);
            if let Some(document) = &document {
                match imports.of(document) {
                    Ok(imported) => pending.extend(imported),
                    Err(unknown) => files.incomplete = Some(unknown),
                }
            }
            files.files.push((file, document));
        }
        files
    }

    /// The main file's facts.
    pub(super) fn main(&self) -> Fact<ConfigFile> {
        self.files.first().map(|(file, _)| file.clone()).into()
    }

    /// The facts of those that are imported.
    pub(super) fn imported(&self) -> Fact<Vec<ConfigFile>> {
        match &self.incomplete {
            Some(unknown) => Fact::Gap(unknown.clone()),
            None => Fact::Known(self.files.iter().skip(1).map(|(file, _)| file.clone()).collect()),
        }
    }

    /// What they hold, in order; none if there is no main file, unless a flag names it.
    ///
    /// # Errors
    ///
    /// If one of them cannot be read, or containerd refuses it: what it would run with is unknown then.
    pub(super) fn documents(&self) -> Result<Vec<&Document>, Unknown> {
        if let Some(unknown) = &self.incomplete {
            return Err(unknown.clone());
        }
        if let [(main, None)] = self.files.as_slice()
            && main.exists == Fact::Known(false)
            && main.path.origin.layer != Layer::Flag
        {
            return Ok(Vec::new());
        }
        self.files.iter().map(|(file, document)| file.usable(document.as_ref())).collect()
    }
}

impl ConfigFile {
    fn read(host: &Host, path: Sourced<String>) -> (Self, Option<Document>) {
        let text = match Fact::from(host.read_text(&path.value)) {
            // k0s writes an import there when it starts.
            Fact::Absent if is_volatile(&path.value) && !host.is_running() => {
                Fact::Gap(Unknown::offline(&path.value))
            }
            text => text,
        };
        let exists = text.as_ref().map(|_| true).or_absent(false);
        let parsed = text.map(|text| Document::parse_toml(&path.value, text));
        let error = parsed.as_ref().and_then(|parsed| match parsed {
            Ok(document) => wrong_type(document).into(),
            Err(error) => Fact::Known(error.clone()),
        });
        let document = parsed.known().and_then(|parsed| parsed.as_ref().ok());
        let version = document.and_then(version).into();
        let file = Self {
            path,
            exists,
            valid: match &error {
                Fact::Known(_) => Fact::Known(false),
                _ => parsed.as_ref().map(|_| true),
            },
            error: error.map(|error| error.sourced()),
            version,
        };
        let document = match parsed {
            Fact::Known(Ok(document)) => Some(document),
            _ => None,
        };
        (file, document)
    }

    fn usable<'d>(&self, document: Option<&'d Document>) -> Result<&'d Document, Unknown> {
        match (&self.exists, &self.error, document) {
            (Fact::Gap(unknown), ..) | (_, Fact::Gap(unknown), _) => Err(unknown.clone()),
            (_, Fact::Known(error), _) => {
                Err(Unknown::malformed(self.path.value.clone(), error.value.clone()))
            }
            (.., Some(document)) => Ok(document),
            (.., None) => {
                let detail = "the file is not there, and containerd does not start without it";
                Err(Unknown::new(GapReason::Failed, self.path.value.clone(), detail))
            }
        }
    }
}

/// Whether a file is gone after a boot.
fn is_volatile(path: &str) -> bool {
    without_var(path).starts_with("/run/")
}

/// The version that a file says it is of.
pub(super) fn version(document: &Document) -> Option<Sourced<u64>> {
    let member = document.root().member("version")?;
    let value = member.value.to_value().as_u64()?;
    Some(Sourced { value, origin: document.origin_of_member(member) })
}

/// What a value at the top has to be; containerd refuses the file otherwise. The plugins see to their own.
const TYPES: [(&str, &str); 18] = [
    ("version", "a number"),
    ("root", "a string"),
    ("state", "a string"),
    ("temp", "a string"),
    ("plugin_dir", "a string"),
    ("oom_score", "a number"),
    ("disabled_plugins", "a list"),
    ("required_plugins", "a list"),
    ("imports", "a list"),
    ("grpc", "an object"),
    ("ttrpc", "an object"),
    ("debug", "an object"),
    ("metrics", "an object"),
    ("cgroup", "an object"),
    ("plugins", "an object"),
    ("proxy_plugins", "an object"),
    ("timeouts", "an object"),
    ("stream_processors", "an object"),
];

/// The strings inside of those tables.
const TEXTS: [(&str, &str); 7] = [
    ("grpc", "address"),
    ("grpc", "tcp_address"),
    ("ttrpc", "address"),
    ("debug", "address"),
    ("debug", "level"),
    ("debug", "format"),
    ("metrics", "address"),
];

/// The first value that is not of the type that it has to be.
fn wrong_type(document: &Document) -> Option<DocumentError> {
    let root = document.root();
    let top = TYPES.iter().filter_map(|(name, kind)| Some((*name, &root.member(name)?.value, *kind)));
    let inner = TEXTS.iter().filter_map(|(table, name)| {
        Some((*name, &root.member(table)?.value.member(name)?.value, "a string"))
    });
    let lists =
        ["disabled_plugins", "required_plugins", "imports"].into_iter().filter_map(|name| {
            match &root.member(name)?.value.content {
                Content::List(items) => {
                    let item = items.iter().find(|item| item.kind() != "a string")?;
                    Some((name, item, "a string"))
                }
                _ => None,
            }
        });
    let mut wrong = top.chain(inner).chain(lists).filter(|(_, node, kind)| node.kind() != *kind);
    wrong.next().map(|(name, node, kind)| {
        let message = format!("{name} has to be {}, not {}", table_name(kind), table_name(node.kind()));
        document.error_at(node, message)
    })
}

/// TOML's word for an object.
fn table_name(kind: &str) -> &str {
    if kind == "an object" { "a table" } else { kind }
}

#[cfg(test)]
mod tests {
    use super::super::release::Release;
    use super::*;
    use crate::context::Options;
    use crate::origin;
    use crate::tree::Tree;
    use plimsoll_engine::demand::Demand;
    use plimsoll_engine::snapshot::Origin;
    use std::time::{Duration, Instant};

    const MAIN: &str = "/etc/containerd/config.toml";

    fn read(tree: &Tree) -> Files {
        named(tree, origin::default())
    }

    fn named(tree: &Tree, origin: Origin) -> Files {
        let host = tree.host();
        let (demand, options) = (Demand::everything(), Options::default());
        let deadline = Instant::now() + Duration::from_secs(3600);
        let ctx = Context { host: &host, demand: &demand, options: &options, deadline };
        let release = Release::of("2.0.5").into();
        let imports = Imports { host: &host, release: &release, directory: "/" };
        Files::read(&ctx, Sourced { value: MAIN.to_owned(), origin }, &imports)
    }

    fn paths(files: &Files) -> Vec<String> {
        files.imported().known().unwrap().iter().map(|file| file.path.value.clone()).collect()
    }

    #[test]
    fn imports_are_followed_breadth_first_and_once() {
        let tree = Tree::new()
            .file(
                "etc/containerd/config.toml",
                "imports = ['conf.d/*.toml', '../x/./y.toml', '/etc/containerd/config.toml']",
            )
            .file("etc/containerd/conf.d/b.toml", "imports = ['/z.toml']")
            .file("etc/containerd/conf.d/a.toml", "imports = ['b.toml']")
            .file("etc/containerd/conf.d/a.conf", "not imported")
            .file("etc/x/y.toml", "version = 2")
            .file("z.toml", "");
        let files = read(&tree);
        let expected =
            ["/etc/containerd/conf.d/a.toml", "/etc/containerd/conf.d/b.toml", "/etc/x/y.toml", "/z.toml"];
        assert_eq!(paths(&files), expected);
        assert_eq!(files.documents().unwrap().len(), 5);
    }

    #[test]
    fn a_pattern_without_matches_is_nothing_and_a_missing_file_is_an_error() {
        let tree =
            Tree::new().file("etc/containerd/config.toml", "imports = ['/none.d/*.toml', '/no*/a.toml']");
        assert!(paths(&read(&tree)).is_empty());
        let tree = tree.file("etc/containerd/config.toml", "imports = ['gone.toml']");
        let files = read(&tree);
        assert_eq!(files.imported().known().unwrap()[0].exists, Fact::Known(false));
        assert!(files.documents().unwrap_err().detail.contains("does not start"));
    }

    #[test]
    fn no_file_is_no_error_but_a_file_that_containerd_refuses_is() {
        assert!(read(&Tree::new()).documents().unwrap().is_empty());
        let flag = Origin { layer: Layer::Flag, ..origin::default() };
        assert!(named(&Tree::new(), flag).documents().unwrap_err().detail.contains("does not start"));
        for (text, line, message) in [
            ("version = 2\n[grpc]\naddress = 5\n", 3, "address has to be a string, not a number"),
            ("imports = ['a', 5]", 1, "imports has to be a string, not a number"),
            ("plugins = 'x'", 1, "plugins has to be a table, not a string"),
            ("a = 1\na = 2", 2, "duplicate key"),
        ] {
            let files = read(&Tree::new().file("etc/containerd/config.toml", text));
            let main = files.main().known().cloned().unwrap();
            let error = main.error.known().unwrap();
            assert_eq!((main.valid, error.origin.line), (Fact::Known(false), Some(line)), "{text}");
            assert_eq!(error.value, message);
            assert!(files.documents().is_err());
        }
    }

    #[test]
    fn a_file_that_imports_without_end_is_a_gap() {
        let text = format!("imports = [{}]", (0..300).map(|n| format!("'/{n}.toml',")).collect::<String>());
        let files = read(&Tree::new().file("etc/containerd/config.toml", text));
        assert!(matches!(files.imported(), Fact::Gap(_)));
        assert!(files.documents().is_err());
    }
}
