//! `plimsoll query`.

use serde_json::json;

use crate::run::{plimsoll, plimsoll_reading, tree};

#[test]
fn values_and_normalized_paths_of_a_document_are_json_arrays() {
    let document = br#"{"store": {"book": [{"price": 8}, {"price": 13}], "it's": null}}"#;
    let ran = plimsoll_reading(&["query", "$..price", "--input", "-"], document);
    assert_eq!((ran.code, ran.json()), (0, json!([8, 13])));
    let ran = plimsoll_reading(&["query", "$..book[?@.price > 10]", "--input", "-", "--paths"], document);
    assert_eq!((ran.code, ran.json()), (0, json!(["$['store']['book'][1]"])));
    let ran = plimsoll_reading(&["query", "$.store[\"it's\"]", "--input", "-", "--paths"], document);
    assert_eq!((ran.code, ran.json()), (0, json!([r"$['store']['it\'s']"])));
    let ran = plimsoll_reading(&["query", "$.nothing", "--input", "-"], document);
    assert_eq!((ran.code, ran.json()), (0, json!([])));
}

#[test]
fn yaml_documents_are_read_by_their_name() {
    let directory = tree(&[("kubelet.yaml", "failSwapOn: false\nlist: [1, 2]\n")]);
    let file = directory.path().join("kubelet.yaml");
    let ran = plimsoll(&["query", "$.failSwapOn", "--input", file.to_str().unwrap()]);
    assert_eq!((ran.code, ran.json()), (0, json!([false])));
}

#[test]
fn an_invalid_query_ends_with_2_and_underlines_the_mistake() {
    for query in
        ["$.a b", "$[", "a", "$[?@.a==]", "$[?count(@..*)]", "$.a[?search(@.b, '(')]", "", "-x", "$[01]"]
    {
        let ran = plimsoll_reading(&["query", "--input", "-", "--", query], b"{}");
        assert_eq!(ran.code, 2, "{query:?}: {}", ran.err);
        assert!(ran.out.is_empty() && ran.err.contains('×'), "{query:?}: {}", ran.err);
    }
}

#[test]
fn a_path_that_no_fact_has_ends_with_2_and_advice() {
    let ran = plimsoll(&["query", "$.cgruop.mode"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("there is no fact `$.cgruop`") && ran.err.contains("did you mean `cgroup`?"),
        "{}",
        ran.err
    );
}

#[test]
fn hostile_queries_and_documents_end_in_an_error() {
    let deep = "[".repeat(100_000);
    let parentheses = format!("$[?{}@.a{}]", "(".repeat(1_500), ")".repeat(1_500));
    let ran = plimsoll_reading(&["query", "$..*", "--input", "-"], deep.as_bytes());
    assert_eq!(ran.code, 2, "{}", ran.err);
    let ran = plimsoll_reading(&["query", "--input", "-", "--", &parentheses], b"[]");
    assert_eq!(ran.code, 2, "{}", ran.err);
    let ran =
        plimsoll_reading(&["query", "--input", "-", "--", &format!("$.{}", "a".repeat(100_000))], b"{}");
    assert_eq!(ran.code, 2, "{}", ran.err);
    let wide = format!("[{}0]", "[0,0,0,0,0,0,0,0,0,0],".repeat(2_000));
    let ran = plimsoll_reading(&["query", "$..*[?@==$..*]", "--input", "-"], wide.as_bytes());
    assert_eq!(ran.code, 2, "{}", ran.err);
}

#[test]
fn what_this_node_says_is_what_the_kernel_says() {
    let ran = plimsoll(&["query", "$.kernel.release"]);
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    assert_eq!((ran.code, ran.json()), (0, json!([release.trim()])));
}
