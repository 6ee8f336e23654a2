//! What a user of queries may rely on: values, locations, refusals, and bounds.

use serde_json::{Value, json};

use super::*;
use crate::snapshot::Step;

/// The values that an absolute query selects.
fn select(text: &str, document: &Value) -> Vec<Value> {
    let query = Query::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let located = query.locate(document, document, &Location::default()).unwrap();
    let values: Vec<Value> = query.select(document, document).unwrap().into_iter().cloned().collect();
    assert_eq!(located.iter().map(|found| found.value.clone()).collect::<Vec<_>>(), values, "{text}");
    values
}

/// The normalized paths of what an absolute query selects.
fn paths(text: &str, document: &Value) -> Vec<String> {
    let located = Query::parse(text).unwrap().locate(document, document, &Location::default()).unwrap();
    located.iter().map(|found| found.location.to_string()).collect()
}

fn refusal(text: &str) -> ParseError {
    Query::parse(text).err().unwrap_or_else(|| panic!("{text} was let pass"))
}

#[test]
fn names_indices_and_wildcards_select_children() {
    let document = json!({"a": [10, {"b": 1}, 30], "b": {"c": null}});
    assert_eq!(select("$.a[0]", &document), [json!(10)]);
    assert_eq!(select("$.a[-1]", &document), [json!(30)]);
    assert_eq!(select("$.a[-4]", &document), [] as [Value; 0]);
    assert_eq!(select("$.b.c", &document), [json!(null)]);
    assert_eq!(select("$.b[0]", &document), [] as [Value; 0], "an index is not a name");
    assert_eq!(select("$.a['0']", &document), [] as [Value; 0], "a name is not an index");
    assert_eq!(select("$['a'][*]", &document).len(), 3);
    assert_eq!(select("$.a[0, 0, 1]['b']", &document), [json!(1)]);
    assert_eq!(select("$ .a\n[ 0 , 2 ]", &document), [json!(10), json!(30)]);
    assert_eq!(select("$", &json!(7)), [json!(7)]);
}

#[test]
fn slices_count_from_either_end_and_run_either_way() {
    let document = json!([0, 1, 2, 3, 4, 5]);
    let slice = |text: &str| select(text, &document).iter().filter_map(Value::as_u64).collect::<Vec<_>>();
    assert_eq!(slice("$[1:3]"), [1, 2]);
    assert_eq!(slice("$[::2]"), [0, 2, 4]);
    assert_eq!(slice("$[-2:]"), [4, 5]);
    assert_eq!(slice("$[::-1]"), [5, 4, 3, 2, 1, 0]);
    assert_eq!(slice("$[4:1:-2]"), [4, 2]);
    assert_eq!(slice("$[-1:-4:-1]"), [5, 4, 3]);
    assert_eq!(slice("$[3:1]"), [0; 0]);
    assert_eq!(slice("$[::0]"), [0; 0]);
    assert_eq!(slice("$[10:-10:-3]"), [5, 2]);
    assert_eq!(slice("$[-9007199254740991:9007199254740991:9007199254740991]"), [0]);
    assert_eq!(slice("$[9007199254740991:-9007199254740991:-9007199254740991]"), [5]);
    assert_eq!(select("$[::-1]", &json!([])), [] as [Value; 0]);
    assert_eq!(select("$[1:2]", &json!({"1": 1})), [] as [Value; 0]);
}

#[test]
fn descendants_come_in_document_order_with_all_selectors_at_each() {
    let document = json!({"a": {"a": 1, "d": 2}, "d": [{"a": 3}]});
    assert_eq!(
        paths("$..['a', 'd']", &document),
        ["$['a']", "$['d']", "$['a']['a']", "$['a']['d']", "$['d'][0]['a']"]
    );
    assert_eq!(select("$..a", &document), [json!({"a": 1, "d": 2}), json!(1), json!(3)]);
    assert_eq!(paths("$..[0]", &document), ["$['d'][0]"]);
    assert_eq!(select("$..*", &document).len(), 6);
}

#[test]
fn normalized_paths_escape_what_they_must() {
    let document = json!({"it's": {"a\\b\n\u{1}\"☺": [1]}});
    assert_eq!(paths("$.*.*[-1]", &document), [r#"$['it\'s']['a\\b\n\u0001"☺'][0]"#]);
}

#[test]
fn filters_look_at_children_of_lists_and_objects() {
    let document = json!({"x": [{"k": 1}, {"k": null}, {}, 5], "y": {"p": {"k": 2}, "q": [2]}});
    assert_eq!(paths("$.x[?@.k]", &document), ["$['x'][0]", "$['x'][1]"], "null is there");
    assert_eq!(paths("$.x[?!@.k]", &document), ["$['x'][2]", "$['x'][3]"]);
    assert_eq!(paths("$.x[?@.k == null]", &document), ["$['x'][1]"], "nothing is not null");
    assert_eq!(paths("$.x[?@.k == $.absent]", &document), ["$['x'][2]", "$['x'][3]"]);
    assert_eq!(paths("$.y[?@.k == 2 || @[0] == 2]", &document), ["$['y']['p']", "$['y']['q']"]);
    assert_eq!(paths("$.x[?@.k == 1 || @ == 5 && @.k]", &document), ["$['x'][0]"], "&& binds closer");
    assert_eq!(paths("$.x[?(@.k == 1 || @ == 5) && !(@.k)]", &document), ["$['x'][3]"]);
    assert_eq!(paths("$..[?@ == 2]", &document), ["$['y']['p']['k']", "$['y']['q'][0]"]);
    assert_eq!(paths("$[?@[?@[?@ > 1]]]", &json!([[[1, 2]], [[1]], [3]])), ["$[0]"], "filters nest");
}

#[test]
fn functions_take_and_give_what_the_rfc_says() {
    let document = json!([{"s": "ж😀", "l": [1, 2], "o": {"a": 1}, "n": 12}]);
    let holds = |filter: &str| !select(&format!("$[?{filter}]"), &document).is_empty();
    assert!(holds("length(@.s) == 2"), "characters, not bytes");
    assert!(holds("length(@.l) == 2 && length(@.o) == 1 && length('abc') == 3"));
    assert!(holds("length(@.n) == $.absent"), "a number has no length");
    assert!(holds("count(@.l[*]) == 2 && count(@..*) == 7 && count(@.absent) == 0"));
    assert!(holds("value(@..a) == 1 && value(@.l[*]) == $.absent"));
    assert!(holds("length(value(@..s)) == 2"));
    assert!(holds("match(@.s, '..') && !match(@.s, '.') && search(@.s, '.')"));
    assert!(!holds("match(@.n, '.*')") && !holds("match(@.s, 1)") && !holds("search(1, '.')"));
}

#[test]
fn a_regex_out_of_the_document_that_is_none_matches_nothing() {
    let long = "a".repeat(5_000);
    let document = json!({"values": ["ab", "b"], "good": "a.", "bad": "a(", "split": "a)(?:b", "huge": r"\w{1000}{1000}", "long": long});
    assert_eq!(select("$.values[?match(@, $.good)]", &document), [json!("ab")]);
    for name in ["bad", "split", "huge", "long"] {
        assert_eq!(select(&format!("$.values[?search(@, $.{name})]"), &document), [] as [Value; 0], "{name}");
    }
}

#[test]
fn ill_typed_calls_are_refused_where_they_are() {
    for (text, call) in [
        ("$[?count(@..*)]", "count(@..*)"),
        ("$[?length(@.a)]", "length(@.a)"),
        ("$[?value(@.a)]", "value(@.a)"),
        ("$[?@.x == 1 && length(@.*) < 3]", "length(@.*)"),
        ("$[?length(@['a', 'b']) < 3]", "length(@['a', 'b'])"),
        ("$[?match(@.*, 'a')]", "match(@.*, 'a')"),
        ("$[?length(match(@.a, 'b')) == 1]", "match(@.a, 'b')"),
        ("$[?count(length(@.a)) == 1]", "count(length(@.a))"),
        ("$[?value(1) == 1]", "value(1)"),
        ("$[?length((@.a)) == 1]", "length((@.a))"),
    ] {
        assert_eq!(&text[refusal(text).span], call, "{text}");
    }
}

#[test]
fn a_bad_regex_is_refused_and_underlined() {
    let text = "$.x[?search(@.a, 'ok') && match(@['b('], 'a[')].c['d']";
    let error = refusal(text);
    assert_eq!(&text[error.span], "'a['");
    assert!(error.message.starts_with("bad regex: unclosed character class"), "{}", error.message);
    assert!(refusal(r"$[?search(@.a, '\\w{1000}{1000}')]").message.contains("memory"));
}

#[test]
fn numbers_that_no_float_holds_are_refused() {
    assert!(refusal("$[?@.a == 1e400]").message.contains("too large"));
    let document = json!([9_223_372_036_854_771_712_u64, 9_223_372_036_854_771_713_u64]);
    assert_eq!(paths("$[?@ == 9.223372036854771712e18]", &document), ["$[0]"]);
    assert_eq!(paths("$[?@ == -0.0]", &json!([0, -0.0, 1e-300])), ["$[0]", "$[1]"]);
}

#[test]
fn relative_queries_start_at_the_current_element() {
    let document = json!({"wanted": "b", "list": [{"name": "a"}, {"name": "b", "x": [1, 2]}]});
    let base = Location(vec![Step::Name("list".into()), Step::Index(1)]);
    let locate = |text: &str| {
        let query = Query::parse_relative(text).unwrap();
        let located = query.locate(&document, &document["list"][1], &base).unwrap();
        located.iter().map(|found| found.location.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(locate("@"), ["$['list'][1]"]);
    assert_eq!(locate("@.x[*]"), ["$['list'][1]['x'][0]", "$['list'][1]['x'][1]"]);
    assert_eq!(locate("@[?@ == $.wanted]"), ["$['list'][1]['name']"]);
    assert_eq!(locate("$.wanted"), ["$['wanted']"], "an absolute one does not care");
    assert!(Query::parse_relative("@.x").unwrap().is_relative());
    assert!(!Query::parse_relative("$.x").unwrap().is_relative());

    let error = refusal("@.x");
    assert!(error.help.unwrap().contains("`each`"));
    assert_eq!(refusal("cgroup.mode").help.unwrap(), "write `$.cgroup.mode`");
    assert_eq!(Query::parse_relative(" @.x").unwrap_err().help.unwrap(), "write `@.x`");
    assert_eq!(refusal("").span, 0..0);
    let text = "@.a[?lenght(@) > 1]";
    assert_eq!(&text[Query::parse_relative(text).unwrap_err().span], "lenght");
}

#[test]
fn a_singular_query_is_made_of_names_and_indices() {
    for text in ["$", "$.a", "$['a'][0].b", "$[-1]"] {
        assert!(Query::parse(text).unwrap().is_singular(), "{text}");
    }
    for text in ["$.*", "$..a", "$['a', 'b']", "$[0:1]", "$.a[?@.b]", "$.a[*].b"] {
        assert!(!Query::parse(text).unwrap().is_singular(), "{text}");
    }
}

#[test]
fn a_compiled_query_is_data_that_comes_back_the_same() {
    let query = Query::parse("$.files['/etc/x'].mode").unwrap();
    let bytes = postcard::to_stdvec(&query).unwrap();
    assert_eq!(postcard::from_bytes::<Query>(&bytes).unwrap(), query);
    assert_eq!(query.to_string(), query.text());

    let all = "$..a[*, -1, 1:2, ?!(@.b >= 1.5 || match(@.c, 'x.*')) && count($.d.*) == length(value(@..e))]";
    let query = Query::parse(all).unwrap();
    let loaded: Query = postcard::from_bytes(&postcard::to_stdvec(&query).unwrap()).unwrap();
    assert_eq!(loaded, query);
    let document = json!({"a": [{"b": 1, "c": "y", "e": []}], "d": {}});
    assert_eq!(
        loaded.select(&document, &document).unwrap().len(),
        query.select(&document, &document).unwrap().len()
    );
}

#[test]
fn hostile_queries_end_in_bounded_time() {
    // The worst that the limits let pass: each level of calls multiplies the parser's work.
    let tests = vec!["@.a==1"; 480].join("||");
    let calls = (0..6).fold(format!("@[?{tests}]"), |inner, _| format!("@[?match(({inner}), 1)&]"));
    let started = std::time::Instant::now();
    assert!(refusal(&format!("$[?{calls}]")).message.contains("unexpected"));
    let _ = Query::parse(&format!("$[?{}@.a{}]", "(".repeat(31), ")".repeat(31)));
    let _ = Query::parse(&format!("${}", "[?@".repeat(32)));
    let _ = Query::parse(&format!("$[{}0]", "0,".repeat(2_000)));
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

#[test]
fn a_query_that_visits_too_much_is_stopped() {
    let wide = json!(vec![vec![0; 100]; 100]);
    let explosion = format!("$[{0}][{0}]..*", vec!["*"; 100].join(","));
    let query = Query::parse(&explosion).unwrap();
    assert_eq!(query.select(&wide, &wide), Err(BudgetExceeded));
    assert_eq!(query.locate(&wide, &wide, &Location::default()), Err(BudgetExceeded));
}

#[test]
fn a_document_nested_beyond_the_stack_is_walked_and_compared() {
    let deep = |depth: usize| (0..depth).fold(json!(1), |inner, _| Value::Array(vec![inner]));
    // Freeing such values recurses, which is not ours to test.
    let document = std::mem::ManuallyDrop::new(Value::Array(vec![deep(100_000), deep(100_000)]));
    let walk = Query::parse("$..[?@ == 1]").unwrap();
    assert_eq!(walk.select(&document, &document).unwrap().len(), 2);
    let found = walk.locate(&document, &document, &Location::default()).unwrap();
    assert_eq!(found[1].location.0.len(), 100_001);
    let compare = Query::parse("$[?@ == $[0]]").unwrap();
    assert_eq!(compare.select(&document, &document).unwrap().len(), 2);
}
