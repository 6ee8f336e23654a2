//! `plimsoll rules`, and the built-in rules themselves.

use std::path::Path;

use serde_json::Value;

use crate::run::{plimsoll, tree};

#[test]
fn the_built_in_rules_read_only_facts_that_exist() {
    let ran = plimsoll(&["rules", "lint"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
}

#[test]
fn the_built_in_rules_pass_their_own_tests() {
    let ran = plimsoll(&["rules", "test"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.trim_end().ends_with(" 0 failed"), "{}", ran.out);
}

#[test]
fn every_rule_file_is_of_the_schema_that_editors_use() {
    let schema = plimsoll(&["rules", "schema"]).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/packs");
    let mut seen = 0;
    for pack in std::fs::read_dir(packs).unwrap() {
        for file in std::fs::read_dir(pack.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            if path.ends_with("pack.yaml") {
                continue;
            }
            let rule: Value = serde_yaml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let mistakes: Vec<String> = validator
                .iter_errors(&rule)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert_eq!(mistakes, Vec::<String>::new(), "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 80, "only {seen} rules");
}

#[test]
fn the_schema_refuses_what_the_loader_refuses() {
    let schema = plimsoll(&["rules", "schema"]).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let rule = |check: &str| -> Value {
        serde_yaml::from_str(&format!(
            "{{ id: a, title: t, severity: low, tags: [], rationale: r, check: {check}, tests: [] }}"
        ))
        .unwrap()
    };
    assert!(validator.is_valid(&rule("{ fact: $.swap.enabled, equals: false }")));
    assert!(!validator.is_valid(&rule("{ fact: $.swap.enabled, equal: false }")));
    assert!(!validator.is_valid(&rule("{ equals: false }")));
    assert!(!validator.is_valid(&rule("{ all: [] }")));
}

#[test]
fn rules_of_ones_own_are_linted_tested_and_checked() {
    let rule = "\
id: no-swap-here
title: Swap is on
severity: low
tags: [mine]
rationale: It is ours to say.
check: { fact: $.swap.enabled, equals: false }
tests:
  - { name: no swap, facts: { swap: { enabled: false } }, expect: pass }
  - { name: swap, facts: { swap: { enabled: true } }, expect: fail }
";
    let profile = "id: mine\ntitle: Mine\nselect: { tags: [mine] }\n";
    let directory = tree(&[
        ("packs/site/pack.yaml", "title: Our site\n"),
        ("packs/site/no-swap-here.yaml", rule),
        ("profiles/mine.yaml", profile),
    ]);
    let rules = directory.path().to_str().unwrap();
    assert_eq!(plimsoll(&["rules", "lint", rules]).code, 0);
    assert_eq!(plimsoll(&["rules", "test", rules]).out, "2 passed, 0 failed\n");
    let ran = plimsoll(&["check", "--rules", rules, "--profile", "mine", "--format", "json"]);
    assert_eq!(ran.json()["findings"][0]["rule"], "no-swap-here");
    assert_eq!(ran.json()["summary"]["rules"], 1);
    let ran = plimsoll(&["check", "--rules", rules, "--only", "no-swap-here", "--format", "json"]);
    assert_eq!(ran.json()["summary"]["rules"], 1, "rules of one's own join the default profile");
}

#[test]
fn a_rule_that_fails_its_own_test_ends_with_1() {
    let rule = "\
id: wrong
title: Wrong
severity: low
tags: []
rationale: It is wrong.
check: { fact: $.swap.enabled, equals: false }
tests:
  - { name: the wrong way round, facts: { swap: { enabled: false } }, expect: fail }
  - { name: right, facts: { swap: { enabled: false } }, expect: pass }
";
    let directory = tree(&[("packs/site/pack.yaml", "title: Ours\n"), ("packs/site/wrong.yaml", rule)]);
    let ran = plimsoll(&["rules", "test", directory.path().to_str().unwrap()]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.contains("wrong: the wrong way round") && ran.out.ends_with("1 passed, 1 failed\n"),
        "{}",
        ran.out
    );
}

#[test]
fn mistakes_in_rules_end_with_2_and_name_file_line_and_column() {
    let directory = tree(&[
        ("packs/site/pack.yaml", "title: Ours\n"),
        ("packs/site/broken.yaml", "id: broken\ntitel: x\n"),
    ]);
    let ran = plimsoll(&["check", "--rules", directory.path().to_str().unwrap()]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("broken.yaml:2:1") && ran.err.contains("did you mean `title`?"), "{}", ran.err);
}

#[test]
fn unknown_profiles_rules_and_parameters_end_with_2_and_advice() {
    for (arguments, advice) in [
        (["check", "--profile", "kubeadm-workr"], "did you mean `kubeadm-worker`?"),
        (["check", "--set", "swap.alowed=true"], "did you mean `swap.allowed`?"),
        (["check", "--set", "swap.allowed=maybe"], "true or false"),
        (["explain", "swap-enable", "--no-sockets"], "did you mean `swap-enabled`?"),
        (["check", "--only", "nothing-like-it"], "matches no rule"),
    ] {
        let ran = plimsoll(&arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.out);
        assert!(ran.err.replace("\n", " ").contains(advice), "{arguments:?}: {}", ran.err);
    }
}

#[test]
fn a_pipe_among_rules_is_a_mistake_and_does_not_hang() {
    let rules = tree(&[("packs/mine/pack.yaml", "title: Mine\n")]);
    let pipe = rules.path().join("packs/mine/pipe.yaml");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o644.into(), 0).unwrap();
    let ran = plimsoll(&["rules", "lint", rules.path().to_str().unwrap()]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("pipe.yaml is not a regular file"), "{}", ran.err);
}

#[test]
fn rules_cannot_steer_the_terminal_that_their_mistakes_are_drawn_on() {
    let rule = "id: steers\ntitle: \"\\e]0;owned\\a\"\nsev\u{202e}erity: low\nseverity: \"\\e[2J\"\n";
    let rules = tree(&[
        ("packs/mine/pack.yaml", "title: Mine\n"),
        ("packs/mine/steers.yaml", rule),
        ("packs/mine/raw.yaml", "id: raw\n# \u{1b}[31m\n"),
    ]);
    let ran = plimsoll(&["rules", "lint", rules.path().to_str().unwrap()]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(!ran.err.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{}", ran.err);
    assert!(ran.err.contains("steers.yaml:3:1]"), "{}", ran.err);
    assert!(ran.err.contains("sev\u{fffd}erity: low"), "{}", ran.err);
}

#[test]
fn a_test_of_no_rule_is_no_success() {
    let ran = plimsoll(&["rules", "test", "--only", "no-such-rule"]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(plimsoll(&["rules", "test", "--only", "swap-*"]).out.ends_with(" passed, 0 failed\n"));
}

#[test]
fn a_mistake_in_an_endless_line_is_told_without_the_line() {
    let long = format!("id: long\ntitle: {}\n", "[".repeat(100_000));
    let rules = tree(&[("packs/mine/pack.yaml", "title: Mine\n"), ("packs/mine/long.yaml", &long)]);
    let ran = plimsoll(&["rules", "lint", rules.path().to_str().unwrap()]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("long.yaml:2:") && ran.err.len() < 2_000, "{}", ran.err);
}

#[test]
fn titles_cannot_steer_the_terminal() {
    let rule = "\
id: steers
title: \"a\\e]0;owned\\a\"
severity: low
tags: [mine]
rationale: \"b\\e[2J\"
check: { fact: $.swap.enabled, equals: false }
tests:
  - { name: no swap, facts: { swap: { enabled: false } }, expect: pass }
  - { name: swap, facts: { swap: { enabled: true } }, expect: fail }
";
    let rules = tree(&[("packs/mine/pack.yaml", "title: Mine\n"), ("packs/mine/steers.yaml", rule)]);
    let rules = rules.path().to_str().unwrap();
    let commands: [&[&str]; 4] = [
        &["explain", "steers"],
        &["rules", "list"],
        &["rules", "docs"],
        &["check", "-v", "--only", "steers"],
    ];
    for arguments in commands {
        let ran = plimsoll(&[arguments, &["--rules", rules]].concat());
        assert!(ran.out.contains("steers") || ran.code == 2, "{}{}", ran.out, ran.err);
        assert!(!ran.out.contains(['\u{1b}', '\u{7}']), "{arguments:?}: {}", ran.out);
    }
}
