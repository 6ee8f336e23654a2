//! Rules.

use super::fields::Fields;
use super::node::{Content, Node};
use super::path::{Elements, Scope};
use super::reader::Reader;
use crate::rule::{Check, Each, Rule, TestCase};
use crate::severity::Severity;
use crate::template::RESERVED;

const KEYS: [&str; 12] = [
    "id",
    "title",
    "severity",
    "tags",
    "rationale",
    "applies",
    "check",
    "manual",
    "message",
    "remediation",
    "references",
    "tests",
];

/// What a rule file holds.
pub(super) struct RuleFile {
    pub(super) rule: Rule,
    pub(super) tests: Vec<TestCase>,
}

impl<'a> Reader<'a> {
    /// A rule file of the pack `pack`, named `stem`.
    pub(super) fn rule(&mut self, node: &Node, pack: &str, stem: &str) -> Option<RuleFile> {
        let fields = self.fields(node, "a rule", &KEYS)?;
        let id = self.need(&fields, "id", |reader, node| reader.own_id(node, stem));
        let title = self.need(&fields, "title", Self::words);
        let severity = self.need(&fields, "severity", Self::severity);
        let tags = self.may_list(&fields, "tags", Self::tag);
        let rationale = self.need(&fields, "rationale", Self::words);
        let applies = self.may(&fields, "applies", |reader, node| reader.condition(node, &Scope::default()));
        let (check, scope) =
            self.check(&fields).map_or((None, Scope::default()), |(check, scope)| (check, scope));
        let message = self.may(&fields, "message", |reader, node| reader.template(node, &scope));
        let remediation = self.may(&fields, "remediation", |reader, node| reader.remediation(node, &scope));
        let references = self.may_list(&fields, "references", Self::reference);
        let tests = self.tests(&fields, check.as_ref());
        Some(RuleFile {
            rule: Rule {
                id: id?,
                pack: pack.to_owned(),
                title: title?,
                severity: severity?,
                tags: tags?,
                rationale: rationale?,
                applies: applies?,
                check: check?,
                message: message?,
                remediation: remediation?,
                references: references?,
            },
            tests: tests?,
        })
    }

    /// The id of a rule, pack or profile, which is its file's or folder's name.
    pub(super) fn own_id(&mut self, node: &Node, stem: &str) -> Option<String> {
        let id = self.id(node)?;
        if id == stem {
            return Some(id);
        }
        let message = format!("the id `{id}` is not the file's name, `{stem}`");
        let error = self.error("id-mismatch", message, &node.span);
        self.fail(error.advise(format!("write `id: {stem}`, or rename the file")))
    }

    /// A severity.
    pub(super) fn severity(&mut self, node: &Node) -> Option<Severity> {
        self.one_of(node, "severity", &Severity::ALL, Severity::as_str)
    }

    /// What has to hold, and what relative paths start from in what follows.
    fn check(&mut self, fields: &Fields<'_>) -> Option<(Option<Check>, Scope<'a>)> {
        let key = self.exactly_one(fields, &["check", "manual"])?;
        let node = fields.get(key)?;
        let everywhere = Scope::default();
        if key == "manual" {
            let paths = self.list(node, |reader, node| Some(reader.path(node, &Scope::default())?.query));
            return Some((paths.map(Check::Manual), everywhere));
        }
        match each_of(node) {
            Some(each) => self.each(each),
            None => Some((self.condition(node, &everywhere).map(Check::Holds), everywhere)),
        }
    }

    fn each(&mut self, node: &Node) -> Option<(Option<Check>, Scope<'a>)> {
        let fields = self.fields(node, "`each`", &["path", "as", "name", "where", "that"])?;
        let path = self.need(&fields, "path", |reader, node| reader.path(node, &Scope::default()));
        let noun = self.need(&fields, "as", Self::noun);
        let facts = path.as_ref().and_then(|path| path.facts.clone());
        // A noun that cannot be one is told once, and not again wherever it is used.
        let written = fields.get("as").and_then(Node::text).unwrap_or_default();
        let elements = Elements { noun: written.to_owned(), facts };
        let scope = Scope { elements: Some(elements) };
        let name = self.may(&fields, "name", |reader, node| Some(reader.path(node, &scope)?.query));
        let filter = self.may(&fields, "where", |reader, node| reader.condition(node, &scope));
        let that = self.need(&fields, "that", |reader, node| reader.condition(node, &scope));
        let each =
            || Some(Each { path: path?.query, noun: noun?, name: name?, filter: filter?, that: that? });
        Some((each().map(Check::Each), scope))
    }

    /// What an element is called.
    fn noun(&mut self, node: &Node) -> Option<String> {
        let noun = self.id(node)?;
        if RESERVED.contains(&noun.as_str()) {
            let message = format!("`{noun}` already has a meaning in templates");
            let error = self.error("bad-id", message, &node.span);
            return self.fail(error.advise("call the elements by a noun, such as `container`".to_owned()));
        }
        Some(noun)
    }
}

/// The value of `{ each: … }`.
fn each_of(node: &Node) -> Option<&Node> {
    match &node.value {
        Content::Mapping(members) if members.len() == 1 => node.member("each").map(|(_, each)| each),
        _ => None,
    }
}
