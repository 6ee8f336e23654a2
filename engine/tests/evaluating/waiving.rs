//! Waivers: failures that are accepted, for a time.

use plimsoll_engine::load::Library;
use plimsoll_engine::profile::{Selected, Selection};
use plimsoll_engine::report::{Inputs, Report, ScanVerdict, build};
use plimsoll_engine::severity::Severity;
use plimsoll_engine::snapshot::GapReason::Denied;
use plimsoll_engine::waiver::Waiver;
use serde_json::{Value, json};

use crate::support::{defaults, library, snapshot};

fn rules() -> Library {
    let each = "\ncheck: { each: { path: '$.list[*]', as: thing, that: { fact: '@', at-most: 5 } } }";
    library(&[
        ("plain", "high", "\ncheck: { fact: $.a, equals: 1 }"),
        ("of-each", "high", each),
        ("unselected", "high", "\ncheck: { fact: $.a, equals: 1 }"),
        ("untold", "high", "\ncheck: { fact: $.gap, equals: 1 }"),
    ])
}

fn waiver(rule: &str, subject: Option<&str>, node: Option<&str>, expires: &str) -> Waiver {
    Waiver {
        rule: rule.into(),
        subject: subject.map(Into::into),
        node: node.map(Into::into),
        justification: "accepted".into(),
        owner: "ops".into(),
        expires: expires.parse().unwrap(),
    }
}

fn report(facts: Value, waivers: &[Waiver]) -> Report {
    let library = rules();
    let rules = library.rules.iter().filter(|rule| rule.id != "unselected");
    let rules = rules.map(|rule| Selected { rule, severity: rule.severity }).collect();
    let selection = Selection { rules, parameters: defaults(), excluded: vec![] };
    build(&Inputs {
        snapshot: &snapshot(facts, &[("/gap", Denied)]),
        selection: &selection,
        profiles: &[],
        waivers,
        today: "2026-11-23".parse().unwrap(),
        baseline: None,
    })
}

fn told(report: &Report) -> Vec<String> {
    let concerning = report.findings.iter().filter(|finding| finding.rule != "untold");
    let tell = concerning.map(|finding| {
        let subject = finding.subject.as_deref().unwrap_or_default();
        let expired = match &finding.waiver {
            Some(waiver) if waiver.expired => " (expired)",
            Some(_) => " (waiver)",
            None => "",
        };
        format!("{} {} {subject}{expired}", finding.outcome, finding.rule)
    });
    tell.collect()
}

#[test]
fn a_waived_failure_is_shown_and_does_not_fail_the_scan() {
    let facts = json!({"a": 2, "list": []});
    let report = report(facts, &[waiver("plain", None, None, "2026-11-23")]);
    assert_eq!(told(&report), ["waived plain  (waiver)", "pass of-each "]);
    assert_eq!((report.summary.fail, report.summary.waived), (0, 1));
    assert_eq!(report.verdict(Severity::Info, true), ScanVerdict::Clean);
    assert!(report.warnings.is_empty(), "{:?}", report.warnings);
}

#[test]
fn an_expired_waiver_lets_the_finding_fail_again() {
    let report = report(json!({"a": 2, "list": []}), &[waiver("plain", None, None, "2026-11-22")]);
    assert_eq!(told(&report), ["fail plain  (expired)", "pass of-each "]);
    assert_eq!(report.verdict(Severity::Info, true), ScanVerdict::Failed);
    assert_eq!(report.warnings, ["the waiver of plain by ops expired on 2026-11-22: it fails again"]);
    let both = [waiver("plain", None, None, "2026-11-22"), waiver("plain", None, None, "2027-01-01")];
    let report = self::report(json!({"a": 2, "list": []}), &both);
    assert_eq!(told(&report), ["waived plain  (waiver)", "pass of-each "]);
}

#[test]
fn a_waiver_concerns_its_subject_and_its_nodes() {
    let facts = json!({"a": 1, "list": [8, 9]});
    let subject = [waiver("of-each", Some("9"), None, "2027-01-01")];
    assert_eq!(
        told(&report(facts.clone(), &subject)),
        ["fail of-each 8", "waived of-each 9 (waiver)", "pass plain "]
    );
    let all = [waiver("of-each", None, Some("node-*"), "2027-01-01")];
    assert_eq!(
        told(&report(facts.clone(), &all)),
        ["waived of-each 8 (waiver)", "waived of-each 9 (waiver)", "pass plain "]
    );
    let elsewhere = [waiver("of-each", None, Some("other-*"), "2027-01-01")];
    let report = report(facts, &elsewhere);
    assert_eq!(told(&report), ["fail of-each 8", "fail of-each 9", "pass plain "]);
    assert!(report.warnings.is_empty(), "a waiver for other nodes is not unused here");
}

#[test]
fn a_waiver_with_nothing_to_do_is_told() {
    let waivers = [
        waiver("plain", None, None, "2027-01-01"),
        waiver("of-each", Some("7"), None, "2027-01-01"),
        waiver("unselected", None, None, "2027-01-01"),
        waiver("untold", None, None, "2027-01-01"),
    ];
    let report = report(json!({"a": 1, "list": [8]}), &waivers);
    assert_eq!(
        report.warnings,
        [
            "the waiver of of-each for \"7\" by ops is not used: nothing fails that it accepts",
            "the waiver of plain by ops is not used: nothing fails that it accepts",
            "the waiver of unselected by ops has no effect: the rule is not selected",
        ]
    );
}
