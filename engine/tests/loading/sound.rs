//! Sound files load, in full, and the same whatever order they come in.

use plimsoll_engine::jsonpath::Query;
use plimsoll_engine::load::{self, Source};
use plimsoll_engine::outcome::Outcome;
use plimsoll_engine::profile::select;
use plimsoll_engine::rule::{Action, Check, Condition, Matcher, Operand, Reference, Subject};
use plimsoll_engine::severity::Severity;
use plimsoll_engine::template::Part;
use serde_json::json;

use crate::support::{LIVE_RESTORE, load, load_on, with};

#[test]
fn a_rule_loads_in_full() {
    let loaded = with(&[]).unwrap();
    let rule = loaded.library.rule("docker-live-restore-off").unwrap();
    assert_eq!((rule.pack.as_str(), rule.severity), ("node", Severity::Medium));
    assert_eq!(
        rule.rationale,
        "Without live-restore every daemon upgrade or crash takes all containers on the node down with it."
    );
    let Check::Holds(Condition::Leaf(leaf)) = &rule.check else { panic!("{:?}", rule.check) };
    assert_eq!(leaf.subject, Subject::Fact(Query::parse("$.docker.config['live-restore']").unwrap()));
    assert_eq!(leaf.matchers, [Matcher::Equals(Operand::Literal(json!(true)))]);
    assert_eq!(leaf.default, Some(json!(false)));
    let remediation = rule.remediation.as_ref().unwrap();
    let Action::Edit { set, .. } = &remediation.steps[0].action else { panic!("{remediation:?}") };
    assert_eq!(*set, json!({"live-restore": true}));
    let Some(Part::Text(verify)) = remediation.verify.as_ref().map(|verify| &verify.parts[0]) else {
        panic!("{remediation:?}")
    };
    assert_eq!(verify, "docker info --format \"{{.LiveRestoreEnabled}}\"");
    assert_eq!(
        rule.references[1],
        Reference::Control { benchmark: "cis-docker-1.6.0".to_owned(), control: "2.15".to_owned() }
    );
    let expected: Vec<Outcome> = loaded.tests[&rule.id].iter().map(|test| test.expect).collect();
    assert_eq!(expected, [Outcome::Fail, Outcome::Pass, Outcome::NotApplicable]);
}

#[test]
fn a_library_survives_being_embedded() {
    let library = with(&[]).unwrap().library;
    let embedded = serde_json::to_string(&library).unwrap();
    assert_eq!(serde_json::from_str::<load::Library>(&embedded).unwrap(), library);
}

#[test]
fn profiles_select_grade_and_set() {
    let library = with(&[]).unwrap().library;
    let selection = select(&library, &["worker".to_owned()], &[], &[], &[]).unwrap();
    let rules: Vec<_> =
        selection.rules.iter().map(|selected| (selected.rule.id.as_str(), selected.severity)).collect();
    assert_eq!(rules, [("docker-live-restore-off", Severity::Low)]);
    assert_eq!(selection.excluded[0].rule.id, "mount-nearly-full");
    assert_eq!(selection.parameters.get("mounts.used-max"), Some(&json!("90%")));
    assert_eq!(selection.parameters.get("docker.storage-driver"), Some(&json!("overlay2")));
    assert_eq!(selection.parameters.get("node.reserved"), None, "a parameter without a value is absent");
}

#[test]
fn files_of_a_user_build_on_what_is_built_in() {
    let built_in = with(&[]).unwrap().library;
    let profile = "id: ours\ntitle: Our nodes\nextends: [worker]\nselect: { rules: [our-rule] }\n";
    let rule = LIVE_RESTORE
        .replace("id: docker-live-restore-off", "id: our-rule")
        .replace("tags: [docker", "tags: [ours");
    let files: [(&str, &[u8]); 2] =
        [("profiles/ours.yaml", profile.as_bytes()), ("packs/ours/our-rule.yaml", rule.as_bytes())];
    let loaded = load_on(&files, Some(&built_in)).unwrap();
    assert_eq!(loaded.library.rules.len(), 1, "what it builds on is not in it");
    assert_eq!(loaded.library.packs[0].id, "ours", "a directory is a pack even without a pack.yaml");
    let library = built_in.with(loaded.library);
    let selection = select(&library, &["ours".to_owned()], &[], &[], &[]).unwrap();
    let ids: Vec<&str> = selection.rules.iter().map(|selected| selected.rule.id.as_str()).collect();
    assert_eq!(ids, ["docker-live-restore-off", "our-rule"]);
}

#[test]
fn without_a_catalogue_paths_are_parsed_and_not_checked() {
    let text = LIVE_RESTORE.replace("$.docker.installed", "$.no.such.fact").into_bytes();
    let source = |text| Source {
        name: "rule".to_owned(),
        kind: load::SourceKind::Rule { pack: "node".to_owned(), stem: "docker-live-restore-off".to_owned() },
        text,
    };
    assert!(load::load(&[source(text)], None, None).is_ok());
    let text = LIVE_RESTORE.replace("$.docker.installed", "$.docker.").into_bytes();
    assert!(load::load(&[source(text)], None, None).is_err());
}

#[test]
fn nothing_loads_to_nothing() {
    assert_eq!(load(&[]).unwrap(), load::Loaded::default());
}
