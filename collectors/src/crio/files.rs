//! CRI-O's configuration files: crio.conf, and every file below crio.conf.d.

use plimsoll_engine::snapshot::{GapReason, Origin};
use schemars::JsonSchema;
use serde::Serialize;

use super::options::{OF_RUNTIMES, OPTIONS};
use crate::context::Context;
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::{FileKind, Host, HostError, HostErrorKind};
use crate::redact::mask;
use crate::toml_document::{Document, DocumentError, Node};

/// How many files are read, and how deep directories nest.
const MAX_FILES: usize = 200;
const MAX_DEPTH: usize = 8;

/// A configuration file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ConfigFile {
    /// Its path.
    ///
    /// Source: CRI-O's flags `--config` and `--config-dir`, else /etc/crio/crio.conf and /etc/crio/crio.conf.d
    pub path: String,
    /// Whether it is there.
    ///
    /// Source: the file
    pub exists: Fact<bool>,
    /// Whether CRI-O can read it: TOML, with values of the right types. It does not start otherwise.
    ///
    /// Source: the file
    pub valid: Fact<bool>,
    /// What is wrong with it, in words.
    ///
    /// Source: the file, the offending place
    pub error: Fact<Sourced<String>>,
}

/// All of them in the order in which CRI-O merges them.
#[derive(Debug)]
pub(super) struct Files {
    main: (ConfigFile, Option<Document>),
    drop_ins: Vec<(ConfigFile, Option<Document>)>,
    /// Why there may be others.
    incomplete: Option<Unknown>,
}

impl Files {
    /// Reads the file `main` and everything below `directory`; an empty path names nothing.
    pub(super) fn read(ctx: &Context<'_>, main: &str, directory: &str) -> Self {
        let main = ConfigFile::read(ctx.host, main.to_owned());
        let mut paths = Vec::new();
        let walked = walk(ctx, directory, MAX_DEPTH, &mut paths);
        let drop_ins = paths.into_iter().map(|path| ConfigFile::read(ctx.host, path)).collect();
        Self { main, drop_ins, incomplete: walked.err() }
    }

    pub(super) fn main(&self) -> ConfigFile {
        self.main.0.clone()
    }

    pub(super) fn drop_ins(&self) -> Fact<Vec<ConfigFile>> {
        match &self.incomplete {
            Some(unknown) => Fact::Gap(unknown.clone()),
            None => Fact::Known(self.drop_ins.iter().map(|(file, _)| file.clone()).collect()),
        }
    }

    /// What they hold, the main file first; one that is not there is left out.
    ///
    /// # Errors
    ///
    /// If one of them cannot be read, or CRI-O refuses it: what it would run with is unknown then.
    pub(super) fn documents(&self) -> Result<Vec<&Document>, Unknown> {
        if let Some(unknown) = &self.incomplete {
            return Err(unknown.clone());
        }
        let files = std::iter::once(&self.main).chain(&self.drop_ins);
        files.filter_map(|(file, document)| file.usable(document.as_ref()).transpose()).collect()
    }

    /// The keys in them that no CRI-O from 1.20 to 1.36 knows.
    pub(super) fn unknown_keys(&self) -> Result<Vec<Sourced<String>>, Unknown> {
        Ok(self.documents()?.into_iter().flat_map(unknown_keys).collect())
    }
}

impl ConfigFile {
    fn read(host: &Host, path: String) -> (Self, Option<Document>) {
        let text = if path.is_empty() { Fact::Absent } else { Fact::from(host.read_text(&path)) };
        let exists = text.as_ref().map(|_| true).or_absent(false);
        let parsed = text.map(|text| Document::parse_toml(&path, text).and_then(checked));
        let valid = parsed.as_ref().map(Result::is_ok);
        let (document, error) = match parsed {
            Fact::Known(Ok(document)) => (Some(document), Fact::Absent),
            Fact::Known(Err(error)) => {
                (None, Fact::Known(Sourced { value: mask(&error.message), origin: *error.origin }))
            }
            Fact::Absent => (None, Fact::Absent),
            Fact::Gap(unknown) => (None, Fact::Gap(unknown)),
        };
        (Self { path, exists, valid, error }, document)
    }

    fn usable<'d>(&self, document: Option<&'d Document>) -> Result<Option<&'d Document>, Unknown> {
        match &self.error {
            Fact::Known(error) => Err(Unknown::malformed(self.path.clone(), error.value.clone())),
            Fact::Gap(unknown) => Err(unknown.clone()),
            Fact::Absent => Ok(document),
        }
    }
}

/// Every file below `directory` in the order of their names, whatever they are called: CRI-O reads
/// `10-crun.conf.bak`, too.
fn walk(ctx: &Context<'_>, directory: &str, depth: usize, paths: &mut Vec<String>) -> Result<(), Unknown> {
    if directory.is_empty() {
        return Ok(());
    }
    let entries = match ctx.host.read_dir(directory) {
        Ok(entries) => entries,
        Err(HostError { kind: HostErrorKind::NotFound, .. }) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    for entry in entries {
        let path = format!("{}/{}", directory.trim_end_matches('/'), entry.name.to_string_lossy());
        if paths.len() >= MAX_FILES || depth == 0 || ctx.is_short_of_time() {
            let detail = format!("there are more than {MAX_FILES} files, or the time was over");
            return Err(Unknown::new(GapReason::Unsupported, path, detail));
        }
        match ctx.host.symlink_metadata(&path) {
            Ok(inode) if inode.kind == FileKind::Directory => walk(ctx, &path, depth - 1, paths)?,
            Ok(_) => paths.push(path),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// The document, if every option in it is of its type.
fn checked(document: Document) -> Result<Document, DocumentError> {
    let wrong = OPTIONS.iter().find_map(|option| {
        let node = find(document.root(), &option.path())?;
        (!option.kind.fits(&node.to_value())).then_some((option, node))
    });
    match wrong {
        Some((option, node)) => {
            let message = format!("{} has to be {}, not {}", option.key, option.kind.name(), node.kind());
            Err(document.error_at(node, message))
        }
        None => Ok(document),
    }
}

fn find<'n>(node: &'n Node, path: &[&str]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, name| Some(&node.member(name)?.value))
}

/// The keys of a document that mean nothing.
fn unknown_keys(document: &Document) -> Vec<Sourced<String>> {
    let mut unknown = Vec::new();
    let mut note = |name: String, origin: Origin| unknown.push(Sourced { value: name, origin });
    for top in document.root().members() {
        if top.name != "crio" {
            note(top.name.clone(), document.origin_of_member(top));
            continue;
        }
        for member in top.value.members() {
            let is_option = OPTIONS.iter().any(|option| option.table.is_empty() && option.key == member.name);
            if is_option {
                continue;
            }
            if !OPTIONS.iter().any(|option| option.table == member.name) {
                note(format!("crio.{}", member.name), document.origin_of_member(member));
                continue;
            }
            for key in member.value.members() {
                let known = |table: &str| {
                    OPTIONS.iter().any(|option| option.table == table && option.key == key.name)
                };
                // NRI's own program names its keys, and they come and go.
                if !known(&member.name) && member.name != "nri" {
                    note(format!("crio.{}.{}", member.name, key.name), document.origin_of_member(key));
                }
            }
        }
    }
    let runtimes =
        find(document.root(), &["crio", "runtime", "runtimes"]).map(Node::members).unwrap_or_default();
    for runtime in runtimes {
        for key in runtime.value.members().iter().filter(|key| !OF_RUNTIMES.contains(&key.name.as_str())) {
            let name = format!("crio.runtime.runtimes.{}.{}", runtime.name, key.name);
            note(name, document.origin_of_member(key));
        }
    }
    unknown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Options;
    use crate::tree::Tree;
    use plimsoll_engine::demand::Demand;
    use std::time::{Duration, Instant};

    fn read(tree: &Tree) -> Files {
        let host = tree.host();
        let (demand, options) = (Demand::everything(), Options::default());
        let deadline = Instant::now() + Duration::from_secs(3600);
        let ctx = Context { host: &host, demand: &demand, options: &options, deadline };
        Files::read(&ctx, "/etc/crio/crio.conf", "/etc/crio/crio.conf.d")
    }

    #[test]
    fn every_file_below_the_directory_is_read_in_order() {
        let tree = Tree::new()
            .file("etc/crio/crio.conf.d/20-b.conf", "")
            .file("etc/crio/crio.conf.d/10-a.conf.bak", "")
            .file("etc/crio/crio.conf.d/15-more/x", "")
            .link("etc/crio/crio.conf.d/30-c.conf", "20-b.conf");
        let files = read(&tree);
        let paths: Vec<_> = files.drop_ins().known().unwrap().iter().map(|file| file.path.clone()).collect();
        assert_eq!(
            paths.iter().map(|path| path.rsplit('/').next().unwrap()).collect::<Vec<_>>(),
            ["10-a.conf.bak", "x", "20-b.conf", "30-c.conf"]
        );
        assert_eq!(files.main().exists, Fact::Known(false));
        assert_eq!(files.documents().unwrap().len(), 4);
    }

    #[test]
    fn one_bad_file_makes_the_whole_unknown() {
        let tree = Tree::new()
            .file("etc/crio/crio.conf", "[crio.runtime]\nlog_level = 'debug'\n")
            .file("etc/crio/crio.conf.d/01.conf", "[crio.runtime]\npids_limit = '5'\n");
        let files = read(&tree);
        let drop_ins = files.drop_ins();
        let [bad] = drop_ins.known().unwrap().as_slice() else { panic!() };
        let error = bad.error.known().unwrap();
        assert_eq!((&bad.valid, error.origin.line), (&Fact::Known(false), Some(2)));
        assert_eq!(error.value, "pids_limit has to be a whole number, not a string");
        assert_eq!(files.documents().unwrap_err().reason, GapReason::Malformed);
    }

    #[test]
    fn unknown_keys_are_told_with_their_table() {
        let text = "[crio]\nroot = '/r'\nlog = 1\n[crio.runtime]\npid_limit = 5\n[crio.runtime.runtimes.crun]\nruntime_path = ''\nruntimepath = ''\n[crio.nri]\nanything = 1\n[runtime]\nx = 1\n[crio.runtme]\n";
        let found = read(&Tree::new().file("etc/crio/crio.conf", text)).unknown_keys().unwrap();
        let names: Vec<_> = found.iter().map(|key| (key.value.as_str(), key.origin.line.unwrap())).collect();
        assert_eq!(
            names,
            [
                ("crio.log", 3),
                ("crio.runtime.pid_limit", 5),
                ("crio.runtme", 13),
                ("runtime", 11),
                ("crio.runtime.runtimes.crun.runtimepath", 8),
            ]
        );
    }
}
