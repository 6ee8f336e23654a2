//! The namespaces of each container's first process: `lsns`.

use serde_json::{Value, json};

use super::told;
use crate::nodes::compare::Comparison;
use crate::nodes::results::Results;

pub(super) fn compare(results: &Results, comparison: &mut Comparison) {
    let mut container = None;
    for line in results.answer("lsns").unwrap_or_default().lines() {
        let Some((word, number)) = line.split_once(' ') else { continue };
        let Ok(number) = number.parse::<u64>() else { continue };
        if word == "process" {
            container = told(results).iter().position(|one| one["pid"].as_u64() == Some(number));
            comparison.check("/containers", "lsns", container.is_some(), &json!(number));
        } else if let Some(index) = container {
            let pointer = format!("/containers/{index}/namespaces/inodes/{word}");
            // Plimsoll tells those that engines make; `time` is not among them.
            if word != "time" || results.fact(&pointer).is_some() {
                comparison.same(results, &pointer, "lsns", &Value::from(number));
            }
        }
    }
}
