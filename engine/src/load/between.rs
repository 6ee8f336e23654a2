//! What has to hold between files: every id stands once, and no profile extends itself.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::assemble::{Document, declared};
use super::diagnostic::Diagnostic;
use super::library::Library;
use super::profile::ProfileFile;
use super::source::SourceKind;

/// Every id of a rule, pack, profile or parameter that something else has already.
pub(super) fn duplicates(documents: &[Document<'_>], base: &Library) -> Vec<Diagnostic> {
    let mut seen = Seen::of(base);
    let mut errors = Vec::new();
    for document in documents {
        let (what, id) = match &document.source.kind {
            SourceKind::Rule { stem, .. } => ("rule", stem),
            SourceKind::Pack { id } => ("pack", id),
            SourceKind::Profile { stem } => ("profile", stem),
        };
        errors.extend(seen.add(document, what, id, own_id(document)));
        for name in declared(document) {
            let id = name.text().unwrap_or_default();
            errors.extend(seen.add(document, "parameter", id, name.span.clone()));
        }
    }
    errors
}

/// The place of a file's id.
fn own_id(document: &Document<'_>) -> Range<usize> {
    let id = document.tree.as_ref().and_then(|tree| tree.member("id"));
    id.map_or(0..0, |(_, id)| id.span.clone())
}

/// What has which id, and the file that says so; none for what was there before.
struct Seen<'d>(BTreeMap<(&'static str, String), Option<&'d str>>);

impl<'d> Seen<'d> {
    fn of(base: &Library) -> Self {
        let rules = base.rules.iter().map(|rule| ("rule", rule.id.clone()));
        let packs = base.packs.iter().map(|pack| ("pack", pack.id.clone()));
        let profiles = base.profiles.iter().map(|profile| ("profile", profile.id.clone()));
        let parameters = base.parameters().map(|parameter| ("parameter", parameter.name.clone()));
        let known = rules.chain(packs).chain(profiles).chain(parameters);
        Self(known.map(|known| (known, None)).collect())
    }

    fn add(
        &mut self,
        document: &'d Document<'_>,
        what: &'static str,
        id: &str,
        span: Range<usize>,
    ) -> Option<Diagnostic> {
        let message = match self.0.insert((what, id.to_owned()), Some(&document.file.name))? {
            Some(file) => format!("there is a {what} `{id}` already, in {file}"),
            None => format!("there is a built-in {what} `{id}` already"),
        };
        let error = Diagnostic::new(&document.file, "duplicate-id", message, span);
        Some(error.advise("choose another id".to_owned()))
    }
}

/// Every way in which a profile extends itself, told once.
pub(super) fn cycles(profiles: &[(&Document<'_>, ProfileFile)], base: &Library) -> Vec<Diagnostic> {
    let all = profiles.iter().map(|(_, file)| &file.profile).chain(&base.profiles);
    let extends: BTreeMap<&str, &[String]> =
        all.map(|profile| (profile.id.as_str(), profile.extends.as_slice())).collect();
    let mut errors = Vec::new();
    for (document, file) in profiles {
        let id = file.profile.id.as_str();
        for (extended, span) in file.profile.extends.iter().zip(&file.extends) {
            let Some(way) = way(extended, id, &extends) else { continue };
            // Every profile of the cycle sees it; the first by name tells.
            if way.iter().all(|other| id <= *other) {
                let message = format!("the profile extends itself: {id} → {}", way.join(" → "));
                let error = Diagnostic::new(&document.file, "cycle", message, span.clone());
                errors.push(error);
            }
        }
    }
    errors
}

/// The shortest way from one profile to another, both included.
fn way<'p>(from: &'p str, to: &str, extends: &BTreeMap<&'p str, &'p [String]>) -> Option<Vec<&'p str>> {
    let mut reached = BTreeSet::from([from]);
    let mut ways = std::collections::VecDeque::from([vec![from]]);
    while let Some(way) = ways.pop_front() {
        let here = way.last().copied()?;
        if here == to {
            return Some(way);
        }
        for next in extends.get(here).copied().unwrap_or_default() {
            if reached.insert(next) {
                ways.push_back(way.iter().copied().chain([next.as_str()]).collect());
            }
        }
    }
    None
}
