//! Mistakes in templates.

use insta::assert_snapshot;

use crate::support::{changed, changed_each};

#[test]
fn a_misspelt_variable() {
    assert_snapshot!(changed("{{ actual }}", "{{ actaul }}"), @r#"
    plimsoll::template::syntax

      × there is no variable `actaul`
        ╭─[packs/node/docker-live-restore-off.yaml:12:30]
     11 │   equals: true
     12 │ message: "live-restore is {{ actaul }}"
        ·                              ──────
     13 │ remediation:
        ╰────
      help: did you mean `actual`?
    "#);
}

#[test]
fn a_filter_that_does_not_exist() {
    assert_snapshot!(changed("{{ actual }}", "{{ actual | byte }}"), @r#"
    plimsoll::template::syntax

      × there is no filter `byte`
        ╭─[packs/node/docker-live-restore-off.yaml:12:39]
     11 │   equals: true
     12 │ message: "live-restore is {{ actual | byte }}"
        ·                                       ────
     13 │ remediation:
        ╰────
      help: did you mean `bytes`?
    "#);
}

#[test]
fn a_subject_where_there_is_none() {
    assert_snapshot!(changed("{{ actual }}", "{{ subject }}"), @r#"
    plimsoll::template::syntax

      × there is no element that `subject` could be of
        ╭─[packs/node/docker-live-restore-off.yaml:12:30]
     11 │   equals: true
     12 │ message: "live-restore is {{ subject }}"
        ·                              ───────
     13 │ remediation:
        ╰────
      help: a rule without `each` looks at the node as a whole: write a path that starts with `$`
    "#);
}

#[test]
fn a_misspelt_member_of_the_element() {
    assert_snapshot!(changed_each("--max-depth 2 {{ mount.target }}", "--max-depth 2 {{ mount.taget }}"), @"
    plimsoll::path::unknown-fact

      × there is no fact `@.taget`
        ╭─[packs/node/mount-nearly-full.yaml:18:56]
     17 │   steps:
     18 │     - run: du --one-file-system --max-depth 2 {{ mount.taget }}
        ·                                                        ─────
     19 │ tests:
        ╰────
      help: did you mean `target`?
    ");
}

#[test]
fn a_parameter_that_no_pack_declares() {
    assert_snapshot!(changed_each("{{ param.mounts.used-max }}", "{{ param.mounts.used-maximum }}"), @r#"
    plimsoll::rule::unknown-parameter

      × no pack declares a parameter `mounts.used-maximum`
        ╭─[packs/node/mount-nearly-full.yaml:13:57]
     12 │     that: { fact: '@.used_percent', at-most: { param: mounts.used-max } }
     13 │ message: "{{ mount.target }} is {{ actual }} % full; {{ param.mounts.used-maximum }} is the limit"
        ·                                                         ─────────────────────────
     14 │ remediation:
        ╰────
      help: did you mean `mounts.used-max`?
    "#);
}

#[test]
fn braces_that_are_not_closed() {
    assert_snapshot!(changed("{{ actual }}", "{{ actual }"), @r#"
    plimsoll::template::syntax

      × `{{` is not closed by `}}`
        ╭─[packs/node/docker-live-restore-off.yaml:12:27]
     11 │   equals: true
     12 │ message: "live-restore is {{ actual }"
        ·                           ──
     13 │ remediation:
        ╰────
      help: write braces that are meant as such in quotes: `{{ '{{' }}`
    "#);
}

#[test]
fn braces_of_another_language() {
    assert_snapshot!(changed("{{ '{{.LiveRestoreEnabled}}' }}", "{{.LiveRestoreEnabled}}"), @r#"
    plimsoll::template::syntax

      × there is no variable `.LiveRestoreEnabled`
        ╭─[packs/node/docker-live-restore-off.yaml:20:35]
     19 │       run: systemctl reload docker
     20 │   verify: docker info --format "{{.LiveRestoreEnabled}}"
        ·                                   ───────────────────
     21 │ references:
        ╰────
      help: write braces that are meant as such in quotes: `{{ '{{.LiveRestoreEnabled}}' }}`
    "#);
}

#[test]
fn a_mistake_in_the_third_line_of_a_block() {
    let block = "run: |\n        set -e\n        systemctl reload docker\n        echo {{ $.os.nmae }}";
    assert_snapshot!(changed("run: systemctl reload docker", block), @r#"
    plimsoll::path::unknown-fact

      × there is no fact `$.os.nmae`
        ╭─[packs/node/docker-live-restore-off.yaml:22:22]
     21 │         systemctl reload docker
     22 │         echo {{ $.os.nmae }}
        ·                      ────
     23 │   verify: docker info --format "{{ '{{.LiveRestoreEnabled}}' }}"
        ╰────
      help: use one of family, id, init, version_id
    "#);
}
