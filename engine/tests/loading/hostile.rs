//! Files that are made to do harm end in a mistake, in little time and memory, and never in a crash.

use std::time::{Duration, Instant};

use crate::support::load;

/// Far above what any of these takes, far below what harm would take.
const DEADLINE: Duration = Duration::from_secs(20);

/// The code and the message of the only mistake.
fn refused(text: &[u8]) -> (String, String) {
    let start = Instant::now();
    let diagnostics = load(&[("packs/node/hostile.yaml", text)]).expect_err("it was let pass");
    assert!(start.elapsed() < DEADLINE, "it took {:?}", start.elapsed());
    let first = diagnostics.iter().next().unwrap();
    (first.code().to_owned(), first.message().to_owned())
}

#[test]
fn a_bomb_of_aliases_does_not_go_off() {
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
    for (name, of) in
        ["b", "c", "d", "e", "f", "g", "h", "i"].iter().zip(["a", "b", "c", "d", "e", "f", "g", "h"])
    {
        bomb.push_str(&format!(
            "{name}: &{name} [*{of}, *{of}, *{of}, *{of}, *{of}, *{of}, *{of}, *{of}, *{of}]\n"
        ));
    }
    assert_eq!(refused(bomb.as_bytes()).0, "plimsoll::yaml::refused");
}

#[test]
fn deep_nesting_ends_early_and_does_not_overflow_the_stack() {
    for (deep, code) in [
        ("[".repeat(100_000), "plimsoll::yaml::too-deep"),
        ("{a: ".repeat(100_000), "plimsoll::yaml::too-deep"),
        ("- ".repeat(100_000), "plimsoll::yaml::too-deep"),
        ("? ".repeat(100_000), "plimsoll::yaml::too-deep"),
        ((0..1_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect(), "plimsoll::yaml::too-deep"),
        (format!("id: {}", "[".repeat(70) + &"]".repeat(70)), "plimsoll::yaml::too-deep"),
    ] {
        assert_eq!(refused(deep.as_bytes()).0, code, "{:?}", &deep[..20]);
    }
}

#[test]
fn the_deepest_tree_that_is_let_pass_is_walked_and_dropped() {
    let lists = "[".repeat(60) + &"]".repeat(60);
    let conditions = "{not: ".repeat(60) + "{fact: $.os.id, equals: x}" + &"}".repeat(60);
    let text = format!("id: hostile\nfacts: {lists}\ncheck: {conditions}\n");
    assert_eq!(refused(text.as_bytes()).0, "plimsoll::rule::missing-key");
}

#[test]
fn large_files_are_not_even_parsed() {
    let large = "a: b\n".repeat(10 << 20);
    assert_eq!(refused(large.as_bytes()).0, "plimsoll::yaml::too-large");
    let many = "-\n".repeat(200_000);
    assert_eq!(refused(many.as_bytes()).0, "plimsoll::yaml::too-large");
}

#[test]
fn what_is_no_text_is_refused() {
    assert_eq!(
        refused(b"id: a\0\ntitle: hidden\n"),
        (
            "plimsoll::yaml::control-character".to_owned(),
            "the file holds the control character U+0000".to_owned(),
        )
    );
    assert_eq!(refused(b"id: \xff\xfe\n").0, "plimsoll::yaml::encoding");
    assert_eq!(refused(b"id: a\x1b[2J\n").0, "plimsoll::yaml::control-character");
    assert_eq!(refused(b"").0, "plimsoll::yaml::empty");
    assert_eq!(refused(b"# nothing but words\n").0, "plimsoll::yaml::empty");
    assert_eq!(refused(b"\t\t\n").0, "plimsoll::yaml::empty");
    assert_eq!(refused(b"just words").0, "plimsoll::rule::wrong-type");
    assert_eq!(refused(b"null").0, "plimsoll::rule::wrong-type");
    assert_eq!(refused(b"!!binary aGVsbG8=").0, "plimsoll::yaml::refused");
    assert_eq!(refused(b"[a]: b\n").0, "plimsoll::yaml::key");
}

#[test]
fn endless_mistakes_are_cut_off() {
    let text: String = (0..20_000).map(|key| format!("key{key}: x\n")).collect();
    let diagnostics = load(&[("packs/node/hostile.yaml", text.as_bytes())]).unwrap_err();
    assert_eq!(diagnostics.iter().count(), 100);
    let twice = "a: x\n".repeat(40_000);
    assert_eq!(refused(twice.as_bytes()).0, "plimsoll::yaml::duplicate-key");
}

#[test]
fn long_words_and_long_lines_cost_what_they_are_long() {
    for text in [
        format!("{}: x\n", "k".repeat(900_000)),
        format!("id: {}\n", "x".repeat(900_000)),
        format!("severity: {}\n", "x".repeat(900_000)),
        format!("check: {{ fact: $.{}, exists: true }}\n", "x".repeat(900_000)),
        format!("check: {{ fact: $.os.id, matches: '{}' }}\n", "(a|".repeat(250_000)),
        format!("check: {{ fact: $.os.id, version: '{}' }}\n", ">=1,".repeat(200_000)),
        format!("message: '{}'\n", "{{".repeat(400_000)),
        format!("message: '{}'\n", "{{ $.os.nope }}".repeat(50_000)),
        format!("message: \"{}{{{{ x }}}}\"\n", "\\u0061".repeat(150_000)),
    ] {
        refused(text.as_bytes());
    }
}
