//! The rules of the kernel's audit: `auditctl -l`.

use serde_json::Value;

use super::Comparison;
use crate::nodes::results::Results;

/// Where the boot takes the rules from, which `augenrules` puts there.
const FILE: &str = "/files/~1etc~1audit~1audit.rules/text";

pub(super) fn compare(results: &Results, comparison: &mut Comparison) {
    let Some(loaded) = results.tool("auditctl") else { return };
    let ours = results.fact(FILE).and_then(Value::as_str).unwrap_or_default();
    comparison.same_set(FILE, "auditctl", watches(ours).collect(), watches(&loaded).collect());
}

/// What is watched by which key: `-w /etc/docker/ -k docker`, or in other words
/// `-a always,exit -F dir=/etc/docker -F perm=rwxa -F key=docker`.
fn watches(rules: &str) -> impl Iterator<Item = String> {
    rules.lines().filter_map(|rule| {
        let words: Vec<&str> = rule.split_whitespace().collect();
        let after = |flag: &str| words.windows(2).find(|pair| pair[0] == flag).map(|pair| pair[1]);
        let field = |name: &str| words.iter().find_map(|word| word.strip_prefix(name));
        let path = after("-w").or_else(|| field("path=")).or_else(|| field("dir="))?;
        let key = after("-k").or_else(|| field("key=")).unwrap_or_default();
        Some(format!("{} {key}", path.trim_end_matches('/')))
    })
}
