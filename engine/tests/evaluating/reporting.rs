//! Reports: order, summary, baseline, verdict, and the same bytes every time.

use plimsoll_engine::evaluate::{Scene, evaluate, evaluate_all};
use plimsoll_engine::load::Library;
use plimsoll_engine::outcome::Outcome;
use plimsoll_engine::profile::{Selected, Selection};
use plimsoll_engine::report::{BaselineState, Inputs, Report, ScanVerdict, Summary, build};
use plimsoll_engine::severity::Severity;
use plimsoll_engine::snapshot::GapReason::{Denied, Offline};
use plimsoll_engine::snapshot::Snapshot;
use serde_json::json;

use crate::support::{defaults, library, snapshot};

/// All rules of the library.
fn selection(library: &Library) -> Selection<'_> {
    let rules = library.rules.iter().map(|rule| Selected { rule, severity: rule.severity });
    Selection { rules: rules.collect(), parameters: defaults(), excluded: vec![] }
}

fn report(library: &Library, snapshot: &Snapshot, baseline: Option<&Report>) -> Report {
    let selection = selection(library);
    build(&Inputs {
        snapshot,
        selection: &selection,
        profiles: &["default".to_owned()],
        waivers: &[],
        today: "2026-11-23".parse().unwrap(),
        baseline,
    })
}

fn rules() -> Library {
    let each = "\ncheck: { each: { path: '$.list[*]', as: thing, that: { fact: '@', at-most: 5 } } }";
    library(&[
        ("fails-low", "low", "\ncheck: { fact: $.a, equals: 1 }"),
        ("fails-high", "high", "\ncheck: { fact: $.a, equals: 1 }"),
        ("unknown-critical", "critical", "\ncheck: { fact: $.gap, equals: 1 }"),
        ("offline-one", "high", "\ncheck: { fact: $.off, equals: 1 }"),
        ("passes", "critical", "\ncheck: { fact: $.a, equals: 2 }"),
        ("manual-one", "info", "\nmanual: []"),
        ("of-each", "high", each),
    ])
}

fn facts() -> Snapshot {
    snapshot(json!({"a": 2, "list": [9, 7, 1]}), &[("/gap", Denied), ("/off", Offline)])
}

fn lines(report: &Report) -> Vec<String> {
    let line = |finding: &plimsoll_engine::report::Finding| {
        let subject = finding.subject.as_ref().map(|subject| format!(" {subject}")).unwrap_or_default();
        format!("{} {} {}{subject}", finding.outcome, finding.severity, finding.rule)
    };
    report.findings.iter().map(line).collect()
}

#[test]
fn failures_come_first_and_the_severest_before_all() {
    let report = report(&rules(), &facts(), None);
    assert_eq!(
        lines(&report),
        [
            "fail high fails-high",
            "fail high of-each 7",
            "fail high of-each 9",
            "fail low fails-low",
            "unknown critical unknown-critical",
            "manual info manual-one",
            "pass critical passes",
            "not-applicable high offline-one",
        ]
    );
    let expected =
        Summary { rules: 7, fail: 4, waived: 0, unknown: 1, manual: 1, pass: 1, not_applicable: 1 };
    assert_eq!(report.summary, expected);
    assert_eq!(report.taken_at, "2026-11-23T18:00:00Z");
}

#[test]
fn the_same_input_gives_the_same_bytes_and_comes_back_from_json() {
    let bytes = || serde_json::to_vec(&report(&rules(), &facts(), None)).unwrap();
    let first = bytes();
    assert_eq!(first, bytes());
    let read: Report = serde_json::from_slice(&first).unwrap();
    assert_eq!(serde_json::to_vec(&read).unwrap(), first);
}

#[test]
fn many_facts_are_evaluated_side_by_side_and_told_in_order() {
    let library = rules();
    let list: Vec<u32> = (0..5_000).collect();
    let snapshot = snapshot(json!({"a": 2, "list": list}), &[("/gap", Denied), ("/off", Offline)]);
    let selection = selection(&library);
    let scene = Scene::new(&snapshot, &selection.parameters);
    let one_by_one =
        selection.rules.iter().flat_map(|selected| evaluate(selected.rule, selected.severity, &scene));
    let one_by_one: Vec<_> = one_by_one.collect();
    assert_eq!(one_by_one.len(), 5_000 - 6 + 6);
    assert!(evaluate_all(&selection.rules, &scene) == one_by_one);
}

#[test]
fn the_exit_depends_on_what_failed_and_what_could_not_be_told() {
    let all = report(&rules(), &facts(), None);
    let without = |outcome: Outcome| {
        let findings = all.findings.iter().filter(|finding| finding.outcome != outcome).cloned().collect();
        Report { findings, ..all.clone() }
    };
    assert_eq!(all.verdict(Severity::Medium, false), ScanVerdict::Failed);
    assert_eq!(all.verdict(Severity::Critical, false), ScanVerdict::Undetermined);
    assert_eq!(all.verdict(Severity::Critical, true), ScanVerdict::Clean);
    assert_eq!(without(Outcome::Fail).verdict(Severity::Info, false), ScanVerdict::Undetermined);
    assert_eq!(without(Outcome::Fail).verdict(Severity::Info, true), ScanVerdict::Clean);
    assert_eq!(without(Outcome::Unknown).verdict(Severity::High, false), ScanVerdict::Failed);
    assert_eq!(without(Outcome::Unknown).verdict(Severity::Critical, false), ScanVerdict::Clean);
}

#[test]
fn what_the_baseline_had_does_not_fail_the_scan_again() {
    let before = report(&rules(), &facts(), None);
    let same = report(&rules(), &facts(), Some(&before));
    let state = |report: &Report, line: &str| {
        let index = lines(report).iter().position(|other| other == line).unwrap();
        report.findings[index].baseline
    };
    assert_eq!(same.verdict(Severity::Info, true), ScanVerdict::Clean);
    assert_eq!(same.verdict(Severity::Info, false), ScanVerdict::Undetermined, "unknown stays unknown");
    assert_eq!(state(&same, "fail high of-each 7"), Some(BaselineState::Unchanged));
    assert_eq!(state(&same, "pass critical passes"), None);
    assert!(same.warnings.is_empty());

    let mut worse = facts();
    worse.facts = json!({"a": 3, "list": [9, 8]});
    worse.target.name = "node-8".into();
    let worse = report(&rules(), &worse, Some(&before));
    assert_eq!(state(&worse, "fail high of-each 8"), Some(BaselineState::New));
    assert_eq!(state(&worse, "fail high of-each 9"), Some(BaselineState::Unchanged));
    assert_eq!(state(&worse, "fail critical passes"), Some(BaselineState::New), "it passed before");
    assert_eq!(worse.verdict(Severity::Critical, true), ScanVerdict::Failed);
    assert_eq!(worse.warnings, ["the baseline is of \"node-7\", not of \"node-8\""]);
}
