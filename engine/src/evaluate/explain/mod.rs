//! How a rule came to its outcome: every part of its conditions, with the values that it saw.

mod outline;

use serde::Serialize;
use serde_json::Value;

use super::Verdict;
use super::each::{EachTrace, ElementTrace};
use super::findings::findings;
use super::judge::{CheckTrace, ManualTrace, judge_rule, tidy};
use super::reading::{Reading, locations};
use super::scene::{Place, Scene};
use super::trace::{Deciding, LeafTrace, Trace};
use super::words;
use crate::outcome::Outcome;
use crate::report::Finding;
use crate::rule::{Check, Rule, Subject};
use crate::snapshot::{Gap, Origin};

/// How a rule came to its outcome on a scene. Its `Display` is an outline for people.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation<'a> {
    /// The rule's id.
    pub rule: &'a str,
    /// What came of it: of several elements the worst.
    pub outcome: Outcome,
    /// Whether it concerns the node, if the rule asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applies: Option<Part<'a>>,
    /// What became of the check; nothing if the rule does not apply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<ExplainedCheck<'a>>,
    /// What a report says of it.
    pub findings: Vec<Finding>,
}

/// What became of a check.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExplainedCheck<'a> {
    /// One condition.
    Holds(Part<'a>),
    /// One condition on each element.
    Each {
        /// What an element is called.
        noun: &'a str,
        /// The elements, in order.
        elements: Vec<ExplainedElement<'a>>,
        /// What keeps it from being told which elements there are.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        gaps: Vec<Gap>,
    },
    /// A person has to look at these.
    Manual(Vec<ExplainedFact<'a>>),
}

/// What became of one element.
#[derive(Debug, Clone, Serialize)]
pub struct ExplainedElement<'a> {
    /// Its name in reports.
    pub name: String,
    /// Its normalized path.
    pub path: String,
    /// Whether all is well with it; nothing if it is not concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Whether it is concerned, if the rule asks.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub filter: Option<Part<'a>>,
    /// What has to hold for it; nothing if it is not concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub that: Option<Part<'a>>,
}

/// A condition, and what it came to.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part<'a> {
    /// All parts have to hold.
    All {
        /// Whether they do.
        verdict: Verdict,
        /// The parts, in order.
        parts: Vec<Part<'a>>,
    },
    /// At least one part has to hold.
    Any {
        /// Whether one does.
        verdict: Verdict,
        /// The parts, in order.
        parts: Vec<Part<'a>>,
    },
    /// The part must not hold.
    Not {
        /// Whether it does not.
        verdict: Verdict,
        /// The part.
        part: Box<Part<'a>>,
    },
    /// Values have to meet a demand.
    Leaf(ExplainedLeaf<'a>),
}

/// What a leaf saw and what it came to.
#[derive(Debug, Clone, Serialize)]
pub struct ExplainedLeaf<'a> {
    /// What it came to.
    pub verdict: Verdict,
    /// The path or `param.name` that it is about, as the rule writes it.
    pub about: String,
    /// What it demands, in words.
    pub expected: String,
    /// The values that it saw; none if there is nothing at the path.
    pub values: Vec<ExplainedValue<'a>>,
    /// What keeps values or operands from being told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
}

/// A fact that helps a person to judge.
#[derive(Debug, Clone, Serialize)]
pub struct ExplainedFact<'a> {
    /// The path, as the rule writes it.
    pub about: &'a str,
    /// Its values.
    pub values: Vec<ExplainedValue<'a>>,
    /// What keeps values from being told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
}

/// One value.
#[derive(Debug, Clone, Serialize)]
pub struct ExplainedValue<'a> {
    /// Its normalized path; of a parameter or default there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The value.
    pub value: &'a Value,
    /// Whether it meets the demand, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Whether it is the rule's `default`, and not a fact.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_default: bool,
    /// Where it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<&'a Origin>,
}

/// Evaluates the rule and shows every step.
pub fn explain<'a>(rule: &'a Rule, scene: &Scene<'a>) -> Explanation<'a> {
    let judged = judge_rule(rule, scene);
    let findings = findings(rule, rule.severity, &judged, scene);
    let worst = findings.iter().map(|finding| finding.outcome).min();
    Explanation {
        rule: &rule.id,
        outcome: worst.unwrap_or(Outcome::NotApplicable),
        applies: judged.applies.as_ref().map(|applies| part(applies, scene.root())),
        check: judged.check.as_ref().map(|check| explain_check(rule, check, scene)),
        findings,
    }
}

fn explain_check<'a>(rule: &'a Rule, check: &CheckTrace<'a>, scene: &Scene<'a>) -> ExplainedCheck<'a> {
    match check {
        CheckTrace::Holds(trace) => ExplainedCheck::Holds(part(trace, scene.root())),
        CheckTrace::Each(EachTrace { elements, gaps }) => ExplainedCheck::Each {
            noun: match &rule.check {
                Check::Each(each) => &each.noun,
                Check::Holds(_) | Check::Manual(_) => "element",
            },
            elements: elements.iter().map(|element| explain_element(element, scene)).collect(),
            gaps: tidy(gaps.clone()),
        },
        CheckTrace::Manual(facts) => {
            ExplainedCheck::Manual(facts.iter().map(|fact| explain_fact(fact, scene)).collect())
        }
    }
}

fn explain_element<'a>(element: &ElementTrace<'a>, scene: &Scene<'a>) -> ExplainedElement<'a> {
    let near = scene.gaps.near(&element.location);
    let place = Place { scene, current: element.value, base: &element.location, near: &near };
    ExplainedElement {
        name: element.name.clone(),
        path: element.location.to_string(),
        verdict: element.verdict(),
        filter: element.filter.as_ref().map(|filter| part(filter, place)),
        that: element.that.as_ref().map(|that| part(that, place)),
    }
}

fn explain_fact<'a>(fact: &ManualTrace<'a>, scene: &Scene<'a>) -> ExplainedFact<'a> {
    let values = Reading::of(fact.query, scene.root()).values;
    let located = values.into_iter().zip(locations(fact.query, scene.root()));
    ExplainedFact {
        about: fact.query.text(),
        values: located
            .map(|(value, location)| ExplainedValue {
                path: Some(location.to_string()),
                value: value.value,
                verdict: None,
                is_default: false,
                origin: scene.origin(&location),
            })
            .collect(),
        gaps: tidy(fact.gaps.clone()),
    }
}

fn part<'a>(trace: &Trace<'a>, place: Place<'_, 'a>) -> Part<'a> {
    let each = |parts: &[Trace<'a>]| parts.iter().map(|trace| part(trace, place)).collect();
    match trace {
        Trace::All(verdict, parts) => Part::All { verdict: *verdict, parts: each(parts) },
        Trace::Any(verdict, parts) => Part::Any { verdict: *verdict, parts: each(parts) },
        Trace::Not(verdict, inner) => Part::Not { verdict: *verdict, part: Box::new(part(inner, place)) },
        Trace::Leaf(leaf) => Part::Leaf(explain_leaf(leaf, place)),
    }
}

fn explain_leaf<'a>(leaf: &LeafTrace<'a>, place: Place<'_, 'a>) -> ExplainedLeaf<'a> {
    let (about, locations) = match &leaf.leaf.subject {
        Subject::Fact(query) if leaf.is_default => (query.text().to_owned(), Vec::new()),
        Subject::Fact(query) => (query.text().to_owned(), locations(query, place)),
        Subject::Param(name) => (format!("param.{name}"), Vec::new()),
    };
    let mut locations = locations.into_iter();
    let values = leaf.values.iter().map(|(value, verdict)| {
        let location = locations.next();
        ExplainedValue {
            path: location.as_ref().map(ToString::to_string),
            value,
            verdict: Some(*verdict),
            is_default: leaf.is_default,
            origin: location.and_then(|location| place.scene.origin(&location)),
        }
    });
    ExplainedLeaf {
        verdict: leaf.verdict,
        about,
        values: values.collect(),
        expected: words::expected(Deciding { leaf, negated: false }),
        gaps: tidy(leaf.gaps.clone()),
    }
}
