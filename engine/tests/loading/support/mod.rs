//! A small catalogue, two sound rules to spoil, and the drawing of what comes of it.

mod facts;

use miette::{GraphicalReportHandler, GraphicalTheme};
use plimsoll_engine::load::{self, Diagnostics, Library, Loaded, Source, SourceKind};

pub(crate) use facts::catalogue;

/// A sound rule about the node as a whole.
pub(crate) const LIVE_RESTORE: &str = include_str!("docker-live-restore-off.yaml");

/// A sound rule about each of several elements.
pub(crate) const NEARLY_FULL: &str = include_str!("mount-nearly-full.yaml");

/// The pack of both.
pub(crate) const PACK: &str = include_str!("pack.yaml");

/// A sound profile that selects them.
pub(crate) const PROFILE: &str = include_str!("worker.yaml");

/// Loads files by their paths in a directory of rules, on top of nothing.
pub(crate) fn load(files: &[(&str, &[u8])]) -> Result<Loaded, Diagnostics> {
    load_on(files, None)
}

/// Loads files on top of a library.
pub(crate) fn load_on(files: &[(&str, &[u8])], base: Option<&Library>) -> Result<Loaded, Diagnostics> {
    let sources: Vec<Source> = files
        .iter()
        .map(|(path, text)| Source { name: (*path).to_owned(), kind: kind_of(path), text: text.to_vec() })
        .collect();
    load::load(&sources, Some(&catalogue()), base)
}

fn kind_of(path: &str) -> SourceKind {
    let parts: Vec<&str> = path.trim_end_matches(".yaml").split('/').collect();
    match parts.as_slice() {
        ["packs", id, "pack"] => SourceKind::Pack { id: (*id).to_owned() },
        ["packs", pack, stem] => SourceKind::Rule { pack: (*pack).to_owned(), stem: (*stem).to_owned() },
        ["profiles", stem] => SourceKind::Profile { stem: (*stem).to_owned() },
        _ => panic!("{path} is not in a directory of rules"),
    }
}

/// The sound files, of which any may be replaced, and further ones.
pub(crate) fn with(replaced: &[(&'static str, &str)]) -> Result<Loaded, Diagnostics> {
    let mut files = vec![
        ("packs/node/docker-live-restore-off.yaml", LIVE_RESTORE),
        ("packs/node/mount-nearly-full.yaml", NEARLY_FULL),
        ("packs/node/pack.yaml", PACK),
        ("profiles/worker.yaml", PROFILE),
    ];
    for (path, text) in replaced {
        files.retain(|(known, _)| known != path);
        files.push((path, text));
    }
    let files: Vec<(&str, &[u8])> = files.into_iter().map(|(path, text)| (path, text.as_bytes())).collect();
    load(&files)
}

/// What is drawn of the rule about live-restore after a change.
pub(crate) fn changed(from: &str, to: &str) -> String {
    drawn(with(&[("packs/node/docker-live-restore-off.yaml", &replaced(LIVE_RESTORE, from, to))]))
}

/// What is drawn of the rule about live-restore with another condition of its last step.
pub(crate) fn when(condition: &str) -> String {
    changed("when: { fact: $.os.init, equals: systemd }", &format!("when: {condition}"))
}

/// What is drawn of the rule about full mounts after a change.
pub(crate) fn changed_each(from: &str, to: &str) -> String {
    drawn(with(&[("packs/node/mount-nearly-full.yaml", &replaced(NEARLY_FULL, from, to))]))
}

/// What is drawn of the pack after a change.
pub(crate) fn changed_pack(from: &str, to: &str) -> String {
    drawn(with(&[("packs/node/pack.yaml", &replaced(PACK, from, to))]))
}

/// What is drawn of the profile after a change.
pub(crate) fn changed_profile(from: &str, to: &str) -> String {
    drawn(with(&[("profiles/worker.yaml", &replaced(PROFILE, from, to))]))
}

/// The text with the one place changed.
pub(crate) fn replaced(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "`{from}` has to stand in the file exactly once");
    text.replace(from, to)
}

/// The mistakes as a terminal shows them, without colour, 100 columns wide.
pub(crate) fn drawn(loaded: Result<Loaded, Diagnostics>) -> String {
    draw(loaded.expect_err("the mistake was let pass"))
}

/// As [`drawn`].
pub(crate) fn draw(diagnostics: Diagnostics) -> String {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(100)
        .with_links(false);
    let mut text = String::new();
    for diagnostic in diagnostics.iter() {
        handler.render_report(&mut text, diagnostic).unwrap();
        text.push('\n');
    }
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}
