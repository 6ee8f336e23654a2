//! The tests that a rule carries.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::fields::Fields;
use super::node::{Content, Node};
use super::reader::Reader;
use crate::catalogue::Misfit;
use crate::jsonpath::{Query, Segment, Selector};
use crate::outcome::Outcome;
use crate::rule::{Check, TestCase};
use crate::snapshot::{Gap, GapReason, Location, Step};

/// The outcomes that a rule can have; a waiver is no rule's business.
const OUTCOMES: [Outcome; 5] =
    [Outcome::Pass, Outcome::Fail, Outcome::Unknown, Outcome::Manual, Outcome::NotApplicable];

/// The reasons of a gap.
const REASONS: [GapReason; 7] = [
    GapReason::Denied,
    GapReason::Timeout,
    GapReason::Malformed,
    GapReason::Unsupported,
    GapReason::Failed,
    GapReason::Offline,
    GapReason::NotCollected,
];

const KEYS: [&str; 7] = ["name", "facts", "gaps", "params", "expect", "subjects", "message"];

impl Reader<'_> {
    /// The tests of a rule with this check, if it has one that could be read.
    pub(super) fn tests(&mut self, rule: &Fields<'_>, check: Option<&Check>) -> Option<Vec<TestCase>> {
        let has_elements = !matches!(check, Some(Check::Holds(_) | Check::Manual(_)));
        let tests = self.may_list(rule, "tests", |reader, node| reader.test_case(node, has_elements))?;
        match check {
            Some(Check::Holds(_) | Check::Each(_)) if tests.is_empty() => {
                let error = self.error("untested", "the rule has no tests", &rule.key_span("tests"));
                let help = "add `tests:` with at least one case that fails and one that passes";
                return self.fail(error.advise(help.to_owned()));
            }
            Some(Check::Holds(_) | Check::Each(_)) => {
                let failing = self.expect_case(rule, &tests, Outcome::Fail);
                self.expect_case(rule, &tests, Outcome::Pass).and(failing)?;
            }
            Some(Check::Manual(_)) | None => {}
        }
        Some(tests)
    }

    /// Notes that no test sees the rule fail, or pass.
    fn expect_case(&mut self, rule: &Fields<'_>, tests: &[TestCase], outcome: Outcome) -> Option<()> {
        if tests.iter().any(|test| test.expect == outcome) {
            return Some(());
        }
        let message = format!("no test of the rule expects `{outcome}`");
        let error = self.error("untested", message, &rule.key_span("tests"));
        self.fail(
            error.advise(format!(
                "add a test with `expect: {outcome}`: a check that cannot {outcome} is none"
            )),
        )
    }

    /// A test of a rule that looks at each of several elements, or does not.
    fn test_case(&mut self, node: &Node, has_elements: bool) -> Option<TestCase> {
        let fields = self.fields(node, "a test", &KEYS)?;
        if !has_elements && fields.get("subjects").is_some() {
            let message = "a rule without `each` has no subjects";
            let error = self.error("conflicting-keys", message, &fields.key_span("subjects"));
            self.note(error.advise("take `subjects` away".to_owned()));
        }
        let name = self.need(&fields, "name", Self::words);
        let facts = self.need(&fields, "facts", Self::facts);
        let gaps = self.may_list(&fields, "gaps", Self::gap);
        let parameters = self.may(&fields, "params", Self::test_parameters);
        let expect = self.need(&fields, "expect", |reader, node| {
            reader.one_of(node, "outcome", &OUTCOMES, Outcome::as_str)
        });
        let subjects = self.may(&fields, "subjects", |reader, node| reader.list(node, Self::text));
        let message = self.may(&fields, "message", Self::words);
        Some(TestCase {
            name: name?,
            facts: facts?,
            gaps: gaps?,
            parameters: parameters?.unwrap_or_default(),
            expect: expect?,
            subjects: subjects?,
            message: message?,
        })
    }

    fn facts(&mut self, node: &Node) -> Option<Map<String, Value>> {
        let facts = self.object(node)?;
        let Some(catalogue) = self.vocabulary.catalogue else { return Some(facts) };
        let facts = Value::Object(facts);
        let misfits = catalogue.check(&facts);
        let fits = misfits.is_empty();
        for Misfit { location, message, expected, help } in misfits {
            let (key, value) = node.at(&location);
            let error = match expected {
                Some(expected) => {
                    self.error("impossible-fact", message, &value.span).label(format!("it is {expected}"))
                }
                None => self.error("impossible-fact", message, &key.unwrap_or(value).span),
            };
            self.note(error.advise(help));
        }
        match facts {
            Value::Object(facts) if fits => Some(facts),
            _ => None,
        }
    }

    fn test_parameters(&mut self, node: &Node) -> Option<BTreeMap<String, Value>> {
        let Content::Mapping(members) = &node.value else { return self.wrong_type(node, "a mapping", None) };
        let values: Vec<Option<(String, Value)>> =
            members.iter().map(|(key, value)| self.parameter_value(key, value)).collect();
        values.into_iter().collect()
    }

    fn gap(&mut self, node: &Node) -> Option<Gap> {
        let fields = self.fields(node, "a gap", &["path", "reason", "detail", "source"])?;
        let path = self.need(&fields, "path", Self::pointer);
        let reason = self.need(&fields, "reason", |reader, node| {
            reader.one_of(node, "reason of a gap", &REASONS, GapReason::as_str)
        });
        let detail = self.may(&fields, "detail", Self::words);
        let source = self.may(&fields, "source", Self::words);
        let (path, reason) = (path?, reason?);
        let detail = detail?.unwrap_or_else(|| format!("{reason}, in this test"));
        Some(Gap { path, reason, source: source?, detail })
    }

    /// A JSON pointer to a fact.
    fn pointer(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node)?;
        let Some(location) = Location::from_pointer(&text).filter(|location| !location.0.is_empty()) else {
            let error = self.error("bad-pointer", "the place of a gap is a JSON pointer", &node.span);
            let meant = Query::parse(&text).ok().and_then(|query| place_of(&query));
            let example = meant.map_or_else(|| "/docker/engine".to_owned(), |place| place.pointer());
            return self.fail(error.advise(format!("write it as `{example}`")));
        };
        let Some(catalogue) = self.vocabulary.catalogue else { return Some(text) };
        match catalogue.at(&location) {
            Ok(_) => Some(text),
            Err(fault) => {
                let error = self.error("path::unknown-fact", fault.message, &node.span);
                self.fail(error.advise(fault.help))
            }
        }
    }
}

/// The one place that a query of names and indices leads to.
fn place_of(query: &Query) -> Option<Location> {
    let step = |segment: &Segment| match segment.single()? {
        Selector::Name(name) => Some(Step::Name(name.clone())),
        Selector::Index(index) => Some(Step::Index(usize::try_from(*index).ok()?)),
        _ => None,
    };
    query.segments().iter().map(step).collect::<Option<_>>().map(Location)
}
