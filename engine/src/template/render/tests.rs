use serde_json::json;

use super::*;

/// Every insert stands for this.
struct Only(Inserted<'static>);

impl Values for Only {
    fn value<'v>(&'v self, _: &'v Source) -> Inserted<'v> {
        self.0.clone()
    }
}

fn known(value: Value) -> Only {
    Only(Inserted::Known(Cow::Owned(value)))
}

/// Renders `before`, a value, and `after`.
fn around(before: &str, values: &Only, after: &str, escape: Escape, filters: &[Filter]) -> (String, bool) {
    let insert = Insert { source: Source::Actual, filters: filters.to_vec() };
    let parts = vec![Part::Text(before.into()), Part::Insert(insert), Part::Text(after.into())];
    let rendered = render(&Template { parts }, values, escape);
    (rendered.text, rendered.exact)
}

fn message(value: Value, filters: &[Filter]) -> String {
    around("", &known(value), "", Escape::Message, filters).0
}

/// What a shell makes of the command: its words.
fn words(before: &str, value: Value, after: &str) -> (Vec<String>, bool) {
    let (command, exact) = around(before, &known(value), after, Escape::Command, &[]);
    (shlex::split(&command).unwrap(), exact)
}

const HOSTILE: [&str; 12] = [
    "$(reboot)",
    "`reboot`",
    "; reboot",
    "a b",
    "it's",
    "\"",
    "'\"$HOME\"'",
    "\\",
    "",
    "*",
    "~root",
    "a\\'; reboot #",
];

#[test]
fn a_hostile_value_stays_one_word_of_a_command() {
    for value in HOSTILE {
        assert_eq!(
            words("docker rm -- ", json!(value), " -f"),
            (vec!["docker".into(), "rm".into(), "--".into(), value.into(), "-f".into()], true)
        );
        assert_eq!(words("echo x", json!(value), "y").0, ["echo".to_owned(), format!("x{value}y")]);
    }
}

#[test]
#[expect(clippy::disallowed_types, reason = "nothing knows better what a shell does than a shell")]
fn the_shell_itself_agrees() {
    for before in ["printf %s ", "# don't\nprintf %s ", "printf %s \"\" ", "true 'a' && printf %s "] {
        for value in HOSTILE {
            let (command, exact) = around(before, &known(json!(value)), "", Escape::Command, &[]);
            assert!(exact);
            let output = std::process::Command::new("sh").arg("-c").arg(&command).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), value, "{command}");
        }
    }
}

#[test]
fn within_quotes_only_plain_characters_are_inserted() {
    for (before, after) in [
        ("echo \"", "\""),
        ("echo '", "'"),
        ("echo `cat ", "`"),
        ("echo \"$(cat \"", "\")\""),
        ("cat <<EOF\n", "\nEOF"),
        ("echo \"${x:-", "}\""),
        ("# ", ""),
        ("echo $'", "'"),
        ("echo \\\\\"", "\""),
        ("echo x#'", "'"),
        ("echo \\", ""),
        ("echo $", ""),
        ("a;#\"\necho '", "'"),
    ] {
        let (text, exact) = around(before, &known(json!("$(reboot)'\"`\\;")), after, Escape::Command, &[]);
        assert!(!exact, "{text}");
        let inserted = &text[before.len()..text.len() - after.len()];
        assert_eq!(inserted.replace('\u{fffd}', ""), "reboot", "{text}");
        let (text, exact) = around(before, &known(json!("/etc/a.b-1")), after, Escape::Command, &[]);
        assert!(exact && text[before.len()..].starts_with("/etc/a.b-1"), "{text}");
    }
    // After a value, `#` is in the middle of a word and begins no comment.
    let insert = || Part::Insert(Insert { source: Source::Actual, filters: vec![] });
    let parts = vec![
        Part::Text("echo ".into()),
        insert(),
        Part::Text("#'\n".into()),
        insert(),
        Part::Text("'".into()),
    ];
    assert!(!render(&Template { parts }, &known(json!("$(reboot)")), Escape::Command).exact);
    // An escaped quote opens nothing.
    assert_eq!(words("echo \\\" ", json!("a b"), "").0, ["echo", "\"", "a b"]);
}

#[test]
fn control_characters_do_not_reach_commands_and_files() {
    let value = json!("a\nb\u{1b}[2J\u{0}\u{202e}c\u{9b}");
    let (command, exact) = around("rm ", &known(value.clone()), "", Escape::Command, &[]);
    assert_eq!(command, "rm 'a\u{fffd}b\u{fffd}[2J\u{fffd}\u{fffd}c\u{fffd}'");
    assert!(!exact);
    let (file, exact) = around("x=", &known(value), "\n", Escape::File, &[]);
    assert_eq!((file.as_str(), exact), ("x=a\u{fffd}b\u{fffd}[2J\u{fffd}\u{fffd}c\u{fffd}\n", false));
    assert_eq!(
        around("x=", &known(json!("$(a) 'b'")), "\n", Escape::File, &[]),
        ("x=$(a) 'b'\n".into(), true)
    );
}

#[test]
fn a_list_is_inserted_as_words() {
    assert_eq!(
        words("modprobe ", json!(["a b", "$(c)", 1]), " x"),
        (vec!["modprobe".into(), "a b".into(), "$(c)".into(), "1".into(), "x".into()], true)
    );
    assert_eq!(around("", &known(json!(["a b", "c"])), "", Escape::Command, &[Filter::Join]).0, "'a b, c'");
    // What runs a command as somebody else, where nobody else is to run it.
    assert_eq!(around("a && ", &known(json!([])), " b", Escape::Command, &[]), ("a && b".to_owned(), true));
    assert_eq!(around("a ", &known(json!([])), "", Escape::Command, &[]).0, "a ");
}

#[test]
fn what_is_not_there_is_said() {
    for (inserted, message, command, file) in [
        (Inserted::Absent, "is (absent)", "is ''", "is "),
        (Inserted::Unknown, "is (unknown)", "is '(unknown)'", "is (unknown)"),
    ] {
        let values = Only(inserted);
        assert_eq!(around("is ", &values, "", Escape::Message, &[Filter::Count]), (message.into(), false));
        assert_eq!(around("is ", &values, "", Escape::Command, &[Filter::Bytes]), (command.into(), false));
        assert_eq!(around("is ", &values, "", Escape::File, &[]), (file.into(), false));
    }
}

#[test]
fn what_a_sentence_can_do_without_is_set_aside() {
    let aside = |values: &Only| around("web", values, " is paused", Escape::Message, &[Filter::Aside]);
    assert_eq!(aside(&known(json!("nginx:1"))), ("web (nginx:1) is paused".into(), true));
    for missing in [Inserted::Absent, Inserted::Unknown] {
        assert_eq!(aside(&Only(missing)), ("web is paused".into(), true));
    }
    let long = aside(&known(json!("x".repeat(500)))).0;
    assert!(long.ends_with(") is paused") && long.chars().count() < 140, "{long}");
    let both = around("a", &known(json!(["b", "c"])), "", Escape::Message, &[Filter::Join, Filter::Aside]);
    assert_eq!(both.0, "a (b, c)");
}

#[test]
fn values_in_sentences() {
    for (value, text) in [
        (json!("a b"), "a b"),
        (json!(1.5), "1.5"),
        (json!(true), "true"),
        (json!(["a", 1, ["b"]]), "[a, 1, [b]]"),
        (json!([]), "[]"),
        (json!({"a": "x", "b": [1]}), "{a: x, b: [1]}"),
    ] {
        assert_eq!(message(value, &[]), text);
    }
}

#[test]
fn long_values_are_cut_between_characters() {
    let text = message(json!("日".repeat(500)), &[]);
    assert_eq!(text, format!("{}…", "日".repeat(SENTENCE_LIMIT)));
    assert_eq!(message(json!("日".repeat(SENTENCE_LIMIT)), &[]), "日".repeat(SENTENCE_LIMIT));
    let list: Vec<String> = (0..100_000).map(|n| n.to_string()).collect();
    assert_eq!(message(json!(list), &[]).chars().count(), SENTENCE_LIMIT + 1);
    let (file, exact) = around("", &known(json!("a".repeat(EXACT_LIMIT + 1))), "", Escape::File, &[]);
    assert_eq!((file.chars().count(), exact), (EXACT_LIMIT + 1, false));
}

#[test]
fn filters() {
    for (value, text) in [
        (json!(0), "0 B"),
        (json!(1023), "1023 B"),
        (json!(1024), "1 KiB"),
        (json!(1_610_612_736), "1.5 GiB"),
        (json!(1_073_741_823), "1 GiB"),
        (json!(u64::MAX), "16 EiB"),
        (json!("2048"), "2 KiB"),
        (json!(-2048), "-2 KiB"),
        (json!("lots"), "lots"),
        (json!("inf"), "inf"),
        (json!([1]), "[1]"),
    ] {
        assert_eq!(message(value, &[Filter::Bytes]), text);
    }
    for (value, text) in [(json!([1, 2]), "2"), (json!({"a": 1}), "1"), (json!("日本"), "2"), (json!(7), "7")]
    {
        assert_eq!(message(value, &[Filter::Count]), text);
    }
    assert_eq!(message(json!(["a", "b c", 1]), &[Filter::Join]), "a, b c, 1");
    assert_eq!(message(json!("a"), &[Filter::Join]), "a");
}
