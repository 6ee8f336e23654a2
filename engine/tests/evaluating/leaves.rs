//! Leaves without gaps: quantifiers, absence, defaults, operands.

use plimsoll_engine::outcome::Outcome::{Fail, Pass};
use serde_json::json;

use crate::support::outcome;

#[test]
fn quantifiers_count_the_values_that_match() {
    // Lists with none, one and two of three values that match, and with three.
    let lists = [json!([0, 0, 0]), json!([1, 0, 0]), json!([1, 1, 0]), json!([1, 1, 1])];
    for (quantifier, expected) in [
        ("all", [Fail, Fail, Fail, Pass]),
        ("any", [Fail, Pass, Pass, Pass]),
        ("none", [Pass, Fail, Fail, Fail]),
        ("one", [Fail, Pass, Fail, Fail]),
    ] {
        for (list, expected) in lists.iter().zip(expected) {
            let check = format!("{{ fact: '$.a[*]', quantifier: {quantifier}, equals: 1 }}");
            assert_eq!(outcome(&check, json!({ "a": list }), &[]), expected, "{quantifier} of {list}");
        }
    }
}

#[test]
fn what_is_absent_matches_nothing() {
    for facts in [json!({}), json!({"a": null}), json!({"a": []}), json!({"a": [null]})] {
        for (quantifier, expected) in [("all", Fail), ("any", Fail), ("one", Fail), ("none", Pass)] {
            let check = format!("{{ fact: '$.a[*]', quantifier: {quantifier}, not-equals: 1 }}");
            assert_eq!(outcome(&check, facts.clone(), &[]), expected, "{quantifier} of {facts}");
        }
    }
    // A null among values is as absent as a member that is missing.
    for facts in [json!({"a": [{"b": 1}, {"b": null}]}), json!({"a": [{"b": 1}, {}]})] {
        assert_eq!(outcome("{ fact: '$.a[*].b', equals: 1 }", facts, &[]), Pass);
    }
}

#[test]
fn existence_is_of_the_selection_and_null_is_absence() {
    for (facts, there) in [
        (json!({"a": 1}), true),
        (json!({"a": false}), true),
        (json!({"a": []}), true),
        (json!({"a": null}), false),
        (json!({}), false),
    ] {
        let expected = if there { (Pass, Fail) } else { (Fail, Pass) };
        assert_eq!(outcome("{ fact: $.a, exists: true }", facts.clone(), &[]), expected.0, "{facts}");
        assert_eq!(outcome("{ fact: $.a, exists: false }", facts.clone(), &[]), expected.1, "{facts}");
    }
    assert_eq!(outcome("{ fact: $.a, exists: true, at-least: 2 }", json!({"a": 1}), &[]), Fail);
    assert_eq!(outcome("{ fact: $.a, exists: true, at-least: 1 }", json!({"a": 1}), &[]), Pass);
}

#[test]
fn a_default_stands_in_for_what_is_absent() {
    let check = "{ fact: $.a.b, default: false, equals: true }";
    assert_eq!(outcome(check, json!({"a": {}}), &[]), Fail);
    assert_eq!(outcome(check, json!({"a": {"b": null}}), &[]), Fail);
    assert_eq!(outcome(check, json!({"a": {"b": true}}), &[]), Pass);
    assert_eq!(outcome("{ fact: $.a, default: 5, at-most: 9 }", json!({}), &[]), Pass);
}

#[test]
fn all_matchers_of_a_leaf_hold_for_the_same_value() {
    let check = "{ fact: '$.a[*]', quantifier: any, at-least: 2, at-most: 3 }";
    assert_eq!(outcome(check, json!({"a": [1, 4]}), &[]), Fail);
    assert_eq!(outcome(check, json!({"a": [1, 3]}), &[]), Pass);
}

#[test]
fn operands_are_facts_and_parameters() {
    let same = "{ fact: $.kubelet.driver, equals: { fact: $.containerd.driver } }";
    assert_eq!(
        outcome(same, json!({"kubelet": {"driver": "systemd"}, "containerd": {"driver": "systemd"}}), &[]),
        Pass
    );
    assert_eq!(
        outcome(same, json!({"kubelet": {"driver": "systemd"}, "containerd": {"driver": "cgroupfs"}}), &[]),
        Fail
    );
    assert_eq!(
        outcome(same, json!({"kubelet": {"driver": "systemd"}}), &[]),
        Fail,
        "nothing equals what is absent"
    );
    let differs = "{ fact: $.a, not-equals: { fact: $.b } }";
    assert_eq!(outcome(differs, json!({"a": 1}), &[]), Fail, "and nothing differs from it");

    let limit = "{ fact: $.a, at-most: { param: limit } }";
    assert_eq!(outcome(limit, json!({"a": 2_147_483_648_u64}), &[]), Pass);
    assert_eq!(outcome(limit, json!({"a": "2.5Gi"}), &[]), Fail);
    assert_eq!(outcome("{ fact: $.a, equals: { param: unset } }", json!({"a": "x"}), &[]), Fail);

    let several = "{ fact: $.a, in: { fact: '$.hosts[*].name' } }";
    assert_eq!(outcome(several, json!({"a": "x", "hosts": [{"name": "y"}, {"name": "x"}]}), &[]), Pass);
    assert_eq!(outcome(several, json!({"a": "x", "hosts": [{"name": "x"}]}), &[]), Pass);
    assert_eq!(outcome(several, json!({"a": "x", "hosts": [{"name": "y"}]}), &[]), Fail);
    assert_eq!(
        outcome("{ fact: $.a, length: { at-least: { fact: $.n } } }", json!({"a": [1, 2], "n": 2}), &[]),
        Pass
    );
}

#[test]
fn a_parameter_can_be_what_a_leaf_is_about() {
    assert_eq!(outcome("{ param: names, contains: b }", json!({}), &[]), Pass);
    assert_eq!(outcome("{ param: names, contains: c }", json!({}), &[]), Fail);
    assert_eq!(outcome("{ param: unset, exists: false }", json!({}), &[]), Pass);
}

#[test]
fn conditions_nest() {
    let check = "{ any: [ { all: [ { fact: $.a, equals: 1 }, { not: { fact: $.b, equals: 1 } } ] }, { fact: $.c, equals: 1 } ] }";
    assert_eq!(outcome(check, json!({"a": 1, "b": 2, "c": 0}), &[]), Pass);
    assert_eq!(outcome(check, json!({"a": 1, "b": 1, "c": 0}), &[]), Fail);
    assert_eq!(outcome(check, json!({"a": 0, "b": 1, "c": 1}), &[]), Pass);
}
