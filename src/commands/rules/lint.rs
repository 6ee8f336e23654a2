//! `plimsoll rules lint`: every mistake in rule, pack and profile files.

use plimsoll_collectors::registry;
use plimsoll_engine::load::{self, Loaded, Source};

use super::Files;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files;
use crate::rulebook::sources_below;

pub(super) fn run(files: &Files) -> Result<Exit, Failure> {
    let loaded = load_strictly(files)?;
    let library = &loaded.library;
    let text = format!(
        "{} rules, {} packs and {} profiles without a mistake\n",
        library.rules.len(),
        library.packs.len(),
        library.profiles.len()
    );
    files::write(None, text.as_bytes())?;
    Ok(Exit::Success)
}

/// Loads the files, or the built-in ones if none are named, with every check that there is.
pub(super) fn load_strictly(files: &Files) -> Result<Loaded, Failure> {
    let mut sources: Vec<Source> = Vec::new();
    for directory in files.directories() {
        sources.extend(sources_below(directory)?);
    }
    let catalogue = registry::catalogue();
    if sources.is_empty() {
        let builtin: Vec<Source> = plimsoll_rules::sources().collect();
        return Ok(load::load(&builtin, Some(&catalogue), None)?);
    }
    let base = plimsoll_rules::library().without(&sources);
    Ok(load::load(&sources, Some(&catalogue), Some(&base))?)
}
