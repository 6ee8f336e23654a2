//! Snapshots of any content: refused, or evaluated with every built-in rule.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use plimsoll_engine::evaluate::{Scene, evaluate};
use plimsoll_engine::load::Library;
use plimsoll_engine::snapshot::Snapshot;

static BUILTIN: LazyLock<Library> = LazyLock::new(plimsoll_rules::library);

fuzz_target!(|input: &[u8]| {
    let Ok(snapshot) = Snapshot::load(input) else { return };
    let parameters = BUILTIN.defaults();
    let scene = Scene::new(&snapshot, &parameters);
    for rule in &BUILTIN.rules {
        assert!(!evaluate(rule, rule.severity, &scene).is_empty(), "{} has no outcome", rule.id);
    }
});
