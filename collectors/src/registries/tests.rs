//! Policies and logins of whole trees.

use std::time::{Duration, Instant};

use plimsoll_engine::demand::Demand;
use serde_json::Value;

use super::*;
use crate::context::Options;
use crate::tree::Tree;

const USERS: &str = "root:x:0:0::/root:/bin/sh\nci:x:998:998::/var/lib/ci:/bin/sh\n";

fn facts(tree: &Tree) -> Registries {
    let (demand, options) = (Demand::everything(), Options::default());
    let deadline = Instant::now() + Duration::from_secs(3600);
    let host = tree.host();
    match collect(&Context { host: &host, demand: &demand, options: &options, deadline }) {
        Fact::Known(facts) => facts,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_nodes_policy_and_those_of_users() {
    let tree = Tree::new()
        .file("etc/passwd", USERS)
        .file("var/lib/ci/.config/containers/policy.json", r#"{"default": [{"type": "reject"}], "x": 1}"#);
    let facts = facts(&tree);
    let policies = facts.policies.known().unwrap();
    let [Fact::Known(system), Fact::Known(own)] = policies.as_slice() else { panic!("{policies:?}") };
    assert_eq!((&system.exists, &system.valid), (&Fact::Known(false), &Fact::Absent));
    assert_eq!((&own.user, &own.valid), (&Fact::Known("ci".into()), &Fact::Known(false)));
    assert_eq!(own.error.known().unwrap().value, "the key \"x\" is unknown");
}

#[test]
fn keys_that_are_not_there_are_told() {
    let policy =
        r#"{"default": [{"type": "signedBy", "keyType": "GPGKeys", "keyPaths": ["/there", "/missing"]}]}"#;
    let tree = Tree::new().file("etc/containers/policy.json", policy).file("there", "");
    let facts = facts(&tree);
    let [Fact::Known(system)] = facts.policies.known().unwrap().as_slice() else { panic!("{facts:?}") };
    assert_eq!(system.accepts_anything, Fact::Known(false));
    let missing = system.missing_keys.known().unwrap();
    assert_eq!(missing.iter().map(|key| key.value.as_str()).collect::<Vec<_>>(), ["/missing"]);
}

#[test]
fn logins_are_found_everywhere_and_their_secrets_are_kept_back() {
    let auth = r#"{"auths": {"quay.io": {"auth": "c2VjcmV0OnNlY3JldA=="}}}"#;
    let tree = Tree::new()
        .file("etc/passwd", USERS)
        .file("root/.docker/config.json", auth)
        .mode("root/.docker/config.json", 0o644)
        .file("var/lib/ci/.dockercfg", r#"{"quay.io": {"auth": "c2VjcmV0OnNlY3JldA=="}"#)
        .file(
            "var/lib/kubelet/config.json",
            r#"{"credHelpers": {"x": "y"}, "auths": {"a": {"auth": "c2VjcmV0OnNlY3JldA=="}}, "auths": 3}"#,
        )
        .file("etc/crio/auth/ns-1.json", auth)
        .executable("usr/bin/docker-credential-z");
    let facts = facts(&tree);
    let logins: Vec<&Login> = facts.logins.known().unwrap().iter().filter_map(Fact::known).collect();
    let [root, ci, kubelet, crio] = logins.as_slice() else { panic!("{logins:?}") };
    assert_eq!((root.used_by.as_str(), &root.mode), ("root", &Fact::Known("0644".into())));
    assert_eq!(root.plain, Fact::Known(vec!["quay.io".into()]));
    assert_eq!((ci.expected_uid, &ci.valid), (998, &Fact::Known(false)));
    assert_eq!((kubelet.used_by.as_str(), &kubelet.valid), ("kubelet", &Fact::Known(false)));
    assert_eq!((crio.used_by.as_str(), &crio.valid), ("cri-o", &Fact::Known(true)));
    let snapshot = serde_json::to_string(&facts).unwrap();
    assert!(!snapshot.contains("c2Vj") && !snapshot.contains("secret"), "{snapshot}");
    let _: Value = serde_json::from_str(&snapshot).unwrap();
}

#[test]
fn drop_ins_win_and_one_that_is_wrong_makes_all_unknown() {
    let tree = Tree::new()
        .file("etc/containers/registries.conf", "unqualified-search-registries = [\"a\", \"b\"]\n[[registry]]\nlocation = \"x\"\ninsecure = true\n")
        .file("etc/containers/registries.conf.d/10.conf", "short-name-mode = \"disabled\"\n[[registry]]\nlocation = \"x\"\n[[registry.mirror]]\nlocation = \"m\"\ninsecure = true\n")
        .file("root/.config/containers/registries.conf.d/20.conf", "unqualified-search-registries = [\"c\"]\n");
    let configuration = facts(&tree).configuration.known().unwrap().clone();
    assert_eq!(configuration.files.len(), 3);
    assert_eq!(configuration.search.known().unwrap()[0].value, "c");
    assert_eq!(configuration.short_name_mode.known().unwrap().value, "disabled");
    let [registry] = configuration.registries.known().unwrap().as_slice() else {
        panic!("{configuration:?}")
    };
    assert_eq!((registry.insecure.value, registry.mirrors[0].insecure.value), (false, true));
    let tree =
        tree.file("etc/containers/registries.conf.d/30.conf", "[registries.search]\nregistries = [\"d\"]\n");
    let configuration = facts(&tree).configuration.known().unwrap().clone();
    assert!(matches!(configuration.search, Fact::Gap(_)));
    assert_eq!(configuration.files.iter().filter(|file| !file.known().unwrap().valid).count(), 1);
}

#[test]
fn roots_own_file_takes_the_place_of_the_systems() {
    let tree = Tree::new()
        .file("etc/passwd", USERS)
        .file("etc/containers/registries.conf", "this is wrong")
        .file("root/.config/containers/registries.conf", "unqualified-search-registries = [\"own\"]\n");
    let configuration = facts(&tree).configuration.known().unwrap().clone();
    assert_eq!(configuration.search.known().unwrap()[0].value, "own");
    let none = facts(&Tree::new()).configuration.known().unwrap().clone();
    assert_eq!((none.files.len(), none.search), (0, Fact::Known(Vec::new())));
}

#[test]
fn crio_has_logins_and_policies_of_its_own() {
    let accepts = r#"{"default": [{"type": "insecureAcceptAnything"}]}"#;
    let tree = Tree::new()
        .file("etc/passwd", USERS)
        .executable("usr/bin/crio")
        .file(
            "etc/crio/crio.conf.d/10.conf",
            "[crio.image]\nglobal_auth_file = \"/srv/auth.json\"\npause_image_auth_file = \"/srv/pause.json\"\nnamespaced_auth_dir = \"/srv/auth\"\nsignature_policy = \"/etc/crio/policy.json\"\n",
        )
        .file("srv/auth.json", r#"{"auths": {"quay.io": {"auth": "c2VjcmV0OnNlY3JldA=="}}}"#)
        .file("srv/auth/ns.json", r#"{"auths": {}}"#)
        .mode("srv/auth.json", 0o644)
        .file("etc/crio/policies/ns.json", accepts);
    let facts = facts(&tree);
    let logins: Vec<_> = facts.logins.known().unwrap().iter().map(|login| login.known().unwrap()).collect();
    let files: Vec<_> = logins.iter().map(|login| (login.file.as_str(), login.used_by.as_str())).collect();
    assert_eq!(files, [("/srv/auth.json", "cri-o"), ("/srv/auth/ns.json", "cri-o")]);
    assert_eq!(logins[0].mode, Fact::Known("0644".to_owned()));
    let policies: Vec<_> = facts
        .policies
        .known()
        .unwrap()
        .iter()
        .map(|policy| policy.known().unwrap())
        .map(|policy| (policy.file.as_str(), policy.program.clone(), policy.exists.clone()))
        .collect();
    let crio = || Fact::Known("cri-o".to_owned());
    assert_eq!(
        policies,
        [
            ("/etc/containers/policy.json", Fact::Absent, Fact::Known(false)),
            ("/etc/crio/policy.json", crio(), Fact::Known(false)),
            ("/etc/crio/policies/ns.json", crio(), Fact::Known(true)),
        ]
    );
}
