//! Hooks of whole trees.

use std::time::{Duration, Instant};

use plimsoll_engine::demand::Demand;

use super::*;
use crate::context::Options;
use crate::tree::Tree;

const VENDOR: &str = "usr/share/containers/oci/hooks.d";
const ADMIN: &str = "etc/containers/oci/hooks.d";
const SOUND: &str = r#"{"version": "1.0.0", "hook": {"path": "/usr/bin/hook", "timeout": 5}, "when": {"always": true}, "stages": ["prestart", "poststop"]}"#;

fn facts(tree: &Tree) -> Vec<Fact<Hook>> {
    let (demand, options) = (Demand::everything(), Options::default());
    let deadline = Instant::now() + Duration::from_secs(3600);
    let host = tree.host();
    let facts = collect(&Context { host: &host, demand: &demand, options: &options, deadline });
    facts.known().unwrap().hooks.known().unwrap().clone()
}

#[test]
fn a_sound_hook_tells_all_of_itself() {
    let tree = Tree::new()
        .file(&format!("{VENDOR}/a.json"), SOUND)
        .file(&format!("{VENDOR}/notes.txt"), "{")
        .executable("usr/bin/hook")
        .mode("usr/bin/hook", 0o757);
    let facts = facts(&tree);
    let [Fact::Known(hook)] = facts.as_slice() else { panic!("{facts:?}") };
    assert_eq!(
        (&hook.valid, &hook.error, &hook.hidden_by),
        (&Fact::Known(true), &Fact::Absent, &Fact::Absent)
    );
    assert_eq!(hook.timeout_seconds.known().unwrap().value, 5);
    assert_eq!(hook.deprecated_stages.known().unwrap().len(), 1);
    let program = hook.program.known().unwrap();
    assert_eq!((program.absolute, &program.exists), (true, &Fact::Known(true)));
    assert_eq!(program.executable, Fact::Known(true));
    assert_eq!(program.mode, Fact::Known("0757".into()));
}

#[test]
fn crio_reads_the_directories_of_its_own_configuration() {
    let tree = Tree::new()
        .executable("usr/bin/crio")
        .file("etc/crio/crio.conf.d/10-hooks.conf", "[crio.runtime]\nhooks_dir = [\"/srv/hooks.d\"]\n")
        .file("srv/hooks.d/a.json", SOUND)
        .executable("usr/bin/hook");
    let host = tree.host();
    let (demand, options) = (Demand::everything(), Options::default());
    let deadline = Instant::now() + Duration::from_secs(3600);
    let told = collect(&Context { host: &host, demand: &demand, options: &options, deadline });
    let directories = told.known().unwrap().directories.known().unwrap();
    let of_crio: Vec<_> =
        directories.iter().filter(|directory| directory.readers.contains(&"cri-o")).collect();
    let [directory] = &of_crio[..] else { panic!("{directories:?}") };
    assert_eq!(directory.path.value, "/srv/hooks.d");
    assert_eq!(directory.path.origin.file.as_deref(), Some("/etc/crio/crio.conf.d/10-hooks.conf"));
    assert_eq!(facts(&tree).len(), 1);
}

#[test]
fn a_file_of_the_same_name_hides_and_a_broken_one_is_told_either_way() {
    let tree = Tree::new().file(&format!("{VENDOR}/a.json"), "{").file(&format!("{ADMIN}/a.json"), SOUND);
    let facts = facts(&tree);
    let [Fact::Known(vendor), Fact::Known(admin)] = facts.as_slice() else { panic!("{facts:?}") };
    // CRI-O reads the first directory only, so that nothing hides the file from it.
    assert_eq!((&vendor.valid, &vendor.hidden_by), (&Fact::Known(false), &Fact::Absent));
    assert_eq!(admin.valid, Fact::Known(true));
    assert_eq!(admin.program.known().unwrap().exists, Fact::Known(false));
}

#[test]
fn what_is_no_regular_file_is_an_error_and_a_dangling_link_is_nothing() {
    let tree = Tree::new()
        .dir(&format!("{VENDOR}/d.json"))
        .link(&format!("{VENDOR}/l.json"), "/nowhere")
        .fifo(&format!("{VENDOR}/p.json"));
    let facts = facts(&tree);
    let [Fact::Known(directory), Fact::Known(fifo)] = facts.as_slice() else { panic!("{facts:?}") };
    assert_eq!(directory.error.known().unwrap().value, "it is a directory");
    assert_eq!(fifo.error.known().unwrap().value, "it is a FIFO");
}

#[test]
fn a_directory_that_is_none_is_a_gap_in_the_list() {
    let facts = facts(&Tree::new().file(VENDOR, ""));
    assert!(matches!(facts.as_slice(), [Fact::Gap(_)]), "{facts:?}");
}
