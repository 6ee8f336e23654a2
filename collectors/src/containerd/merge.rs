//! containerd's configuration as it comes together: the main file, its imports in order, the flags.

use plimsoll_engine::snapshot::Layer;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::files;
use super::flags::Flags;
use super::release::{self, Release};
use crate::fact::{Fact, Sourced, Unknown};
use crate::settings::{How, Settings};
use crate::toml_document::Document;

/// What comes out of all files and flags.
#[derive(Debug)]
pub(super) struct Merged {
    /// Every setting; the defaults are not among them.
    pub(super) settings: Settings,
    /// The version by which containerd reads it.
    pub(super) version: Fact<Sourced<u64>>,
    /// Whether it is containerd 2, as far as that can be told.
    pub(super) is_two: Option<bool>,
    /// The plugins' tables that a later file took out as a whole.
    pub(super) replaced: Vec<ReplacedTable>,
    /// The files whose tables containerd reads by version 3 or later.
    pub(super) of_version_3: Vec<String>,
}

/// A plugin's table that a later file has too. containerd 1 forgets the earlier one with all its settings.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ReplacedTable {
    /// The plugin, as the table names it.
    ///
    /// Source: the later file, the table
    pub name: Sourced<String>,
    /// The file whose settings are lost.
    ///
    /// Source: `imports`
    pub lost_from: String,
    /// The keys at the top of the lost table that the later one does not have.
    ///
    /// Source: the lost table
    pub lost_keys: Vec<String>,
}

impl Merged {
    /// Merges what the files say, the main one first, and the flags over it.
    ///
    /// # Errors
    ///
    /// If a file is out of bounds, or what comes out depends on a release that is unknown.
    pub(super) fn of(
        documents: &[&Document],
        flags: &Flags<Sourced<String>>,
        release: &Fact<Release>,
    ) -> Result<Self, Unknown> {
        let version = version(documents);
        let number = version.known().map_or(1, |version| version.value);
        let is_two = release::is_two(release, number);
        let replaced = replaced(documents);
        if is_two.is_none() && !replaced.is_empty() {
            return Err(release::unknown("how tables of one plugin in several files come together"));
        }
        let rule = if is_two == Some(true) { rule_of_two } else { rule_of_one };
        let mut settings = Settings::default();
        for (index, document) in documents.iter().enumerate() {
            settings.merge(document, if index == 0 { Layer::File } else { Layer::DropIn }, rule)?;
        }
        let flagged = [
            (&["root"][..], &flags.root),
            (&["state"], &flags.state),
            (&["grpc", "address"], &flags.address),
            (&["debug", "level"], &flags.log_level),
        ];
        for (path, flag) in flagged {
            if let Some(flag) = flag {
                settings.set(
                    path,
                    Sourced { value: Value::from(flag.value.as_str()), origin: flag.origin.clone() },
                );
            }
        }
        let of_version_3 = documents
            .iter()
            .filter(|document| files::version(document).is_some_and(|version| version.value > 2));
        let of_version_3 = of_version_3.map(|document| document.file().to_owned()).collect();
        let replaced = if is_two == Some(true) { Vec::new() } else { replaced };
        Ok(Self { settings, version, is_two, replaced, of_version_3 })
    }
}

/// containerd 1 sets the last version that a file says; containerd 2 brings each file to its own before it
/// merges them. The main file's counts then.
fn version(documents: &[&Document]) -> Fact<Sourced<u64>> {
    let mut versions = documents.iter().filter_map(|document| files::version(document));
    versions.find(|version| version.value > 0).into()
}

/// containerd 1: a plugin's table gives way to the later one as a whole.
fn rule_of_one(path: &[&str]) -> How {
    match path {
        ["plugins" | "proxy_plugins" | "stream_processors", _] => How::Replace,
        ["plugins", ..] => How::Merge,
        _ => rule_of_server(path),
    }
}

/// containerd 2: the tables of a plugin come together.
fn rule_of_two(path: &[&str]) -> How {
    match path {
        ["proxy_plugins" | "stream_processors", _] => How::Replace,
        ["plugins", ..] => How::Merge,
        _ => rule_of_server(path),
    }
}

fn rule_of_server(path: &[&str]) -> How {
    match path {
        ["disabled_plugins" | "required_plugins" | "imports"] => How::Append,
        _ => How::MergeUnlessEmpty,
    }
}

/// The tables of plugins that a later file has too.
fn replaced(documents: &[&Document]) -> Vec<ReplacedTable> {
    let mut replaced = Vec::new();
    for (index, later) in documents.iter().enumerate().skip(1) {
        let Some(plugins) = later.root().member("plugins") else { continue };
        for plugin in plugins.value.members() {
            let earlier = documents.iter().take(index).rev().find_map(|earlier| {
                let table = earlier.root().member("plugins")?.value.member(&plugin.name)?;
                Some((earlier.file(), table))
            });
            let Some((file, table)) = earlier else { continue };
            let is_lost = |name: &str| plugin.value.member(name).is_none();
            let names = table.value.members().iter().map(|member| member.name.clone());
            replaced.push(ReplacedTable {
                name: Sourced { value: plugin.name.clone(), origin: later.origin_of_member(plugin) },
                lost_from: file.to_owned(),
                lost_keys: names.filter(|name| is_lost(name)).collect(),
            });
        }
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings;
    use plimsoll_engine::snapshot::GapReason;

    fn merged(texts: &[&str], release: &str) -> Result<Merged, Unknown> {
        let documents: Vec<_> = texts
            .iter()
            .enumerate()
            .map(|(index, text)| Document::parse_toml(&format!("/{index}.toml"), (*text).to_owned()).unwrap())
            .collect();
        let arguments: [Sourced<String>; 0] = [];
        Merged::of(
            &documents.iter().collect::<Vec<_>>(),
            &Flags::parse(&arguments),
            &Release::of(release).into(),
        )
    }

    fn text(merged: &Merged, path: &[&str]) -> Option<String> {
        merged.settings.value(path, settings::text).known().map(|found| found.value.clone())
    }

    const MAIN: &str = "version = 2\nroot = '/a'\ndisabled_plugins = ['x.y.z.a']\n[plugins.'io.containerd.grpc.v1.cri']\nsandbox_image = 'p'\n[plugins.'io.containerd.grpc.v1.cri'.registry]\nconfig_path = '/c'";
    const IMPORT: &str = "root = ''\ndisabled_plugins = ['x.y.z.b', 'x.y.z.a']\n[plugins.'io.containerd.grpc.v1.cri'.registry]\nconfig_path = '/d'";
    const IMAGE: [&str; 3] = ["plugins", "io.containerd.grpc.v1.cri", "sandbox_image"];

    #[test]
    fn containerd_1_replaces_a_plugins_table() {
        let merged = merged(&[MAIN, IMPORT], "1.7.27").unwrap();
        assert_eq!(text(&merged, &["root"]).as_deref(), Some("/a"));
        assert_eq!(text(&merged, &IMAGE), None);
        let [replaced] = merged.replaced.as_slice() else { panic!() };
        assert_eq!(
            (replaced.lost_from.as_str(), &replaced.lost_keys[..]),
            ("/0.toml", &["sandbox_image".to_owned()][..])
        );
        assert_eq!(replaced.name.origin.file.as_deref(), Some("/1.toml"));
        let disabled = merged.settings.value(&["disabled_plugins"], settings::texts);
        assert_eq!(disabled.known().unwrap().value, ["x.y.z.a", "x.y.z.b"]);
    }

    #[test]
    fn containerd_2_merges_a_plugins_table() {
        let merged = merged(&[MAIN, IMPORT], "2.0.5").unwrap();
        assert_eq!(text(&merged, &IMAGE).as_deref(), Some("p"));
        assert_eq!(
            text(&merged, &["plugins", "io.containerd.grpc.v1.cri", "registry", "config_path"]).as_deref(),
            Some("/d")
        );
        assert!(merged.replaced.is_empty());
    }

    #[test]
    fn what_depends_on_an_unknown_release_is_unknown() {
        assert_eq!(merged(&[MAIN, IMPORT], "?").unwrap_err().reason, GapReason::Unsupported);
        assert!(merged(&[MAIN], "?").is_ok());
        assert!(merged(&["version = 3", "[plugins.a]\nb = 1", "[plugins.a]\nc = 1"], "?").is_ok());
    }

    #[test]
    fn flags_win() {
        let argument = |text: &str| Sourced { value: text.to_owned(), origin: crate::origin::default() };
        let flags = Flags::parse(&["containerd", "--root=/flag", "-l", "debug"].map(argument));
        let document = Document::parse_toml("/c", "root = '/file'".to_owned()).unwrap();
        let merged = Merged::of(&[&document], &flags, &Fact::Absent).unwrap();
        assert_eq!(text(&merged, &["root"]).as_deref(), Some("/flag"));
        assert_eq!(text(&merged, &["debug", "level"]).as_deref(), Some("debug"));
    }
}
