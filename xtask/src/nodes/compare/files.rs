//! Packages, commands and files: `dpkg-query`, the shell's `command -v`, `stat`.

use serde_json::{Value, json};

use super::{Comparison, step};
use crate::nodes::results::Results;

pub(super) fn compare(results: &Results, comparison: &mut Comparison) {
    for line in results.tool("dpkg").unwrap_or_default().lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [name, "installed", version, architecture] = words.as_slice() else { continue };
        let base = format!("/packages/{}", step(name));
        comparison.same(results, &format!("{base}/installed"), "dpkg-query", &json!(true));
        comparison.same(results, &format!("{base}/version"), "dpkg-query", &json!(version));
        comparison.same(results, &format!("{base}/architecture"), "dpkg-query", &json!(architecture));
    }
    for line in results.tool("which").unwrap_or_default().lines() {
        let (name, path) = line.split_once(' ').unwrap_or((line, ""));
        let base = format!("/commands/{}", step(name));
        comparison.same(results, &format!("{base}/found"), "command -v", &json!(!path.is_empty()));
        // The same file is found through /bin and through /usr/bin, in whatever order the search goes.
        let ours = results.fact(&format!("{base}/path")).and_then(Value::as_str).unwrap_or_default();
        let merged = |path: &str| path.strip_prefix("/usr").unwrap_or(path).to_owned();
        comparison.check(&format!("{base}/path"), "command -v", merged(ours) == merged(path), &json!(path));
    }
    for line in results.answer("stat-files").unwrap_or_default().lines() {
        let words: Vec<&str> = line.split('|').collect();
        let [path, mode, uid, gid, owner, group, size, kind] = words.as_slice() else { continue };
        let base = format!("/files/{}", step(path));
        comparison.same(results, &format!("{base}/mode"), "stat", &json!(format!("{mode:0>4}")));
        comparison.same(
            results,
            &format!("{base}/uid"),
            "stat",
            &json!(uid.parse::<u64>().unwrap_or(u64::MAX)),
        );
        comparison.same(
            results,
            &format!("{base}/gid"),
            "stat",
            &json!(gid.parse::<u64>().unwrap_or(u64::MAX)),
        );
        comparison.same(results, &format!("{base}/owner"), "stat", &json!(owner));
        comparison.same(results, &format!("{base}/group"), "stat", &json!(group));
        if kind.starts_with("regular") {
            comparison.same(
                results,
                &format!("{base}/size_bytes"),
                "stat",
                &json!(size.parse::<u64>().unwrap_or(u64::MAX)),
            );
        }
    }
}
