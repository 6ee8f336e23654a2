//! Waivers.

use std::collections::BTreeSet;

use super::node::Node;
use super::reader::Reader;
use crate::waiver::Waiver;

impl Reader<'_> {
    /// A file of waivers for the rules `rules`.
    pub(super) fn waivers(&mut self, node: &Node, rules: &BTreeSet<String>) -> Option<Vec<Waiver>> {
        let fields = self.fields(node, "a file of waivers", &["waivers"])?;
        self.need(&fields, "waivers", |reader, node| {
            reader.list(node, |reader, node| reader.waiver(node, rules))
        })
    }

    fn waiver(&mut self, node: &Node, rules: &BTreeSet<String>) -> Option<Waiver> {
        let keys = ["rule", "subject", "node", "justification", "owner", "expires"];
        let fields = self.fields(node, "a waiver", &keys)?;
        let rule = self.need(&fields, "rule", |reader, node| reader.name(node, "rule", rules));
        let subject = self.may(&fields, "subject", Self::words);
        let node = self.may(&fields, "node", Self::words);
        let justification = self.need(&fields, "justification", Self::words);
        let owner = self.need(&fields, "owner", Self::words);
        let expires = self.need(&fields, "expires", Self::date);
        Some(Waiver {
            rule: rule?,
            subject: subject?,
            node: node?,
            justification: justification?,
            owner: owner?,
            expires: expires?,
        })
    }

    fn date(&mut self, node: &Node) -> Option<jiff::civil::Date> {
        let text = self.text(node)?;
        let digits = text.len() == 10;
        match text.parse().ok().filter(|_| digits) {
            Some(date) => Some(date),
            None => {
                let message = format!("`{text}` is not a day");
                let error = self.error("bad-date", message, &node.span);
                self.fail(error.advise("write it as YYYY-MM-DD, such as 2027-01-31".to_owned()))
            }
        }
    }
}
