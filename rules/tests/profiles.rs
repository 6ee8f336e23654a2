//! What the built-in profiles promise: benchmarks are complete, what is opt-in stays so, and no rule is
//! out of reach.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use plimsoll_engine::load::Library;
use plimsoll_engine::profile::select;
use plimsoll_engine::rule::{Reference, Rule};

fn selected(library: &Library, profile: &str) -> BTreeSet<String> {
    let selection = select(library, &[profile.to_owned()], &[], &[], &[]).unwrap();
    selection.rules.iter().map(|selected| selected.rule.id.clone()).collect()
}

fn ids<'l>(library: &'l Library, is_meant: impl Fn(&Rule) -> bool + 'l) -> impl Iterator<Item = &'l str> {
    library.rules.iter().filter(move |rule| is_meant(rule)).map(|rule| rule.id.as_str())
}

fn has_tag(rule: &Rule, tag: &str) -> bool {
    rule.tags.iter().any(|other| other == tag)
}

#[test]
fn a_benchmarks_profile_has_every_rule_that_names_a_control_of_it() {
    let library = plimsoll_rules::library();
    for (profile, name) in
        [("cis-docker", "cis-docker-1.6.0"), ("cis-kubernetes-control-plane", "cis-kubernetes-1.12")]
    {
        let names_it = |rule: &Rule| {
            rule.references.iter().any(
                |reference| matches!(reference, Reference::Control { benchmark, .. } if benchmark == name),
            )
        };
        let selected = selected(&library, profile);
        let missing: Vec<&str> = ids(&library, names_it).filter(|id| !selected.contains(*id)).collect();
        assert!(missing.is_empty(), "{profile} misses {missing:?}");
        let others: Vec<&str> =
            ids(&library, |rule| !names_it(rule)).filter(|id| selected.contains(*id)).collect();
        assert!(others.is_empty(), "{profile} has {others:?}, which name no control of {name}");
    }
}

#[test]
fn what_is_opt_in_is_in_no_profile_of_another_purpose() {
    let library = plimsoll_rules::library();
    for (profile, tags) in [
        ("default", &["cis", "hardening", "kubernetes", "first-boot"][..]),
        ("docker-host", &["cis", "hardening", "kubernetes", "first-boot"]),
        ("kubeadm-worker", &["cis", "hardening", "control-plane", "first-boot"]),
        ("kubeadm-control-plane", &["cis", "hardening", "first-boot"]),
        ("kubeadm-member", &["cis", "hardening", "control-plane", "first-boot"]),
        ("node-image", &["cis", "hardening", "control-plane", "live"]),
        ("cis-kubernetes-worker", &["docker", "control-plane"]),
    ] {
        let selected = selected(&library, profile);
        assert!(!selected.is_empty(), "{profile} selects nothing");
        for tag in tags {
            let opt_in = ids(&library, |rule| has_tag(rule, tag));
            let wrong: Vec<&str> = opt_in.filter(|id| selected.contains(*id)).collect();
            assert!(wrong.is_empty(), "{profile} has {wrong:?}, tagged {tag}");
        }
    }
}

#[test]
fn every_rule_is_in_a_profile() {
    let library = plimsoll_rules::library();
    let reached: BTreeSet<String> =
        library.profiles.iter().flat_map(|profile| selected(&library, &profile.id)).collect();
    let orphans: Vec<&str> = ids(&library, |_| true).filter(|id| !reached.contains(*id)).collect();
    assert!(orphans.is_empty(), "no profile selects {orphans:?}");
}
