//! Profiles, and that what they name exists.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::node::{Content, Node};
use super::reader::Reader;
use crate::profile::{Exclusion, Profile, Selector};
use crate::severity::Severity;
use crate::suggest;

/// What profiles and waivers may name.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) rules: BTreeSet<String>,
    pub(super) packs: BTreeSet<String>,
    pub(super) tags: BTreeSet<String>,
    pub(super) profiles: BTreeSet<String>,
}

/// What a profile file holds.
pub(super) struct ProfileFile {
    pub(super) profile: Profile,
    /// Where each profile that it extends is named.
    pub(super) extends: Vec<Range<usize>>,
}

const KEYS: [&str; 8] = ["id", "title", "description", "extends", "select", "exclude", "set", "severity"];

impl Reader<'_> {
    /// A profile file named `stem`.
    pub(super) fn profile(&mut self, node: &Node, stem: &str, names: &Names) -> Option<ProfileFile> {
        let fields = self.fields(node, "a profile", &KEYS)?;
        let id = self.need(&fields, "id", |reader, node| reader.own_id(node, stem));
        let title = self.need(&fields, "title", Self::words);
        let description = self.may(&fields, "description", Self::words);
        let extends = self.may_list(&fields, "extends", |reader, node| {
            Some((reader.name(node, "profile", &names.profiles)?, node.span.clone()))
        });
        let select = self.may(&fields, "select", |reader, node| reader.selector(node, names));
        let exclude = self.may_list(&fields, "exclude", |reader, node| reader.exclusion(node, names));
        let set = self.may(&fields, "set", |reader, node| {
            reader.pairs(node, |reader, key, value| reader.parameter_value(key, value))
        });
        let severity = self.may(&fields, "severity", |reader, node| {
            reader.pairs(node, |reader, key, value| reader.grading(key, value, names))
        });
        let (extends, spans) = extends?.into_iter().unzip();
        let profile = Profile {
            id: id?,
            title: title?,
            description: description?,
            extends,
            select: select?.unwrap_or_default(),
            exclude: exclude?,
            set: set?.unwrap_or_default(),
            severity: severity?.unwrap_or_default(),
        };
        Some(ProfileFile { profile, extends: spans })
    }

    /// A name that something has.
    pub(super) fn name(&mut self, node: &Node, what: &str, known: &BTreeSet<String>) -> Option<String> {
        let name = self.text(node)?;
        self.expect_name(&name, &node.span, what, known)?;
        Some(name)
    }

    fn expect_name(
        &mut self,
        name: &str,
        span: &Range<usize>,
        what: &str,
        known: &BTreeSet<String>,
    ) -> Option<()> {
        if known.contains(name) {
            return Some(());
        }
        let error = self.error("unknown-name", format!("there is no {what} `{name}`"), span);
        self.fail(error.advise(suggest::advice(name, known.iter().map(String::as_str))))
    }

    fn selector(&mut self, node: &Node, names: &Names) -> Option<Selector> {
        let fields = self.fields(node, "a selection", &["rules", "packs", "tags"])?;
        let rules = self.may_list(&fields, "rules", |reader, node| reader.name(node, "rule", &names.rules));
        let packs = self.may_list(&fields, "packs", |reader, node| reader.name(node, "pack", &names.packs));
        let tags = self.may_list(&fields, "tags", |reader, node| reader.name(node, "tag", &names.tags));
        Some(Selector { rules: rules?, packs: packs?, tags: tags? })
    }

    fn exclusion(&mut self, node: &Node, names: &Names) -> Option<Exclusion> {
        let fields = self.fields(node, "an exclusion", &["rule", "tag", "reason"])?;
        let which = self.exactly_one(&fields, &["rule", "tag"]);
        let rule = self.may(&fields, "rule", |reader, node| reader.name(node, "rule", &names.rules));
        let tag = self.may(&fields, "tag", |reader, node| reader.name(node, "tag", &names.tags));
        let reason = self.need(&fields, "reason", Self::words);
        which?;
        Some(Exclusion { rule: rule?, tag: tag?, reason: reason? })
    }

    fn grading(&mut self, key: &Node, value: &Node, names: &Names) -> Option<(String, Severity)> {
        let rule = key.text().unwrap_or_default();
        let known = self.expect_name(rule, &key.span, "rule", &names.rules);
        let severity = self.severity(value)?;
        known.map(|()| (rule.to_owned(), severity))
    }

    fn pairs<T>(
        &mut self,
        node: &Node,
        mut read: impl FnMut(&mut Self, &Node, &Node) -> Option<(String, T)>,
    ) -> Option<BTreeMap<String, T>> {
        let Content::Mapping(members) = &node.value else { return self.wrong_type(node, "a mapping", None) };
        let pairs: Vec<Option<(String, T)>> =
            members.iter().map(|(key, value)| read(self, key, value)).collect();
        pairs.into_iter().collect()
    }
}
