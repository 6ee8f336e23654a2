//! Paths that no fact can have.

use insta::assert_snapshot;

use crate::support::{changed_each, when};

#[test]
fn a_misspelt_fact() {
    assert_snapshot!(when("{ fact: $.os.familly, equals: debian }"), @"
    plimsoll::path::unknown-fact

      × there is no fact `$.os.familly`
        ╭─[packs/node/docker-live-restore-off.yaml:18:26]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: $.os.familly, equals: debian }
        ·                          ───────
     19 │       run: systemctl reload docker
        ╰────
      help: did you mean `family`?
    ");
}

#[test]
fn a_misspelt_collector() {
    assert_snapshot!(when("{ fact: $.memroy.total_bytes, at-least: 1Gi }"), @"
    plimsoll::path::unknown-fact

      × there is no fact `$.memroy`
        ╭─[packs/node/docker-live-restore-off.yaml:18:23]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: $.memroy.total_bytes, at-least: 1Gi }
        ·                       ──────
     19 │       run: systemctl reload docker
        ╰────
      help: did you mean `memory`?
    ");
}

#[test]
fn a_misspelt_member_of_the_element() {
    assert_snapshot!(changed_each("fact: '@.used_percent'", "fact: '@.used_percnt'"), @r#"
    plimsoll::path::unknown-fact

      × there is no fact `@.used_percnt`
        ╭─[packs/node/mount-nearly-full.yaml:12:22]
     11 │     where: { fact: '@.fs_type', in: [ext4, xfs, btrfs] }
     12 │     that: { fact: '@.used_percnt', at-most: { param: mounts.used-max } }
        ·                      ───────────
     13 │ message: "{{ mount.target }} is {{ actual }} % full; {{ param.mounts.used-max }} is the limit"
        ╰────
      help: did you mean `used_percent`?
    "#);
}

#[test]
fn a_misspelt_member_in_a_filter() {
    assert_snapshot!(changed_each("path: $.mounts[*]", "path: $.mounts[?@.fstype == 'ext4' && !@.read_only]"), @"
    plimsoll::path::unknown-fact

      × there is no fact `@.fstype`
       ╭─[packs/node/mount-nearly-full.yaml:8:23]
     7 │   each:
     8 │     path: $.mounts[?@.fstype == 'ext4' && !@.read_only]
       ·                       ──────
     9 │     as: mount
       ╰────
      help: did you mean `fs_type`?
    ");
}

#[test]
fn every_key_of_a_keyed_fact() {
    assert_snapshot!(when("{ fact: '$.sysctl.*.running', equals: 1 }"), @"
    plimsoll::path::unknown-fact

      × of `$.sysctl` only the keys that rules name are read
        ╭─[packs/node/docker-live-restore-off.yaml:18:31]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: '$.sysctl.*.running', equals: 1 }
        ·                               ─
     19 │       run: systemctl reload docker
        ╰────
      help: name the key: `$.sysctl['…']`
    ");
}

#[test]
fn a_member_of_a_list() {
    assert_snapshot!(when("{ fact: $.mounts.target, equals: / }"), @"
    plimsoll::path::unknown-fact

      × `$.mounts` is a list and has no member `target`
        ╭─[packs/node/docker-live-restore-off.yaml:18:30]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: $.mounts.target, equals: / }
        ·                              ──────
     19 │       run: systemctl reload docker
        ╰────
      help: select its elements first: `$.mounts[*].target`
    ");
}

#[test]
fn a_member_of_a_number() {
    assert_snapshot!(when("{ fact: $.memory.total_bytes.free, at-least: 1 }"), @"
    plimsoll::path::unknown-fact

      × `$.memory.total_bytes` is an integer and has nothing inside
        ╭─[packs/node/docker-live-restore-off.yaml:18:42]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: $.memory.total_bytes.free, at-least: 1 }
        ·                                          ────
     19 │       run: systemctl reload docker
        ╰────
    ");
}

#[test]
fn an_element_of_an_object() {
    assert_snapshot!(when("{ fact: '$.os[0].id', equals: debian }"), @"
    plimsoll::path::unknown-fact

      × `$.os` is no list but an object
        ╭─[packs/node/docker-live-restore-off.yaml:18:26]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: '$.os[0].id', equals: debian }
        ·                          ───
     19 │       run: systemctl reload docker
        ╰────
    ");
}

#[test]
fn a_descendant_that_is_nowhere() {
    assert_snapshot!(when("{ fact: $.memory..swap, exists: true }"), @"
    plimsoll::path::unknown-fact

      × nothing below `$.memory` is called `swap`
        ╭─[packs/node/docker-live-restore-off.yaml:18:31]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: $.memory..swap, exists: true }
        ·                               ────
     19 │       run: systemctl reload docker
        ╰────
    ");
}

#[test]
fn a_word_in_a_filter_that_the_fact_never_is() {
    assert_snapshot!(when("{ fact: \"$[?@.family == 'debain'].id\", exists: true }"), @r#"
    plimsoll::path::unknown-fact

      × `@.family` is never "debain"
        ╭─[packs/node/docker-live-restore-off.yaml:18:38]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: "$[?@.family == 'debain'].id", exists: true }
        ·                                      ──────
     19 │       run: systemctl reload docker
        ╰────
      help: did you mean `debian`?
    "#);
}

#[test]
fn a_boolean_compared_with_text_in_a_filter() {
    assert_snapshot!(changed_each("path: $.mounts[*]", "path: $.mounts[?@.read_only == 'true']"), @r#"
    plimsoll::path::unknown-fact

      × `@.read_only` is never "true"
       ╭─[packs/node/mount-nearly-full.yaml:8:37]
     7 │   each:
     8 │     path: $.mounts[?@.read_only == 'true']
       ·                                     ────
     9 │     as: mount
       ╰────
    "#);
}
