//! What a gap does to conditions: never a pass, never a default.

use plimsoll_engine::outcome::Outcome::{Fail, NotApplicable, Pass, Unknown};
use plimsoll_engine::snapshot::GapReason::{self, Denied, NotCollected, Offline, Timeout};
use serde_json::{Value, json};

use crate::support::{finding, outcome};

#[test]
fn a_gap_at_or_above_the_value_makes_it_unknown() {
    let facts = json!({"docker": {"config": {"icc": null}}});
    for path in ["", "/docker", "/docker/config", "/docker/config/icc"] {
        for check in [
            "{ fact: $.docker.config.icc, equals: false }",
            "{ fact: $.docker.config.icc, not-equals: false }",
            "{ fact: $.docker.config.icc, exists: true }",
            "{ fact: $.docker.config.icc, exists: false }",
            "{ not: { fact: $.docker.config.icc, equals: false } }",
            "{ fact: '$.docker.config[*]', quantifier: none, equals: false }",
        ] {
            assert_eq!(
                outcome(check, facts.clone(), &[(path, Denied)]),
                Unknown,
                "{check} with a gap at {path:?}"
            );
        }
    }
    for path in ["/docker/engine", "/docker/config/icc2", "/dockerd", "/docker/config/ic"] {
        let check = "{ fact: $.docker.config.icc, exists: false }";
        assert_eq!(outcome(check, facts.clone(), &[(path, Denied)]), Pass, "a gap at {path} is elsewhere");
    }
}

#[test]
fn a_default_does_not_stand_in_for_a_gap() {
    let check = "{ fact: $.docker.config.icc, default: false, equals: false }";
    assert_eq!(outcome(check, json!({"docker": {"config": {}}}), &[("/docker/config", Denied)]), Unknown);
    assert_eq!(outcome(check, json!({"docker": {"config": {}}}), &[("/docker/engine", Denied)]), Pass);
}

#[test]
fn of_a_partial_list_only_what_no_further_element_can_change_is_told() {
    let facts = json!({"ports": [22, 80]});
    let gaps = [("/ports", Timeout)];
    for (check, expected) in [
        ("{ fact: '$.ports[*]', quantifier: any, equals: 22 }", Pass),
        ("{ fact: '$.ports[*]', quantifier: any, equals: 443 }", Unknown),
        ("{ fact: '$.ports[*]', quantifier: none, equals: 22 }", Fail),
        ("{ fact: '$.ports[*]', quantifier: none, equals: 443 }", Unknown),
        ("{ fact: '$.ports[*]', at-most: 1024 }", Unknown),
        ("{ fact: '$.ports[*]', at-most: 50 }", Fail),
        ("{ fact: '$.ports[*]', quantifier: one, equals: 22 }", Unknown),
        ("{ fact: '$.ports[*]', quantifier: one, at-most: 1024 }", Fail),
        ("{ fact: '$.ports[*]', exists: true }", Pass),
        ("{ fact: '$.ports[*]', exists: false }", Fail),
        ("{ fact: $.ports, contains: 443 }", Unknown),
        ("{ fact: $.ports, contains: 22 }", Unknown),
        ("{ fact: $.ports, length: { at-most: 5 } }", Unknown),
        ("{ fact: $.ports, empty: false }", Unknown),
        ("{ fact: $.ports, exists: true }", Pass),
    ] {
        let actual = outcome(check, facts.clone(), &gaps);
        assert_eq!(actual, expected, "{check}");
    }
}

#[test]
fn what_stands_under_a_gap_is_not_believed() {
    let facts = json!({"docker": {"installed": true, "ports": [22]}});
    for check in [
        "{ fact: $.docker.installed, equals: true }",
        "{ fact: $.docker.installed, equals: false }",
        "{ fact: $.docker.installed, exists: true }",
        "{ fact: '$.docker.ports[*]', quantifier: any, equals: 22 }",
    ] {
        assert_eq!(outcome(check, facts.clone(), &[("/docker", Denied)]), Unknown, "{check}");
    }
}

#[test]
fn a_gap_inside_a_value_matters_to_matchers_that_look_inside() {
    let facts = json!({"a": [{"b": {"c": null, "d": 1}}, {"b": {"c": 2, "d": 1}}]});
    let gaps = [("/a/0/b/c", Denied)];
    for (matcher, expected) in [
        ("equals: { c: 2, d: 1 }", Unknown),
        ("not-equals: { c: 2, d: 1 }", Unknown),
        ("in: [{ c: 2, d: 1 }]", Unknown),
        ("not-in: [{ c: 3, d: 1 }]", Unknown),
        ("exists: true", Pass),
        ("empty: false", Pass),
        ("length: { equals: 2 }", Pass),
        ("length: { equals: 1 }", Fail),
    ] {
        let check = format!("{{ fact: '$.a[0].b', {matcher} }}");
        assert_eq!(outcome(&check, facts.clone(), &gaps), expected, "{check}");
    }
    for (matcher, expected) in [
        ("contains: 1", Unknown),
        ("contains-none: [1]", Unknown),
        ("contains-all: [1]", Unknown),
        ("subset-of: [1]", Unknown),
        ("superset-of: [1]", Unknown),
        ("unique: true", Unknown),
    ] {
        let check = format!("{{ fact: $.list, {matcher} }}");
        assert_eq!(outcome(&check, json!({"list": [null, 1]}), &[("/list/0", Denied)]), expected, "{check}");
    }
    // Only the value that the gap is in is unknown.
    let any = "{ fact: '$.a[*].b', quantifier: any, equals: { c: 2, d: 1 } }";
    assert_eq!(outcome(any, facts.clone(), &gaps), Pass);
    let second = "{ fact: '$.a[1].b', equals: { c: 2, d: 1 } }";
    assert_eq!(outcome(second, facts, &gaps), Pass);
}

#[test]
fn a_gap_where_a_filter_reads_makes_the_selection_unknown() {
    let facts = json!({"mounts": [{"target": "/", "fs_type": null, "options": ["rw"]}]});
    let check = "{ fact: \"$.mounts[?@.fs_type == 'nfs'].options\", exists: false }";
    assert_eq!(outcome(check, facts.clone(), &[("/mounts/0/fs_type", Denied)]), Unknown);
    assert_eq!(outcome(check, facts, &[("/mounts/0/source", Denied)]), Pass);
}

#[test]
fn a_gap_in_an_operand_leaves_the_leaf_open() {
    let facts = json!({"a": 1, "b": null, "list": []});
    let gaps = [("/b", Denied)];
    for (check, expected) in [
        ("{ fact: $.a, equals: { fact: $.b } }", Unknown),
        ("{ fact: $.a, not-equals: { fact: $.b } }", Unknown),
        ("{ fact: $.a, length: { at-least: { fact: $.b } } }", Unknown),
        ("{ fact: $.absent, equals: { fact: $.b } }", Fail),
        ("{ fact: $.a, equals: 2, at-least: { fact: $.b } }", Fail),
    ] {
        assert_eq!(outcome(check, facts.clone(), &gaps), expected, "{check}");
    }
    let inside = json!({"a": [1], "b": [null]});
    assert_eq!(
        outcome("{ fact: $.a, subset-of: { fact: $.b } }", inside.clone(), &[("/b/0", Denied)]),
        Unknown
    );
    let length = "{ fact: $.a, length: { equals: 1 } }";
    assert_eq!(outcome(length, inside, &[("/b/0", Denied)]), Pass);
}

#[test]
fn kleene_decides_in_spite_of_gaps() {
    let facts = json!({"t": true, "f": false, "u": null});
    let gaps = [("/u", Denied)];
    let leaf = |name: &str| format!("{{ fact: $.{name}, equals: true }}");
    for (junction, other, expected) in
        [("all", "f", Fail), ("all", "t", Unknown), ("any", "t", Pass), ("any", "f", Unknown)]
    {
        let check = format!("{{ {junction}: [ {}, {} ] }}", leaf("u"), leaf(other));
        assert_eq!(outcome(&check, facts.clone(), &gaps), expected, "{check}");
    }
}

#[test]
fn what_only_a_running_node_tells_does_not_concern_another() {
    let check = "{ all: [ { fact: $.a, equals: 1 }, { fact: $.b, equals: 1 } ] }";
    let outcome_with = |a: GapReason, b: GapReason| outcome(check, json!({}), &[("/a", a), ("/b", b)]);
    assert_eq!(outcome_with(Offline, Offline), NotApplicable);
    assert_eq!(outcome_with(Offline, Denied), Unknown);
    assert_eq!(outcome_with(NotCollected, NotCollected), Unknown);
    // A gap that does not decide does not count.
    assert_eq!(outcome(check, json!({"a": 1, "c": null}), &[("/b", Offline), ("/c", Denied)]), NotApplicable);
    assert_eq!(outcome(check, json!({"a": 2}), &[("/b", Offline)]), Fail);
}

#[test]
fn the_gaps_that_decide_are_told_once_and_the_offline_ones_last() {
    let body = "check: { all: [ { fact: $.a, equals: 1 }, { fact: $.b, equals: 1 }, { fact: $.b, exists: true }, { fact: $.c, equals: 1 } ] }";
    let found = finding(body, json!({"c": 1}), &[("/a", Offline), ("/b", Denied), ("/z", Denied)]);
    let paths: Vec<_> = found.gaps.iter().map(|gap| gap.path.as_str()).collect();
    assert_eq!((found.outcome, paths), (Unknown, vec!["/b", "/a"]));
    assert_eq!(found.message, "b is unknown (denied): /b resists (and 1 more)");
}

#[test]
fn a_query_that_was_stopped_is_unknown_and_says_so() {
    let list: Vec<Value> = (0..3000).map(|n| json!({"n": n})).collect();
    let body = "check: { fact: '$.a[?count($.a[?@.n >= 0].n) == 0]', exists: false }";
    let found = finding(body, json!({ "a": list }), &[]);
    assert_eq!(found.outcome, Unknown);
    assert_eq!(found.gaps[0].path, "$.a[?count($.a[?@.n >= 0].n) == 0]");
    assert!(found.message.contains("too many values"), "{}", found.message);
}
