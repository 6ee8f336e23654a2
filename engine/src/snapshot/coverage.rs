//! What a saved snapshot lacks of what rules want to know.

use serde_json::Value;

use super::{Gap, GapReason, Location, Snapshot, Step};
use crate::demand::Demand;

impl Snapshot {
    /// Adds a gap for everything in `demand` that nobody asked for when the snapshot was taken: facts of
    /// collectors that did not run, and missing keys of the keyed facts at the paths `keyed`.
    ///
    /// A key that was asked for has an entry, if only `null`; so a missing one was not. Without this a
    /// fact that was never read would pass for one that is known to be absent.
    pub fn mark_not_collected(&mut self, demand: &Demand, keyed: &[Vec<&str>]) {
        let mut missing: Vec<Location> = self.missing_keys(&[], demand).collect();
        for path in keyed {
            missing.extend(self.missing_keys(path, demand));
        }
        let pointers = missing.iter().map(Location::pointer);
        let uncovered = pointers.filter(|pointer| !self.gaps.iter().any(|gap| covers(&gap.path, pointer)));
        let gaps: Vec<Gap> = uncovered.map(not_collected).collect();
        self.gaps.extend(gaps);
        self.gaps.sort();
        self.gaps.dedup();
    }

    /// The members that are wanted of the object at `path` and that it has not.
    fn missing_keys(&self, path: &[&str], demand: &Demand) -> impl Iterator<Item = Location> {
        let object =
            path.iter().try_fold(&self.facts, |value, name| value.get(name)).and_then(Value::as_object);
        let wanted =
            object.into_iter().flat_map(|object| demand.keys(path).filter(|key| !object.contains_key(*key)));
        wanted.map(|key| {
            let names = path.iter().copied().chain([key]);
            Location(names.map(|name| Step::Name(name.to_owned())).collect())
        })
    }
}

/// Whether the gap at the pointer `gap` has the fact at `pointer` in it.
fn covers(gap: &str, pointer: &str) -> bool {
    pointer.strip_prefix(gap).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn not_collected(path: String) -> Gap {
    Gap {
        path,
        reason: GapReason::NotCollected,
        source: None,
        detail: "nobody asked for it when the snapshot was taken".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jsonpath::Query;
    use crate::snapshot::{SCHEMA, Target, TargetKind, Tool};

    fn marked(facts: Value, gaps: Vec<Gap>, queries: &[&str]) -> Vec<String> {
        let mut snapshot = Snapshot {
            schema: SCHEMA,
            tool: Tool::this(),
            taken_at: "2026-11-23T18:00:00Z".to_owned(),
            target: Target { kind: TargetKind::Live, name: "node".to_owned() },
            facts,
            origins: Default::default(),
            gaps,
        };
        let mut demand = Demand::default();
        queries.iter().for_each(|query| demand.add(&Query::parse(query).unwrap()));
        let keyed = [vec!["sysctl"], vec!["kernel", "config"]];
        snapshot.mark_not_collected(&demand, &keyed);
        snapshot.gaps.iter().map(|gap| format!("{} {}", gap.path, gap.reason)).collect()
    }

    #[test]
    fn missing_collectors_and_missing_keys_are_gaps() {
        let facts = json!({"sysctl": {"a.b": null}, "kernel": {"config": {"CONFIG_A": "y"}}, "swap": null});
        let queries = [
            "$.sysctl['a.b'].running",
            "$.sysctl['c/d'].running",
            "$.kernel.config['CONFIG_B']",
            "$.kernel.release",
            "$.swap.enabled",
            "$.docker.installed",
        ];
        assert_eq!(
            marked(facts, vec![], &queries),
            ["/docker not-collected", "/kernel/config/CONFIG_B not-collected", "/sysctl/c~1d not-collected"]
        );
    }

    #[test]
    fn what_a_gap_explains_already_is_left_alone() {
        let gap = |path: &str| Gap {
            path: path.into(),
            reason: GapReason::Denied,
            source: None,
            detail: "x".into(),
        };
        let queries = ["$.kernel.config['CONFIG_B']", "$.sysctl['net'].running", "$.docker.installed"];
        assert_eq!(
            marked(
                json!({"kernel": {"config": {}}, "sysctl": {}}),
                vec![gap("/docker"), gap("/kernel/config"), gap("/sysctl/ne")],
                &queries
            ),
            ["/docker denied", "/kernel/config denied", "/sysctl/ne denied", "/sysctl/net not-collected"]
        );
    }

    #[test]
    fn a_keyed_fact_that_is_absent_as_a_whole_stays_absent() {
        assert!(
            marked(json!({"kernel": {"config": null}}), vec![], &["$.kernel.config['CONFIG_B']"]).is_empty()
        );
    }
}
