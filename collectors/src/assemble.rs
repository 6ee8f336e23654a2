//! From a collector's serialized facts to plain facts, with the gaps and origins filed apart.

use std::collections::BTreeMap;

use plimsoll_engine::snapshot::{Gap, GapReason, Location, Origin, Step};
use serde_json::{Map, Value};

use crate::fact::MARKS;

/// A snapshot's facts, origins and gaps as they grow, collector by collector.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    pub(crate) facts: Map<String, Value>,
    pub(crate) origins: BTreeMap<String, Origin>,
    pub(crate) gaps: Vec<Gap>,
}

impl Assembly {
    /// Files the facts of the collector `name`.
    pub(crate) fn add(&mut self, name: &str, marked: Value) {
        let plain = self.unmark(marked, &Location::default().child(Step::Name(name.to_owned())));
        self.facts.insert(name.to_owned(), plain);
    }

    /// Files that the collector `name` told nothing.
    pub(crate) fn add_gap(&mut self, name: &str, reason: GapReason, detail: String) {
        self.facts.insert(name.to_owned(), Value::Null);
        let path = Location::default().child(Step::Name(name.to_owned())).pointer();
        self.gaps.push(Gap { path, reason, source: None, detail });
    }

    fn unmark(&mut self, value: Value, at: &Location) -> Value {
        match value {
            Value::Object(object) => self.unmark_object(object, at),
            Value::Array(items) => Value::Array(
                items
                    .into_iter()
                    .enumerate()
                    .map(|(index, item)| self.unmark(item, &at.child(Step::Index(index))))
                    .collect(),
            ),
            scalar => scalar,
        }
    }

    fn unmark_object(&mut self, mut object: Map<String, Value>, at: &Location) -> Value {
        if let Some(gap) = object.remove(&MARKS.gap) {
            self.gaps.push(gap_from(gap, at));
            return Value::Null;
        }
        if let (Some(value), Some(origin)) = (object.remove(&MARKS.value), object.remove(&MARKS.origin)) {
            if let Ok(origin) = serde_json::from_value(origin) {
                self.origins.insert(at.pointer(), origin);
            }
            return self.unmark(value, at);
        }
        let members = object.into_iter().map(|(name, value)| {
            let plain = self.unmark(value, &at.child(Step::Name(name.clone())));
            (name, plain)
        });
        Value::Object(members.collect())
    }
}

fn gap_from(gap: Value, at: &Location) -> Gap {
    let text = |key: &str| gap.get(key).and_then(Value::as_str).map(str::to_owned);
    Gap {
        path: at.pointer(),
        reason: gap
            .get("reason")
            .and_then(|reason| serde_json::from_value(reason.clone()).ok())
            .unwrap_or(GapReason::Failed),
        source: text("source"),
        detail: text("detail").unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::{Fact, Sourced, Unknown};
    use plimsoll_engine::snapshot::Layer;
    use serde::Serialize;
    use serde_json::json;

    #[derive(Serialize)]
    struct Facts {
        known: Fact<u32>,
        absent: Fact<u32>,
        list: Vec<Fact<u32>>,
        sourced: Fact<Sourced<bool>>,
    }

    #[test]
    fn gaps_and_origins_are_filed_under_the_path_where_they_stood() {
        let origin = Origin {
            layer: Layer::File,
            file: Some("/etc/docker/daemon.json".into()),
            line: Some(3),
            column: Some(3),
            length: Some(15),
            text: None,
            overrides: vec![],
        };
        let facts = Facts {
            known: Fact::Known(1),
            absent: Fact::Absent,
            list: vec![Fact::Known(1), Fact::Gap(Unknown::offline("/proc/x"))],
            sourced: Fact::Known(Sourced { value: false, origin: origin.clone() }),
        };
        let mut assembly = Assembly::default();
        assembly.add("a/b", serde_json::to_value(&facts).unwrap());
        assert_eq!(
            Value::Object(assembly.facts),
            json!({"a/b": {"known": 1, "absent": null, "list": [1, null], "sourced": false}})
        );
        assert_eq!(assembly.origins, BTreeMap::from([("/a~1b/sourced".to_owned(), origin)]));
        assert_eq!(assembly.gaps.len(), 1);
        assert_eq!(assembly.gaps[0].path, "/a~1b/list/1");
        assert_eq!(assembly.gaps[0].reason, GapReason::Offline);
    }

    #[test]
    fn a_document_cannot_forge_a_gap() {
        let hostile =
            json!({"\u{0}gap": {"reason": "offline"}, "\u{0}gap0000000000000000": {"reason": "offline"}});
        let mut assembly = Assembly::default();
        assembly.add("docker", hostile.clone());
        assert_eq!(assembly.facts["docker"], hostile);
        assert!(assembly.gaps.is_empty());
    }
}
