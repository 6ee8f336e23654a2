//! Files as the caller hands them in.

use std::sync::Arc;

use super::diagnostic::{Diagnostic, File};
use super::limits;
use super::node::Node;
use super::yaml;

/// A file to load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// How diagnostics call it: its path, as the user knows it.
    pub name: String,
    /// What it holds.
    pub kind: SourceKind,
    /// Its bytes.
    pub text: Vec<u8>,
}

/// What a file holds, which its place in the directory of rules tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceKind {
    /// `packs/<pack>/<stem>.yaml`: a rule.
    Rule {
        /// Its folder's name.
        pack: String,
        /// Its own name, without `.yaml`.
        stem: String,
    },
    /// `packs/<id>/pack.yaml`: what a pack is about, and its parameters.
    Pack {
        /// Its folder's name.
        id: String,
    },
    /// `profiles/<stem>.yaml`: a profile.
    Profile {
        /// Its own name, without `.yaml`.
        stem: String,
    },
}

impl Source {
    /// The file at `path`, whose place in the directory of rules tells what it holds: `pack.yaml` a pack,
    /// what lies in a folder `profiles` a profile, and every other file a rule of the pack that its
    /// folder names.
    pub fn at(path: &str, text: Vec<u8>) -> Self {
        let mut parts = path.rsplit('/');
        let file = parts.next().unwrap_or_default();
        let folder = parts.find(|part| !matches!(*part, "" | ".")).unwrap_or_default().to_owned();
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_owned();
        let kind = match (folder.as_str(), stem.as_str()) {
            ("profiles", _) => SourceKind::Profile { stem },
            (_, "pack") => SourceKind::Pack { id: folder },
            _ => SourceKind::Rule { pack: folder, stem },
        };
        Self { name: path.to_owned(), kind, text }
    }
}

impl SourceKind {
    /// The word in the codes of diagnostics.
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Self::Rule { .. } => "rule",
            Self::Pack { .. } => "pack",
            Self::Profile { .. } => "profile",
        }
    }
}

/// The text of a file for diagnostics, and its tree or the mistakes that kept it from having one.
pub(super) fn read(kind: &'static str, name: &str, text: &[u8]) -> (File, Result<Node, Vec<Diagnostic>>) {
    if text.len() > limits::FILE_BYTES {
        let file = File { kind, name: name.to_owned(), text: Arc::from("") };
        let message = format!("{name} is {} bytes long; {} are the limit", text.len(), limits::FILE_BYTES);
        let error = Diagnostic::new(&file, "yaml::too-large", message, 0..0);
        return (file, Err(vec![error]));
    }
    match std::str::from_utf8(text) {
        Ok(text) => {
            let file = File { kind, name: name.to_owned(), text: Arc::from(text) };
            let tree = yaml::parse(&file);
            (file, tree)
        }
        Err(fault) => {
            let file = File { kind, name: name.to_owned(), text: String::from_utf8_lossy(text).into() };
            let at = fault.valid_up_to();
            let bad = at..at + char::REPLACEMENT_CHARACTER.len_utf8();
            let error = Diagnostic::new(&file, "yaml::encoding", "the file is not UTF-8", bad);
            (file, Err(vec![error]))
        }
    }
}

/// The mistake of a file that could not be read although none was noted; there is no such file, and if
/// there were, it would not pass.
pub(super) fn incomplete(file: &File) -> Diagnostic {
    Diagnostic::new(file, "yaml::incomplete", "the file could not be read in full", 0..0)
}
