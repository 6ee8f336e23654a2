//! Mistakes in the notation: YAML, JSONPath, regular expressions and the small notations of operands.

use insta::assert_snapshot;

use crate::support::{changed, changed_each, when};

#[test]
fn a_plain_text_with_a_colon() {
    assert_snapshot!(changed("title: Containers stop", "title: Containers: they stop"), @"
    plimsoll::yaml::syntax

      × this is not YAML: mapping values are not allowed in this context
       ╭─[packs/node/docker-live-restore-off.yaml:2:18]
     1 │ id: docker-live-restore-off
     2 │ title: Containers: they stop whenever dockerd restarts
       ·                  ─
     3 │ severity: medium
       ╰────
      help: put text that holds `: ` in quotes
    ");
}

#[test]
fn an_indent_by_tab() {
    assert_snapshot!(changed("  default: false", "\tdefault: false"), @"
    plimsoll::yaml::syntax

      × this is not YAML: a line is indented by a tab
        ╭─[packs/node/docker-live-restore-off.yaml:10:1]
      9 │   fact: $.docker.config['live-restore']
     10 │     default: false
        · ────
     11 │   equals: true
        ╰────
      help: indent with spaces
    ");
}

#[test]
fn a_bracket_that_is_not_closed() {
    assert_snapshot!(changed("tags: [docker, availability]", "tags: [docker, availability"), @"
    plimsoll::yaml::syntax

      × this is not YAML: illegal placement of ':' indicator
       ╭─[packs/node/docker-live-restore-off.yaml:5:10]
     3 │ severity: medium
     4 │ tags: [docker, availability
       ·       ┬
       ·       ╰── this is still open
     5 │ rationale: >-
       ·          ─
     6 │   Without live-restore every daemon upgrade or crash takes all containers on the node down with it.
       ╰────
    ");
}

#[test]
fn a_key_that_stands_twice() {
    assert_snapshot!(changed("severity: medium", "severity: medium\ntitle: Another one"), @"
    plimsoll::yaml::duplicate-key

      × the key `title` stands here twice
       ╭─[packs/node/docker-live-restore-off.yaml:4:1]
     1 │ id: docker-live-restore-off
     2 │ title: Containers stop whenever dockerd restarts
       · ──┬──
       ·   ╰── here first
     3 │ severity: medium
     4 │ title: Another one
       · ──┬──
       ·   ╰── again
     5 │ tags: [docker, availability]
       ╰────
    ");
}

#[test]
fn an_alias() {
    assert_snapshot!(changed("title: Containers stop", "title: &stop Containers stop"), @"
    plimsoll::yaml::refused

      × an anchor has no place here
       ╭─[packs/node/docker-live-restore-off.yaml:2:8]
     1 │ id: docker-live-restore-off
     2 │ title: &stop Containers stop whenever dockerd restarts
       ·        ─────
     3 │ severity: medium
       ╰────
      help: write the value out
    ");
}

#[test]
fn a_second_document() {
    assert_snapshot!(changed("remediation:\n", "---\nremediation:\n"), @r#"
    plimsoll::yaml::documents

      × the file holds a second document
        ╭─[packs/node/docker-live-restore-off.yaml:13:1]
     12 │ message: "live-restore is {{ actual }}"
     13 │ ---
        · ───
     14 │ remediation:
        ╰────
      help: put it in a file of its own
    "#);
}

#[test]
fn a_word_that_readers_take_for_different_things() {
    assert_snapshot!(changed("  equals: true", "  equals: yes"), @r#"
    plimsoll::rule::ambiguous-word

      × `yes` is text to some YAML readers and true or false to others
        ╭─[packs/node/docker-live-restore-off.yaml:11:11]
     10 │   default: false
     11 │   equals: yes
        ·           ───
     12 │ message: "live-restore is {{ actual }}"
        ╰────
      help: put it in quotes, "yes", or write true or false
    "#);
}

#[test]
fn a_path_with_a_dash_after_the_dot() {
    assert_snapshot!(changed("$.docker.config['live-restore']", "$.docker.config.live-restore"), @"
    plimsoll::path::syntax

      × unexpected `-`
        ╭─[packs/node/docker-live-restore-off.yaml:9:29]
      8 │ check:
      9 │   fact: $.docker.config.live-restore
        ·                             ─
     10 │   default: false
        ╰────
      help: write `['live-restore']`: after a dot there are letters, digits and `_` only
    ");
}

#[test]
fn a_place_is_right_behind_letters_of_several_bytes() {
    let spoiled = "summary: Größe prüfen — {{ $.os.idd }}";
    assert_snapshot!(changed("summary: Enable live-restore and reload the daemon", spoiled), @"
    plimsoll::path::unknown-fact

      × there is no fact `$.os.idd`
        ╭─[packs/node/docker-live-restore-off.yaml:14:40]
     13 │ remediation:
     14 │   summary: Größe prüfen — {{ $.os.idd }}
        ·                                   ───
     15 │   effect: reload
        ╰────
      help: did you mean `id`?
    ");
}

#[test]
fn a_regex_that_is_not_closed() {
    assert_snapshot!(when("{ fact: $.os.id, matches: '^deb(ian' }"), @"
    plimsoll::rule::bad-regex

      × this is not a regular expression: unclosed group
        ╭─[packs/node/docker-live-restore-off.yaml:18:44]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: $.os.id, matches: '^deb(ian' }
        ·                                            ─
     19 │       run: systemctl reload docker
        ╰────
    ");
}

#[test]
fn a_regex_in_double_quotes_with_escapes() {
    assert_snapshot!(when(r#"{ fact: $.os.id, matches: "^a\\d\u0062(" }"#), @r#"
    plimsoll::rule::bad-regex

      × this is not a regular expression: unclosed group
        ╭─[packs/node/docker-live-restore-off.yaml:18:51]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: $.os.id, matches: "^a\\d\u0062(" }
        ·                                                   ─
     19 │       run: systemctl reload docker
        ╰────
    "#);
}

#[test]
fn a_range_that_is_none() {
    assert_snapshot!(when("{ fact: $.docker.engine.version, version: '>=20.10, ^24' }"), @r#"
    plimsoll::rule::bad-version

      × `^24` is not a range of versions
        ╭─[packs/node/docker-live-restore-off.yaml:18:65]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: $.docker.engine.version, version: '>=20.10, ^24' }
        ·                                                                 ───
     19 │       run: systemctl reload docker
        ╰────
      help: write for example ">=5.4, <6"
    "#);
}

#[test]
fn a_mode_that_is_not_octal() {
    assert_snapshot!(when("{ fact: \"$.files['/etc/passwd'].mode\", mode-within: 0684 }"), @r#"
    plimsoll::rule::bad-mode

      × `0684` is not a file mode
        ╭─[packs/node/docker-live-restore-off.yaml:18:65]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: "$.files['/etc/passwd'].mode", mode-within: 0684 }
        ·                                                                 ────
     19 │       run: systemctl reload docker
        ╰────
      help: write it in octal digits, such as "0644"
    "#);
}

#[test]
fn a_network_that_is_none() {
    assert_snapshot!(when("{ fact: $.docker.engine.bridge, within-cidr: 172.17.0.0/33 }"), @r#"
    plimsoll::rule::bad-cidr

      × `172.17.0.0/33` is neither an address nor a network
        ╭─[packs/node/docker-live-restore-off.yaml:18:58]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: $.docker.engine.bridge, within-cidr: 172.17.0.0/33 }
        ·                                                          ─────────────
     19 │       run: systemctl reload docker
        ╰────
      help: write for example "10.0.0.0/8" or "fd00::/8"
    "#);
}

#[test]
fn a_quantity_that_is_none() {
    assert_snapshot!(when("{ fact: $.memory.total_bytes, at-least: 2 gigs }"), @"
    plimsoll::rule::bad-quantity

      × here belongs a number, quantity, duration or percentage
        ╭─[packs/node/docker-live-restore-off.yaml:18:53]
     17 │     - edit: { file: /etc/docker/daemon.json, json: { live-restore: true } }
     18 │     - when: { fact: $.memory.total_bytes, at-least: 2 gigs }
        ·                                                     ──────
     19 │       run: systemctl reload docker
        ╰────
      help: write for example 42, 2Gi, 500M, 5m, 1h30m or 80%
    ");
}

#[test]
fn an_address_that_is_not_https() {
    assert_snapshot!(changed("url: \"https://docs", "url: \"http://docs"), @r#"
    plimsoll::rule::bad-url

      × `http://docs.docker.com/engine/daemon/live-restore/` is not an https address
        ╭─[packs/node/docker-live-restore-off.yaml:22:33]
     21 │ references:
     22 │   - { title: Live restore, url: "http://docs.docker.com/engine/daemon/live-restore/" }
        ·                                 ────────────────────────────────────────────────────
     23 │   - { benchmark: cis-docker-1.6.0, control: "2.15" }
        ╰────
      help: write `https://docs.docker.com/engine/daemon/live-restore/`
    "#);
}

#[test]
fn a_relative_path_outside_of_each() {
    assert_snapshot!(changed("applies: { fact: $.docker.installed", "applies: { fact: '@.installed'"), @"
    plimsoll::path::syntax

      × a query starts with `$`, the root of the facts
       ╭─[packs/node/docker-live-restore-off.yaml:7:19]
     6 │   Without live-restore every daemon upgrade or crash takes all containers on the node down with it.
     7 │ applies: { fact: '@.installed', equals: true }
       ·                   ─
     8 │ check:
       ╰────
      help: `@`, the current element, has a meaning inside `each` only
    ");
}

#[test]
fn a_path_without_its_root() {
    assert_snapshot!(changed_each("path: $.mounts[*]", "path: mounts[*]"), @"
    plimsoll::path::syntax

      × a query starts with `$`, the root of the facts
       ╭─[packs/node/mount-nearly-full.yaml:8:11]
     7 │   each:
     8 │     path: mounts[*]
       ·           ─
     9 │     as: mount
       ╰────
      help: write `$.mounts[*]`
    ");
}
