//! Paths of trees.

use super::*;
use crate::context::Options;
use crate::tree::{Tree, as_nobody};
use plimsoll_engine::demand::Demand;
use plimsoll_engine::jsonpath::Query;

fn read(tree: &Tree, queries: &[&str]) -> Keyed<Fact<File>> {
    let mut demand = Demand::default();
    for query in queries {
        demand.add(&Query::parse(query).unwrap());
    }
    let (host, options) = (tree.host(), Options::default());
    let ctx =
        Context { host: &host, demand: &demand, options: &options, deadline: std::time::Instant::now() };
    match collect(&ctx) {
        Fact::Known(files) => files,
        other => panic!("{other:?}"),
    }
}

fn file(tree: &Tree, path: &str) -> File {
    let files = read(tree, &[&format!("$.files['{path}'].text")]);
    files.0[path].known().unwrap().clone()
}

#[test]
fn a_file_shows_what_its_inode_says_and_its_text_on_request() {
    let tree = Tree::new().file("etc/docker/daemon.json", "{\"x\": \"http://u:p@h\"}");
    let path = "/etc/docker/daemon.json";
    let shown = file(&tree, path);
    assert!(shown.exists);
    assert_eq!(
        (shown.kind, shown.size_bytes, shown.target),
        (Fact::Known(Kind::File), Fact::Known(21), Fact::Absent)
    );
    assert!(shown.mode.known().unwrap().starts_with('0'));
    assert_eq!(shown.owner, Fact::Absent, "the target has no accounts");
    assert_eq!(shown.text.known().unwrap().value, "{\"x\": \"http://***@h\"}");
    let unasked = read(&tree, &["$.files['/etc/docker/daemon.json'].mode"]);
    assert_eq!(unasked.0[path].known().unwrap().text, Fact::Absent);
}

#[test]
fn the_targets_accounts_name_the_owner() {
    let metadata = Tree::new().file("x", "").host().metadata("/x").unwrap();
    let tree = Tree::new()
        .file("etc/passwd", format!("captain:x:{}:0::/:\n", metadata.uid))
        .file("etc/group", format!("crew:x:{}:\n", metadata.gid))
        .file("x", "");
    let shown = file(&tree, "/x");
    assert_eq!((shown.owner, shown.group), (Fact::Known("captain".into()), Fact::Known("crew".into())));
}

#[test]
fn links_are_followed_and_one_to_nothing_does_not_exist() {
    let tree = Tree::new().file("a", "text").link("b", "/a").link("c", "nowhere").link("d", "d");
    let b = file(&tree, "/b");
    assert_eq!((b.kind, b.target), (Fact::Known(Kind::File), Fact::Known("/a".into())));
    let c = file(&tree, "/c");
    assert!(!c.exists);
    assert_eq!((c.kind, c.target), (Fact::Known(Kind::Symlink), Fact::Known("nowhere".into())));
    let circle = read(&tree, &["$.files['/d'].mode"]);
    assert!(matches!(&circle.0["/d"], Fact::Gap(unknown) if unknown.reason == GapReason::Malformed));
    assert!(!file(&tree, "/nothing/there").exists);
}

#[test]
fn what_is_no_regular_file_has_no_text() {
    let tree = Tree::new().fifo("pipe").dir("directory");
    let pipe = file(&tree, "/pipe");
    assert_eq!((pipe.kind, pipe.text), (Fact::Known(Kind::Fifo), Fact::Absent));
    assert_eq!(file(&tree, "/directory").text, Fact::Absent);
}

#[test]
fn keys_tokens_and_large_files_are_not_told() {
    let tree = Tree::new()
        .file("key.pem", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n")
        .file("shadow", "root:$y$j9T$abc:19000::::::\n")
        .file("token", "eyJhbGciOiJSUzI1NiJ9.e30.x")
        .file("huge", vec![b'x'; TEXT_CAP + 1]);
    for path in ["/key.pem", "/shadow", "/token", "/huge"] {
        let shown = file(&tree, path);
        assert!(shown.exists);
        assert!(
            matches!(&shown.text, Fact::Gap(unknown) if unknown.reason == GapReason::Unsupported),
            "{path}: {:?}",
            shown.text
        );
    }
}

#[test]
fn what_may_not_be_read_is_denied_and_not_missing() {
    let tree = Tree::new()
        .file("secret", "x")
        .file("closed/file", "x")
        .file("etc/passwd", "root:x:0:0::/:\n")
        .mode("secret", 0o600)
        .mode("closed", 0o700)
        .mode("etc/passwd", 0o600);
    let files = as_nobody(|| read(&tree, &["$.files['/secret'].text", "$.files['/closed/file'].mode"]));
    let denied = |unknown: &Unknown| unknown.reason == GapReason::Denied;
    assert!(matches!(&files.0["/closed/file"], Fact::Gap(unknown) if denied(unknown)));
    let secret = files.0["/secret"].known().unwrap();
    assert_eq!(secret.mode, Fact::Known("0600".into()), "the inode of a file may be looked at");
    assert!(matches!(&secret.text, Fact::Gap(unknown) if denied(unknown)));
    assert!(matches!(&secret.owner, Fact::Gap(unknown) if denied(unknown)));
}

#[test]
fn what_only_a_running_node_has_is_a_gap_offline() {
    let files = read(
        &Tree::new(),
        &["$.files['/run/docker.sock'].mode", "$.files['/running'].mode", "$.files['/proc'].mode"],
    );
    let offline =
        |path: &str| matches!(&files.0[path], Fact::Gap(unknown) if unknown.reason == GapReason::Offline);
    assert!(offline("/run/docker.sock") && offline("/proc"));
    assert!(!files.0["/running"].known().unwrap().exists);
}
