//! From an evaluated rule to its findings.

use std::borrow::Cow;

use super::Verdict;
use super::advice::advise;
use super::each::{EachTrace, ElementTrace};
use super::judge::{CheckTrace, Judged, ManualTrace, outcome_of, tidy};
use super::moment::Moment;
use super::offence::{Offence, offences};
use super::reading::{Reading, locations};
use super::scene::{Place, Scene};
use super::sentence::{could_not_be_told, what_is};
use super::trace::Trace;
use crate::outcome::Outcome;
use crate::report::{Evidence, Finding};
use crate::rule::{Check, Rule};
use crate::severity::Severity;
use crate::snapshot::Gap;
use crate::template::{Escape, render};

/// How many values of one fact a manual check quotes.
const MANUAL_LIMIT: usize = 20;

/// What a manual check demands of the facts that help.
const TO_BE_JUDGED: &str = "to be judged by a person";

/// What an evaluated rule has to say.
pub(super) fn findings<'a>(
    rule: &'a Rule,
    severity: Severity,
    judged: &Judged<'a>,
    scene: &Scene<'a>,
) -> Vec<Finding> {
    let teller = Teller { rule, severity, scene };
    match (&judged.check, &judged.applies) {
        (Some(CheckTrace::Holds(trace)), _) => vec![teller.check(trace, scene.root(), None)],
        (Some(CheckTrace::Each(each)), _) => teller.each(each),
        (Some(CheckTrace::Manual(facts)), _) => vec![teller.manual(facts)],
        (None, Some(applies)) => vec![teller.not_concerned(applies)],
        (None, None) => Vec::new(),
    }
}

struct Teller<'t, 'a> {
    rule: &'a Rule,
    severity: Severity,
    scene: &'t Scene<'a>,
}

impl<'a> Teller<'_, 'a> {
    /// The finding of a condition that was evaluated at a place.
    fn check(&self, trace: &Trace<'a>, place: Place<'_, 'a>, subject: Option<&str>) -> Finding {
        match trace.verdict() {
            Verdict::True => self.bare(Outcome::Pass, subject),
            Verdict::False => self.failure(trace, place, subject),
            Verdict::Unknown => self.undetermined(trace.gaps(), subject),
        }
    }

    /// One finding for each element that fails or cannot be told, and one if the elements themselves cannot
    /// be told; or else a single one for all.
    fn each(&self, each: &EachTrace<'a>) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut passed = each.elements.is_empty();
        for element in &each.elements {
            match element.verdict() {
                None | Some(Verdict::True) => passed = true,
                Some(Verdict::False) => found.extend(self.element_failure(element)),
                Some(Verdict::Unknown) => found.push(self.undetermined(element.gaps(), Some(&element.name))),
            }
        }
        if !each.gaps.is_empty() {
            passed &= !each.elements.is_empty();
            found.push(self.undetermined(each.gaps.clone(), None));
        }
        let (mut told, offline): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|finding| finding.outcome != Outcome::NotApplicable);
        if told.is_empty() && passed {
            told.push(self.bare(Outcome::Pass, None));
        }
        if told.is_empty() {
            let gaps = offline.into_iter().flat_map(|finding| finding.gaps).map(Cow::Owned).collect();
            told.push(self.undetermined(gaps, None));
        }
        told
    }

    fn element_failure(&self, element: &ElementTrace<'a>) -> Option<Finding> {
        let near = self.scene.gaps.near(&element.location);
        let place = Place { current: element.value, base: &element.location, near: &near, scene: self.scene };
        element.that.as_ref().map(|that| Finding {
            subject: Some(element.name.clone()),
            ..self.failure(that, place, Some(&element.own_name))
        })
    }

    fn failure(&self, trace: &Trace<'a>, place: Place<'_, 'a>, subject: Option<&str>) -> Finding {
        let offences = offences(trace, place);
        let moment = Moment { place, subject, offence: offences.first() };
        let message = match &self.rule.message {
            Some(message) => render(message, &moment, Escape::Message).text,
            None => self.default_message(&offences, place),
        };
        Finding {
            message,
            evidence: offences.iter().map(|offence| offence.evidence(place)).collect(),
            remediation: self.rule.remediation.as_ref().map(|remediation| advise(remediation, &moment)),
            ..self.bare(Outcome::Fail, subject)
        }
    }

    fn default_message(&self, offences: &[Offence<'_, 'a>], place: Place<'_, 'a>) -> String {
        let Some(first) = offences.first() else { return self.rule.title.clone() };
        let noun = match &self.rule.check {
            Check::Each(each) => each.noun.as_str(),
            Check::Holds(_) | Check::Manual(_) => "",
        };
        let sentence = format!("{}; expected {}", what_is(first, place, noun), first.expected());
        match offences.len() - 1 {
            0 => sentence,
            more => format!("{sentence} (and {more} more)"),
        }
    }

    fn undetermined(&self, gaps: Vec<Cow<'a, Gap>>, subject: Option<&str>) -> Finding {
        let outcome = outcome_of(Verdict::Unknown, &gaps);
        let gaps = tidy(gaps);
        let message = match outcome {
            Outcome::NotApplicable => "only a running node can tell".to_owned(),
            _ => could_not_be_told(&gaps),
        };
        Finding { message, gaps, ..self.bare(outcome, subject) }
    }

    /// The finding of a rule that does not apply, or of which that cannot be told.
    fn not_concerned(&self, applies: &Trace<'a>) -> Finding {
        if applies.verdict() == Verdict::Unknown {
            return self.undetermined(applies.gaps(), None);
        }
        let place = self.scene.root();
        let message =
            offences(applies, place).first().map(|offence| what_is(offence, place, "")).unwrap_or_default();
        Finding { message, ..self.bare(Outcome::NotApplicable, None) }
    }

    fn manual(&self, facts: &[ManualTrace<'a>]) -> Finding {
        let place = self.scene.root();
        let moment = Moment { place, subject: None, offence: None };
        let evidence = facts.iter().flat_map(|fact| {
            let values = Reading::of(fact.query, place).values;
            let quoted = values.into_iter().zip(locations(fact.query, place)).take(MANUAL_LIMIT);
            quoted.map(|(value, location)| Evidence {
                path: location.to_string(),
                actual: value.value.clone(),
                expected: TO_BE_JUDGED.to_owned(),
                origin: self.scene.origin(&location).cloned(),
            })
        });
        Finding {
            message: self.rule.message.as_ref().map_or_else(
                || "a person has to look at this".to_owned(),
                |message| render(message, &moment, Escape::Message).text,
            ),
            evidence: evidence.collect(),
            gaps: tidy(facts.iter().flat_map(|fact| fact.gaps.iter().cloned()).collect()),
            ..self.bare(Outcome::Manual, None)
        }
    }

    /// A finding that says no more than its outcome.
    fn bare(&self, outcome: Outcome, subject: Option<&str>) -> Finding {
        let rule = self.rule;
        Finding {
            rule: rule.id.clone(),
            pack: rule.pack.clone(),
            title: rule.title.clone(),
            severity: self.severity,
            outcome,
            subject: subject.map(str::to_owned),
            message: String::new(),
            evidence: Vec::new(),
            gaps: Vec::new(),
            rationale: rule.rationale.clone(),
            remediation: None,
            references: rule.references.clone(),
            tags: rule.tags.clone(),
            waiver: None,
            baseline: None,
        }
    }
}
