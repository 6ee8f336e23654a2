//! The rules in force: the built-in ones, and those of the user's own directories.

use std::path::{Path, PathBuf};

use plimsoll_collectors::registry;
use plimsoll_engine::load::{self, Library, Source};
use plimsoll_engine::profile::{self, Selection};
use plimsoll_engine::rule::Rule;
use plimsoll_engine::suggest;

use crate::cli::RuleArgs;
use crate::failure::Failure;
use crate::files;

/// The profile of a scan that names none.
const DEFAULT_PROFILE: &str = "default";

/// Rules, packs and profiles: everything that can be selected.
#[derive(Debug)]
pub(crate) struct Rulebook {
    pub(crate) library: Library,
}

impl Rulebook {
    /// The built-in rules and those below `directories`, checked against the catalogue of facts. The
    /// user's own join the default profile: who hands them in wants to hear about them.
    pub(crate) fn load(directories: &[PathBuf]) -> Result<Self, Failure> {
        let builtin = plimsoll_rules::library();
        if directories.is_empty() {
            return Ok(Self { library: builtin });
        }
        let mut sources = Vec::new();
        for directory in directories {
            sources.extend(sources_below(directory)?);
        }
        let loaded = load::load(&sources, Some(&registry::catalogue()), Some(&builtin))?;
        let own: Vec<String> = loaded.library.rules.iter().map(|rule| rule.id.clone()).collect();
        let mut library = builtin.with(loaded.library);
        if let Some(default) = library.profiles.iter_mut().find(|profile| profile.id == DEFAULT_PROFILE) {
            default.select.rules.extend(own);
        }
        Ok(Self { library })
    }

    /// The rule with that id.
    pub(crate) fn rule(&self, id: &str) -> Result<&Rule, Failure> {
        self.library.rule(id).ok_or_else(|| {
            let known = self.library.rules.iter().map(|rule| rule.id.as_str());
            let help = suggest::advice(id, known)
                .unwrap_or_else(|| "`plimsoll rules list --all` lists them".to_owned());
            Failure::input_with_help(format!("there is no rule \"{id}\""), help)
        })
    }

    /// The rules that the command line chooses.
    pub(crate) fn select(&self, args: &RuleArgs) -> Result<Selection<'_>, Failure> {
        let selected = profile::select(&self.library, &args.profiles(), &args.only, &args.skip, &args.set);
        selected.map_err(|error| Failure::input(error.to_string()))
    }
}

impl RuleArgs {
    /// The profiles that choose the rules.
    pub(crate) fn profiles(&self) -> Vec<String> {
        if self.profiles.is_empty() { vec![DEFAULT_PROFILE.to_owned()] } else { self.profiles.clone() }
    }
}

/// Every rule, pack and profile file below `directory`.
pub(crate) fn sources_below(directory: &Path) -> Result<Vec<Source>, Failure> {
    let mut sources = Vec::new();
    for path in files::yaml_files(directory)? {
        sources.push(Source::at(&path.display().to_string(), files::read(&path)?));
    }
    if sources.is_empty() {
        return Err(Failure::input(format!("{} holds no rule files (*.yaml)", directory.display())));
    }
    Ok(sources)
}
