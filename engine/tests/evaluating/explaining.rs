//! Explanations: every part, value, origin and gap.

use plimsoll_engine::outcome::Outcome;
use plimsoll_engine::snapshot::GapReason::Denied;
use serde_json::json;

use crate::support::explained;

const BODY: &str = "applies: { fact: $.docker.installed, equals: true }
check:
  any:
    - { not: { fact: $.docker.icc, default: true, equals: true } }
    - all:
        - { fact: '$.docker.ports[*]', quantifier: none, at-least: { param: limit } }
        - { fact: $.docker.engine.version, version: '>=20' }";

#[test]
fn the_outline_shows_every_part() {
    let facts = json!({"docker": {"installed": true, "ports": [80, 443]}});
    let outline =
        explained(BODY, facts, &[("/docker/engine", Denied)], |explanation| explanation.to_string());
    assert_eq!(
        outline,
        "the-rule: unknown
  applies
    true: $.docker.installed: equals true
      $['docker']['installed'] is true
  check
    unknown: any
      false: not
        true: $.docker.icc: equals true
          by default true
      unknown: all
        true: $.docker.ports[*]: none of them at least 2Gi (parameter limit)
          $['docker']['ports'][0] is 80
          $['docker']['ports'][1] is 443
        unknown: $.docker.engine.version: version >=20
          /docker/engine is unknown (denied): /docker/engine resists"
    );
}

#[test]
fn an_explanation_of_each_shows_every_element() {
    let body = "check: { each: { path: '$.a[*]', as: thing, where: { fact: '@.on', equals: true }, that: { fact: '@.v', at-most: 5 } } }";
    let facts = json!({"a": [{"name": "x", "on": true, "v": 9}, {"name": "y", "on": false}, {"name": "z", "on": true}]});
    explained(body, facts, &[("/a/2/v", Denied)], |explanation| {
        assert_eq!(explanation.outcome, Outcome::Fail);
        assert_eq!(explanation.findings.len(), 2);
        assert_eq!(
            explanation.to_string(),
            "the-rule: fail
  false: thing x
    true: @.on: equals true
      $['a'][0]['on'] is true
    false: @.v: at most 5
      $['a'][0]['v'] is 9
  not concerned: thing y
    false: @.on: equals true
      $['a'][1]['on'] is false
  unknown: thing z
    true: @.on: equals true
      $['a'][2]['on'] is true
    unknown: @.v: at most 5
      /a/2/v is unknown (denied): /a/2/v resists"
        );
    });
}

#[test]
fn an_explanation_is_json_too() {
    let facts = json!({"docker": {"installed": false}});
    let value = explained(BODY, facts, &[], |explanation| serde_json::to_value(explanation).unwrap());
    assert_eq!(
        value["applies"],
        json!({"leaf": {
            "verdict": "false",
            "about": "$.docker.installed",
            "expected": "equals true",
            "values": [{"path": "$['docker']['installed']", "value": false, "verdict": "false"}],
        }})
    );
    assert_eq!((&value["outcome"], value.get("check")), (&json!("not-applicable"), None));
    let manual = explained("manual: [$.a]", json!({"a": 1}), &[], |explanation| explanation.to_string());
    assert_eq!(manual, "the-rule: manual\n  $.a\n    $['a'] is 1");
}
