use serde_json::json;

use super::*;

/// The matcher's verdict on a value, with a literal operand.
fn check(make: fn(Operand) -> Matcher, value: &Value, operand: &Value) -> bool {
    let matcher = make(Operand::Literal(Value::Null));
    holds(&matcher, value, &|_| Some(operand), &Patterns::default())
}

fn plain(matcher: &Matcher, value: &Value) -> bool {
    holds(
        matcher,
        value,
        &|operand| panic!("no operand is asked for, but {operand:?} is"),
        &Patterns::default(),
    )
}

/// Checks a table of values, operands and verdicts.
fn table(make: fn(Operand) -> Matcher, rows: &[(Value, Value, bool)]) {
    for (value, operand, expected) in rows {
        assert_eq!(
            check(make, value, operand),
            *expected,
            "{value} {} {operand}",
            make(Operand::Literal(json!(0))).name()
        );
    }
}

#[test]
fn equality_is_by_value() {
    let rows = [
        (json!(1), json!(1.0), true),
        (json!(0), json!(-0.0), true),
        (json!(1), json!("1"), false),
        (json!(true), json!(1), false),
        (json!(false), json!(false), true),
        (json!("a"), json!("a"), true),
        (json!("a"), json!("A"), false),
        (json!(u64::MAX), json!(u64::MAX), true),
        (json!(9_007_199_254_740_993_u64), json!(9_007_199_254_740_992.0), false),
        (json!(0.5), json!(0.5), true),
        (json!(1e300), json!(1e301), false),
        (json!([1, 2]), json!([1.0, 2]), true),
        (json!([1, 2]), json!([2, 1]), false),
        (json!([1]), json!([1, 1]), false),
        (json!([]), json!({}), false),
        (json!({"a": 1, "b": [2]}), json!({"b": [2.0], "a": 1}), true),
        (json!({"a": 1}), json!({"b": 1}), false),
        (json!({"a": 1}), json!({"a": 1, "b": 2}), false),
    ];
    table(Matcher::Equals, &rows);
    let opposite = rows.map(|(value, operand, equal)| (value, operand, !equal));
    table(Matcher::NotEquals, &opposite);
}

#[test]
fn membership_in_a_list() {
    let rows = [
        (json!(2), json!([1, 2.0]), true),
        (json!("b"), json!(["a", "c"]), false),
        (json!("b"), json!([]), false),
        (json!("b"), json!("b"), true),
        (json!("b"), json!("abc"), false),
        (json!(["a"]), json!([["a"], ["b"]]), true),
    ];
    table(Matcher::In, &rows);
    table(Matcher::NotIn, &rows.map(|(value, operand, is_in)| (value, operand, !is_in)));
}

#[test]
fn patterns_search_texts_numbers_and_booleans() {
    table(
        Matcher::Matches,
        &[
            (json!("docker.service"), json!("service$"), true),
            (json!("docker.socket"), json!("service$"), false),
            (json!(42), json!("^4"), true),
            (json!(true), json!("^(true|yes)$"), true),
            (json!(["service"]), json!("service"), false),
            (json!("x"), json!("("), false),
            (json!("x"), json!(7), false),
        ],
    );
    table(
        Matcher::NotMatches,
        &[
            (json!("docker.socket"), json!("service$"), true),
            (json!("docker.service"), json!("service$"), false),
            (json!(["x"]), json!("service"), false),
            (json!("x"), json!("("), false),
        ],
    );
}

#[test]
fn containment_in_lists_and_texts() {
    table(
        Matcher::Contains,
        &[
            (json!(["rw", "nosuid"]), json!("nosuid"), true),
            (json!(["rw", "nosuid"]), json!("suid"), false),
            (json!([1, 2]), json!(2.0), true),
            (json!("rw,nosuid"), json!("suid"), true),
            (json!("rw"), json!("x"), false),
            (json!("12"), json!(1), false),
            (json!({"a": 1}), json!("a"), false),
            (json!(12), json!(1), false),
        ],
    );
    table(
        Matcher::ContainsAll,
        &[
            (json!(["a", "b", "c"]), json!(["c", "a"]), true),
            (json!(["a"]), json!(["a", "b"]), false),
            (json!(["a"]), json!([]), true),
            (json!(["a"]), json!("a"), true),
            (json!("a b"), json!(["a", "b"]), true),
            (json!("a"), json!(["a", "b"]), false),
            (json!(5), json!(["a"]), false),
        ],
    );
    table(
        Matcher::ContainsNone,
        &[
            (json!(["a", "b"]), json!(["c"]), true),
            (json!(["a", "b"]), json!(["c", "b"]), false),
            (json!([]), json!(["c"]), true),
            (json!("abc"), json!(["x", "c"]), false),
            (json!("abc"), json!(["x"]), true),
            (json!(5), json!(["x"]), false),
            (json!({"a": 1}), json!(["x"]), false),
        ],
    );
}

#[test]
fn lists_as_sets() {
    table(
        Matcher::SubsetOf,
        &[
            (json!(["a", "a"]), json!(["a", "b"]), true),
            (json!(["a", "c"]), json!(["a", "b"]), false),
            (json!([]), json!(["a"]), true),
            (json!([]), json!([]), true),
            (json!([1.0]), json!([1]), true),
            (json!("a"), json!(["a"]), false),
        ],
    );
    table(
        Matcher::SupersetOf,
        &[
            (json!(["a", "b"]), json!(["b", "b"]), true),
            (json!(["a"]), json!(["b"]), false),
            (json!([]), json!([]), true),
            (json!("ab"), json!(["a"]), false),
        ],
    );
    for (value, unique) in [
        (json!(["a", "b"]), Some(true)),
        (json!(["a", "b", "a"]), Some(false)),
        (json!([1, 1.0]), Some(false)),
        (json!([{"a": 1, "b": 2}, {"b": 2, "a": 1}]), Some(false)),
        (json!([{"a": 1}, {"a": 2}]), Some(true)),
        (json!([]), Some(true)),
        (json!("aa"), None),
    ] {
        assert_eq!(plain(&Matcher::Unique(true), &value), unique == Some(true), "{value}");
        assert_eq!(plain(&Matcher::Unique(false), &value), unique == Some(false), "{value}");
    }
}

#[test]
fn large_sets_are_looked_up_alike() {
    let numbers: Vec<Value> = (0..1000).map(|number| json!(number)).collect();
    let floats: Vec<Value> = (0..1000).rev().map(|number| json!(f64::from(number))).collect();
    assert!(check(Matcher::SubsetOf, &json!(numbers), &json!(floats)));
    assert!(check(Matcher::SupersetOf, &json!(numbers), &json!(floats)));
    assert!(!check(Matcher::ContainsNone, &json!(numbers), &json!(["x", 999.0])));
    assert!(!check(Matcher::SubsetOf, &json!([1000]), &json!(numbers)));
}

#[test]
fn amounts_are_compared_whatever_they_are_written_as() {
    table(
        Matcher::AtLeast,
        &[
            (json!("2Gi"), json!(2_147_483_648_u64), true),
            (json!(2_147_483_647_u64), json!("2Gi"), false),
            (json!("42"), json!(42), true),
            (json!("90m"), json!("1h30m"), true),
            (json!(90), json!("80%"), true),
            (json!("80%"), json!("5m"), false),
            (json!("many"), json!(1), false),
            (json!(true), json!(0), false),
        ],
    );
    table(
        Matcher::LessThan,
        &[(json!(1), json!(1), false), (json!(0.5), json!(1), true), (json!("5m"), json!(301), true)],
    );
    table(
        Matcher::AtMost,
        &[(json!(1), json!(1), true), (json!(2), json!(1), false), (json!("unlimited"), json!(1), false)],
    );
    table(Matcher::GreaterThan, &[(json!(1), json!(1), false), (json!("1Ki"), json!("1k"), true)]);
}

#[test]
fn versions_modes_and_networks() {
    table(
        Matcher::Version,
        &[
            (json!("6.1.0-56-cloud-amd64"), json!(">=5.4, <7"), true),
            (json!("20.10.24+dfsg1"), json!(">=20.10.24"), true),
            (json!("v1.35.2"), json!("<1.35"), false),
            (json!("1:2.3"), json!("=2.3"), true),
            (json!(252), json!(">=245"), true),
            (json!("latest"), json!(">=0"), false),
            (json!("1.2"), json!("new"), false),
            (json!(["1.2"]), json!(">=1"), false),
        ],
    );
    table(
        Matcher::ModeWithin,
        &[
            (json!("0600"), json!("0644"), true),
            (json!("0606"), json!("0644"), false),
            (json!("4755"), json!("0755"), false),
            (json!("drwx"), json!("0777"), false),
            (json!(600), json!("0777"), false),
        ],
    );
    table(
        Matcher::WithinCidr,
        &[
            (json!("10.2.3.4"), json!("10.0.0.0/8"), true),
            (json!("::ffff:10.2.3.4"), json!("10.0.0.0/8"), true),
            (json!("10.0.0.0/7"), json!("10.0.0.0/8"), false),
            (json!("fd00::1"), json!("fd00::/8"), true),
            (json!("host"), json!("0.0.0.0/0"), false),
            (json!("10.2.3.4"), json!(["192.0.2.0/24", "10.0.0.0/8"]), true),
            (json!("10.2.3.4"), json!(["192.0.2.0/24", "10.2.3.0/30", 5]), false),
            (json!("10.2.3.4"), json!([]), false),
        ],
    );
    table(
        Matcher::OverlapsCidr,
        &[
            (json!("10.0.0.0/7"), json!("10.0.0.0/8"), true),
            (json!("172.17.0.0/16"), json!("172.17.5.0/24"), true),
            (json!("172.17.0.0/16"), json!("172.18.0.0/16"), false),
            (json!("172.17.0.0/16"), json!("::/0"), false),
        ],
    );
}

#[test]
fn emptiness_and_length_count_characters_elements_and_members() {
    for (value, length) in [
        (json!(""), Some(0)),
        (json!("日本"), Some(2)),
        (json!([]), Some(0)),
        (json!([null]), Some(1)),
        (json!({"a": 1, "b": 2}), Some(2)),
        (json!(0), None),
        (json!(false), None),
    ] {
        assert_eq!(plain(&Matcher::Empty(true), &value), length == Some(0), "{value}");
        assert_eq!(plain(&Matcher::Empty(false), &value), length.is_some_and(|length| length > 0), "{value}");
        let two = Matcher::Length(vec![
            Matcher::AtLeast(Operand::Literal(json!(2))),
            Matcher::NotEquals(Operand::Param("n".into())),
        ]);
        let operand = |n: &'static Value| {
            move |operand: &Operand| match operand {
                Operand::Param(_) => Some(n),
                _ => Some(&*Box::leak(Box::new(json!(2)))),
            }
        };
        let three: &'static Value = Box::leak(Box::new(json!(3)));
        assert_eq!(holds(&two, &value, &operand(three), &Patterns::default()), length == Some(2), "{value}");
    }
}

#[test]
fn nothing_matches_an_absent_operand() {
    let makes: [fn(Operand) -> Matcher; 19] = [
        Matcher::Equals,
        Matcher::NotEquals,
        Matcher::In,
        Matcher::NotIn,
        Matcher::Matches,
        Matcher::NotMatches,
        Matcher::Contains,
        Matcher::ContainsAll,
        Matcher::ContainsNone,
        Matcher::SubsetOf,
        Matcher::SupersetOf,
        Matcher::LessThan,
        Matcher::AtMost,
        Matcher::GreaterThan,
        Matcher::AtLeast,
        Matcher::Version,
        Matcher::ModeWithin,
        Matcher::WithinCidr,
        Matcher::OverlapsCidr,
    ];
    for make in makes {
        let matcher = make(Operand::Param("absent".into()));
        for value in [json!("a"), json!(1), json!([]), json!({})] {
            assert!(
                !holds(&matcher, &value, &|_| None, &Patterns::default()),
                "{} on {value}",
                matcher.name()
            );
        }
    }
}
