//! Packs, rules and profiles together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::source::{Source, SourceKind};
use crate::pack::Pack;
use crate::parameter::{Parameter, Parameters};
use crate::profile::Profile;
use crate::rule::{Rule, TestCase};

/// Packs, their rules, and profiles; each sorted by id. This is what Plimsoll embeds.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Library {
    /// The packs.
    pub packs: Vec<Pack>,
    /// The rules of all packs.
    pub rules: Vec<Rule>,
    /// The profiles.
    pub profiles: Vec<Profile>,
}

/// What was loaded.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Loaded {
    /// What the files hold, without what they were loaded on top of.
    pub library: Library,
    /// The tests of each rule, by the rule's id.
    pub tests: BTreeMap<String, Vec<TestCase>>,
}

impl Library {
    /// All of `self` and all of `other`.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.packs.extend(other.packs);
        self.rules.extend(other.rules);
        self.profiles.extend(other.profiles);
        self.sort();
        self
    }

    /// What is left of the library when these files are to be loaded in place of its own: whoever works on
    /// the built-in rules lints and tests the files that a build would embed.
    #[must_use]
    pub fn without(mut self, sources: &[Source]) -> Self {
        for source in sources {
            match &source.kind {
                SourceKind::Rule { stem, .. } => self.rules.retain(|rule| rule.id != *stem),
                SourceKind::Pack { id } => self.packs.retain(|pack| pack.id != *id),
                SourceKind::Profile { stem } => self.profiles.retain(|profile| profile.id != *stem),
            }
        }
        self
    }

    /// The rule with this id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// The profile with this id.
    pub fn profile(&self, id: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.id == id)
    }

    /// The parameters of all packs.
    pub fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.packs.iter().flat_map(|pack| &pack.parameters)
    }

    /// The parameters that have a default, with it.
    pub fn defaults(&self) -> Parameters {
        let default = |parameter: &Parameter| Some((parameter.name.clone(), parameter.default.clone()?));
        Parameters(self.parameters().filter_map(default).collect())
    }

    pub(super) fn sort(&mut self) {
        self.packs.sort_by(|a, b| a.id.cmp(&b.id));
        self.rules.sort_by(|a, b| a.id.cmp(&b.id));
        self.profiles.sort_by(|a, b| a.id.cmp(&b.id));
    }
}
