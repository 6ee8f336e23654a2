//! Any text as a query, on a document that has one of everything.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use plimsoll_engine::jsonpath::Query;
use plimsoll_engine::snapshot::Location;
use serde_json::{Value, json};

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "a": [1, 2.5, -3, "x", null, true, { "b": { "c": [] } }, [[["deep"]]]],
        "it's": { "\u{1f600}": "é", "": 0, "0": "zero" },
        "mounts": [{ "target": "/", "bytes": 12 }, { "target": "/var", "bytes": 9007199254740993_i64 }]
    })
});

fuzz_target!(|text: &str| {
    let Ok(query) = Query::parse_relative(text) else { return };
    let root = Location::default();
    let Ok(located) = query.locate(&DOCUMENT, &DOCUMENT, &root) else { return };
    let selected = query.select(&DOCUMENT, &DOCUMENT).unwrap_or_default();
    let values: Vec<&Value> = located.iter().map(|found| found.value).collect();
    assert_eq!(values, selected, "both ways of evaluation agree");
    for found in located {
        assert_eq!(DOCUMENT.pointer(&found.location.pointer()), Some(found.value));
    }
});
