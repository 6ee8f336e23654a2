//! Running the tests that rules carry.

use plimsoll_engine::evaluate::{Mismatch, test};
use plimsoll_engine::outcome::Outcome;
use plimsoll_engine::parameter::Parameters;
use plimsoll_engine::rule::TestCase;
use serde_json::json;

use crate::support::{defaults, gap, rule};

const EACH: &str = "check: { each: { path: '$.a[*]', as: thing, that: { fact: '@.v', at-most: { param: limit } } } }\nmessage: '{{ subject }} is {{ actual }}'";

fn case(facts: serde_json::Value, expect: Outcome) -> TestCase {
    TestCase {
        name: "case".into(),
        facts: facts.as_object().unwrap().clone(),
        gaps: vec![],
        parameters: Parameters::default().0,
        expect,
        subjects: None,
        message: None,
    }
}

fn run(body: &str, case: &TestCase) -> Result<(), Mismatch> {
    test(&rule(body), case, &defaults()).map_err(|failure| failure.mismatch)
}

#[test]
fn the_worst_outcome_and_its_subjects_are_compared() {
    let facts = json!({"a": [{"name": "x", "v": "3Gi"}, {"name": "y", "v": 1}, {"name": "z"}]});
    let mut case = case(facts, Outcome::Fail);
    case.gaps = vec![gap("/a/2/v", plimsoll_engine::snapshot::GapReason::Denied)];
    assert_eq!(run(EACH, &case), Ok(()));
    case.subjects = Some(vec!["x".into()]);
    case.message = Some("x is 3Gi".into());
    assert_eq!(run(EACH, &case), Ok(()));
    case.message = Some("x is 4Gi".into());
    assert_eq!(
        run(EACH, &case),
        Err(Mismatch::Message { expected: "x is 4Gi".into(), actual: vec!["x is 3Gi".into()] })
    );
    case.subjects = Some(vec!["x".into(), "z".into()]);
    assert!(
        matches!(run(EACH, &case), Err(Mismatch::Subjects { actual, .. }) if actual == ["x".to_owned()].into())
    );
    case.parameters.insert("limit".into(), json!("4Gi"));
    case.subjects = Some(vec!["z".into()]);
    case.message = None;
    case.expect = Outcome::Unknown;
    assert_eq!(run(EACH, &case), Ok(()));
    case.gaps.clear();
    case.facts = json!({"a": [{"name": "x", "v": 1}, {"name": "y", "v": 2}]}).as_object().unwrap().clone();
    case.expect = Outcome::Pass;
    case.subjects = Some(vec!["x".into(), "y".into()]);
    assert_eq!(run(EACH, &case), Ok(()));
}

#[test]
fn a_failure_says_how_the_rule_came_to_its_outcome() {
    let rule = rule("check: { fact: $.a, equals: 1 }");
    let failure = test(&rule, &case(json!({"a": 2}), Outcome::Pass), &defaults()).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "expected pass, but the outcome is fail
the-rule: fail
  check
    false: $.a: equals 1
      $['a'] is 2"
    );
    assert_eq!(test(&rule, &case(json!({"a": 1}), Outcome::Pass), &defaults()), Ok(()));
}
