//! Mappings with known keys.

use std::ops::Range;

use super::node::{Content, Node};
use super::reader::Reader;
use crate::suggest;

/// A mapping with known keys; every other key in it was noted.
pub(super) struct Fields<'n> {
    /// What the mapping describes, with its article: `a rule`.
    what: &'static str,
    node: &'n Node,
    /// The keys that unknown ones are probably meant to be: nobody has to be told that they are missing.
    misspelt: Vec<String>,
}

impl<'n> Fields<'n> {
    /// The value under a key.
    pub(super) fn get(&self, key: &str) -> Option<&'n Node> {
        self.node.member(key).map(|(_, value)| value)
    }

    fn is_misspelt(&self, key: &str) -> bool {
        self.misspelt.iter().any(|misspelt| misspelt == key)
    }

    /// The place of a key.
    pub(super) fn key_span(&self, key: &str) -> Range<usize> {
        self.node.member(key).map_or_else(|| self.span(), |(key, _)| key.span.clone())
    }

    /// The place of the mapping, or of its first key if it goes over several lines.
    pub(super) fn span(&self) -> Range<usize> {
        match &self.node.value {
            Content::Mapping(members) => match members.first() {
                Some((key, _)) if key.span.start == self.node.span.start => key.span.clone(),
                _ => self.node.span.clone(),
            },
            _ => self.node.span.clone(),
        }
    }
}

impl Reader<'_> {
    /// A mapping that describes `what` with the keys `known`; notes every other key.
    pub(super) fn fields<'n>(
        &mut self,
        node: &'n Node,
        what: &'static str,
        known: &[&str],
    ) -> Option<Fields<'n>> {
        let Content::Mapping(members) = &node.value else { return self.wrong_type(node, what, None) };
        let mut misspelt = Vec::new();
        for (key, _) in members.iter().filter(|(key, _)| !known.contains(&key.text().unwrap_or_default())) {
            let name = key.text().unwrap_or_default();
            let shown: String = name.chars().take(60).collect();
            let error = self.error("unknown-key", format!("{what} has no key `{shown}`"), &key.span);
            let advice = suggest::advice(name, known.iter().copied());
            self.note(error.label("unknown key").advise(advice));
            misspelt.extend(suggest::closest(name, known).map(str::to_owned));
        }
        Some(Fields { what, node, misspelt })
    }

    /// The value under a key that has to be there.
    pub(super) fn required<'n>(&mut self, fields: &Fields<'n>, key: &str) -> Option<&'n Node> {
        if let Some(node) = fields.get(key) {
            return Some(node);
        }
        if fields.is_misspelt(key) {
            return None;
        }
        let message = format!("{} has to say its `{key}`", fields.what);
        let error = self.error("missing-key", message, &fields.span());
        self.fail(error.label(format!("`{key}` is missing here")))
    }

    /// What `read` makes of the value under a key that has to be there.
    pub(super) fn need<'n, T>(
        &mut self,
        fields: &Fields<'n>,
        key: &str,
        read: impl FnOnce(&mut Self, &'n Node) -> Option<T>,
    ) -> Option<T> {
        let node = self.required(fields, key)?;
        read(self, node)
    }

    /// What `read` makes of the value under a key; `Some(None)` if the key is left out.
    pub(super) fn may<'n, T>(
        &mut self,
        fields: &Fields<'n>,
        key: &str,
        read: impl FnOnce(&mut Self, &'n Node) -> Option<T>,
    ) -> Option<Option<T>> {
        match fields.get(key) {
            None => Some(None),
            Some(node) => read(self, node).map(Some),
        }
    }

    /// The elements that `read` makes of the list under a key; none if the key is left out.
    pub(super) fn may_list<'n, T>(
        &mut self,
        fields: &Fields<'n>,
        key: &str,
        read: impl FnMut(&mut Self, &'n Node) -> Option<T>,
    ) -> Option<Vec<T>> {
        match fields.get(key) {
            None => Some(Vec::new()),
            Some(node) => self.list(node, read),
        }
    }

    /// The one key of `among` that the mapping has to have.
    pub(super) fn exactly_one<'k>(&mut self, fields: &Fields<'_>, among: &[&'k str]) -> Option<&'k str> {
        let present: Vec<&'k str> = among.iter().copied().filter(|key| fields.get(key).is_some()).collect();
        let choice = among.join("`, `");
        match present.as_slice() {
            [one] => Some(one),
            [] if among.iter().any(|key| fields.is_misspelt(key)) => None,
            [] => {
                let message = format!("{} needs one of `{choice}`", fields.what);
                let error = self.error("missing-key", message, &fields.span());
                self.fail(error)
            }
            [first, second, ..] => {
                let message = format!("{} has either `{first}` or `{second}`, not both", fields.what);
                let error = self.error("conflicting-keys", message, &fields.key_span(second));
                self.fail(error.label("not both").also(fields.key_span(first), "already decided here"))
            }
        }
    }
}
