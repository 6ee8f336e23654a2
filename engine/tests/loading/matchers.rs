//! Matchers that cannot apply, and operands that no value can equal.

use insta::assert_snapshot;

use crate::support::{changed, changed_each, when};

#[test]
fn an_order_of_booleans() {
    assert_snapshot!(when("{ fact: $.docker.installed, less-than: 2 }"), @"
    plimsoll::rule::matcher-type

      × `less-than` cannot apply to `$.docker.installed`, which is a boolean
        ╭─[packs/node/docker-live-restore-off.yaml:18:41]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: $.docker.installed, less-than: 2 }
        ·                                         ────┬────
        ·                                             ╰── is for numbers, quantities, durations and percentages
     19 │       run: systemctl reload docker
        ╰────
      help: use `equals: true` or `equals: false`
    ");
}

#[test]
fn contained_in_a_number() {
    assert_snapshot!(when("{ fact: $.memory.total_bytes, contains: 5 }"), @"
    plimsoll::rule::matcher-type

      × `contains` cannot apply to `$.memory.total_bytes`, which is an integer
        ╭─[packs/node/docker-live-restore-off.yaml:18:43]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: $.memory.total_bytes, contains: 5 }
        ·                                           ────┬───
        ·                                               ╰── is for lists and strings
     19 │       run: systemctl reload docker
        ╰────
      help: compare with `equals`, `at-least`, `at-most` and the like
    ");
}

#[test]
fn a_mode_of_a_number() {
    assert_snapshot!(when("{ fact: \"$.files['/etc/passwd'].uid\", mode-within: 0644 }"), @r#"
    plimsoll::rule::matcher-type

      × `mode-within` cannot apply to `$.files['/etc/passwd'].uid`, which is an integer
        ╭─[packs/node/docker-live-restore-off.yaml:18:51]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: "$.files['/etc/passwd'].uid", mode-within: 0644 }
        ·                                                   ─────┬─────
        ·                                                        ╰── is for file modes, which are strings such as "0644"
     19 │       run: systemctl reload docker
        ╰────
      help: compare with `equals`, `at-least`, `at-most` and the like
    "#);
}

#[test]
fn a_version_of_a_list() {
    assert_snapshot!(changed_each("where: { fact: '@.fs_type', in: [ext4, xfs, btrfs] }", "where: { fact: '@.options', version: '>=1' }"), @"
    plimsoll::rule::matcher-type

      × `version` cannot apply to `@.options`, which is a list of strings
        ╭─[packs/node/mount-nearly-full.yaml:11:33]
     10 │     name: '@.target'
     11 │     where: { fact: '@.options', version: '>=1' }
        ·                                 ───┬───
        ·                                    ╰── is for versions, which are strings
     12 │     that: { fact: '@.used_percent', at-most: { param: mounts.used-max } }
        ╰────
      help: select the elements with `[*]` at the end of the path
    ");
}

#[test]
fn a_word_that_the_fact_never_is() {
    assert_snapshot!(when("{ fact: $.os.init, equals: sytemd }"), @r#"
    plimsoll::rule::impossible-value

      × `$.os.init` is never "sytemd"
        ╭─[packs/node/docker-live-restore-off.yaml:18:40]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: $.os.init, equals: sytemd }
        ·                                        ───┬──
        ·                                           ╰── it is "systemd" or "openrc"
     19 │       run: systemctl reload docker
        ╰────
      help: did you mean `systemd`?
    "#);
}

#[test]
fn words_of_which_one_is_never_the_case() {
    assert_snapshot!(when("{ fact: $.os.family, in: [debian, ubuntu] }"), @r#"
    plimsoll::rule::impossible-value

      × `$.os.family` is never "ubuntu"
        ╭─[packs/node/docker-live-restore-off.yaml:18:47]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: $.os.family, in: [debian, ubuntu] }
        ·                                               ───┬──
        ·                                                  ╰── it is "debian" or "rhel" or "suse"
     19 │       run: systemctl reload docker
        ╰────
      help: use one of debian, rhel, suse
    "#);
}

#[test]
fn text_that_a_boolean_never_is() {
    assert_snapshot!(changed("applies: { fact: $.docker.installed, equals: true }", "applies: { fact: $.docker.installed, equals: 'true' }"), @r#"
    plimsoll::rule::impossible-value

      × `$.docker.installed` is never "true"
       ╭─[packs/node/docker-live-restore-off.yaml:7:46]
     6 │   Without live-restore every daemon upgrade or crash takes all containers on the node down with it.
     7 │ applies: { fact: $.docker.installed, equals: 'true' }
       ·                                              ───┬──
       ·                                                 ╰── it is a boolean
     8 │ check:
       ╰────
      help: take away the quotes: true
    "#);
}

#[test]
fn a_number_that_a_text_never_is() {
    assert_snapshot!(when("{ fact: $.os.version_id, equals: 12 }"), @r#"
    plimsoll::rule::impossible-value

      × `$.os.version_id` is never 12
        ╭─[packs/node/docker-live-restore-off.yaml:18:46]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: $.os.version_id, equals: 12 }
        ·                                              ─┬
        ·                                               ╰── it is a string
     19 │       run: systemctl reload docker
        ╰────
      help: put it in quotes: "12"
    "#);
}

#[test]
fn a_default_that_the_fact_never_is() {
    assert_snapshot!(when("{ fact: $.memory.total_bytes, default: none, at-least: 1 }"), @r#"
    plimsoll::rule::impossible-value

      × `$.memory.total_bytes` is never "none"
        ╭─[packs/node/docker-live-restore-off.yaml:18:52]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: $.memory.total_bytes, default: none, at-least: 1 }
        ·                                                    ──┬─
        ·                                                      ╰── it is an integer
     19 │       run: systemctl reload docker
        ╰────
    "#);
}

#[test]
fn one_word_where_a_list_belongs() {
    assert_snapshot!(when("{ fact: $.os.family, in: debian }"), @"
    plimsoll::rule::wrong-type

      × here belongs a list, not text
        ╭─[packs/node/docker-live-restore-off.yaml:18:38]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: $.os.family, in: debian }
        ·                                      ───┬──
        ·                                         ╰── not a list
     19 │       run: systemctl reload docker
        ╰────
      help: put it in brackets: `[…]`
    ");
}

#[test]
fn a_fact_of_another_type() {
    assert_snapshot!(when("{ fact: $.docker.engine.version, equals: { fact: $.memory.total_bytes } }"), @"
    plimsoll::rule::operand

      × `$.memory.total_bytes` is an integer and cannot be compared with `$.docker.engine.version`,
      │ which is a string
        ╭─[packs/node/docker-live-restore-off.yaml:18:62]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: $.docker.engine.version, equals: { fact: $.memory.total_bytes } }
        ·                                                              ────────────────────
     19 │       run: systemctl reload docker
        ╰────
    ");
}

#[test]
fn null_for_absence() {
    assert_snapshot!(when("{ fact: $.os.version_id, equals: null }"), @"
    plimsoll::rule::null

      × no value equals `null`: it means absence
        ╭─[packs/node/docker-live-restore-off.yaml:18:46]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: $.os.version_id, equals: null }
        ·                                              ────
     19 │       run: systemctl reload docker
        ╰────
      help: say `exists: false`
    ");
}

#[test]
fn a_regex_that_is_a_fact() {
    assert_snapshot!(when("{ fact: $.os.id, matches: { fact: $.os.family } }"), @"
    plimsoll::rule::operand

      × a fact cannot stand here
        ╭─[packs/node/docker-live-restore-off.yaml:18:39]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: $.os.id, matches: { fact: $.os.family } }
        ·                                       ─────────────────────
     19 │       run: systemctl reload docker
        ╰────
      help: write it out, or use `{ param: … }`
    ");
}

#[test]
fn a_length_with_a_regex() {
    assert_snapshot!(when("{ fact: $.mounts, length: { matches: '^1' } }"), @"
    plimsoll::rule::unknown-key

      × a length has no matcher `matches`
        ╭─[packs/node/docker-live-restore-off.yaml:18:41]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: $.mounts, length: { matches: '^1' } }
        ·                                         ───┬───
        ·                                            ╰── unknown key
     19 │       run: systemctl reload docker
        ╰────
      help: use one of equals, not-equals, in, not-in, less-than, at-most, greater-than, at-least
    ");
}
