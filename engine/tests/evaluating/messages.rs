//! What findings say and quote.

use plimsoll_engine::evaluate::{Scene, evaluate};
use plimsoll_engine::report::Evidence;
use serde_json::json;

use crate::support::{defaults, finding, findings, origin, rule, snapshot};

fn message(check: &str, facts: serde_json::Value) -> String {
    finding(&format!("check: {check}"), facts, &[]).message
}

#[test]
fn the_default_sentence_names_the_value_and_the_demand() {
    for (check, facts, expected) in [
        (
            "{ fact: $.swap.enabled, equals: false }",
            json!({"swap": {"enabled": true}}),
            "swap.enabled is true; expected false",
        ),
        ("{ fact: $.a, equals: false }", json!({}), "a is absent; expected false"),
        ("{ fact: $.a, default: true, equals: false }", json!({}), "a is true by default; expected false"),
        ("{ fact: $.a, equals: x }", json!({"a": ""}), "a is \"\"; expected x"),
        ("{ fact: $.a, equals: '' }", json!({"a": "x"}), "a is x; expected \"\""),
        ("{ not: { fact: $.a, equals: x } }", json!({"a": "x"}), "a is x; expected not x"),
        (
            "{ fact: $.a, at-least: 1, at-most: 3 }",
            json!({"a": 4}),
            "a is 4; expected at least 1 and at most 3",
        ),
        ("{ fact: $.a, in: [x, y] }", json!({"a": "z"}), "a is z; expected one of [x, y]"),
        ("{ fact: $.a, contains: b }", json!({"a": ["c"]}), "a is [c]; expected contains b"),
        ("{ fact: $.a, exists: false }", json!({"a": 1}), "a is 1; expected absent"),
        ("{ fact: $.a, length: { at-least: 2 } }", json!({"a": [1]}), "a is [1]; expected length at least 2"),
        (
            "{ fact: $.a, at-most: { param: limit } }",
            json!({"a": "3Gi"}),
            "a is 3Gi; expected at most 2Gi (parameter limit)",
        ),
        ("{ fact: $.a, equals: { fact: $.b } }", json!({"a": 1}), "a is 1; expected (absent) (as $.b)"),
        (
            "{ fact: '$.a[*].b', at-most: 1 }",
            json!({"a": [{"b": 1}, {"b": 2}, {"b": 3}]}),
            "a[1].b is 2; expected at most 1 (and 1 more)",
        ),
        (
            "{ fact: '$.a[*]', quantifier: any, equals: 1 }",
            json!({"a": [2]}),
            "a[0] is 2; expected any of them 1",
        ),
        (
            "{ fact: '$.a[*]', quantifier: none, equals: 1 }",
            json!({"a": [2, 1]}),
            "a[1] is 1; expected none of them 1",
        ),
        (
            "{ fact: \"$.sysctl['net.ipv4.ip_forward'].running\", equals: 1 }",
            json!({"sysctl": {"net.ipv4.ip_forward": {"running": 0}}}),
            "sysctl['net.ipv4.ip_forward'].running is 0; expected 1",
        ),
        ("{ param: names, contains: c }", json!({}), "parameter names is [a, b]; expected contains c"),
    ] {
        assert_eq!(message(check, facts), expected, "{check}");
    }
}

#[test]
fn the_evidence_is_what_decided() {
    let facts = json!({"a": 1, "b": 2, "c": 3});
    let paths = |check: &str| {
        let found = finding(&format!("check: {check}"), facts.clone(), &[]);
        found
            .evidence
            .into_iter()
            .map(|evidence| format!("{} {}", evidence.path, evidence.expected))
            .collect::<Vec<_>>()
    };
    let [a, b, c] = ["{ fact: $.a, equals: 1 }", "{ fact: $.b, equals: 9 }", "{ fact: $.c, equals: 9 }"];
    assert_eq!(paths(&format!("{{ all: [ {a}, {b}, {c} ] }}")), ["$['b'] equals 9", "$['c'] equals 9"]);
    assert_eq!(paths(&format!("{{ any: [ {b}, {c} ] }}")), ["$['b'] equals 9", "$['c'] equals 9"]);
    assert_eq!(paths(&format!("{{ not: {a} }}")), ["$['a'] not equals 1"]);
    assert_eq!(paths(&format!("{{ not: {{ any: [ {a}, {b} ] }} }}")), ["$['a'] not equals 1"]);
    assert_eq!(paths(&format!("{{ not: {{ not: {b} }} }}")), ["$['b'] equals 9"]);
}

#[test]
fn evidence_shows_where_the_value_was_read_or_would_stand() {
    let mut snapshot = snapshot(json!({"docker": {"config": {"icc": true, "dns": ["x"]}}, "swap": 1}), &[]);
    for (pointer, line) in [("/docker/config", 1), ("/docker/config/icc", 7)] {
        snapshot.origins.insert(pointer.into(), origin("/etc/docker/daemon.json", line));
    }
    let parameters = defaults();
    let evidence = |check: &str| -> Evidence {
        let rule = rule(&format!("check: {check}"));
        evaluate(&rule, rule.severity, &Scene::new(&snapshot, &parameters)).remove(0).evidence.remove(0)
    };
    let line = |check: &str| evidence(check).origin.and_then(|origin| origin.line);
    assert_eq!(line("{ fact: $.docker.config.icc, equals: false }"), Some(7));
    assert_eq!(line("{ fact: '$.docker.config.dns[*]', equals: y }"), Some(1));
    assert_eq!(line("{ fact: $.docker.config.absent, default: 1, equals: 2 }"), Some(1));
    assert_eq!(line("{ fact: $.docker.config.absent, equals: 2 }"), Some(1));
    assert_eq!(line("{ fact: $.swap, equals: 2 }"), None);
    let absent = evidence("{ fact: $.docker.config.absent, equals: 2 }");
    assert_eq!((absent.path.as_str(), absent.actual), ("$.docker.config.absent", json!(null)));
}

#[test]
fn a_message_of_the_rule_is_filled_in() {
    let body = "check: { fact: $.a.b, at-most: 5 }\nmessage: 'b is {{ actual }}, want {{ expected }}; {{ $.c | join }} {{ $.size | bytes }} {{ $.d }} {{ $.e }} {{ param.limit }} {{ param.unset }}'";
    let facts = json!({"a": {"b": 7}, "c": ["x", "y"], "size": 1536});
    let found = finding(body, facts, &[("/e", plimsoll_engine::snapshot::GapReason::Denied)]);
    assert_eq!(found.message, "b is 7, want 5; x, y 1.5 KiB (absent) (unknown) 2Gi (absent)");
    let several = "check: { fact: $.a, at-least: 1, at-most: 5 }\nmessage: 'want {{ expected }}'";
    assert_eq!(finding(several, json!({"a": 7}), &[]).message, "want at least 1 and at most 5");
    let parameter = "check: { fact: $.a, at-most: { param: limit } }\nmessage: 'want {{ expected }}'";
    assert_eq!(finding(parameter, json!({"a": "3Gi"}), &[]).message, "want 2Gi");
    let each = "check: { each: { path: '$.a[*]', as: mount, that: { fact: '@.used', at-most: 5 } } }\nmessage: '{{ subject }} ({{ mount.fs }}) is {{ actual }} full'";
    let found = findings(each, json!({"a": [{"name": "/x", "fs": "ext4", "used": 9}]}), &[]);
    assert_eq!(found[0].message, "/x (ext4) is 9 full");
}

#[test]
fn hostile_values_are_cut_in_sentences_and_whole_in_evidence() {
    let long = "日".repeat(10_000);
    let found = finding("check: { fact: $.a, equals: x }", json!({ "a": long }), &[]);
    assert!(found.message.chars().count() < 200);
    assert_eq!(found.evidence[0].actual, json!(long));
    let many: Vec<u32> = (0..10_000).collect();
    let found = finding("check: { fact: '$.a[*]', equals: x }", json!({ "a": many }), &[]);
    assert_eq!(found.evidence.len(), 20);
}
