//! Mistakes in the tests that rules carry.

use insta::assert_snapshot;

use crate::support::{changed, changed_each};

#[test]
fn no_test_sees_the_rule_fail() {
    assert_snapshot!(changed("config: {} } }, expect: fail", "config: {} } }, expect: unknown"), @r#"
    plimsoll::rule::untested

      × no test of the rule expects `fail`
        ╭─[packs/node/docker-live-restore-off.yaml:24:1]
     23 │   - { benchmark: cis-docker-1.6.0, control: "2.15" }
     24 │ tests:
        · ─────
     25 │   - { name: key absent, facts: { docker: { installed: true, config: {} } }, expect: unknown }
        ╰────
      help: add a test with `expect: fail`: a check that cannot fail is none
    "#);
}

#[test]
fn a_rule_without_tests() {
    let text = crate::support::LIVE_RESTORE;
    let tests = &text[text.find("tests:").unwrap()..];
    assert_snapshot!(changed(tests, ""), @"
    plimsoll::rule::untested

      × the rule has no tests
       ╭─[packs/node/docker-live-restore-off.yaml:1:1]
     1 │ id: docker-live-restore-off
       · ──
     2 │ title: Containers stop whenever dockerd restarts
       ╰────
      help: add `tests:` with at least one case that fails and one that passes
    ");
}

#[test]
fn a_fact_that_cannot_be() {
    assert_snapshot!(changed("docker: { installed: false }", "docker: { instaled: false }"), @"
    plimsoll::rule::impossible-fact

      × there is no fact `$.docker.instaled`
        ╭─[packs/node/docker-live-restore-off.yaml:27:43]
     26 │   - { name: switched on, facts: { docker: { installed: true, config: { live-restore: true } } }, expect: pass }
     27 │   - { name: no docker, facts: { docker: { instaled: false } }, expect: not-applicable }
        ·                                           ────────
        ╰────
      help: did you mean `installed`?
    ");
}

#[test]
fn a_fact_of_the_wrong_type() {
    assert_snapshot!(changed_each("used_percent: 97", "used_percent: 97%"), @r#"
    plimsoll::rule::impossible-fact

      × `$.mounts[0].used_percent` is never "97%"
        ╭─[packs/node/mount-nearly-full.yaml:21:66]
     20 │   - name: nearly full
     21 │     facts: { mounts: [ { target: /, fs_type: ext4, used_percent: 97% } ] }
        ·                                                                  ─┬─
        ·                                                                   ╰── it is a number
     22 │     expect: fail
        ╰────
    "#);
}

#[test]
fn a_gap_where_no_fact_is() {
    assert_snapshot!(changed_each("path: /mounts/0/used_percent", "path: /mounts/0/used_prcent"), @"
    plimsoll::path::unknown-fact

      × there is no fact `$.mounts[0].used_prcent`
        ╭─[packs/node/mount-nearly-full.yaml:30:21]
     29 │     facts: { mounts: [ { target: /, fs_type: ext4 } ] }
     30 │     gaps: [ { path: /mounts/0/used_prcent, reason: denied, source: / } ]
        ·                     ─────────────────────
     31 │     expect: unknown
        ╰────
      help: did you mean `used_percent`?
    ");
}

#[test]
fn a_gap_in_the_other_notation() {
    assert_snapshot!(changed_each("path: /mounts/0/used_percent", "path: '$.mounts[0].used_percent'"), @"
    plimsoll::rule::bad-pointer

      × the place of a gap is a JSON pointer
        ╭─[packs/node/mount-nearly-full.yaml:30:21]
     29 │     facts: { mounts: [ { target: /, fs_type: ext4 } ] }
     30 │     gaps: [ { path: '$.mounts[0].used_percent', reason: denied, source: / } ]
        ·                     ──────────────────────────
     31 │     expect: unknown
        ╰────
      help: write it as `/mounts/0/used_percent`
    ");
}

#[test]
fn an_outcome_that_no_rule_has() {
    assert_snapshot!(changed("expect: not-applicable", "expect: waived"), @"
    plimsoll::rule::unknown-word

      × `waived` is no outcome
        ╭─[packs/node/docker-live-restore-off.yaml:27:73]
     26 │   - { name: switched on, facts: { docker: { installed: true, config: { live-restore: true } } }, expect: pass }
     27 │   - { name: no docker, facts: { docker: { installed: false } }, expect: waived }
        ·                                                                         ──────
        ╰────
      help: use one of pass, fail, unknown, manual, not-applicable
    ");
}

#[test]
fn a_parameter_that_does_not_take_the_value() {
    assert_snapshot!(changed_each("    expect: unknown", "    params: { mounts.used-max: lots }\n    expect: unknown"), @r#"
    plimsoll::rule::parameter-value

      × the parameter `mounts.used-max` takes a percentage such as "80%", not "lots"
        ╭─[packs/node/mount-nearly-full.yaml:31:32]
     30 │     gaps: [ { path: /mounts/0/used_percent, reason: denied, source: / } ]
     31 │     params: { mounts.used-max: lots }
        ·                                ────
     32 │     expect: unknown
        ╰────
    "#);
}

#[test]
fn subjects_of_a_rule_that_has_none() {
    assert_snapshot!(changed("expect: not-applicable", "expect: not-applicable, subjects: [docker]"), @"
    plimsoll::rule::conflicting-keys

      × a rule without `each` has no subjects
        ╭─[packs/node/docker-live-restore-off.yaml:27:89]
     26 │   - { name: switched on, facts: { docker: { installed: true, config: { live-restore: true } } }, expect: pass }
     27 │   - { name: no docker, facts: { docker: { installed: false } }, expect: not-applicable, subjects: [docker] }
        ·                                                                                         ────────
        ╰────
      help: take `subjects` away
    ");
}
