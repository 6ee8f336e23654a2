//! Selecting: which rules run, how each is graded, and the parameters' values.

use std::collections::{BTreeMap, BTreeSet};

use super::Profile;
use crate::glob::matches;
use crate::load::Library;
use crate::parameter::{Parameter, Parameters};
use crate::rule::Rule;
use crate::severity::Severity;
use crate::suggest;

/// The rules that run, and what they run with.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection<'l> {
    /// The rules, by id.
    pub rules: Vec<Selected<'l>>,
    /// The parameters in force.
    pub parameters: Parameters,
    /// The rules that a profile selects and leaves out again, by id.
    pub excluded: Vec<Excluded<'l>>,
}

/// A rule that runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Selected<'l> {
    /// The rule.
    pub rule: &'l Rule,
    /// How much a failure matters, as the profiles grade it.
    pub severity: Severity,
}

/// A rule that a profile leaves out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Excluded<'l> {
    /// The rule.
    pub rule: &'l Rule,
    /// Why.
    pub reason: &'l str,
}

/// Why nothing can be selected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// There is no such profile.
    #[error("there is no profile \"{name}\"{}", advice(.help))]
    UnknownProfile {
        /// The name.
        name: String,
        /// What to write instead.
        help: Option<String>,
    },
    /// No pack declares such a parameter.
    #[error("no pack declares a parameter \"{name}\"{}", advice(.help))]
    UnknownParameter {
        /// The name.
        name: String,
        /// What to write instead.
        help: Option<String>,
    },
    /// A parameter does not take the value.
    #[error("{0}")]
    BadValue(String),
    /// A pattern matches the id of no rule.
    #[error("\"{pattern}\" matches no rule{}", advice(.help))]
    MatchesNothing {
        /// The pattern.
        pattern: String,
        /// What to write instead.
        help: Option<String>,
    },
}

fn advice(help: &Option<String>) -> String {
    help.as_ref().map_or_else(String::new, |help| format!(": {help}"))
}

/// Selects what `profiles` name. `only` and `skip` are patterns of rule ids, with `*` for any characters:
/// if there are any, only rules that match one of the former run, and none that matches one of the
/// latter. `set` are parameters and their values as text.
///
/// A profile takes over what the profiles that it extends select, leave out, set and grade, in their
/// order, and then does so itself: what comes later wins.
///
/// # Errors
/// When a profile or parameter does not exist, a parameter does not take its value, or a pattern matches
/// no rule at all.
pub fn select<'l>(
    library: &'l Library,
    profiles: &[String],
    only: &[String],
    skip: &[String],
    set: &[(String, String)],
) -> Result<Selection<'l>, SelectError> {
    let mut layers = Layers::new(library);
    for name in profiles {
        layers.add(profile(library, name)?);
    }
    for (name, text) in set {
        let value = parameter(library, name)?.parse(text).map_err(SelectError::BadValue)?;
        layers.parameters.0.insert(name.clone(), value);
    }
    expect_matches(library, only)?;
    expect_matches(library, skip)?;
    let matches_one = |patterns: &[String], id: &str| patterns.iter().any(|pattern| matches(pattern, id));
    Ok(layers.selection(|id| (only.is_empty() || matches_one(only, id)) && !matches_one(skip, id)))
}

/// What the profiles so far say.
struct Layers<'l> {
    library: &'l Library,
    seen: BTreeSet<&'l str>,
    /// The selected rules, by id, and why one is left out again.
    rules: BTreeMap<&'l str, (&'l Rule, Option<&'l str>)>,
    severities: BTreeMap<&'l str, Severity>,
    parameters: Parameters,
}

impl<'l> Layers<'l> {
    fn new(library: &'l Library) -> Self {
        Self {
            library,
            seen: BTreeSet::new(),
            rules: BTreeMap::new(),
            severities: BTreeMap::new(),
            parameters: library.defaults(),
        }
    }

    fn add(&mut self, profile: &'l Profile) {
        // Once is enough, and a cycle, if one was let pass, would never end.
        if !self.seen.insert(&profile.id) {
            return;
        }
        for extended in &profile.extends {
            if let Some(extended) = self.library.profile(extended) {
                self.add(extended);
            }
        }
        for rule in self.library.rules.iter().filter(|rule| profile.selects(rule)) {
            self.rules.insert(&rule.id, (rule, None));
        }
        for (rule, excluded) in self.rules.values_mut() {
            *excluded = profile.excludes(rule).or(*excluded);
        }
        self.severities.extend(profile.severity.iter().map(|(rule, severity)| (rule.as_str(), *severity)));
        let values = profile.set.iter().map(|(name, value)| (name.clone(), value.clone()));
        self.parameters.0.extend(values);
    }

    fn selection(self, is_wanted: impl Fn(&str) -> bool) -> Selection<'l> {
        let mut selection =
            Selection { rules: Vec::new(), parameters: self.parameters, excluded: Vec::new() };
        for (id, (rule, excluded)) in self.rules.into_iter().filter(|(id, _)| is_wanted(id)) {
            let severity = self.severities.get(id).copied().unwrap_or(rule.severity);
            match excluded {
                Some(reason) => selection.excluded.push(Excluded { rule, reason }),
                None => selection.rules.push(Selected { rule, severity }),
            }
        }
        selection
    }
}

impl Profile {
    fn selects(&self, rule: &Rule) -> bool {
        self.select.rules.contains(&rule.id)
            || self.select.packs.contains(&rule.pack)
            || rule.tags.iter().any(|tag| self.select.tags.contains(tag))
    }

    /// Why the profile leaves the rule out, if it does.
    fn excludes(&self, rule: &Rule) -> Option<&str> {
        let concerns =
            |name: &Option<String>, names: &[String]| name.as_ref().is_some_and(|name| names.contains(name));
        self.exclude
            .iter()
            .find(|exclusion| {
                concerns(&exclusion.rule, std::slice::from_ref(&rule.id))
                    || concerns(&exclusion.tag, &rule.tags)
            })
            .map(|exclusion| exclusion.reason.as_str())
    }
}

fn profile<'l>(library: &'l Library, name: &str) -> Result<&'l Profile, SelectError> {
    library.profile(name).ok_or_else(|| SelectError::UnknownProfile {
        name: name.to_owned(),
        help: suggest::advice(name, library.profiles.iter().map(|profile| profile.id.as_str())),
    })
}

fn parameter<'l>(library: &'l Library, name: &str) -> Result<&'l Parameter, SelectError> {
    library.parameters().find(|parameter| parameter.name == name).ok_or_else(|| {
        SelectError::UnknownParameter {
            name: name.to_owned(),
            help: suggest::advice(name, library.parameters().map(|parameter| parameter.name.as_str())),
        }
    })
}

/// A pattern that matches nothing is a typing mistake.
fn expect_matches(library: &Library, patterns: &[String]) -> Result<(), SelectError> {
    let ids = || library.rules.iter().map(|rule| rule.id.as_str());
    match patterns.iter().find(|pattern| !ids().any(|id| matches(pattern, id))) {
        None => Ok(()),
        Some(pattern) => {
            let help = suggest::advice(pattern, ids());
            Err(SelectError::MatchesNothing { pattern: pattern.clone(), help })
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::load::{self, Source, SourceKind};

    fn source(kind: SourceKind, text: &str) -> Source {
        Source { name: "a file".to_owned(), kind, text: text.as_bytes().to_vec() }
    }

    fn rule(id: &str, tag: &str) -> Source {
        let text = format!(
            "{{ id: {id}, title: t, severity: low, tags: [{tag}], rationale: r, manual: [], references: [] }}"
        );
        source(SourceKind::Rule { pack: "p".to_owned(), stem: id.to_owned() }, &text)
    }

    fn profile(id: &str, text: &str) -> Source {
        source(SourceKind::Profile { stem: id.to_owned() }, &format!("id: {id}\ntitle: t\n{text}"))
    }

    fn library() -> Library {
        let pack = "title: t\nparameters: { limit: { type: integer, description: d, default: 1 } }";
        let sources = [
            source(SourceKind::Pack { id: "p".to_owned() }, pack),
            rule("a-one", "x"),
            rule("a-two", "x"),
            rule("b-one", "y"),
            profile(
                "base",
                "select: { packs: [p] }\nexclude: [{ tag: y, reason: not here }]\nset: { limit: 2 }\nseverity: { a-one: high, a-two: high }",
            ),
            profile(
                "site",
                "extends: [base]\nselect: { rules: [b-one] }\nexclude: [{ rule: a-two, reason: ours }]\nset: { limit: 3 }\nseverity: { a-one: info }",
            ),
            profile("grades", "severity: { a-two: critical }"),
        ];
        load::load(&sources, None, None).unwrap().library
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    fn chosen(selection: &Selection<'_>) -> Vec<(String, Severity)> {
        selection.rules.iter().map(|selected| (selected.rule.id.clone(), selected.severity)).collect()
    }

    #[test]
    fn what_comes_later_wins() {
        let library = library();
        let base = select(&library, &words(&["base"]), &[], &[], &[]).unwrap();
        assert_eq!(
            chosen(&base),
            [("a-one".to_owned(), Severity::High), ("a-two".to_owned(), Severity::High)]
        );
        assert_eq!(base.excluded[0].reason, "not here");
        let site = select(&library, &words(&["site"]), &[], &[], &[]).unwrap();
        assert_eq!(
            chosen(&site),
            [("a-one".to_owned(), Severity::Info), ("b-one".to_owned(), Severity::Low)]
        );
        assert_eq!((site.excluded[0].rule.id.as_str(), site.excluded[0].reason), ("a-two", "ours"));
        assert_eq!(site.parameters.get("limit"), Some(&json!(3)));
        let set = [("limit".to_owned(), "4".to_owned())];
        let set = select(&library, &words(&["site"]), &[], &[], &set).unwrap();
        assert_eq!(set.parameters.get("limit"), Some(&json!(4)));
        let none = select(&library, &[], &[], &[], &[]).unwrap();
        assert_eq!((none.rules.len(), none.parameters.get("limit")), (0, Some(&json!(1))));
    }

    #[test]
    fn a_grading_counts_whichever_profile_selects_the_rule() {
        let library = library();
        for order in [["grades", "base"], ["base", "grades"]] {
            let selection = select(&library, &words(&order), &[], &[], &[]).unwrap();
            let expected = if order[0] == "grades" { Severity::High } else { Severity::Critical };
            assert_eq!(chosen(&selection)[1], ("a-two".to_owned(), expected));
        }
    }

    #[test]
    fn only_and_skip_choose_among_what_profiles_select() {
        let library = library();
        let ids = |only: &[&str], skip: &[&str]| {
            let selection = select(&library, &words(&["base"]), &words(only), &words(skip), &[]).unwrap();
            chosen(&selection).into_iter().map(|(id, _)| id).collect::<Vec<_>>()
        };
        assert_eq!(ids(&["*-one"], &[]), ["a-one"]);
        assert_eq!(ids(&["a-one", "a-two"], &["*two"]), ["a-one"]);
        assert_eq!(ids(&[], &["*"]), Vec::<String>::new());
    }

    #[test]
    fn a_star_is_any_characters() {
        for (pattern, text, expected) in [
            ("a*c", "abbc", true),
            ("a*c", "ac", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("a*a", "a", false),
            ("*", "", true),
            ("a", "ab", false),
            ("**b", "ab", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
