//! All mistakes of all files are told at once, by file and place.

use plimsoll_engine::load::Diagnostic;

use crate::support::{LIVE_RESTORE, NEARLY_FULL, PACK, PROFILE, replaced, with};

/// The file, the line and the code.
fn place(diagnostic: &Diagnostic) -> String {
    format!("{}:{} {}", diagnostic.file(), diagnostic.line(), diagnostic.code())
}

#[test]
fn ten_mistakes_in_five_files_are_told_in_one_run() {
    let rule = replaced(LIVE_RESTORE, "severity: medium", "severity: meduim");
    let rule = replaced(&rule, "  equals: true", "  equal: true");
    let rule = replaced(&rule, "$.os.init", "$.os.initt");
    let rule = replaced(&rule, "{{ actual }}", "{{ actaul }}");
    let each = replaced(NEARLY_FULL, "'@.used_percent'", "'@.used_percnt'");
    let each = replaced(&each, "effect: none", "effect: nothing");
    let pack = replaced(PACK, "type: string-list", "type: strings");
    let profile = replaced(PROFILE, "packs: [node]", "packs: [nodes]");
    let profile = replaced(&profile, "mounts.used-max: 90%", "mounts.used-max: most");
    let broken = "id: broken\ntitle: [\n";
    let loaded = with(&[
        ("packs/node/docker-live-restore-off.yaml", &rule),
        ("packs/node/mount-nearly-full.yaml", &each),
        ("packs/node/pack.yaml", &pack),
        ("profiles/worker.yaml", &profile),
        ("profiles/broken.yaml", broken),
    ]);
    let diagnostics = loaded.unwrap_err();
    let places: Vec<String> = diagnostics.iter().map(place).collect();
    assert_eq!(
        places,
        [
            "packs/node/docker-live-restore-off.yaml:3 plimsoll::rule::unknown-word",
            "packs/node/docker-live-restore-off.yaml:11 plimsoll::rule::unknown-key",
            "packs/node/docker-live-restore-off.yaml:12 plimsoll::template::syntax",
            "packs/node/docker-live-restore-off.yaml:18 plimsoll::path::unknown-fact",
            "packs/node/mount-nearly-full.yaml:12 plimsoll::path::unknown-fact",
            "packs/node/mount-nearly-full.yaml:16 plimsoll::rule::unknown-word",
            "packs/node/pack.yaml:13 plimsoll::pack::unknown-word",
            "profiles/broken.yaml:3 plimsoll::yaml::syntax",
            "profiles/worker.yaml:4 plimsoll::profile::unknown-name",
            "profiles/worker.yaml:9 plimsoll::profile::parameter-value",
        ]
    );
}

#[test]
fn what_is_wrong_in_one_file_is_not_told_of_others() {
    // The tag stands in a rule that does not load, the parameter in a pack that does not.
    let each = replaced(NEARLY_FULL, "severity: high", "severity: highest");
    let pack = replaced(PACK, "default: 85%", "default: most");
    let loaded = with(&[("packs/node/mount-nearly-full.yaml", &each), ("packs/node/pack.yaml", &pack)]);
    let places: Vec<String> = loaded.unwrap_err().iter().map(place).collect();
    assert_eq!(
        places,
        [
            "packs/node/mount-nearly-full.yaml:3 plimsoll::rule::unknown-word",
            "packs/node/pack.yaml:6 plimsoll::pack::parameter-value",
        ]
    );
}
