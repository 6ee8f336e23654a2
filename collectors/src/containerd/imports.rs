//! Which files a configuration imports.

use std::path::{Component, Path, PathBuf};

use plimsoll_engine::snapshot::GapReason;
use serde_json::Value;

use super::files::{MAX_FILES, version};
use super::release::{self, Release};
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::{FileKind, Host};
use crate::listing;
use crate::toml_document::{Content, Document};

/// What decides where an import leads.
#[derive(Debug)]
pub(super) struct Imports<'a> {
    pub(super) host: &'a Host,
    pub(super) release: &'a Fact<Release>,
    /// containerd's working directory.
    pub(super) directory: &'a str,
}

impl Imports<'_> {
    /// The files that a document imports, patterns filled in. One that no pattern names is there, or containerd
    /// does not start.
    ///
    /// # Errors
    ///
    /// If a directory of a pattern cannot be listed, or where the pattern leads depends on an unknown release.
    pub(super) fn of(&self, document: &Document) -> Result<Vec<Sourced<String>>, Unknown> {
        let Some(member) = document.root().member("imports") else { return Ok(Vec::new()) };
        let Content::List(items) = &member.value.content else { return Ok(Vec::new()) };
        let mut files = Vec::new();
        for item in items {
            let Value::String(import) = item.to_value() else { continue };
            let origin = document.origin_of(item);
            let paths = match import.contains('*') {
                true => matching(self.host, &self.pattern(document, &import)?)?,
                false => vec![beside(document.file(), &import)],
            };
            files.extend(paths.into_iter().map(|value| Sourced { value, origin: origin.clone() }));
        }
        Ok(files)
    }

    /// The whole path of a pattern.
    fn pattern(&self, document: &Document, import: &str) -> Result<String, Unknown> {
        let joins = match self.release {
            _ if import.starts_with('/') => true,
            Fact::Known(release) => release.joins_patterns(),
            // Files of version 3 are containerd 2's.
            _ if version(document).is_some_and(|version| version.value > 2) => true,
            _ => return Err(release::unknown("where a relative pattern of imports leads")),
        };
        Ok(if joins { beside(document.file(), import) } else { joined(Path::new(self.directory), import) })
    }
}

/// A path that is relative to the directory of `file`.
fn beside(file: &str, path: &str) -> String {
    joined(Path::new(file).parent().unwrap_or(Path::new("/")), path)
}

/// The path from `directory` on, without `.` and `..`.
fn joined(directory: &Path, path: &str) -> String {
    let mut clean = PathBuf::new();
    for component in directory.join(path).components() {
        match component {
            Component::ParentDir => {
                clean.pop();
            }
            Component::CurDir => {}
            other => clean.push(other),
        }
    }
    clean.to_string_lossy().into_owned()
}

/// The paths that a pattern matches, sorted, as Go's filepath.Glob has them: `*`, `?` and `[…]` within one
/// name, in any directory of the path.
fn matching(host: &Host, pattern: &str) -> Result<Vec<String>, Unknown> {
    let mut paths = vec![String::new()];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        paths = match part.contains(['*', '?', '[']) {
            true => matching_in(host, &paths, part)?,
            false => paths.into_iter().map(|path| format!("{path}/{part}")).collect(),
        };
        if paths.len() > MAX_FILES {
            let detail = format!("the pattern matches more than {MAX_FILES} files");
            return Err(Unknown::new(GapReason::Unsupported, pattern, detail));
        }
    }
    let is_there = |path: &String| matches!(host.exists(path), Ok(true) | Err(_));
    Ok(paths.into_iter().filter(is_there).collect())
}

/// The entries of each of the directories that match a pattern of one name.
fn matching_in(host: &Host, directories: &[String], name: &str) -> Result<Vec<String>, Unknown> {
    let pattern = glob::Pattern::new(name)
        .map_err(|error| Unknown::malformed(name, format!("the pattern is invalid: {error}")))?;
    let mut paths = Vec::new();
    for directory in directories {
        let path = if directory.is_empty() { "/" } else { directory };
        if !host.metadata(path).is_ok_and(|inode| inode.kind == FileKind::Directory) {
            continue;
        }
        let names = listing::names(host, path)?;
        paths.extend(
            names.iter().filter(|name| pattern.matches(name)).map(|name| format!("{directory}/{name}")),
        );
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    fn imported(release: &str, text: &str) -> Result<Vec<String>, Unknown> {
        let tree = Tree::new().file("etc/containerd/conf.d/a.toml", "").file("srv/conf.d/b.toml", "");
        let host = tree.host();
        let document = Document::parse_toml("/etc/containerd/config.toml", text.to_owned()).unwrap();
        let release = Release::of(release).into();
        let imports = Imports { host: &host, release: &release, directory: "/srv" }.of(&document)?;
        Ok(imports.into_iter().map(|import| import.value).collect())
    }

    #[test]
    fn a_relative_pattern_leads_where_the_release_takes_it() {
        let pattern = "imports = ['conf.d/*.toml']";
        for release in ["1.6.29", "1.7.16", "2.0.0"] {
            assert_eq!(imported(release, pattern).unwrap(), ["/etc/containerd/conf.d/a.toml"], "{release}");
        }
        for release in ["1.5.18", "1.6.28", "1.7.15"] {
            assert_eq!(imported(release, pattern).unwrap(), ["/srv/conf.d/b.toml"], "{release}");
        }
        assert!(imported("?", pattern).is_err());
        assert!(imported("?", &format!("version = 3\n{pattern}")).is_ok());
    }

    #[test]
    fn every_other_path_leads_to_the_same_place_in_every_release() {
        let text = "imports = ['../x.toml', '/*/conf.d/*.toml']";
        for release in ["1.6.20", "2.0.0", "?"] {
            assert_eq!(imported(release, text).unwrap(), ["/etc/x.toml", "/srv/conf.d/b.toml"], "{release}");
        }
    }
}
