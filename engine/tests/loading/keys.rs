//! Mistakes in keys and plain values.

use insta::assert_snapshot;

use crate::support::{LIVE_RESTORE, NEARLY_FULL, changed, drawn, replaced, when, with};

#[test]
fn an_unknown_key() {
    assert_snapshot!(changed("rationale: >-", "rational: >-"), @"
    plimsoll::rule::unknown-key

      × a rule has no key `rational`
       ╭─[packs/node/docker-live-restore-off.yaml:5:1]
     4 │ tags: [docker, availability]
     5 │ rational: >-
       · ────┬───
       ·     ╰── unknown key
     6 │   Without live-restore every daemon upgrade or crash takes all containers on the node down with it.
       ╰────
      help: did you mean `rationale`?
    ");
}

#[test]
fn a_matcher_that_does_not_exist() {
    assert_snapshot!(changed("  equals: true", "  equal: true"), @r#"
    plimsoll::rule::unknown-key

      × a condition has no key `equal`
        ╭─[packs/node/docker-live-restore-off.yaml:11:3]
     10 │   default: false
     11 │   equal: true
        ·   ──┬──
        ·     ╰── unknown key
     12 │ message: "live-restore is {{ actual }}"
        ╰────
      help: did you mean `equals`?
    "#);
}

#[test]
fn a_severity_that_does_not_exist() {
    assert_snapshot!(changed("severity: medium", "severity: meduim"), @"
    plimsoll::rule::unknown-word

      × `meduim` is no severity
       ╭─[packs/node/docker-live-restore-off.yaml:3:11]
     2 │ title: Containers stop whenever dockerd restarts
     3 │ severity: meduim
       ·           ──────
     4 │ tags: [docker, availability]
       ╰────
      help: did you mean `medium`?
    ");
}

#[test]
fn an_effect_that_does_not_exist() {
    assert_snapshot!(changed("effect: reload", "effect: relaod"), @"
    plimsoll::rule::unknown-word

      × `relaod` is no effect
        ╭─[packs/node/docker-live-restore-off.yaml:15:11]
     14 │   summary: Enable live-restore and reload the daemon
     15 │   effect: relaod
        ·           ──────
     16 │   steps:
        ╰────
      help: did you mean `reload`?
    ");
}

#[test]
fn a_number_where_text_belongs() {
    assert_snapshot!(changed("control: \"2.15\"", "control: 2.15"), @r#"
    plimsoll::rule::wrong-type

      × here belongs text, not a number
        ╭─[packs/node/docker-live-restore-off.yaml:23:45]
     22 │   - { title: Live restore, url: "https://docs.docker.com/engine/daemon/live-restore/" }
     23 │   - { benchmark: cis-docker-1.6.0, control: 2.15 }
        ·                                             ──┬─
        ·                                               ╰── not text
     24 │ tests:
        ╰────
      help: put it in quotes: "2.15"
    "#);
}

#[test]
fn a_word_where_a_list_belongs() {
    assert_snapshot!(changed("tags: [docker, availability]", "tags: docker"), @"
    plimsoll::rule::wrong-type

      × here belongs a list, not text
       ╭─[packs/node/docker-live-restore-off.yaml:4:7]
     3 │ severity: medium
     4 │ tags: docker
       ·       ───┬──
       ·          ╰── not a list
     5 │ rationale: >-
       ╰────
      help: put it in brackets: `[…]`
    ");
}

#[test]
fn an_id_that_is_not_the_name_of_the_file() {
    assert_snapshot!(changed("id: docker-live-restore-off", "id: docker-live-restore"), @"
    plimsoll::rule::id-mismatch

      × the id `docker-live-restore` is not the file's name, `docker-live-restore-off`
       ╭─[packs/node/docker-live-restore-off.yaml:1:5]
     1 │ id: docker-live-restore
       ·     ───────────────────
     2 │ title: Containers stop whenever dockerd restarts
       ╰────
      help: write `id: docker-live-restore-off`, or rename the file
    ");
}

#[test]
fn both_check_and_manual() {
    assert_snapshot!(changed("message: \"live", "manual: [$.docker.config]\nmessage: \"live"), @r#"
    plimsoll::rule::conflicting-keys

      × a rule has either `check` or `manual`, not both
        ╭─[packs/node/docker-live-restore-off.yaml:12:1]
      7 │ applies: { fact: $.docker.installed, equals: true }
      8 │ check:
        · ──┬──
        ·   ╰── already decided here
      9 │   fact: $.docker.config['live-restore']
     10 │   default: false
     11 │   equals: true
     12 │ manual: [$.docker.config]
        · ───┬──
        ·    ╰── not both
     13 │ message: "live-restore is {{ actual }}"
        ╰────
    "#);
}

#[test]
fn all_of_nothing() {
    assert_snapshot!(when("{ all: [] }"), @"
    plimsoll::rule::empty

      × `all` joins no conditions
        ╭─[packs/node/docker-live-restore-off.yaml:18:20]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { all: [] }
        ·                    ──
     19 │       run: systemctl reload docker
        ╰────
    ");
}

#[test]
fn a_condition_without_a_matcher() {
    assert_snapshot!(when("{ fact: $.os.init }"), @"
    plimsoll::rule::no-matcher

      × the condition demands nothing
        ╭─[packs/node/docker-live-restore-off.yaml:18:13]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: $.os.init }
        ·             ─────────┬─────────
        ·                      ╰── no matcher here
     19 │       run: systemctl reload docker
        ╰────
      help: say what the value has to be like, for example `equals: true` or `exists: true`
    ");
}

#[test]
fn a_condition_next_to_all() {
    assert_snapshot!(changed("applies: { fact: $.docker.installed, equals: true }", "applies: { all: [{ fact: $.docker.installed, equals: true }], fact: $.os.id }"), @"
    plimsoll::rule::conflicting-keys

      × `all` stands alone, without `fact`
       ╭─[packs/node/docker-live-restore-off.yaml:7:63]
     6 │   Without live-restore every daemon upgrade or crash takes all containers on the node down with it.
     7 │ applies: { all: [{ fact: $.docker.installed, equals: true }], fact: $.os.id }
       ·            ─┬─                                                ────
       ·             ╰── next to this
     8 │ check:
       ╰────
      help: join conditions in a list: `all: [{ … }, { … }]`
    ");
}

#[test]
fn a_step_that_does_two_things() {
    assert_snapshot!(changed("      run: systemctl reload docker", "      run: systemctl reload docker\n      write: { file: /etc/x, content: x }"), @r#"
    plimsoll::rule::conflicting-keys

      × a step has either `run` or `write`, not both
        ╭─[packs/node/docker-live-restore-off.yaml:20:7]
     18 │     - when: { fact: $.os.init, equals: systemd }
     19 │       run: systemctl reload docker
        ·       ─┬─
        ·        ╰── already decided here
     20 │       write: { file: /etc/x, content: x }
        ·       ──┬──
        ·         ╰── not both
     21 │   verify: docker info --format "{{ '{{.LiveRestoreEnabled}}' }}"
        ╰────
    "#);
}

#[test]
fn a_file_that_is_not_absolute() {
    assert_snapshot!(changed("file: /etc/docker/daemon.json", "file: etc/docker/daemon.json"), @"
    plimsoll::rule::relative-file

      × the path of the file is not absolute
        ╭─[packs/node/docker-live-restore-off.yaml:17:21]
     16 │   steps:
     17 │     - edit: { file: etc/docker/daemon.json, json: { live-restore: true } }
        ·                     ──────────────────────
     18 │     - when: { fact: $.os.init, equals: systemd }
        ╰────
      help: write `/etc/docker/daemon.json`
    ");
}

#[test]
fn keys_that_are_missing() {
    let text = replaced(LIVE_RESTORE, "title: Containers stop whenever dockerd restarts\n", "");
    let text = replaced(&text, "  effect: reload\n", "");
    assert_snapshot!(drawn(with(&[("packs/node/docker-live-restore-off.yaml", &text)])), @"
    plimsoll::rule::missing-key

      × a rule has to say its `title`
       ╭─[packs/node/docker-live-restore-off.yaml:1:1]
     1 │ id: docker-live-restore-off
       · ─┬
       ·  ╰── `title` is missing here
     2 │ severity: medium
       ╰────

    plimsoll::rule::missing-key

      × a remediation has to say its `effect`
        ╭─[packs/node/docker-live-restore-off.yaml:13:3]
     12 │ remediation:
     13 │   summary: Enable live-restore and reload the daemon
        ·   ───┬───
        ·      ╰── `effect` is missing here
     14 │   steps:
        ╰────
    ");
}

#[test]
fn an_element_called_like_a_variable() {
    let text =
        replaced(NEARLY_FULL, "as: mount", "as: subject").replace("{{ mount.target }}", "{{ subject }}");
    assert_snapshot!(drawn(with(&[("packs/node/mount-nearly-full.yaml", &text)])), @"
    plimsoll::rule::bad-id

      × `subject` already has a meaning in templates
        ╭─[packs/node/mount-nearly-full.yaml:9:9]
      8 │     path: $.mounts[*]
      9 │     as: subject
        ·         ───────
     10 │     name: '@.target'
        ╰────
      help: call the elements by a noun, such as `container`
    ");
}

#[test]
fn names_with_other_characters() {
    assert_snapshot!(changed("benchmark: cis-docker-1.6.0", "benchmark: CIS Docker 1.6.0"), @r#"
    plimsoll::rule::bad-id

      × `CIS Docker 1.6.0` cannot be a name
        ╭─[packs/node/docker-live-restore-off.yaml:23:18]
     22 │   - { title: Live restore, url: "https://docs.docker.com/engine/daemon/live-restore/" }
     23 │   - { benchmark: CIS Docker 1.6.0, control: "2.15" }
        ·                  ────────────────
     24 │ tests:
        ╰────
      help: a name is made of lower-case words and digits, joined by `-` or `.`, such as `cis-docker-
            1.6.0`
    "#);
}
