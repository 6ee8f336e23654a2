//! Files that are made to do harm end in a mistake that a limit makes, and never in a crash.

use crate::support::{LIVE_RESTORE, NEARLY_FULL, PACK, PROFILE, draw, load, with};

/// The code and the message of the only mistake.
fn refused(text: &[u8]) -> (String, String) {
    let diagnostics = load(&[("packs/node/hostile.yaml", text)]).expect_err("it was let pass");
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

/// Pseudo-random numbers, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

/// The text with a few characters cut out, put in or moved.
fn mangled(text: &str, dice: &mut Dice) -> String {
    const ODD: [&str; 30] = [
        "'",
        "\"",
        "{",
        "}",
        "[",
        "]",
        ": ",
        "\n",
        "  ",
        "\t",
        "ü",
        "$",
        "@",
        "|",
        ">-\n",
        "&a ",
        "*a",
        "\\",
        "%",
        "- ",
        "\r\n",
        "\u{feff}",
        "\u{2028}",
        "{{",
        "}}",
        "?",
        "#",
        ",",
        "\u{1f980}",
        "0",
    ];
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..=dice.roll(3) {
        let at = dice.roll(characters.len());
        let end = (at + dice.roll(12)).min(characters.len());
        match dice.roll(3) {
            0 => drop(characters.drain(at..end)),
            1 => drop(characters.splice(at..at, ODD[dice.roll(ODD.len())].chars())),
            _ => {
                let moved: Vec<char> = characters.drain(at..end).collect();
                let to = dice.roll(characters.len());
                drop(characters.splice(to..to, moved));
            }
        }
    }
    characters.into_iter().collect()
}

#[test]
fn whatever_stands_in_a_file_every_mistake_can_be_drawn() {
    let mut dice = Dice(7);
    let mut refused = 0;
    for (path, text) in [
        ("packs/node/docker-live-restore-off.yaml", LIVE_RESTORE),
        ("packs/node/mount-nearly-full.yaml", NEARLY_FULL),
        ("packs/node/pack.yaml", PACK),
        ("profiles/worker.yaml", PROFILE),
    ] {
        for _ in 0..500 {
            let text = mangled(text, &mut dice);
            let Err(diagnostics) = with(&[(path, &text)]) else { continue };
            refused += 1;
            for diagnostic in diagnostics.iter().filter(|diagnostic| diagnostic.file() == path) {
                let place = text.get(diagnostic.span());
                assert!(place.is_some(), "{diagnostic} is at {:?} of\n{text}", diagnostic.span());
            }
            draw(diagnostics);
        }
    }
    assert!(refused > 1_000, "the files were hardly mangled: {refused}");
}
