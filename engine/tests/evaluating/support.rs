//! Rules and snapshots in few words.

use std::collections::BTreeMap;

use plimsoll_engine::evaluate::{Explanation, Scene, evaluate, explain};
use plimsoll_engine::load::{self, Library, Source};
use plimsoll_engine::outcome::Outcome;
use plimsoll_engine::parameter::Parameters;
use plimsoll_engine::report::Finding;
use plimsoll_engine::rule::Rule;
use plimsoll_engine::snapshot::{Gap, GapReason, Layer, Origin, SCHEMA, Snapshot, Target, TargetKind, Tool};
use serde_json::Value;

/// Parameters for tests: two with a default, one without.
const PACK: &str = "
title: Tests
parameters:
  limit: { type: quantity, description: A limit, default: 2Gi }
  names: { type: string-list, description: Some names, default: [a, b] }
  unset: { type: string, description: Never set }
";

/// What every rule has to have and no test of the evaluator looks at.
const REST: &str = "
title: Something is wrong
tags: [test]
rationale: It hurts.
";

const TESTS: &str = "
tests:
  - { name: bad, facts: {}, expect: fail }
  - { name: good, facts: {}, expect: pass }
";

/// The library of a pack `pack` with these rules: id, severity and the rest of the file.
pub(crate) fn library(rules: &[(&str, &str, &str)]) -> Library {
    let mut sources = vec![Source::at("packs/pack/pack.yaml", PACK.into())];
    for (id, severity, body) in rules {
        let tests = if body.contains("\nmanual:") || body.contains("\ntests:") { "" } else { TESTS };
        let text = format!("id: {id}\nseverity: {severity}{REST}{body}\n{tests}");
        sources.push(Source::at(&format!("packs/pack/{id}.yaml"), text.into()));
    }
    load::load(&sources, None, None).unwrap_or_else(|errors| panic!("{errors:?}")).library
}

/// A rule with this body.
pub(crate) fn rule(body: &str) -> Rule {
    library(&[("the-rule", "medium", &format!("\n{body}"))]).rules.remove(0)
}

/// The parameters' defaults.
pub(crate) fn defaults() -> Parameters {
    let library = library(&[]);
    let parameters = library.parameters().filter_map(|p| Some((p.name.clone(), p.default.clone()?)));
    Parameters(parameters.collect())
}

pub(crate) fn gap(path: &str, reason: GapReason) -> Gap {
    Gap { path: path.into(), reason, source: Some("/dev/null".into()), detail: format!("{path} resists") }
}

/// A snapshot of the node `node-7`.
pub(crate) fn snapshot(facts: Value, gaps: &[(&str, GapReason)]) -> Snapshot {
    Snapshot {
        schema: SCHEMA,
        tool: Tool::this(),
        taken_at: "2026-11-23T18:00:00Z".into(),
        target: Target { kind: TargetKind::Live, name: "node-7".into() },
        facts,
        origins: BTreeMap::new(),
        gaps: gaps.iter().map(|(path, reason)| gap(path, *reason)).collect(),
    }
}

pub(crate) fn origin(file: &str, line: u32) -> Origin {
    Origin {
        layer: Layer::File,
        file: Some(file.into()),
        line: Some(line),
        column: None,
        length: None,
        text: None,
        overrides: Vec::new(),
    }
}

/// What the rule with this body has to say.
pub(crate) fn findings(body: &str, facts: Value, gaps: &[(&str, GapReason)]) -> Vec<Finding> {
    let (rule, snapshot, parameters) = (rule(body), snapshot(facts, gaps), defaults());
    evaluate(&rule, rule.severity, &Scene::new(&snapshot, &parameters))
}

/// What the rule with this body has to say, if that is one thing.
pub(crate) fn finding(body: &str, facts: Value, gaps: &[(&str, GapReason)]) -> Finding {
    let mut findings = findings(body, facts, gaps);
    assert_eq!(findings.len(), 1, "{findings:?}");
    findings.remove(0)
}

/// The outcome of a rule with this check.
pub(crate) fn outcome(check: &str, facts: Value, gaps: &[(&str, GapReason)]) -> Outcome {
    finding(&format!("check: {check}"), facts, gaps).outcome
}

/// Outcomes and subjects, as `fail /data`.
pub(crate) fn told(findings: &[Finding]) -> Vec<String> {
    let tell = |finding: &Finding| match &finding.subject {
        Some(subject) => format!("{} {subject}", finding.outcome),
        None => finding.outcome.to_string(),
    };
    findings.iter().map(tell).collect()
}

/// Explains the rule with this body, and hands the explanation over.
pub(crate) fn explained<T>(
    body: &str,
    facts: Value,
    gaps: &[(&str, GapReason)],
    see: impl FnOnce(&Explanation<'_>) -> T,
) -> T {
    let (rule, snapshot, parameters) = (rule(body), snapshot(facts, gaps), defaults());
    see(&explain(&rule, &Scene::new(&snapshot, &parameters)))
}
