//! containers.conf and its drop-ins, as podman of root reads them: containers.conf(5).

use std::sync::Arc;

use plimsoll_engine::snapshot::Layer;
use schemars::JsonSchema;
use serde::Serialize;

use super::configuration::Configuration;
use super::settings::{FREE_TABLES, SETTINGS, Setting};
use crate::context::Context;
use crate::document::{Content, Document, DocumentError, Member};
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::Host;
use crate::listing;

/// The files, the weakest first.
const FILES: [&str; 2] = ["/usr/share/containers/containers.conf", "/etc/containers/containers.conf"];

/// Read after them, by name.
const DROP_INS: &str = "/etc/containers/containers.conf.d";

/// A file of the configuration.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ConfigFile {
    /// Its path.
    pub file: String,
    /// Whether it is TOML whose values are of the right types; podman does nothing with any other.
    pub valid: bool,
    /// What is wrong with it, in words.
    pub error: Fact<Sourced<String>>,
}

/// A key of a configuration file.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Key {
    /// Its name, with that of its table: `engine.runtime`.
    pub key: Sourced<String>,
}

/// The files as they were read.
#[derive(Debug)]
pub(super) struct ContainersConf {
    files: Vec<File>,
    /// Why there may be others.
    incomplete: Option<Unknown>,
}

/// A file that is there.
#[derive(Debug)]
pub(super) struct File {
    path: String,
    pub(super) layer: Layer,
    contents: Result<Result<Document, DocumentError>, Unknown>,
}

impl ContainersConf {
    /// Reads the files, once for each scan.
    pub(super) fn of(ctx: &Context<'_>) -> Arc<Self> {
        struct Seen(Arc<ContainersConf>);
        Arc::clone(&ctx.host.once(|| Seen(Arc::new(Self::read(ctx.host)))).0)
    }

    fn read(host: &Host) -> Self {
        let mut files: Vec<File> =
            FILES.iter().filter_map(|path| File::read(host, path, Layer::File)).collect();
        match listing::names(host, DROP_INS) {
            Ok(names) => {
                let drop_ins = names.iter().filter(|name| name.ends_with(".conf"));
                let read = |name| File::read(host, &format!("{DROP_INS}/{name}"), Layer::DropIn);
                files.extend(drop_ins.filter_map(read));
                Self { files, incomplete: None }
            }
            Err(error) => Self { files, incomplete: Some(error.into()) },
        }
    }

    /// The files' facts. One that cannot be read is a gap in the list.
    pub(super) fn facts(&self) -> Vec<Fact<ConfigFile>> {
        let files = self.files.iter().map(File::facts);
        files.chain(self.incomplete.clone().map(Fact::Gap)).collect()
    }

    /// What the files say together. podman does not run with one that is wrong, so that nothing is known then.
    pub(super) fn configuration(&self) -> Fact<Configuration> {
        self.documents().map(|files| Configuration::merge(&files))
    }

    /// The keys that no podman knows; it passes over them.
    pub(super) fn unknown_keys(&self) -> Fact<Vec<Key>> {
        self.documents().map(|files| files.iter().flat_map(|(_, document)| unknown_keys(document)).collect())
    }

    fn documents(&self) -> Fact<Vec<(&File, &Document)>> {
        let mut documents = Vec::new();
        for file in &self.files {
            match &file.contents {
                Ok(Ok(document)) => documents.push((file, document)),
                Ok(Err(error)) => return Fact::Gap(error.unknown()),
                Err(unknown) => return Fact::Gap(unknown.clone()),
            }
        }
        match &self.incomplete {
            Some(unknown) => Fact::Gap(unknown.clone()),
            None => Fact::Known(documents),
        }
    }
}

impl File {
    fn read(host: &Host, path: &str, layer: Layer) -> Option<Self> {
        let contents = match Document::read_toml(host, path) {
            Fact::Known(document) => Ok(document.and_then(check_types)),
            Fact::Absent => return None,
            Fact::Gap(unknown) => Err(unknown),
        };
        Some(Self { path: path.to_owned(), layer, contents })
    }

    fn facts(&self) -> Fact<ConfigFile> {
        Fact::from(self.contents.as_ref().map_err(Unknown::clone)).map(|contents| ConfigFile {
            file: self.path.clone(),
            valid: contents.is_ok(),
            error: contents.as_ref().err().map(DocumentError::sourced).into(),
        })
    }
}

/// The member of `document` that sets `setting`.
pub(super) fn member<'d>(document: &'d Document, setting: &Setting) -> Option<&'d Member> {
    let named = |members: &'d [Member], name: &str| {
        members.iter().rev().find(|member| member.name.eq_ignore_ascii_case(name))
    };
    named(named(document.root().members(), setting.table)?.value.members(), setting.key)
}

/// The document, if its values are of the right types.
fn check_types(document: Document) -> Result<Document, DocumentError> {
    for table in document.root().members() {
        let is_known = SETTINGS.iter().any(|setting| setting.table.eq_ignore_ascii_case(&table.name));
        if is_known && !matches!(table.value.content, Content::Object(_)) {
            let message = format!("{} has to be a table, not {}", table.name, table.value.kind());
            return Err(document.error_at(&table.value, message));
        }
    }
    for setting in SETTINGS {
        if let Some(member) = member(&document, setting).filter(|member| !setting.kind.fits(&member.value)) {
            let message = format!("{}.{} has to be {}", setting.table, setting.key, setting.kind.expected());
            return Err(document.error_at(&member.value, message));
        }
    }
    Ok(document)
}

fn unknown_keys(document: &Document) -> Vec<Key> {
    let key = |name: String, member: &Member| Key {
        key: Sourced { value: name, origin: document.origin_of_member(member) },
    };
    let mut unknown = Vec::new();
    for table in document.root().members() {
        let same = |name: &str| table.name.eq_ignore_ascii_case(name);
        if FREE_TABLES.iter().any(|free| same(free)) {
            continue;
        }
        if !SETTINGS.iter().any(|setting| same(setting.table)) {
            unknown.push(key(table.name.clone(), table));
            continue;
        }
        let is_known = |member: &&Member| {
            SETTINGS
                .iter()
                .any(|setting| same(setting.table) && setting.key.eq_ignore_ascii_case(&member.name))
        };
        let stray = table.value.members().iter().filter(|member| !is_known(member));
        unknown.extend(stray.map(|member| key(format!("{}.{}", table.name, member.name), member)));
    }
    unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<Document, String> {
        let document = Document::parse_toml("/etc/containers/containers.conf", text.to_owned());
        document.and_then(check_types).map_err(|error| error.message)
    }

    /// What podman 4.3.1 does with them.
    #[test]
    fn wrong_types_are_refused_and_unknown_keys_are_not() {
        for (text, message) in [
            ("[engine]\nnum_locks = 'x'", "engine.num_locks has to be a whole number that is not negative"),
            ("[engine]\nruntime = 3", "engine.runtime has to be a string"),
            ("[engine]\nhooks_dir = 'x'", "engine.hooks_dir has to be a list of strings"),
            ("[containers]\nenv_host = 'true'", "containers.env_host has to be a boolean"),
            ("[engine.runtimes]\nrunc = 'x'", "engine.runtimes has to be a table of lists of strings"),
            ("engine = 3", "engine has to be a table, not a number"),
        ] {
            assert_eq!(check(text).map(|_| ()), Err(message.to_owned()), "{text}");
        }
        let document =
            check("[Engine]\nRuntime = 'runc'\nbogus = 1\n[bogus]\nx = 1\n[farms]\nx = 1\n").unwrap();
        let keys: Vec<String> = unknown_keys(&document).into_iter().map(|key| key.key.value).collect();
        assert_eq!(keys, ["Engine.bogus", "bogus"]);
    }

    #[test]
    fn what_podman_ships_is_known_to_the_last_key() {
        let text = "[containers]\ndefault_capabilities = [\n  \"CHOWN\",\n]\ndefault_sysctls = [\n  \"net.ipv4.ping_group_range=0 0\",\n]\n[secrets]\n[secrets.opts]\n[network]\n[engine]\n[engine.runtimes]\n[engine.volume_plugins]\n[machine]\n";
        assert_eq!(unknown_keys(&check(text).unwrap()), []);
    }
}
