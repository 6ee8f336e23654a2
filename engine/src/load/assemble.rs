//! From files to a library: each file is read by itself, then what has to hold between them is checked.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::between;
use super::diagnostic::{Diagnostic, Diagnostics, File};
use super::library::{Library, Loaded};
use super::node::{Content, Node};
use super::pack::PackFile;
use super::profile::{Names, ProfileFile};
use super::reader::{Reader, Vocabulary};
use super::rule::RuleFile;
use super::source::{self, Source, SourceKind};
use crate::catalogue::Catalogue;
use crate::pack::Pack;
use crate::parameter::Parameter;

/// A file, and its tree unless it has none.
pub(super) struct Document<'s> {
    pub(super) source: &'s Source,
    pub(super) file: File,
    pub(super) tree: Option<Node>,
}

/// What one file holds.
enum Item {
    Pack(PackFile),
    Rule(Box<RuleFile>),
    Profile(ProfileFile),
}

/// Loads files; see [`super::load`].
///
/// # Errors
/// Every mistake of every file.
pub(super) fn assemble(
    sources: &[Source],
    catalogue: Option<&Catalogue>,
    base: &Library,
) -> Result<Loaded, Diagnostics> {
    let (documents, mut errors) = documents(sources);
    let names = names(&documents, base);
    // The parameters come first: rules and profiles speak of them.
    let nothing = BTreeMap::new();
    let (packs, others): (Vec<_>, Vec<_>) =
        documents.iter().partition(|document| matches!(document.source.kind, SourceKind::Pack { .. }));
    let vocabulary = Vocabulary { catalogue, parameters: &nothing };
    let packs = read_items(&packs, vocabulary, &names, &mut errors);
    let parameters = parameters(&documents, &packs, base);
    let vocabulary = Vocabulary { catalogue, parameters: &parameters };
    let items = read_items(&others, vocabulary, &names, &mut errors);

    let mut loaded = Loaded::default();
    let mut profiles = Vec::new();
    for (document, item) in packs.into_iter().chain(items) {
        match item {
            Item::Pack(file) => loaded.library.packs.extend(file.pack),
            Item::Rule(file) => {
                loaded.tests.insert(file.rule.id.clone(), file.tests);
                loaded.library.rules.push(file.rule);
            }
            Item::Profile(file) => profiles.push((document, file)),
        }
    }
    errors.extend(between::duplicates(&documents, base));
    errors.extend(between::cycles(&profiles, base));
    if errors.is_empty() {
        errors.extend(unread(&documents, &loaded.library, profiles.len()));
    }
    Diagnostics::check(errors)?;
    loaded.library.profiles = profiles.into_iter().map(|(_, file)| file.profile).collect();
    add_packs_without_file(&mut loaded.library, base);
    loaded.library.sort();
    Ok(loaded)
}

/// A file of which nothing was read although no mistake was noted. There is none; if there were, it would
/// not be passed over.
fn unread(documents: &[Document<'_>], library: &Library, profiles: usize) -> Option<Diagnostic> {
    let read = library.packs.len() + library.rules.len() + profiles;
    let first = documents.first().filter(|_| read != documents.len())?;
    Some(source::incomplete(&first.file))
}

/// Every file with its tree, and the mistakes of those that have none.
fn documents(sources: &[Source]) -> (Vec<Document<'_>>, Vec<Diagnostic>) {
    let mut errors = Vec::new();
    let documents = in_parallel(sources, |source| {
        (source, source::read(source.kind.as_str(), &source.name, &source.text))
    })
    .into_iter()
    .map(|(source, (file, tree))| {
        let tree = tree.map_err(|noted| errors.extend(noted)).ok();
        Document { source, file, tree }
    })
    .collect();
    (documents, errors)
}

/// What the files hold.
fn read_items<'d, 's>(
    documents: &[&'d Document<'s>],
    vocabulary: Vocabulary<'_>,
    names: &Names,
    errors: &mut Vec<Diagnostic>,
) -> Vec<(&'d Document<'s>, Item)> {
    let read = in_parallel(documents, |document| read_item(document, vocabulary, names));
    let mut items = Vec::new();
    for (document, (item, noted)) in documents.iter().zip(read) {
        errors.extend(noted);
        items.extend(item.map(|item| (*document, item)));
    }
    items
}

fn read_item(
    document: &Document<'_>,
    vocabulary: Vocabulary<'_>,
    names: &Names,
) -> (Option<Item>, Vec<Diagnostic>) {
    let Some(tree) = &document.tree else { return (None, Vec::new()) };
    let mut reader = Reader::new(&document.file, vocabulary);
    let item = match &document.source.kind {
        SourceKind::Pack { id } => reader.pack(tree, id).map(Item::Pack),
        SourceKind::Rule { pack, stem } => {
            reader.rule(tree, pack, stem).map(|file| Item::Rule(Box::new(file)))
        }
        SourceKind::Profile { stem } => reader.profile(tree, stem, names).map(Item::Profile),
    };
    (item, reader.into_errors())
}

/// What may be named, whether the file that says so holds mistakes or not: one mistake is told once.
fn names(documents: &[Document<'_>], base: &Library) -> Names {
    let mut names = Names::default();
    names.packs.extend(base.packs.iter().map(|pack| pack.id.clone()));
    names.profiles.extend(base.profiles.iter().map(|profile| profile.id.clone()));
    for rule in &base.rules {
        names.rules.insert(rule.id.clone());
        names.tags.extend(rule.tags.iter().cloned());
    }
    for document in documents {
        match &document.source.kind {
            SourceKind::Pack { id } => {
                names.packs.insert(id.clone());
            }
            SourceKind::Profile { stem } => {
                names.profiles.insert(stem.clone());
            }
            SourceKind::Rule { pack, stem } => {
                names.packs.insert(pack.clone());
                names.rules.insert(stem.clone());
                names.tags.extend(tags(document).map(str::to_owned));
            }
        }
    }
    names
}

fn tags<'d>(document: &'d Document<'_>) -> impl Iterator<Item = &'d str> {
    let tags = document.tree.as_ref().and_then(|tree| tree.member("tags"));
    let tags = match tags.map(|(_, tags)| &tags.value) {
        Some(Content::Sequence(tags)) => tags.as_slice(),
        _ => &[],
    };
    tags.iter().filter_map(Node::text)
}

/// The parameters that packs declare; one whose declaration holds a mistake is known all the same.
fn parameters(
    documents: &[Document<'_>],
    packs: &[(&Document<'_>, Item)],
    base: &Library,
) -> BTreeMap<String, Option<Parameter>> {
    let mut parameters: BTreeMap<String, Option<Parameter>> = documents
        .iter()
        .flat_map(declared)
        .filter_map(|name| Some((name.text()?.to_owned(), None)))
        .collect();
    let read = packs.iter().filter_map(|(_, item)| match item {
        Item::Pack(file) => Some(&file.parameters),
        Item::Rule(_) | Item::Profile(_) => None,
    });
    for parameter in base.parameters().chain(read.flatten()) {
        parameters.insert(parameter.name.clone(), Some(parameter.clone()));
    }
    parameters
}

/// The names of the parameters in a pack's file.
pub(super) fn declared<'d>(document: &'d Document<'_>) -> impl Iterator<Item = &'d Node> {
    let is_pack = matches!(document.source.kind, SourceKind::Pack { .. });
    let tree = document.tree.as_ref().filter(|_| is_pack);
    let members =
        match tree.and_then(|tree| tree.member("parameters")).map(|(_, parameters)| &parameters.value) {
            Some(Content::Mapping(members)) => members.as_slice(),
            _ => &[],
        };
    members.iter().map(|(name, _)| name)
}

/// A directory of rules is a pack even without a `pack.yaml`.
fn add_packs_without_file(library: &mut Library, base: &Library) {
    for rule in &library.rules {
        let is_known = |pack: &Pack| pack.id == rule.pack;
        if !library.packs.iter().any(is_known) && !base.packs.iter().any(is_known) {
            let title = rule.pack.clone();
            library.packs.push(Pack {
                id: rule.pack.clone(),
                title,
                description: None,
                parameters: Vec::new(),
            });
        }
    }
}

/// Each item worked on, in order; on all processors if there are several.
fn in_parallel<'i, T: Sync, U: Send>(items: &'i [T], work: impl Fn(&'i T) -> U + Sync + Send) -> Vec<U> {
    match items {
        [] | [_] => items.iter().map(work).collect(),
        _ => items.par_iter().map(work).collect(),
    }
}
