//! `each`: elements, their names, and what becomes of gaps among them.

use plimsoll_engine::snapshot::GapReason::{Denied, Offline};
use serde_json::json;

use crate::support::{findings, told};

const MOUNTS: &str = "check: { each: { path: '$.mounts[*]', as: mount, where: { fact: '@.fs', equals: ext4 }, that: { fact: '@.used', at-most: 90 } } }";

#[test]
fn every_failing_element_is_a_finding() {
    let facts = json!({"mounts": [
        {"target": "/", "fs": "ext4", "used": 95},
        {"target": "/ok", "fs": "ext4", "used": 5},
        {"target": "/tmp", "fs": "tmpfs", "used": 100},
        {"target": "/data", "fs": "ext4", "used": 91},
    ]});
    let found = findings(MOUNTS, facts, &[]);
    assert_eq!(told(&found), ["fail /", "fail /data"]);
    assert_eq!(found[0].message, "used is 95; expected at most 90");
    assert_eq!(found[0].evidence[0].path, "$['mounts'][0]['used']");
}

#[test]
fn passes_are_one_finding() {
    for facts in [
        json!({"mounts": [{"target": "/", "fs": "ext4", "used": 5}, {"target": "/b", "fs": "ext4", "used": 6}]}),
        json!({"mounts": [{"target": "/", "fs": "tmpfs", "used": 99}]}),
        json!({"mounts": []}),
        json!({}),
    ] {
        assert_eq!(told(&findings(MOUNTS, facts.clone(), &[])), ["pass"], "{facts}");
    }
}

#[test]
fn a_gap_among_the_elements_is_a_finding_of_its_own() {
    let facts = json!({"mounts": [{"target": "/", "fs": "ext4", "used": 95}, {"target": "/b", "fs": "ext4", "used": 5}]});
    assert_eq!(told(&findings(MOUNTS, facts, &[("/mounts", Denied)])), ["fail /", "unknown"]);
    assert_eq!(told(&findings(MOUNTS, json!({"mounts": null}), &[("/mounts", Denied)])), ["unknown"]);
    assert_eq!(told(&findings(MOUNTS, json!({"mounts": null}), &[("/mounts", Offline)])), ["not-applicable"]);
    // An element that is a gap itself.
    let hole = json!({"mounts": [null, {"target": "/b", "fs": "ext4", "used": 5}]});
    assert_eq!(told(&findings(MOUNTS, hole.clone(), &[("/mounts/0", Denied)])), ["unknown"]);
    assert_eq!(told(&findings(MOUNTS, hole, &[("/mounts/0", Offline)])), ["pass"]);
}

#[test]
fn a_gap_inside_an_element_concerns_that_element_only() {
    let facts = json!({"mounts": [
        {"target": "/nfs", "fs": "ext4", "used": null},
        {"target": "/b", "fs": "ext4", "used": 99},
    ]});
    let found = findings(MOUNTS, facts.clone(), &[("/mounts/0/used", Denied)]);
    assert_eq!(told(&found), ["unknown /nfs", "fail /b"]);
    assert_eq!(found[0].gaps[0].path, "/mounts/0/used");
    assert_eq!(told(&findings(MOUNTS, facts, &[("/mounts/0/used", Offline)])), ["fail /b"]);
    let only = json!({"mounts": [{"target": "/nfs", "fs": "ext4", "used": null}]});
    assert_eq!(told(&findings(MOUNTS, only, &[("/mounts/0/used", Offline)])), ["not-applicable"]);
}

#[test]
fn an_element_that_may_be_concerned_is_unknown_unless_all_is_well_with_it() {
    for (used, expected) in [(json!(5), "pass"), (json!(99), "unknown /x")] {
        let facts = json!({"mounts": [{"target": "/x", "fs": null, "used": used}]});
        assert_eq!(told(&findings(MOUNTS, facts, &[("/mounts/0/fs", Denied)])), [expected]);
    }
}

#[test]
fn elements_are_named_by_what_names_them() {
    let named = |body: &str, facts| told(&findings(body, facts, &[]));
    let all = "check: { each: { path: '$.a[*]', as: thing, that: { fact: '@.x', exists: true } } }";
    assert_eq!(
        named(
            all,
            json!({"a": [{"target": "t", "name": "n"}, {"path": "p", "target": "t"}, {"id": "i"}, {"target": "t"}, {"name": 7}, "s", 8, true]})
        ),
        ["fail n", "fail p", "fail i", "fail t", "fail $['a'][4]", "fail s", "fail 8", "fail true"]
    );
    assert_eq!(named(all, json!({"a": {"key": {"name": "n"}, "other": "x"}})), ["fail key", "fail other"]);
    let query =
        "check: { each: { path: '$.a[*]', as: port, name: '@.port', that: { fact: '@.x', exists: true } } }";
    assert_eq!(named(query, json!({"a": [{"port": 80, "name": "n"}, {"name": "n"}]})), ["fail 80", "fail n"]);
    assert_eq!(
        named(all, json!({"a": ["x", "x", "x (2)", "x"]})),
        ["fail x", "fail x (2)", "fail x (2) (2)", "fail x (3)"],
        "no two are called the same"
    );
}

#[test]
fn conditions_inside_see_the_element_and_the_whole() {
    let body =
        "check: { each: { path: '$.a[*]', as: thing, that: { fact: '@.v', at-most: { fact: $.limit } } } }";
    let facts = json!({"limit": 5, "a": [{"name": "x", "v": 4}, {"name": "y", "v": 6}]});
    let found = findings(body, facts, &[]);
    assert_eq!(told(&found), ["fail y"]);
    assert_eq!(found[0].message, "v is 6; expected at most 5 (as $.limit)");
    let itself = "check: { each: { path: '$.ports[*]', as: port, that: { fact: '@', at-most: 1024 } } }";
    assert_eq!(
        findings(itself, json!({"ports": [22, 8080]}), &[])[0].message,
        "port is 8080; expected at most 1024"
    );
}

#[test]
fn elements_that_could_not_be_listed_are_unknown() {
    let list: Vec<_> = (0..3000).map(|n| json!({"n": n})).collect();
    let body = "check: { each: { path: '$.a[?count($.a[?@.n >= 0].n) == 0]', as: thing, that: { fact: '@.n', exists: false } } }";
    let found = findings(body, json!({ "a": list }), &[]);
    assert_eq!(told(&found), ["unknown"]);
    assert!(found[0].message.contains("too many values"));
}
