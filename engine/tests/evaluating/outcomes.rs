//! From verdicts to outcomes.

use plimsoll_engine::outcome::Outcome::{Fail, Manual, NotApplicable, Pass, Unknown};
use plimsoll_engine::snapshot::GapReason::{Denied, Offline};
use serde_json::json;

use crate::support::finding;

const GUARDED: &str =
    "applies: { fact: $.docker.installed, equals: true }\ncheck: { fact: $.docker.icc, equals: false }";

#[test]
fn a_rule_concerns_the_nodes_that_it_applies_to() {
    for (facts, gaps, expected) in [
        (json!({"docker": {"installed": true, "icc": false}}), vec![], Pass),
        (json!({"docker": {"installed": true, "icc": true}}), vec![], Fail),
        (json!({"docker": {"installed": false, "icc": true}}), vec![], NotApplicable),
        (json!({}), vec![], NotApplicable),
        (json!({}), vec![("/docker", Denied)], Unknown),
        (json!({}), vec![("/docker", Offline)], NotApplicable),
        (json!({"docker": {"installed": true}}), vec![("/docker/icc", Offline)], NotApplicable),
        (json!({"docker": {"installed": true}}), vec![("/docker/icc", Denied)], Unknown),
        (json!({"docker": {"installed": false}}), vec![("/docker/icc", Denied)], NotApplicable),
    ] {
        assert_eq!(finding(GUARDED, facts.clone(), &gaps).outcome, expected, "{facts} {gaps:?}");
    }
}

#[test]
fn a_finding_says_why_a_rule_does_not_apply() {
    let found = finding(GUARDED, json!({"docker": {"installed": false}}), &[]);
    assert_eq!(found.message, "docker.installed is false");
    assert_eq!(finding(GUARDED, json!({}), &[]).message, "docker.installed is absent");
    let offline = finding(GUARDED, json!({}), &[("/docker", Offline)]);
    assert_eq!(offline.message, "only a running node can tell");
    assert_eq!(offline.gaps.len(), 1);
}

#[test]
fn a_pass_says_nothing_and_a_failure_everything() {
    let pass = finding(GUARDED, json!({"docker": {"installed": true, "icc": false}}), &[]);
    assert_eq!((pass.message.as_str(), pass.evidence.len(), pass.remediation), ("", 0, None));
    let fail = finding(GUARDED, json!({"docker": {"installed": true, "icc": true}}), &[]);
    assert_eq!(
        (fail.rule.as_str(), fail.pack.as_str(), fail.title.as_str()),
        ("the-rule", "pack", "Something is wrong")
    );
    assert_eq!((fail.rationale.as_str(), fail.tags), ("It hurts.", vec!["test".to_owned()]));
}

#[test]
fn a_manual_rule_shows_the_facts_that_help() {
    let body = "manual: [$.accounts, '$.files[*].mode']";
    let facts = json!({"files": {"/a": {"mode": "0644"}, "/b": {"mode": null}, "/c": {"mode": "0600"}}});
    let found = finding(body, facts, &[("/accounts", Denied)]);
    assert_eq!(found.outcome, Manual);
    let evidence: Vec<_> =
        found.evidence.iter().map(|evidence| (evidence.path.as_str(), &evidence.actual)).collect();
    assert_eq!(
        evidence,
        [("$['files']['/a']['mode']", &json!("0644")), ("$['files']['/c']['mode']", &json!("0600"))]
    );
    assert_eq!(found.gaps[0].path, "/accounts");
    assert_eq!(finding("manual: []", json!({}), &[]).message, "a person has to look at this");
}
